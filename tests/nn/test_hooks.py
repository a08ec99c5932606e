"""Hooks of a module: their order, what they are given and what they may change."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnbuild import nn
from nnbuild.graph import trace
from nnbuild.ops import TensorSpec
from tests.nn.scenarios import OURS, Library, outcome, same


def _noting(log: list[Any], name: str) -> Callable[..., None]:
    return lambda *given: log.append((name, ["kwargs" if isinstance(one, dict) else "" for one in given]))


def order(lib: Library) -> list[Any]:
    log: list[Any] = []
    layer, x = lib.nn.Linear(2, 2), lib.array(1, 2)
    first = layer.register_forward_pre_hook(_noting(log, "pre"))
    layer.register_forward_pre_hook(_noting(log, "pre before"), prepend=True)
    layer.register_forward_pre_hook(_noting(log, "pre kwargs"), with_kwargs=True)
    after = layer.register_forward_hook(_noting(log, "post"))
    layer.register_forward_hook(_noting(log, "post before"), prepend=True)
    layer.register_forward_hook(_noting(log, "post kwargs"), with_kwargs=True)
    layer.register_forward_hook(_noting(log, "always"), always_call=True)
    layer(x), layer(input=x)
    for handle in (first, first, after):
        handle.remove()
    layer(x)
    log.append(outcome(lambda: layer(lib.array(1, 3)))[:12])
    with layer.register_forward_hook(_noting(log, "within")):
        layer(x)
    layer(x)
    return log


def replaced_values(lib: Library) -> list[Any]:
    layer, x = lib.nn.Identity(), lib.array(2)

    def values() -> Any:
        return outcome(lambda: [float(value) for value in layer(x)])

    facts = []
    for hook, options in (
        (lambda module, args: (args[0] * 0,), {}),
        (lambda module, args: args[0] * 2, {}),
        (lambda module, args, kwargs: ((args[0] * 5,), kwargs), {"with_kwargs": True}),
        (lambda module, args, kwargs: 3, {"with_kwargs": True}),
    ):
        with layer.register_forward_pre_hook(hook, **options):
            facts.append(values())
    with layer.register_forward_hook(lambda module, args, output: output * 3):
        facts.append(values())
        with layer.register_forward_hook(lambda module, args, output: output + args[0], prepend=True):
            facts.append(values())
    return [*facts, values()]


def errors(lib: Library) -> list[Any]:
    log: list[str] = []

    def failing(name: str, error: Exception) -> Callable[..., None]:
        def hook(*given: Any) -> None:
            log.append(name)
            raise error

        return hook

    layer, x = lib.nn.Identity(), lib.array(1)
    with (
        layer.register_forward_hook(failing("fails", ValueError("f"))),
        layer.register_forward_hook(lambda *given: log.append("always"), always_call=True),
        layer.register_forward_hook(failing("always fails", KeyError("a")), always_call=True),
        layer.register_forward_hook(lambda *given: log.append("not reached")),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        facts = [outcome(lambda: layer(x)), [str(warning.message) for warning in caught]]
        with layer.register_forward_pre_hook(failing("pre fails", ValueError("p"))):
            facts.append(outcome(lambda: layer(x)))
    with layer.register_forward_hook(failing("alone", KeyError("k")), always_call=True):
        facts.append(outcome(lambda: layer(x)))
    return [*facts, log]


@pytest.mark.torch
@pytest.mark.parametrize("scenario", [order, replaced_values, errors], ids=lambda scenario: scenario.__name__)
def test_as_torch(scenario: Callable[[Library], Any]) -> None:
    same(scenario)


def test_order() -> None:
    names = [entry[0] for entry in order(OURS)[:7]]
    assert names == ["pre before", "pre", "pre kwargs", "post before", "post", "post kwargs", "always"]


def test_replaced_values() -> None:
    wrong = "RuntimeError: forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got 3."
    assert replaced_values(OURS) == [[0, 0], [2, 2], [5, 5], wrong, [3, 3], [6, 6], [1, 1]]


def test_an_always_called_hook_runs_after_an_error_and_its_own_error_is_a_warning() -> None:
    told, caught, *_, log = errors(OURS)
    assert told == "ValueError: f"
    assert log[:3] == ["fails", "always", "always fails"]
    assert "was silenced as another error was raised in forward" in caught[0]


def test_hooks_do_not_run_in_a_trace() -> None:
    layer, log = nn.Linear(2, 2), []
    layer.register_forward_hook(lambda *given: log.append("ran"))
    trace(layer, TensorSpec((1, 2)))
    assert not log
    layer(np.ones((1, 2), np.float32))
    assert log == ["ran"]


def test_backward_hooks_are_kept_and_never_run() -> None:
    layer = nn.Identity()
    handles = [
        layer.register_full_backward_hook(lambda *given: 1 / 0),
        layer.register_full_backward_pre_hook(lambda *given: 1 / 0, prepend=True),
    ]
    layer(np.ones(1, np.float32))
    for handle in handles:
        handle.remove()
    assert not layer._backward_hooks
    assert not layer._backward_pre_hooks
