"""Times of a network beside its peers, as a table."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from nnbuild import __version__
from nnbuild.report.table import Column, Line, Report, Table

if TYPE_CHECKING:
    from nnbuild.bench.timing import Timing


def timing(found: Timing) -> Report:
    """The report of `nnbuild bench`."""
    columns = [
        Column("name", "Program"),
        Column("median", "Median [ms]", True),
        Column("fastest", "Fastest [ms]", True),
        Column("gflops", "GFLOP/s", True),
        Column("ratio", "nnbuild / it", True),
        Column("difference", "Difference", True),
    ]
    ours = median(found.milliseconds["nnbuild"])
    lines = []
    for name, times in found.milliseconds.items():
        middle = median(times)
        gflops = _short(2e3 * found.gmacs / middle) if found.gmacs else None
        ratio = None if name == "nnbuild" else _short(ours / middle)
        difference = found.difference.get(name)
        apart = difference and _short(difference, 2)
        lines.append(Line((name, _short(middle), _short(min(times)), gflops, ratio, apart)))
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
        "programs": [{column.key: value for column, value in zip(columns, line.values, strict=True)} for line in lines],
        "milliseconds": found.milliseconds,
    }
    return Report(data, [Table(columns, lines, facts=facts)])


def _short(value: float, digits: int = 4) -> float:
    return float(f"{value:.{digits}g}")
