"""Operators on text, which only a run has: they compute no numbers but counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from nnbuild.errors import DataError, SpecError
from nnbuild.exchange.onnx.node import OnnxNode, constant, reads
from nnbuild.lazy import np
from nnbuild.ops.spec import TensorSpec


def _texts(node: OnnxNode, *values: Any) -> list[np.ndarray]:
    if any(isinstance(value, TensorSpec) for value in values):
        raise DataError(f"{node.op} works on text, which a trace has not", hint="`nnbuild run` runs it, op by op")
    return [np.asarray(value, object) for value in values]


def _each(function: Callable[..., Any], *values: np.ndarray) -> np.ndarray:
    """The function of each element."""
    given = np.broadcast_arrays(*values)
    found = np.empty(given[0].shape, object)
    for place in np.ndindex(found.shape):
        found[place] = function(*(array[place] for array in given))
    return found


@reads("StringConcat")
def _concat(node: OnnxNode, first: Any, second: Any) -> Any:
    return _each(lambda left, right: left + right, *_texts(node, first, second))


@reads("RegexFullMatch")
def _match(node: OnnxNode, input: Any) -> Any:
    pattern = re.compile(node.get("pattern"))
    (texts,) = _texts(node, input)
    return _each(lambda text: pattern.fullmatch(text) is not None, texts).astype(bool)


@reads("StringSplit")
def _split(node: OnnxNode, input: Any) -> Any:
    (texts,) = _texts(node, input)
    most = node.get("maxsplit")
    delimiter = node.get("delimiter") or None
    parts = _each(lambda text: text.split(delimiter, -1 if most is None else most), texts)
    counts = _each(len, parts)
    width = max(counts.reshape(-1).tolist(), default=0)
    wide = np.full((*texts.shape, width), "", object)
    for place in np.ndindex(texts.shape):
        wide[place][: len(parts[place])] = parts[place]
    return wide, constant(counts.tolist(), "int64").reshape(texts.shape)


@reads("StringNormalizer")
def _normalize(node: OnnxNode, input: Any) -> Any:
    (texts,) = _texts(node, input)
    change = node.get("case_change_action", "NONE")
    if change not in ("NONE", "LOWER", "UPPER"):
        raise SpecError(f"StringNormalizer has no case_change_action {change!r}")
    sensitive = bool(node.get("is_case_sensitive"))
    stops = {word if sensitive else word.lower() for word in node.get("stopwords") or ()}
    rows = [texts] if texts.ndim == 1 else list(texts)
    kept = [[word for word in row if (word if sensitive else word.lower()) not in stops] for row in rows]
    cased = [[word.upper() if change == "UPPER" else word.lower() if change == "LOWER" else word for word in row]
             for row in kept]  # fmt: skip
    cased = [row or [""] for row in cased]
    return np.array(cased[0] if texts.ndim == 1 else cased, object)
