"""torch's memory formats: taken where torch takes them; they change where elements lie there, and no value."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import OptionError, ShapeError

#: Each with the number of axes that it wants.
FORMATS = {"contiguous_format": None, "preserve_format": None, "channels_last": 4, "channels_last_3d": 5}


def check_format(memory_format: Any, ndim: int) -> None:
    """Refuse what is no memory format, or none of a tensor with so many axes."""
    if memory_format is None:
        return
    if memory_format not in FORMATS:
        raise OptionError(
            f"memory_format wants one of {', '.join(FORMATS)}, not {memory_format!r}", option="memory_format"
        )
    if FORMATS[memory_format] not in (None, ndim):
        raise ShapeError(
            f"wants {FORMATS[memory_format]} axes for {memory_format} and gets {ndim}", option="memory_format"
        )
