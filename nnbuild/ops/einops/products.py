"""einsum with names of axes of any length, the pattern coming last."""

from __future__ import annotations

import string
from functools import lru_cache
from typing import Any

from nnbuild import ops
from nnbuild.errors import OptionError
from nnbuild.ops.einops.pattern import ELLIPSIS, EinopsError, side


def einsum(*tensors_and_pattern: Any) -> Any:
    """The sums of products over the axes that the right side lacks: `einsum(x, w, 'b t d, d e -> b t e')`."""
    *tensors, pattern = tensors_and_pattern or (None,)
    if not isinstance(pattern, str) or not tensors:
        raise OptionError("einsum wants tensors and then a pattern", hint="einsum(x, w, 'b t d, d e -> b t e')")
    return ops.einsum(_equation(pattern), *tensors)


@lru_cache(256)
def _equation(pattern: str) -> str:
    """The pattern with a letter for each axis."""
    if pattern.count("->") != 1:
        raise EinopsError(f"einsum {pattern!r} wants one -> between what comes in and what goes out")
    inputs, output = pattern.split("->")
    letters: dict[str, str] = {}
    return (
        ",".join(_letters(text, letters, pattern) for text in inputs.split(","))
        + "->"
        + _letters(output, letters, pattern)
    )


def _letters(text: str, letters: dict[str, str], pattern: str) -> str:
    found = []
    for group in side(text).groups:
        if len(group) != 1 or not isinstance(group[0], str):
            raise EinopsError(f"einsum {pattern!r} wants names of axes alone: no parentheses, no numbers")
        name = group[0]
        if name != ELLIPSIS and name not in letters:
            if len(letters) == len(string.ascii_letters):
                raise EinopsError(f"einsum {pattern!r} has more than {len(letters)} axes")
            letters[name] = string.ascii_letters[len(letters)]
        found.append(letters.get(name, ELLIPSIS))
    return "".join(found)
