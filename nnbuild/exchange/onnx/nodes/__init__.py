"""How ONNX's operators are written in ops, a family a file; those of `table` are not here."""

from __future__ import annotations

from importlib import import_module

FAMILIES = (
    "arithmetic", "activations", "reductions", "shapes", "indices", "placing", "windows", "matrices", "norms",
    "recurrent", "resize", "fourier", "quantized", "creation", "sequences", "control", "text",
)  # fmt: skip


def load_all() -> None:
    """Import the families, which fill `node.READERS`."""
    for family in FAMILIES:
        import_module(f"nnbuild.exchange.onnx.nodes.{family}")
