"""Which activation ops have a fast form, and which passes that is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnbuild.engine.rewrite import passes
from nnbuild.engine.rewrite.finish import Activation
from nnbuild.engine.step import Call
from nnbuild.ops import activation
from nnbuild.ops.op import Op

_Maker = Callable[[dict[str, Any]], Activation | None]


def as_activation(op: Op, args: dict[str, Any]) -> Activation | None:
    """The Finish of an activation op called with these arguments, None if it has no fast form."""
    make = _MAKERS.get(op)
    return None if make is None else make(args)


def _always(function: Callable[..., list[Call]], *limits: float) -> _Maker:
    return lambda args: Activation(function, limits)


def _within(function: Callable[..., list[Call]], *names: str) -> _Maker:
    def make(args: dict[str, Any]) -> Activation | None:
        limits = [args[name] for name in names]
        known = all(isinstance(limit, int | float) for limit in limits)  # else computed by the network
        return Activation(function, tuple(map(float, limits))) if known else None

    return make


def _gelu(args: dict[str, Any]) -> Activation:
    return Activation(passes.gelu if args["approximate"] == "none" else passes.gelu_by_tanh)


_MAKERS: dict[Op, _Maker] = {
    activation.relu: _always(passes.relu),
    activation.relu6: _always(passes.clip, 0.0, 6.0),
    activation.hardtanh: _within(passes.clip, "min_val", "max_val"),
    activation.tanh: _always(passes.tanh),
    activation.sigmoid: _always(passes.sigmoid),
    activation.silu: _always(passes.silu),
    activation.hardsigmoid: _always(passes.hardsigmoid),
    activation.hardswish: _always(passes.hardswish),
    activation.leaky_relu: _within(passes.leaky_relu, "negative_slope"),
    activation.gelu: _gelu,
}
