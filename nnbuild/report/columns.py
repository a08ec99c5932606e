"""The columns that a summary can have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from nnbuild.errors import InputError, suggestion
from nnbuild.graph.graph import Graph
from nnbuild.graph.rows import LayerRow
from nnbuild.report.table import Column, Shapes

DEFAULT = ("type", "output_shape", "params", "macs")


class View(NamedTuple):
    """What a column's getter may look at: the graph, its rows' root, and the receptive fields, made when asked for."""

    graph: Graph
    root: LayerRow
    fields: dict[Any, Any]

    def seen(self, row: LayerRow) -> list[Any]:
        """The receptive field of the row's first output along each axis of space; of several inputs the largest."""
        if not self.fields:
            from nnbuild.graph.receptive_field import receptive_fields

            self.fields.update(receptive_fields(self.graph))
        fields = self.fields.get(row.outputs[0]) if row.outputs else None
        by_axis: dict[int, list[Any]] = {}
        for field in fields.seen.values() if fields else ():
            by_axis.setdefault(field.axis, []).append(field)
        return [max(by_axis[axis], key=_reach) for axis in sorted(by_axis)]


Getter = Callable[[LayerRow, View], Any]


def _shapes(specs: Sequence[Any]) -> Shapes | None:
    return Shapes(specs) if specs else None


def _window(attribute: str) -> Getter:
    def getter(row: LayerRow, view: View) -> str | None:
        windows = next((windows for node in row.nodes if (windows := node.ask("window"))), None)
        return _each([getattr(window, attribute) for window in windows]) if windows else None

    return getter


def _each(sizes: Sequence[object]) -> str:
    """'3' where all axes agree, else '3x5'."""
    same = len(set(sizes)) == 1
    return str(sizes[0]) if same else "x".join(map(str, sizes))


def _padding(row: LayerRow, view: View) -> str | None:
    windows = next((windows for node in row.nodes if (windows := node.ask("window"))), None)
    if windows is None:
        return None
    return _each([w.before if w.before == w.after else f"{w.before}+{w.after}" for w in windows])


def _reach(field: Any) -> tuple[int, int]:
    """Unknown before the whole axis before numbers."""
    return (2, 0) if field.size is None else (1, 0) if field.size == "all" else (0, field.size)


def _unknown(row: LayerRow, view: View) -> str | None:
    """Why there is no receptive field, or none along an axis."""
    if not row.outputs:
        return None
    fields = view.seen(row)
    reasons = {field.why: None for field in fields if field.size is None}
    return "; ".join(reasons) if fields else "it depends on no axis of space of an input"


def _along(attribute: str) -> Getter:
    def getter(row: LayerRow, view: View) -> str | None:
        sizes = [getattr(field, attribute) for field in view.seen(row)]
        return _each([_shown(size) for size in sizes]) if sizes and None not in sizes else None

    return getter


def _shown(size: Any) -> str:
    return size if isinstance(size, str) else f"{float(size):g}"


def _share(attribute: str) -> Getter:
    def getter(row: LayerRow, view: View) -> float | None:
        part, whole = getattr(row, attribute), getattr(view.root, attribute)
        return round(100 * part / whole, 2) if part and whole else None

    return getter


def _options(row: LayerRow, view: View) -> str | None:
    return (row.module.extra_repr().split("\n")[0] or None) if row.module is not None else None


#: Every column, with its header and its value in a row.
COLUMNS: dict[str, tuple[Column, Getter]] = {
    column.key: (column, getter)
    for column, getter in (
        (Column("type", "Type", joins=True), lambda row, view: row.type),
        (Column("options", "Options", wide=True), _options),
        (Column("input_shape", "Input shape"), lambda row, view: _shapes(row.inputs)),
        (Column("output_shape", "Output shape"), lambda row, view: _shapes(row.outputs)),
        (Column("dtype", "Dtype"), lambda row, view: row.outputs[0].dtype if row.outputs else None),
        (Column("kernel", "Kernel (elements)"), _window("kernel")),
        (Column("stride", "Stride (elements)"), _window("stride")),
        (Column("padding", "Padding (elements)"), _padding),
        (Column("dilation", "Dilation (elements)"), _window("dilation")),
        (Column("receptive_field", "Receptive field (elements)", True), _along("size")),
        (Column("receptive_field_unknown", "Receptive field not known", wide=True), _unknown),
        (Column("jump", "Jump (elements)", True), _along("jump")),
        (Column("params", "Params", True), lambda row, view: row.params or None),
        (Column("trainable", "Trainable params", True), lambda row, view: row.trainable or None),
        (Column("params_share", "Params (%)", True), _share("params")),
        (Column("buffers", "Buffers (elements)", True), lambda row, view: row.buffers or None),
        (Column("macs", "Multiply-adds", True), lambda row, view: row.macs),
        (Column("macs_share", "Multiply-adds (%)", True), _share("macs")),
        (Column("bytes", "Params + buffers (bytes)", True), lambda row, view: row.tensor_bytes or None),
        (
            Column("output_bytes", "Output (bytes)", True),
            lambda row, view: sum(spec.nbytes for spec in row.outputs) if row.outputs else None,
        ),
        (Column("executed", "Executed"), lambda row, view: row.executed),
    )
}


def chosen(names: Sequence[str]) -> list[tuple[Column, Getter]]:
    """The columns of these names. Raises InputError for an unknown one."""
    for name in names:
        if name not in COLUMNS:
            raise InputError(
                f"there is no column {name!r}", hint=suggestion(name, COLUMNS) or f"there are {', '.join(COLUMNS)}"
            )
    return [COLUMNS[name] for name in names]
