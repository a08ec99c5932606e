"""Whether a spec that was made of a network builds the same network."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.nn.module import Module


def checked(text: str, network: Module, shape: tuple[int, ...] | None) -> str:
    """The text itself. Params: shape, of an input to count with. Raises SpecError where the spec differs."""
    from nnbuild.exchange.networks import load

    with TemporaryDirectory() as folder:
        path = Path(folder) / "imported.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            again = load(path, weights=False).eval()
        except SpecError as error:
            raise SpecError(f"the network cannot be written as a spec: {error}") from None
        for what, count in (("keys and shapes", _shapes), ("parameters", _parameters)):
            _compare(what, count(network), count(again))
        if shape is not None:
            _compare("counts for the input", _counts(network, shape), _counts(again, shape))
    return text


def _compare(what: str, wanted: Any, found: Any) -> None:
    if wanted == found:
        return
    first = next((pair for pair in zip(wanted, found, strict=False) if pair[0] != pair[1]), (len(wanted), len(found)))
    raise SpecError(f"the imported spec differs from its source in {what}: {first[1]} instead of {first[0]}")


def _shapes(network: Module) -> list[Any]:
    return [(key, tuple(value.shape), str(value.dtype)) for key, value in network.state_dict(keep_vars=True).items()]


def _parameters(network: Module) -> list[Any]:
    return [(key, value.requires_grad) for key, value in network.named_parameters()]


def _counts(network: Module, shape: tuple[int, ...]) -> list[Any]:
    from nnbuild.graph.rows import row_tree
    from nnbuild.graph.trace import trace
    from nnbuild.ops.spec import TensorSpec

    graph = trace(network, TensorSpec(shape))
    root = row_tree(graph)
    return [("params", root.params), ("macs", root.macs), *(("output", tuple(out.shape)) for out in graph.outputs)]
