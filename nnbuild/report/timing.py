"""Times of a network beside its peers, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median, quantiles
from typing import TYPE_CHECKING

from nnbuild import __version__
from nnbuild.report.table import Column, Line, Report, Table

if TYPE_CHECKING:
    from nnbuild.bench.timing import Timing

#: Runs disagree where the middle half of them spans more than this share of their median.
DISAGREEMENT = 0.25


def timing(found: Timing) -> Report:
    """The report of `nnbuild bench`."""
    columns = [
        Column("name", "Program"),
        Column("median", "Median [ms]", True),
        Column("fastest", "Fastest [ms]", True),
        Column("quartiles", "Half within [ms]", True),
        Column("gflops", "GFLOP/s", True),
        Column("ratio", "nnbuild / it", True),
        Column("difference", "Difference", True),
    ]
    ours = median(found.milliseconds["nnbuild"])
    lines, spans = [], {}
    for name, times in found.milliseconds.items():
        middle = median(times)
        gflops = _short(2e3 * found.gmacs / middle) if found.gmacs else None
        ratio = None if name == "nnbuild" else _short(ours / middle)
        difference = found.difference.get(name)
        apart = difference and _short(difference, 2)
        low, high = spans[name] = _quartiles(times)
        within = f"{_short(low):g} - {_short(high):g}"
        lines.append(Line((name, _short(middle), _short(min(times)), within, gflops, ratio, apart)))
    versions = {"nnbuild": __version__, **found.versions}
    facts = [
        ("Input", ", ".join(f"{spec.shape} {spec.dtype}" for spec in found.inputs)),
        ("Runs", f"{len(found.milliseconds['nnbuild'])} of each, in turn, {found.threads} threads"),
        ("Versions", ", ".join(f"{name} {number}" for name, number in versions.items())),
    ]
    data = {
        "threads": found.threads,
        "versions": versions,
        "inputs": [{"shape": list(spec.shape), "dtype": spec.dtype} for spec in found.inputs],
        "programs": [
            {column.key: value for column, value in zip(columns, line.values, strict=True)}
            | {"quartiles": [_short(time) for time in spans[line.values[0]]]}
            for line in lines
        ],
        "milliseconds": found.milliseconds,
    }
    return Report(data, [Table(columns, lines, facts=facts, notes=_disagreements(found.milliseconds, spans))])


def _quartiles(times: Sequence[float]) -> tuple[float, float]:
    """The times between which half of the runs lie."""
    if len(times) == 1:
        return times[0], times[0]
    low, _, high = quantiles(times, n=4, method="inclusive")
    return low, high


def _disagreements(milliseconds: Mapping[str, Sequence[float]], spans: Mapping[str, tuple[float, float]]) -> list[str]:
    """A line for each program whose runs differ so much that its median says little, and what the fastest runs say."""
    lines = []
    for name, times in milliseconds.items():
        low, high = spans[name]
        if high - low <= DISAGREEMENT * median(times):
            continue
        line = f"The runs of {name} disagree: {_short(min(times)):g} to {_short(max(times)):g} ms."
        if name != "nnbuild":
            line += f" By the fastest, nnbuild / it is {_short(min(milliseconds['nnbuild']) / min(times)):g}."
        lines.append(line)
    if not lines:
        return []
    lines.append("Something else uses the machine: the medians and their ratios are rough. Repeat when it rests.")
    return ["\n".join(lines)]


def _short(value: float, digits: int = 4) -> float:
    return float(f"{value:.{digits}g}")
