"""Reports: what a person asks of a graph, as data and as text.

    rows, sizes ... ─▶ Report (data for JSON, tables for the others) ─▶ rich | plain | json | csv | markdown

The only place that knows rich: `rich_table`, `rich_page` and `progress` import it, when used.
"""

from __future__ import annotations
