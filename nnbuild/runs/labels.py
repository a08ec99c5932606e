"""The names of the classes that a network tells apart."""

from __future__ import annotations

from pathlib import Path

from nnbuild.errors import InputError
from nnbuild.spec.build.stated import Spec


def read_labels(spec: Spec) -> tuple[str, ...]:
    """The names of the output's classes; a file has one a line."""
    if not isinstance(spec.labels, Path):
        return spec.labels or ()
    try:
        return tuple(line.strip() for line in spec.labels.read_text("utf-8").splitlines() if line.strip())
    except FileNotFoundError:
        raise InputError(f"the labels file {spec.labels} does not exist") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the labels file {spec.labels} cannot be read: {error}") from None
