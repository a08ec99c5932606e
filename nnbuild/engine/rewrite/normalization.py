"""Batch normalisations outside training: a factor and a summand a channel, and how a weight takes them in."""

from __future__ import annotations

from math import prod
from typing import Any

from nnbuild.engine.rewrite.finish import Bias, Scale
from nnbuild.engine.rewrite.stage import Stage
from nnbuild.graph.graph import Value
from nnbuild.lazy import np
from nnbuild.ops.nests import array_of


def factors(args: dict[str, Any]) -> tuple[np.ndarray, np.ndarray] | None:
    """The factors and summands of a call; None in training, or where its statistics are computed."""
    tensors = [args[name] for name in ("running_mean", "running_var", "weight", "bias")]
    if args["training"] or any(isinstance(tensor, Value) for tensor in tensors):
        return None
    mean, var, weight, bias = (None if tensor is None else array_of(tensor) for tensor in tensors)
    if mean is None or var is None:
        return None
    dtype = args["input"].dtype
    scale = 1 / np.sqrt(var.astype(np.float64) + args["eps"])
    scale = scale if weight is None else scale * weight
    shift = -mean * scale
    return scale.astype(dtype), (shift if bias is None else shift + bias).astype(dtype)


def into_weight(stage: Stage, scale: np.ndarray, shift: np.ndarray, output: Value) -> None:
    """Let a stage that has done no more than add its bias multiply and add these too. Params: output, the result."""
    assert stage.weight is not None
    for finish in stage.finishes:
        shift = shift + finish.vector * scale
    stage.finishes = [Bias(shift)]
    if _outweighs(stage.weight, output):
        stage.finishes.insert(0, Scale(scale))
    else:
        stage.weight = stage.weight * scale.reshape(-1, *(1,) * (stage.weight.ndim - 1))
        stage.folded = True


def _outweighs(weight: np.ndarray, output: Value) -> bool:
    """Whether a pass over the result costs less than a scaled copy of a weight that needs no other preparation."""
    return prod(weight.shape[2:]) == 1 and weight.size > 4 * output.numel()
