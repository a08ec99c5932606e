"""The commands: one small file each, imported when it is called. The only place that knows click."""

from __future__ import annotations

TYPE_CHECKING = False  # not typing's: see nnbuild/__init__.py

if TYPE_CHECKING:
    from typing import Any

    from nnbuild.cli.group import Commands

    cli: Commands

COMMANDS = {
    "summary": "Show the layers, shapes, parameters and cost of a network.",
    "shapes": "Show the formula of every size, with its numbers.",
    "run": "Run a network on arrays or images.",
    "bench": "Time a network, beside PyTorch and ONNX Runtime.",
    "export": "Write a network in another format.",
    "import": "Write the network of an ONNX file or of PyTorch source as a spec.",
    "weights": "List the tensors of a file of weights, check it, convert it.",
    "check": "Check specs, and the facts that they state.",
    "layers": "List the layer types, or explain one.",
    "list": "List the bundled specs.",
    "help": "List the pages of the guide, or show one.",
}


def main() -> None:
    """The program `nnbuild`. It may be interrupted from here on: nothing is imported before."""
    try:
        from nnbuild import ending

        ending.listen()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    from nnbuild.cli import streams

    streams.mend()
    commands: Commands = __getattr__("cli")
    commands(prog_name="nnbuild")


def __getattr__(name: str) -> Any:
    """`cli`, the group of commands, made when it is asked for."""
    if name != "cli":
        raise AttributeError(f"module 'nnbuild.cli' has no attribute {name!r}")
    from nnbuild.cli.group import Commands

    globals()["cli"] = Commands(COMMANDS)
    return globals()["cli"]
