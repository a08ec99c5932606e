"""What holds for all tests: random examples are the same in every run, and long tables are thinned."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")

#: Files with tables that take long: every which case of a table the README's command runs; the others are `large`.
THINNED = {
    "ops/test_axes.py": 4,
    "zoo/test_zoo.py": 5,
    "hostile/test_specs.py": 4,
    "exchange/test_source.py": 5,
    "exchange/reading/test_hostile.py": 2,
    "graph/test_random_fields.py": 4,
    "graph/test_onward.py": 2,
    "engine/test_networks.py": 3,
    "engine/test_memory.py": 4,
    "test_cases.py": 2,
    "hostile/files/test_arrays.py": 3,
    "hostile/test_growth.py": 4,
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    root, seen = Path(__file__).parent, Counter[tuple[str, str]]()
    for item in items:
        file = item.path.relative_to(root).as_posix()
        if file in THINNED and hasattr(item, "callspec"):
            table = file, item.originalname
            if seen[table] % THINNED[file]:
                item.add_marker(pytest.mark.large)
            seen[table] += 1
