"""One forward, run from a spec and in PyTorch: the same text, the same weights."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np


def torch_network(forward: str, layers: dict[str, str], parameters: dict[str, str], buffers: dict[str, str]) -> Any:
    """A torch.nn.Module with these layers, parameters and buffers, written as a spec writes them."""
    import torch
    from torch import nn

    names = {"torch": torch, "nn": nn, "F": nn.functional, **vars(torch.nn), "randn": torch.randn, "rand": torch.rand}
    names |= {"hann_window": torch.hann_window}
    exec(f"def forward(self, {arguments(forward)}):\n{textwrap.indent(forward, '    ')}", names)
    network = type("Network", (nn.Module,), {"forward": names["forward"]})()
    for name, text in layers.items():
        network.add_module(name, eval(text, names))
    for name, text in parameters.items():
        network.register_parameter(name, eval(text, names))
    for name, text in buffers.items():
        network.register_buffer(name, eval(text, names))
    return network.eval()


def arguments(forward: str) -> str:
    """The inputs, which the forward's first line names in a comment."""
    return forward.partition("\n")[0].removeprefix("# ")


def spec_text(
    forward: str,
    inputs: dict[str, str],
    layers: dict[str, str],
    parameters: dict[str, str],
    buffers: dict[str, str],
) -> str:
    """The same network as a spec."""
    parts = ["inputs:", *(f"  {name}: {value}" for name, value in inputs.items())]
    for title, entries in (("layers", layers), ("parameters", parameters), ("buffers", buffers)):
        if entries:
            parts += [f"{title}:", *(f"  {name}: {text}" for name, text in entries.items())]
    return "\n".join([*parts, "forward: |", textwrap.indent(forward, "  ")])


def results(outputs: Any) -> list[np.ndarray]:
    """The tensors of a result as arrays."""
    if isinstance(outputs, tuple | list):
        return [array for output in outputs for array in results(output)]
    return [outputs.detach().resolve_conj().numpy() if hasattr(outputs, "detach") else np.asarray(outputs)]
