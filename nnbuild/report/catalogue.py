"""The bundled specs, with their figures: those that a spec states under `expect:`, else those of a trace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from textwrap import fill
from typing import Any, NamedTuple

from nnbuild.errors import InputError, NnbuildError, suggestion
from nnbuild.report.table import Column, Line, Lines, Report, Table
from nnbuild.spec import library
from nnbuild.spec.loading import load, stated
from nnbuild.spec.text.nodes import Mapping, Scalar
from nnbuild.spec.text.reader import read


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
    try:
        spec = stated(path, variant)
        params, macs = spec.expect.get("params"), spec.expect.get("macs")
        if params is None:
            params, macs = _traced(path, variant)
    except NnbuildError:
        return Entry(variant or path.stem, path.stem, None, None, None, _about(path, root), _text(root, "paper"))
    shapes = [input.sizes for input in spec.inputs]
    if len(shapes) > 1:
        shapes = [f"{input.name}: {shape}" for input, shape in zip(spec.inputs, shapes, strict=True)]
    about = _about(path, root)
    return Entry(variant or path.stem, path.stem, params, macs, "; ".join(shapes) or None, about, spec.paper)


def _traced(path: Path, variant: str | None) -> tuple[int, int | None]:
    from nnbuild.graph.rows import row_tree
    from nnbuild.graph.trace import trace
    from nnbuild.ops.spec import TensorSpec

    model = load(path, variant=variant, weights=False).eval()
    inputs = model.spec.inputs if model.spec else ()
    root = row_tree(trace(model, *(TensorSpec(input.sized(), input.dtype) for input in inputs)))
    return root.params, root.macs


def _about(path: Path, root: Mapping) -> str:
    """The description, the comment that opens the file, or the paper."""
    first = path.read_text("utf-8").partition("\n")[0]
    comment = first.lstrip("# ").strip() if first.startswith("#") else ""
    return _text(root, "description") or comment or _text(root, "paper") or ""


def _text(root: Mapping, key: str) -> str | None:
    node = root.get(key)
    return node.text.strip() if isinstance(node, Scalar) else None


#: Columns of the narrowest terminal that people use.
WIDTH = 80

_COLUMNS = (
    Column("name", "Name"),
    Column("params", "Params", True),
    Column("macs", "Multiply-adds", True),
    Column("input", "Input shape"),
    Column("about", "About", wide=True),
)


def listing(pattern: str | None = None, narrow: bool = False) -> Report:
    """The report on the bundled networks. Params: narrow, so that it fits 80 columns. Raises InputError for none.

    A pattern with `*`, `?` or `[]` is held to names; any other text may be anywhere in a name or in what it is about.
    """
    entries = [entry for entry in catalogue() if pattern is None or _matches(entry, pattern)]
    if not entries:
        hint = suggestion(str(pattern), library.names()) or "`nnbuild list` shows all"
        raise InputError(f"no bundled spec is like {pattern!r}", hint=hint)
    data: list[dict[str, Any]] = [entry._asdict() for entry in entries]
    if narrow:
        return Report(data, [_narrow(entries, about=pattern is not None)])
    lines = [Line((entry.name, entry.params or None, entry.macs, entry.input, entry.about)) for entry in entries]
    return Report(data, [Table(_COLUMNS, lines)])


def _matches(entry: Entry, pattern: str) -> bool:
    if any(mark in pattern for mark in "*?["):
        return fnmatchcase(entry.name.lower(), pattern.lower())
    return any(pattern.lower() in text.lower() for text in (entry.name, entry.spec, entry.about))


def _narrow(entries: Sequence[Entry], about: bool) -> Table:
    """An input a line, and what each spec is about below the table, where that is wanted."""
    lines = [
        Line((entry.name, entry.params or None, entry.macs, Lines((entry.input or "").split("; "))))
        for entry in entries
    ]
    if not about:
        return Table(_COLUMNS[:-1], lines, notes=["`nnbuild list PATTERN` tells what they are about, too."])
    words = {f"{entry.spec}: {entry.about}" for entry in entries if entry.about}
    return Table(_COLUMNS[:-1], lines, notes=["\n".join(fill(word, WIDTH) for word in sorted(words))] if words else [])
