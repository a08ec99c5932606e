"""The bundled specs, with their figures: those that a spec states under `expect:`, else those of a trace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from nnbuild.errors import NnbuildError
from nnbuild.report.table import Column, Line, Report, Table
from nnbuild.spec import library
from nnbuild.spec.nodes import Mapping, Node, Scalar, Sequence
from nnbuild.spec.reader import read


class Entry(NamedTuple):
    """A network that comes with the program. Params: spec, its file's name; input, its sizes with N for the batch."""

    name: str
    spec: str
    params: int | None
    macs: int | None
    input: str | None
    about: str
    paper: str | None


def catalogue() -> Iterator[Entry]:
    """Every bundled network by name; a spec with variants is listed by these."""
    for path in library.files():
        try:
            root = read(path)
        except NnbuildError:
            continue  # `nnbuild check --all` says why
        if not isinstance(root, Mapping) or (root.get("layers") is None and root.get("forward") is None):
            continue
        variants: list[str | None] = [*library.variants(path)] or [None]
        yield from (_entry(path, root, variant) for variant in variants)


def _entry(path: Path, root: Mapping, variant: str | None) -> Entry:
    expect = root.get("expect")
    of_variant = expect.get(variant) if variant and isinstance(expect, Mapping) else None
    stated = of_variant if variant else expect
    params, macs, input = _number(stated, "params"), _number(stated, "macs"), _plain_shape(root.get("input"))
    sized_by_variant = variant is not None and input is None
    if params is None or sized_by_variant or (input is None and root.get("input") is not None):
        params, macs, input = _traced(path, variant)
    elif input is None:
        input = _inputs(root.get("inputs")) or _traced(path, variant)[2]
    return Entry(variant or path.stem, path.stem, params, macs, input, _about(path, root), _text(root, "paper"))


def _number(node: Node | None, key: str) -> int | None:
    value = node.get(key) if isinstance(node, Mapping) else None
    text = value.text.replace("_", "") if isinstance(value, Scalar) else ""
    return int(text) if text.isdecimal() else None


def _plain_shape(node: Node | None) -> str | None:
    """'N, 3, 224, 224', if nothing in it needs to be worked out."""
    if not isinstance(node, Sequence):
        return None
    sizes = [item.text for item in node.items if isinstance(item, Scalar)]
    plain = len(sizes) == len(node.items) and all(size.isdecimal() or size == "N" for size in sizes)
    return ", ".join(sizes) if plain else None


def _inputs(node: Node | None) -> str | None:
    if not isinstance(node, Mapping):
        return None
    shapes = []
    for key, value in node.entries:
        shape = _plain_shape(value.get("shape") if isinstance(value, Mapping) else value)
        if shape is None:
            return None
        shapes.append(f"{key.text}: {shape}")
    return "; ".join(shapes)


def _traced(path: Path, variant: str | None) -> tuple[int | None, int | None, str | None]:
    from nnbuild.graph.trace import trace
    from nnbuild.ops.spec import TensorSpec
    from nnbuild.report.facts import facts
    from nnbuild.spec import load

    try:
        model = load(path, variant=variant, weights=False).eval()
        inputs = model.spec.inputs if model.spec else ()
        shape = "; ".join(
            (f"{input.name}: " if len(inputs) > 1 else "") + ", ".join(map(str, input.shape)) for input in inputs
        )
        root = facts(trace(model, *(TensorSpec(input.sized(), input.dtype) for input in inputs)))
        return root.params, root.macs, shape
    except NnbuildError:
        return None, None, None


def _about(path: Path, root: Mapping) -> str:
    """The description, the comment that opens the file, or the paper."""
    first = path.read_text("utf-8").partition("\n")[0]
    comment = first.lstrip("# ").strip() if first.startswith("#") else ""
    return _text(root, "description") or comment or _text(root, "paper") or ""


def _text(root: Mapping, key: str) -> str | None:
    node = root.get(key)
    return node.text.strip() if isinstance(node, Scalar) else None


_COLUMNS = (
    Column("name", "Name"),
    Column("params", "Params", True),
    Column("macs", "Multiply-adds", True),
    Column("input", "Input shape"),
    Column("about", "About", wide=True),
)


def listing() -> Report:
    """The report on all bundled networks."""
    entries = list(catalogue())
    lines = [Line((entry.name, entry.params or None, entry.macs, entry.input, entry.about)) for entry in entries]
    data: list[dict[str, Any]] = [entry._asdict() for entry in entries]
    return Report(data, [Table(_COLUMNS, lines)])
