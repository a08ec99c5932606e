"""ONNX's own tests of backends. Those that fail are listed in `failing.txt` with the reason, and no others fail."""

from __future__ import annotations

import unittest
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from onnx.backend.test.runner import Runner

from tests.exchange.onnx.backend import NnbuildBackend

pytestmark = [pytest.mark.large, pytest.mark.filterwarnings("ignore")]

LISTED = Path(__file__).with_name("failing.txt")

#: The least number of cases that pass in each group.
LEAST = {"Node": 1600, "Simple": 21, "PyTorchConverted": 82, "PyTorchOperator": 35, "Real": 9}


def listed() -> dict[str, str]:
    """The tests that fail, with the reason: a line `# reason`, then a name a line."""
    found, reason = {}, ""
    for line in LISTED.read_text().splitlines():
        if line.startswith("#"):
            reason = line.lstrip("# ")
        elif line:
            found[line] = reason
    return found


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """The suite; what it writes goes to a folder of its own."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("ONNX_HOME", str(tmp_path_factory.mktemp("onnx")))
        yield Runner(NnbuildBackend, __name__)


@pytest.mark.parametrize("group", LEAST)
def test_all_pass_but_those_that_are_listed(runner: Runner, group: str) -> None:
    known, failed, passed = listed(), set(), set()
    cases = runner._test_items[f"{group}Model"]
    for name, item in cases.items():
        if name.endswith("_cpu"):
            try:
                item.func(None)
                passed.add(name.removesuffix("_cpu"))
            except unittest.SkipTest:
                raise
            except Exception:
                failed.add(name.removesuffix("_cpu"))
    assert failed - known.keys() == set()
    assert passed & known.keys() == set(), "these pass: take them off the list"
    assert len(passed) >= LEAST[group]


def test_every_listed_case_exists_and_has_a_reason(runner: Runner) -> None:
    names = {name.removesuffix("_cpu") for cases in runner._test_items.values() for name in cases}
    assert listed().keys() <= names
    assert all(listed().values())
