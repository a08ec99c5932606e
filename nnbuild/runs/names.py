"""What the results of a network are called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nnbuild.ops.nests import is_tensor


def result_names(result: Any, name: str) -> Iterator[str]:
    """A name for each tensor of a result: its keys and indices."""
    if is_tensor(result):
        yield name
    elif isinstance(result, dict):
        for key, value in result.items():
            yield from result_names(value, str(key) if name == "output" else f"{name}.{key}")
    elif isinstance(result, list | tuple):
        for index, value in enumerate(result):
            yield from result_names(value, f"{name}.{index}" if len(result) > 1 else name)
