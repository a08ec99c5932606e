"""Ops in place in a trace: who sees the change, and what cannot be told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnbuild import compile, nn, ops
from nnbuild.errors import ShapeError

X = np.linspace(-3, 3, 24, dtype=np.float32).reshape(2, 4, 3)


class _Net(nn.Module):
    def __init__(self, forward: Callable[[Any], Any]) -> None:
        super().__init__()
        self.eval().__dict__["forward"] = forward


def _same_name(x: Any) -> Any:
    y = x
    ops.relu_(x)
    return ops.add(y, x)


def _halves(x: Any) -> Any:
    first, second = ops.chunk(x, 2, 1)
    ops.mul_(first, 3)
    return ops.cat([first, second], 1)


def _copy(x: Any) -> Any:
    y = ops.reshape(ops.permute(x, (0, 2, 1)), (2, 12))
    ops.add_(y, 1)
    return ops.add(ops.flatten(x, 1), y)


def _picked(x: Any) -> Any:
    y = ops.getitem(x, [1, 0])
    ops.add_(y, 1)
    return ops.add(x, y)


@pytest.mark.parametrize("forward", [_same_name, _halves, _copy, _picked])
def test_a_planned_run_sees_what_arrays_see(forward: Callable[[Any], Any]) -> None:
    model = _Net(forward)
    np.testing.assert_allclose(compile(model)(X.copy()), model(X.copy()), rtol=1e-6)


def _base(x: Any) -> Any:
    ops.relu_(ops.view(x, (8, 3)))
    return ops.add(x, 1)


def _view(x: Any) -> Any:
    y = ops.unsqueeze(ops.permute(x, (2, 0, 1)), 0)
    ops.relu_(x)
    return y


def _part(x: Any) -> Any:
    first, second = ops.chunk(x, 2, 1)
    ops.sigmoid_(first)
    return ops.add(x, ops.cat([second, second], 1))


@pytest.mark.parametrize(("forward", "op"), [(_base, "relu"), (_view, "relu"), (_part, "sigmoid")])
def test_a_change_through_a_view_is_refused(forward: Callable[[Any], Any], op: str) -> None:
    with pytest.raises(ShapeError, match=f"used after {op} changed it in place, through a view of it"):
        compile(_Net(forward))(X.copy())
