"""What came out of a run: figures of each output, and the classes that it names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnbuild import ops
from nnbuild.ops.op import Op
from nnbuild.report.table import Column, Line, Report, Table
from nnbuild.words import sentence

#: Samples whose classes are kept, and shown in a table.
KEPT, SHOWN = 1000, 20

#: Elements up to which an output is shown as it is.
SMALL = 32


class Figures:
    """Minimum, mean and maximum of an array that comes in parts."""

    def __init__(self, array: np.ndarray) -> None:
        self.shape = list(array.shape)
        self.dtype = array.dtype.name
        self._samples = 0
        self._sum = 0.0
        self._count = 0
        self._low: float | None = None
        self._high: float | None = None
        self._parts: list[np.ndarray] = []

    def add(self, array: np.ndarray) -> None:
        """Take in one part."""
        self._samples += array.shape[0] if array.ndim else 0
        self.shape[:1] = [self._samples] if array.ndim else []
        if array.size and array.dtype.kind == "c":
            self._count += array.size  # complex numbers have no order
        elif array.size:
            low, high = float(array.min()), float(array.max())
            self._low = low if self._low is None else float(np.minimum(self._low, low))
            self._high = high if self._high is None else float(np.maximum(self._high, high))
            self._sum += float(array.sum(dtype=np.float64))
            self._count += array.size
        if self._count <= SMALL:
            self._parts.append(array.copy())

    @property
    def values(self) -> np.ndarray | None:
        """The array itself if it is small."""
        if not self._parts or self._count > SMALL:
            return None
        return np.concatenate(self._parts) if self._parts[0].ndim else self._parts[0]

    @property
    def row(self) -> dict[str, Any]:
        """The figures by name."""
        mean = self._sum / self._count if self._low is not None else None
        return {"shape": self.shape, "dtype": self.dtype, "min": self._low, "mean": mean, "max": self._high}


class Classes:
    """The most likely classes of each sample.

    Params: count, classes a sample; labels, their names, or none; last_op, the op that made the output: softmax gives
    probabilities, log_softmax their logarithms, and scores become probabilities only where labels say that the
    output is a choice between classes.
    """

    def __init__(self, count: int, labels: Sequence[str], last_op: Op | None) -> None:
        self.count = count
        self.labels = labels
        self._last_op = last_op
        self.probable = (bool(labels) and last_op is not ops.sigmoid) or last_op in (ops.softmax, ops.log_softmax)
        self.rows: list[list[tuple[int, float]]] = []
        self.samples = 0

    def add(self, output: np.ndarray) -> None:
        """Take in the outputs (N, classes) of some samples."""
        room = max(0, KEPT - len(self.rows))
        self.samples += len(output)
        scores = self._scores(np.asarray(output[:room], np.float64))
        best = np.argsort(-scores, axis=1, kind="stable")[:, : self.count]
        self.rows += [
            [(int(place), float(row[place])) for place in places] for row, places in zip(scores, best, strict=True)
        ]

    def _scores(self, output: np.ndarray) -> np.ndarray:
        if not self.probable or self._last_op is ops.softmax:
            return output
        with np.errstate(all="ignore"):
            powers = np.exp(output - output.max(axis=1, keepdims=True, initial=-np.inf))
            shares: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
            return shares

    def name(self, place: int) -> str:
        """The class's label, or its number."""
        return self.labels[place] if self.labels else str(place)


def outputs(
    figures: dict[str, Figures],
    classes: Classes | None,
    facts: Sequence[tuple[str, str]],
    seconds: dict[str, float],
    files: Sequence[str] = (),
) -> Report:
    """The report of a run. Params: facts, printed below; seconds, times by name, for JSON; files, of each sample."""
    columns = [
        Column("name", "Output", wide=True),
        Column("shape", "Shape"),
        Column("dtype", "Dtype"),
        Column("min", "Min", True),
        Column("mean", "Mean", True),
        Column("max", "Max", True),
    ]
    lines = []
    for name, figure in figures.items():
        row = figure.row
        lines.append(Line((name, str(tuple(row["shape"])), row["dtype"], row["min"], row["mean"], row["max"])))
    data: dict[str, Any] = {
        "outputs": [
            {"name": name, **{key: _finite(value) for key, value in figure.row.items()}, **_small(figure)}
            for name, figure in figures.items()
        ]
    }
    if seconds:
        data["seconds"] = seconds
    if classes is None:
        return Report(data, [Table(columns, lines, facts=facts), *_values(figures)])
    if files:
        data["files"] = list(files[: len(classes.rows)])
    data["classes"] = [
        [{"class": place, "label": classes.name(place), _key(classes): _finite(score)} for place, score in row]
        for row in classes.rows
    ]
    table, everything = _classes(classes, SHOWN, files), _classes(classes, KEPT, files)
    return Report(data, [Table(columns, lines), table._replace(facts=[*table.facts, *facts])], everything)


def _small(figure: Figures) -> dict[str, Any]:
    values = figure.values
    if values is not None and values.dtype.kind == "c":
        values = np.stack([values.real, values.imag], -1)
    return {} if values is None or not np.isfinite(values).all() else {"values": values.tolist()}


def _values(figures: dict[str, Figures]) -> list[Table]:
    """Small outputs as they are."""
    tables = []
    for name, figure in figures.items():
        if figure.values is not None and figure.values.size:
            array = np.array2string(figure.values, precision=6, separator=", ", max_line_width=90)
            tables.append(Table((), (), notes=[f"{sentence(name)} =\n{array}"]))
    return tables


def _key(classes: Classes) -> str:
    return "probability" if classes.probable else "score"


def _finite(value: Any) -> Any:
    """JSON has no NaN."""
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value


def _classes(classes: Classes, samples: int, files: Sequence[str]) -> Table:
    columns = [
        Column("file", "File", wide=True) if files else Column("sample", "Sample", True),
        Column("rank", "Rank", True),
        Column("label", "Label" if classes.labels else "Class", wide=True),
        Column(_key(classes), "Probability (%)" if classes.probable else "Score", True),
    ]
    drop = 1 if classes.count == 1 else None
    lines = []
    for sample, row in enumerate(classes.rows[:samples]):
        for rank, (place, score) in enumerate(row, start=1):
            shown = f"{100 * score:.2f}" if classes.probable else f"{score:.6g}"
            values = (files[sample] if files else sample, rank, classes.name(place), shown)
            lines.append(Line(values if drop is None else (values[0], *values[2:])))
    facts = []
    if classes.count == 1:
        read = [classes.name(row[0][0]) for row in classes.rows[:samples] if row]
        facts.append(("Read" if classes.labels else "Class", ", ".join(read)))
    if classes.samples > len(classes.rows[:samples]):
        facts.append(("Samples", f"the first {len(classes.rows[:samples]):,} of {classes.samples:,}"))
    return Table([column for place, column in enumerate(columns) if place != drop], lines, facts=facts)
