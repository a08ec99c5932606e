"""nnbuild: neural networks as YAML files, with torch.nn's semantics on NumPy.

    model = nnbuild.load("lenet")                           # a spec's file, or a bundled spec's name
    y = model(x)                                            # arrays in, arrays out
    graph = nnbuild.trace(model, nnbuild.TensorSpec((1, 3, 32, 32)))

Everything is imported on first use, so that a command pays only for what it needs.
"""

from __future__ import annotations

TYPE_CHECKING = False  # not typing's, whose import takes longer than all until Ctrl-C is listened to

if TYPE_CHECKING:
    from typing import Any

    from nnbuild import nn, ops
    from nnbuild.engine.compile import compile
    from nnbuild.errors import InputError, NnbuildError, OptionError, ShapeError, SpecError, WeightError
    from nnbuild.exchange.networks import load
    from nnbuild.graph.graph import Graph
    from nnbuild.graph.trace import trace
    from nnbuild.ops import TensorSpec

__version__ = "0.1.0"

_HOMES = {
    "load": "nnbuild.exchange.networks",
    "trace": "nnbuild.graph",
    "Graph": "nnbuild.graph",
    "compile": "nnbuild.engine",
    "TensorSpec": "nnbuild.ops",
    **dict.fromkeys(
        ("NnbuildError", "SpecError", "OptionError", "ShapeError", "WeightError", "InputError"), "nnbuild.errors"
    ),
}

__all__ = [
    "Graph", "InputError", "NnbuildError", "OptionError", "ShapeError", "SpecError", "TensorSpec", "WeightError",
    "compile", "load", "nn", "ops", "trace",
]  # fmt: skip


if not TYPE_CHECKING:  # to a checker the names above are all that there are

    def __getattr__(name: str) -> Any:
        from importlib import import_module

        if name in ("nn", "ops"):
            return import_module(f"nnbuild.{name}")
        if name not in _HOMES:
            raise AttributeError(f"module 'nnbuild' has no attribute {name!r}")
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
