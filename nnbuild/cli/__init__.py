"""The commands: one small file each, imported when it is called. The only place that knows click."""

from __future__ import annotations

from nnbuild.cli.group import Commands

COMMANDS = {
    "summary": "Show the layers, shapes, parameters and cost of a network.",
    "shapes": "Show the formula of every size, with its numbers.",
    "run": "Run a network on arrays or images.",
    "bench": "Time a network, beside PyTorch and ONNX Runtime.",
    "export": "Write a network in another format.",
    "weights": "List the tensors of a file of weights, check it, convert it.",
    "check": "Check specs, and the facts that they state.",
    "layers": "List the layer types, or explain one.",
    "list": "List the bundled specs.",
    "help": "List the pages of the guide, or show one.",
}

cli = Commands(COMMANDS)


def main() -> None:
    """The program `nnbuild`."""
    cli(prog_name="nnbuild")
