"""Reports: what a person asks of a graph, as data and as text.

    facts, sizes ... ─▶ Report (data for JSON, tables for the others) ─▶ rich | plain | json | csv | markdown

The only place that knows rich, and only `rich_table` and `rich_page` import it.
"""

from __future__ import annotations
