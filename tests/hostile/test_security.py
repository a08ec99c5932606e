"""SECURITY.md: the tests that it names exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "SECURITY.md").read_text("utf-8"))))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_it_exists(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_mention_of_a_test_is_one_of_these() -> None:
    mentions = re.findall(r"`(tests/[^`]*)`", (ROOT / "SECURITY.md").read_text("utf-8"))
    assert len(NAMED) > 20 and set(mentions) == {f"{file}::{name}" for file, name in NAMED}
