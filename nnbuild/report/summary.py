"""The summary of a network: its layers as a tree, with shapes, parameters and costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnbuild.graph.graph import Graph
from nnbuild.graph.names import result_names
from nnbuild.graph.rows import LayerRow, row_tree
from nnbuild.graph.totals import Totals, totals
from nnbuild.ops.spec import TensorSpec
from nnbuild.report.columns import COLUMNS, DEFAULT, View, chosen
from nnbuild.report.quantities import with_bytes, with_prefix
from nnbuild.report.table import Column, Line, Report, Shapes, Table, guides, plain_value

#: Columns that add up to the total over the rows without children.
SUMMED = ("params", "trainable", "buffers", "macs", "bytes")

_BY_DATA = "The table ends where only the data tells what follows: {}. `nnbuild run` runs the network, op by op."


def summary(
    graph: Graph,
    name: str,
    *,
    columns: Sequence[str] = DEFAULT,
    depth: int | None = None,
    partial: bool = False,
    by_data: str = "",
) -> Report:
    """The report on a traced graph.

    Params: name, the network's; columns, keys of COLUMNS; depth, levels below the root that are shown, None for all;
    partial, the trace failed and the table ends there; by_data, that is no mistake: what there hangs on the data.
    """
    getters = chosen(columns)
    root = row_tree(graph, partial=partial)
    view = View(graph, root, {})
    shown = list(root.walk(depth))
    lines = [
        Line(
            (
                row.path,
                *(
                    None if _fails(row, partial) and column.key in SUMMED else getter(row, view)
                    for column, getter in getters
                ),
            ),
            guide=guide,
            label=_label(row, name, partial and not by_data),
            faint=not row.executed or row.again,
        )
        for (row, _), guide in zip(shown, guides([level for _, level in shown]), strict=True)
    ]
    figures = totals(graph, root)
    all_columns = [Column("path", "Layer", wide=True), *(column for column, _ in getters)]
    table = Table(
        all_columns,
        lines,
        total=None if partial else _total(all_columns, root, view),
        facts=[] if partial else _facts(graph, figures),
        notes=[_BY_DATA.format(by_data)] if by_data else _notes(shown, columns, depth, partial),
    )
    return Report(_data(name, shown, graph, figures, columns, view), [table])


def _label(row: LayerRow, name: str, partial: bool) -> str:
    label = row.label or name
    if _fails(row, partial):
        return f"{label} (fails)"
    if row.again:
        return f"{label} (again)"
    return label if row.executed else f"{label} (not executed)"


def _fails(row: LayerRow, partial: bool) -> bool:
    return partial and row.kind == "module" and row.call is not None and not row.outputs


def _total(columns: Sequence[Column], root: LayerRow, view: View) -> Line | None:
    if not any(column.key in SUMMED for column in columns):
        return None
    values = [COLUMNS[column.key][1](root, view) if column.key in SUMMED else "" for column in columns[1:]]
    return Line(("", *values), label="Total")


def _facts(graph: Graph, figures: Totals) -> list[tuple[str, str]]:
    buffers = f"{figures.buffers:,}" if figures.buffers else "-"
    macs = "-" if figures.macs is None else _count(figures.macs)
    return [
        ("Input", _named([value.name for value in graph.inputs], graph.inputs)),
        ("Output", _named(result_names(graph.result), graph.outputs)),
        ("Params", f"{figures.params:,} ({figures.trainable:,} trainable)" if figures.params else "-"),
        ("Buffers (elements)", buffers),
        ("Multiply-adds", macs),
        ("Memory", f"params and buffers {with_bytes(figures.parameter_bytes)}, "
                   f"forward activations {with_bytes(figures.activation_bytes)}"),
    ]  # fmt: skip


def _named(names: Sequence[str], tensors: Sequence[TensorSpec]) -> str:
    """Shapes and dtypes; with the names by which other commands know them where there are several."""
    shown = names if len(tensors) > 1 else [""] * len(tensors)
    return ", ".join(
        f"{name} {tensor.shape} {tensor.dtype}".lstrip() for name, tensor in zip(shown, tensors, strict=True)
    )


def _count(number: int) -> str:
    short = with_prefix(number)
    return f"{number:,}" if short == f"{number:,}" else f"{number:,} ({short})"


def _notes(
    shown: Sequence[tuple[LayerRow, int]], columns: Sequence[str], depth: int | None, partial: bool
) -> list[str]:
    notes = []
    if partial:
        return ["The table ends where the network fails."]
    nested = any(level == 1 and row.children and (depth is None or depth > 1) for row, level in shown)
    if nested and any(key in SUMMED for key in columns):
        notes.append("Rows with rows below them show the sum of those; the others add up to the total.")
    if any(row.shared and not row.again for row, _ in shown):
        notes.append("Tensors shared by several layers count once, where they appear first.")
    return notes


def _data(
    name: str, shown: Sequence[tuple[LayerRow, int]], graph: Graph, figures: Totals, columns: Sequence[str], view: View
) -> dict[str, Any]:
    below = shown[1:] or shown
    extra = [key for key in columns if key not in (*DEFAULT, "input_shape", "executed", "trainable", "buffers")]
    deepest = max(level for _, level in shown)
    return {
        "name": name,
        "layers": [
            {
                "path": row.path,
                "type": row.type,
                "input_shape": plain_value(Shapes(row.inputs)) if row.inputs else None,
                "output_shape": plain_value(Shapes(row.outputs)) if row.outputs else None,
                "params": row.params,
                "trainable": row.trainable,
                "buffers": row.buffers,
                "macs": row.macs,
                "executed": row.executed,
                "again": row.again,
                "kind": row.kind,
                "leaf": not row.children or level == deepest,
                **{key: COLUMNS[key][1](row, view) for key in extra},
            }
            for row, level in below
        ],
        "totals": figures._asdict(),
        "inputs": {value.name: {"shape": value.shape, "dtype": value.dtype} for value in graph.inputs},
        "outputs": [
            {"name": name, "shape": value.shape, "dtype": value.dtype}
            for name, value in zip(result_names(graph.result), graph.outputs, strict=True)
        ],
    }
