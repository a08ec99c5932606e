"""Whatever a program is composed of, its work and its memory stay within a constant times the steps that it is charged.

Work is counted in calls of functions, which tell the same on every machine, and the steps of a file have an end: so
time and memory have one, too. And of a program that is not refused, none of the two may grow faster than its loops.
"""

from __future__ import annotations

import sys
import tracemalloc
from pathlib import Path
from typing import NamedTuple

import pytest

from nnbuild import TensorSpec, limits, load, trace
from nnbuild.budget import spending
from nnbuild.errors import NnbuildError
from tests.hostile.programs import program

#: Calls and bytes of Python that a step may stand for, beside what every program takes, and loading code.
CALLS_A_STEP, BYTES_A_STEP = 8, 100
CALLS_AT_ALL, BYTES_AT_ALL = 50_000, 4_000_000

#: The programs of the README's command, and of `.ci/run`.
QUICK, LONG = 10, 200
SIZES = (12, 24, 48)


class Cost(NamedTuple):
    calls: int
    size: int
    steps: int
    refused: bool


def cost(path: Path) -> Cost:
    """What it costs to build and to trace the spec."""
    calls = 0

    def count(frame: object, event: str, arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    tracemalloc.start()
    sys.setprofile(count)
    refused = False
    try:
        with spending("the program", seconds=60_000 / limits.STEPS_A_SECOND) as left:
            model = load(path)
            tracemalloc.reset_peak()  # reading takes a buffer for the largest file
            trace(model, TensorSpec((4, 4)))
    except NnbuildError:
        refused = True
    finally:
        sys.setprofile(None)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return Cost(calls, peak, min(left.steps, left.steps - left.left), refused)


def held(seed: int, folder: Path) -> None:
    path, costs = folder / "net.yaml", []
    for size in SIZES:
        path.write_text(program(seed, size))
        found = cost(path)
        assert found.calls < CALLS_AT_ALL + CALLS_A_STEP * found.steps, path.read_text()
        assert found.size < BYTES_AT_ALL + BYTES_A_STEP * found.steps, path.read_text()
        costs.append(found)
    ends = [found for found in costs if not found.refused]
    if len(ends) == len(SIZES):  # by so much does work with lists that grow by an item a turn grow at most
        assert ends[-1].calls < 16 * ends[0].calls + CALLS_AT_ALL, path.read_text()


@pytest.mark.parametrize("seed", range(QUICK))
def test_work_is_charged(seed: int, tmp_path: Path) -> None:
    held(seed, tmp_path)


@pytest.mark.large
@pytest.mark.parametrize("part", range(10))
def test_work_of_many_programs_is_charged(part: int, tmp_path: Path) -> None:
    for seed in range(QUICK + part, QUICK + LONG, 10):
        held(seed, tmp_path)
