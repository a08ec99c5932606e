"""The names of the classes that a network tells apart."""

from __future__ import annotations

from pathlib import Path

from nnbuild.errors import InputError
from nnbuild.formats.opening import read_whole, unreadable
from nnbuild.spec.build.stated import Spec

#: Bytes of a file of labels.
MAX_BYTES = 1 << 20


def read_labels(spec: Spec) -> tuple[str, ...]:
    """The names of the output's classes; a file has one a line."""
    if not isinstance(spec.labels, Path):
        return spec.labels or ()
    try:
        text = read_whole(spec.labels, MAX_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the labels file {unreadable(spec.labels, error).message}") from None
    return tuple(line.strip() for line in text.splitlines() if line.strip())
