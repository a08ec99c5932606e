"""The topics of the guide, a line each."""

from __future__ import annotations

from nnbuild import guide
from nnbuild.report.table import Column, Line, Report, Table

_COLUMNS = (Column("topic", "Topic"), Column("about", "About", wide=True))
_NOTES = ("A page: nnbuild help language", "The options of a command: nnbuild COMMAND --help")


def topics() -> Report:
    """The report on all topics."""
    lines = [Line((topic, guide.about(topic))) for topic in guide.topics()]
    data = [dict(zip(("topic", "about"), line.values, strict=True)) for line in lines]
    return Report(data, [Table(_COLUMNS, lines, notes=["\n".join(_NOTES)])])
