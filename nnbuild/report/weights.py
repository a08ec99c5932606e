"""The report on a file of weights: its tensors, and their values in figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from nnbuild.formats.tensors import FileTensor
from nnbuild.formats.weights import WeightsFile
from nnbuild.lazy import np
from nnbuild.report.quantities import with_bytes
from nnbuild.report.table import Column, Line, Report, Table

_COLUMNS = (
    Column("name", "Name", wide=True),
    Column("shape", "Shape"),
    Column("dtype", "Dtype"),
    Column("bytes", "Bytes", True),
)

_FIGURES = (
    Column("min", "Min", True),
    Column("mean", "Mean", True),
    Column("max", "Max", True),
    Column("zeros", "Zeros (%)", True),
    Column("nans", "NaNs", True),
)


class Figures(NamedTuple):
    """What the values of a tensor are like. Params: zeros, their share; nans, their number; None for what has none."""

    min: float | int | None
    mean: float | None
    max: float | int | None
    zeros: float | None
    nans: int | None


def listing(file: WeightsFile, tensors: Mapping[str, FileTensor], stats: bool = False) -> Report:
    """The tensors, a line each. Params: tensors, those of the file that are wanted; stats, read them for their figures.

    A tensor with several names counts once. Raises: InputError for one whose values cannot be read, with stats.
    """
    columns = (*_COLUMNS, *_FIGURES) if stats else _COLUMNS
    rows = [_row(name, tensor, file, stats) for name, tensor in tensors.items()]
    lines = [Line(tuple(_shown(row, column.key) for column in columns)) for row in rows]
    distinct = {tensor.storage or name: tensor for name, tensor in tensors.items()}.values()
    elements, size = sum(tensor.numel() for tensor in distinct), sum(tensor.nbytes for tensor in distinct)
    facts = [
        ("File", str(file.path)),
        ("Format", file.kind),
        ("Tensors", f"{len(distinct):,}" + (f", under {len(tensors):,} names" if len(distinct) < len(tensors) else "")),
        ("Elements", f"{elements:,}"),
        ("Bytes", f"{size:,} ({with_bytes(size)})"),
    ]
    totals = {"names": len(tensors), "tensors": len(distinct), "elements": elements, "bytes": size}
    data = {"file": str(file.path), "format": file.kind, "tensors": rows, "totals": totals}
    return Report(data, [Table(columns, lines, facts=facts)])


def _row(name: str, tensor: FileTensor, file: WeightsFile, stats: bool) -> dict[str, Any]:
    row = {"name": name, "shape": list(tensor.shape), "dtype": tensor.dtype, "bytes": tensor.nbytes}
    return row | figures(tensor.read(name, file.path))._asdict() if stats else row


def _shown(row: Mapping[str, Any], key: str) -> Any:
    if key == "shape":
        return str(tuple(row["shape"]))
    return 100 * row["zeros"] if key == "zeros" and row["zeros"] is not None else row[key]


def figures(array: np.ndarray) -> Figures:
    """Minimum, mean and maximum of what are numbers, the share of zeros, and how many are none."""
    if not array.size:
        return Figures(None, None, None, None, 0)
    zeros = (array.size - int(np.count_nonzero(array))) / array.size
    if array.dtype.kind == "c":
        return Figures(None, None, None, zeros, int(np.isnan(array).sum()))
    if array.dtype.kind != "f":
        return Figures(int(array.min()), float(array.mean()), int(array.max()), zeros, 0)
    nans = np.isnan(array)
    count = int(nans.sum())
    if count == array.size:
        return Figures(None, None, None, zeros, count)
    numbers = array[~nans] if count else array
    with np.errstate(invalid="ignore", over="ignore"):
        mean = float(numbers.mean(dtype=np.float64))
    return Figures(float(numbers.min()), mean, float(numbers.max()), zeros, count)


def unreadable(tensors: Mapping[str, FileTensor]) -> Sequence[str]:
    """A sentence on each tensor whose values cannot be read."""
    return [f"{name} {tensor.problem}" for name, tensor in tensors.items() if tensor.problem]
