"""The tables of op calls, a file a family: each names its own `TABLE`, and the laws of tests/ops/test_laws.py hold it.

A new family is a new file here.
"""

from __future__ import annotations

import importlib
import pkgutil

from tests.ops.table import Row, Table

#: The table of every file in this folder, by the file's name.
TABLES: dict[str, Table] = {
    module.name: importlib.import_module(f"{__name__}.{module.name}").TABLE for module in pkgutil.iter_modules(__path__)
}

#: Every call that is taken.
ALL_ROWS: list[Row] = [row for table in TABLES.values() for row in table.taken()]
