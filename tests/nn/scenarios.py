"""The same scenario on torch.nn and on nnbuild.nn: a function of a Library that returns facts, which must be equal."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from nnbuild import nn


class Library(NamedTuple):
    """A namespace `nn`, and how its tensors are made."""

    nn: Any
    array: Callable[..., Any]
    dtype: Callable[[str], Any]

    def parameter(self, *shape: int) -> Any:
        return self.nn.Parameter(self.array(*shape))

    def buffer(self, *shape: int, persistent: bool = True) -> Any:
        return self.nn.Buffer(self.array(*shape), persistent=persistent)


OURS = Library(nn, lambda *shape: np.ones(shape, np.float32), str)


def torchs() -> Library:
    torch = pytest.importorskip("torch")
    return Library(torch.nn, lambda *shape: torch.ones(shape), lambda name: getattr(torch, name))


def outcome(call: Callable[[], Any]) -> Any:
    """What a call returns, or 'TypeError: message' where it raises."""
    try:
        return call()
    except Exception as error:
        kind = next(base for base in type(error).__mro__ if base.__module__ == "builtins")
        return f"{kind.__name__}: {error}"


#: How a message says the same in both libraries.
_WORDS = [
    (r"torch\.nn\.modules\.\w+\.|nnbuild\.nn\.\w+\.|torch\.nn\.|nnbuild\.nn\.", "nn."),
    (r"'(torch\.FloatTensor|numpy\.ndarray|nn\.Buffer)'", "ARRAY"),
    (r"torch\.Tensor or None|torch Tensor or None|an array or None", "ARRAY or None"),
    (r"torch\.Tensor or Tensor-like|an array or array-like", "ARRAY"),
    (r"\. Open an issue on github if you need non-string keys\.$", ""),
    (r"floating point or complex dtypes", "floating point dtypes"),
    (r"torch\.(float|int)", r"\1"),
    (r"ParametersDict", "ParameterDict"),
    (r"Iterable; isint", "Iterable; is int"),
]


def normal(fact: Any) -> str:
    text = str(fact)
    for pattern, replacement in _WORDS:
        text = re.sub(pattern, replacement, text)
    return text


def flat(facts: Any, place: tuple[int, ...] = ()) -> dict[tuple[int, ...], str]:
    if isinstance(facts, list | tuple):
        return {key: text for at, fact in enumerate(facts) for key, text in flat(fact, (*place, at)).items()}
    return {place: normal(facts)}


def same(scenario: Callable[[Library], Any]) -> None:
    """Both libraries give the same facts."""
    assert flat(scenario(OURS)) == flat(scenario(torchs()))
