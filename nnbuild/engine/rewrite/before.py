"""What a convolution does to each strip of its input first, in place of an element-wise stage over the whole."""

from __future__ import annotations

from nnbuild.engine.rewrite import passes
from nnbuild.engine.rewrite.finish import Activation, Bias, Finish, Scale, alone
from nnbuild.engine.rewrite.stage import Stage
from nnbuild.graph.graph import Value


def take_in(stage: Stage, before: Stage) -> bool:
    """Let the convolution do what the stage before it does; False where it cannot."""
    if stage.weight is None or stage.args["groups"] != 1 or not stage.is_float:
        return False
    if before.output.ndim != len(stage.slides) + 2 or alone(before.finishes) < len(before.finishes):
        return False
    if not isinstance(before.args["input"], Value):
        return False
    stage.before = before.finishes
    stage.args["input"] = before.args["input"]
    stage.nodes = [*stage.nodes[:1], *before.nodes, *stage.nodes[1:]]
    _scale_later(stage)
    return True


def _scale_later(stage: Stage) -> None:
    """relu(s*x + t) = s * relu(x + t/s) for s > 0, and the weight can hold s: one pass over the input less."""
    match stage.before:
        case [Scale(vector=scale), Bias(vector=shift), Activation(passes=passes.relu) as relu]:
            if stage.weight is not None and scale.min() > 1e-3 * scale.max():
                stage.weight = stage.weight * scale.reshape(1, -1, *(1,) * (stage.weight.ndim - 2))
                first: list[Finish] = [Bias(shift / scale), relu]
                stage.before = first
