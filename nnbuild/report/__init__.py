"""Reports: what a person asks of a graph, as data and as text.

    rows, sizes ... ─▶ Report (data for JSON, tables for the others) ─▶ rich | plain | json | csv | markdown

The only place that knows rich, and only `rich_table` and `progress` import it.
"""

from __future__ import annotations
