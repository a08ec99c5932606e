"""The standard streams, also where they are closed, full, or of a terminal that knows few characters."""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def mend() -> None:
    """Put a dead end where a standard stream is closed: else the next file that is opened takes its place."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if number else os.O_WRONLY)  # using it the wrong way is an error
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115


def take_any_character() -> None:
    """Show a stand-in for what the terminal's encoding does not have."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def give_up_broken() -> None:
    """Throw away what cannot be written, so that Python's exit does not try again."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)
