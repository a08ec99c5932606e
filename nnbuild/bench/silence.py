"""Silencing a library that prints, whether it does so in Python or below it."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path


@contextmanager
def silent() -> Iterator[None]:
    """Throw away what is printed: by Python, and by C++ on the file descriptors themselves."""
    with ExitStack() as after, Path(os.devnull).open("wb") as nowhere:
        for descriptor, stream in ((1, sys.stdout), (2, sys.stderr)):
            if stream is not None:
                stream.flush()
            kept = os.dup(descriptor)
            after.callback(os.close, kept)
            after.callback(os.dup2, kept, descriptor)
            os.dup2(nowhere.fileno(), descriptor)
        after.enter_context(redirect_stdout(io.StringIO()))
        after.enter_context(redirect_stderr(io.StringIO()))
        yield
