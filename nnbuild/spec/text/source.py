"""Where the text of a spec comes from: a file, or standard input, which can be read once and is kept."""

from __future__ import annotations

import sys
from pathlib import Path

from nnbuild.errors import SpecError
from nnbuild.limits import MAX_BYTES

#: The path that stands for standard input.
STANDARD_INPUT = Path("-")

#: The stream that was read, and what it held.
_read: list[tuple[object, bytes]] = []


def shown_name(path: str | Path) -> str:
    """How a message calls the file."""
    return "<stdin>" if Path(path) == STANDARD_INPUT else str(path)


def read_bytes(path: str | Path) -> bytes:
    """The bytes of a spec, one more than the limit at most. Raises SpecError where it cannot be read."""
    if Path(path) == STANDARD_INPUT:
        return _standard_input()
    try:
        with Path(path).open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpecError(f"cannot read {path}: {error.strerror or error}") from None


def _standard_input() -> bytes:
    if not _read or _read[0][0] is not sys.stdin:
        if sys.stdin is None:
            raise SpecError("there is no standard input to read the spec from")
        _read[:] = [(sys.stdin, sys.stdin.buffer.read(MAX_BYTES + 1))]
    return _read[0][1]
