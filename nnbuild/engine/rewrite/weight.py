"""The weights of convolutions and linear maps, where they are known: with the output channels on the first axis."""

from __future__ import annotations

from typing import Any

from nnbuild.engine.rewrite.finish import Bias
from nnbuild.engine.rewrite.stage import Stage
from nnbuild.graph.graph import Value
from nnbuild.lazy import np
from nnbuild.ops.convolution import conv, conv_transpose
from nnbuild.ops.nests import array_of, is_tensor
from nnbuild.ops.products import linear

#: Ops with a weight that a batch normalisation after them goes into.
WEIGHTED = (conv, conv_transpose, linear)


def give_weight(stage: Stage) -> None:
    """Give the stage its weight, and its bias as the first finish, if a fast form can do it: then both are known."""
    input, weight, bias = (stage.args[name] for name in ("input", "weight", "bias"))
    if not is_tensor(weight) or isinstance(weight, Value) or isinstance(bias, Value):
        return
    if weight.ndim != (2 if stage.kind is linear else input.ndim):  # single numbers, or an input without a batch
        return
    stage.weight = array_of(weight)
    if stage.kind is conv_transpose:
        stage.weight = _outputs_first(stage.weight, stage.args)
    if bias is not None:
        stage.finishes.append(Bias(array_of(bias)))


def _outputs_first(weight: np.ndarray, args: dict[str, Any]) -> np.ndarray:
    """A transposed convolution's weight (C, O/groups, *kernel) as (O, C/groups, *kernel)."""
    groups, (inside, outside, *kernel) = args["groups"], weight.shape
    return weight.reshape(groups, -1, outside, *kernel).swapaxes(1, 2).reshape(-1, inside // groups, *kernel)
