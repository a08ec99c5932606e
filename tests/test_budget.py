"""The budget: steps, bytes, time; inherited by what is nested; lists that share parts, or contain themselves."""

from __future__ import annotations

import pytest

from nnbuild import budget, limits
from nnbuild.budget import Budget, current, spending
from nnbuild.errors import BudgetError, SpecError


def test_steps_run_out() -> None:
    with spending("counting", seconds=0.001) as left:
        left.spend(300)
        with pytest.raises(BudgetError, match="counting takes more than 300 steps to evaluate"):
            left.spend()


def test_time_runs_out(monkeypatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr(budget, "monotonic", lambda: float(next(clock)))
    with spending("waiting", seconds=2) as left, pytest.raises(BudgetError) as caught:
        for _ in range(100_000):
            left.spend()
    assert str(caught.value) == "waiting takes more than 2 s (loop over fewer items, or allow more with --max-seconds)"


def test_computing_on_data_is_not_timed(monkeypatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr(budget, "monotonic", lambda: float(next(clock)))
    left = Budget(0.5, on_data=True)
    for _ in range(99_000):
        left.spend()


def test_bytes_run_out() -> None:
    with spending("a let", seconds=1) as left, pytest.raises(BudgetError, match="a let computes more than 200 MB"):
        left.take(limits.MAX_WORK_BYTES + 1)


def test_what_is_inside_inherits_the_budget_and_has_its_own_name() -> None:
    with spending("outside", seconds=0.01) as outer:
        outer.spend(2_000)
        with spending("inside") as inner:
            assert inner is outer is current()
            with pytest.raises(BudgetError, match="inside takes"):
                inner.spend(1_001)
        with pytest.raises(BudgetError, match="outside takes"):
            outer.spend()
    assert current() is not outer


def test_a_shared_list_counts_for_every_way_to_it_and_is_walked_once() -> None:
    shared: list[object] = [1]
    for _ in range((1_000_000).bit_length() - 1):
        shared = [shared, shared]
    Budget(10).spend_on(shared)
    for _ in range(40):
        shared = [shared, shared]
    with pytest.raises(BudgetError):
        Budget(10).spend_on(shared)


def test_cycles_are_refused() -> None:
    cycle: list[object] = [1]
    cycle.append({"inner": (cycle,)})
    with pytest.raises(SpecError, match="a list that contains itself"):
        Budget().spend_on([cycle, cycle])


def test_depth_is_counted_along_shared_parts() -> None:
    first: list[object] = []
    for _ in range(limits.MAX_VALUE_DEPTH - 10):
        first = [first]
    Budget().spend_on(first)
    second = first
    for _ in range(20):
        second = [second]
    with pytest.raises(SpecError, match="lists more than 100 deep"):
        Budget().spend_on([first, second])


def test_pythons_recursion_is_a_budget_too() -> None:
    def nest() -> None:
        nest()

    with pytest.raises(BudgetError, match="nesting is nested too deeply"), spending("nesting"):
        nest()
