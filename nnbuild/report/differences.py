"""The report on a file of weights beside a network: what of it fits, and what does not."""

from __future__ import annotations

from nnbuild.formats.weights import WeightsFile
from nnbuild.report.table import Column, Line, Report, Table
from nnbuild.spec.weights.differences import grouped
from nnbuild.spec.weights.fit import Part, Wanted

_DIFFERENCES = (
    Column("name", "Name", wide=True),
    Column("verdict", "Verdict"),
    Column("file", "In the file"),
    Column("network", "In the network"),
)


def against(file: WeightsFile, part: Part, wanted: Wanted, network: str) -> Report:
    """What of a file is a network's: how many tensors fit, and a line for each that does not."""
    rows = [
        *((name, "missing", None, wanted.shapes[name]) for name in part.missing),
        *((name, "other size", part.tensors[name].shape, wanted.shapes[name]) for name in part.misshaped),
        *((name, "unexpected", part.tensors[name].shape, None) for name in part.unexpected),
    ]
    left = [name for name in file.tensors if not name.startswith(part.prefix)]
    fits = not rows
    facts = [
        ("File", str(file.path)),
        ("Part", part.prefix.rstrip(".") or "all of it"),
        ("Network", network),
        ("Fits", f"{part.matched:,} of {len(part.tensors):,} tensors" + (", none is missing" if fits else "")),
    ]
    if left:
        facts.append(("Left", grouped(left)))
    data = {
        "file": str(file.path),
        "network": network,
        "part": part.prefix.rstrip("."),
        "fits": fits,
        "matched": part.matched,
        "differences": [dict(zip((column.key for column in _DIFFERENCES), row, strict=True)) for row in rows],
        "left": left,
    }
    lines = [Line(tuple(str(value) if isinstance(value, tuple) else value for value in row)) for row in rows]
    return Report(data, [Table(_DIFFERENCES if rows else (), lines, facts=facts)])
