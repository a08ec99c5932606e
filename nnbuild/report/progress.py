"""A progress bar on standard error, where there is more than one step and somebody to see it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nnbuild.ending import before_the_end, done_with


@contextmanager
def progress(total: int, wanted: bool) -> Iterator[Callable[[int], None]]:
    """Gives the function that is told how many samples are done."""
    if not wanted or not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    def shown_again() -> None:
        sys.stderr.write("\r\x1b[2K\x1b[?25h")  # the line cleared, and the cursor that rich hides
        sys.stderr.flush()

    columns = (BarColumn(), MofNCompleteColumn(), "samples", TimeRemainingColumn())
    before_the_end(shown_again)
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=total)
            yield lambda done: bar.advance(task, done)
    finally:
        done_with(shown_again)
