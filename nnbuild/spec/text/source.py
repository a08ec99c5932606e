"""Where the text of a spec comes from: a file, or standard input, which can be read once and is kept."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

from nnbuild.errors import SpecError
from nnbuild.formats.opening import OpenFile
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
        with OpenFile(Path(path)) as file:
            return file.read_at(0, min(file.size, MAX_BYTES + 1))
    except OSError as error:
        hint = "- stands for standard input" if error.errno == errno.EINVAL else None
        raise SpecError(f"cannot read {path}: {error.strerror or error}", hint=hint) from None


def _standard_input() -> bytes:
    if not _read or _read[0][0] is not sys.stdin:
        if sys.stdin is None:
            raise SpecError("there is no standard input to read the spec from")
        _read[:] = [(sys.stdin, sys.stdin.buffer.read(MAX_BYTES + 1))]
    return _read[0][1]
