"""Shaping, repetition and joining: any sizes beside PyTorch, hints and formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbuild import ops
from nnbuild.errors import OptionError, ShapeError
from tests.ops.agreement import agrees
from tests.ops.table import Row, T


def test_a_dtype_is_no_size() -> None:
    with pytest.raises(OptionError, match="size wants numbers, not 'int32'"):
        ops.view(np.zeros(3), "int32")


def test_repeats_that_depend_on_data() -> None:
    with pytest.raises(OptionError, match="output's size depends on data"):
        ops.repeat_interleave(np.zeros(3), np.array([1, 2, 3]))


def test_hints_name_the_op_to_use() -> None:
    for row, hint in [
        (("t", np.zeros((2, 2, 2))), "transpose"),
        (("expand", np.zeros(2), 4), "repeat"),
        (("cat", [np.zeros(())]), "stack"),
    ]:
        with pytest.raises(ShapeError) as caught:
            getattr(ops, row[0])(*row[1:])
        assert hint in (caught.value.hint or "")


def test_flatten_explains_its_size() -> None:
    spec = ops.TensorSpec((1, 16, 6, 6))
    assert ops.flatten.ask("formula", ops.flatten(spec, 1), spec, 1) == ["16*6*6 = 576"]


SIZES = st.lists(st.integers(0, 3), max_size=4).map(tuple)
DIM = st.integers(-4, 4)
CALLS = {
    "view": st.lists(st.integers(-1, 6), min_size=1, max_size=3).map(tuple).map(lambda sizes: (sizes,)),
    "flatten": st.tuples(DIM, DIM),
    "unflatten": st.tuples(DIM, st.lists(st.integers(-1, 3), min_size=1, max_size=2).map(tuple)),
    "squeeze": st.tuples(DIM),
    "unsqueeze": st.tuples(DIM),
    "transpose": st.tuples(DIM, DIM),
    "permute": st.permutations(range(3)).map(tuple).map(lambda dims: (dims,)),
    "movedim": st.tuples(DIM, DIM),
    "expand": st.lists(st.integers(-1, 3).filter(bool), max_size=4).map(tuple).map(lambda sizes: (sizes,)),
    "repeat": st.lists(st.integers(0, 2), max_size=4).map(tuple).map(lambda sizes: (sizes,)),
    "tile": st.lists(st.integers(0, 2), max_size=4).map(tuple).map(lambda sizes: (sizes,)),
    "repeat_interleave": st.tuples(st.integers(0, 2), st.none() | DIM),
    "roll": st.tuples(st.integers(-4, 4), DIM),
    "flip": st.lists(DIM, max_size=2).map(tuple).map(lambda dims: (dims,)),
    "split": st.tuples(st.integers(0, 3) | st.lists(st.integers(0, 2), min_size=1, max_size=3), DIM),
    "chunk": st.tuples(st.integers(0, 4), DIM),
    "tensor_split": st.tuples(st.integers(0, 4) | st.lists(st.integers(-3, 4), max_size=3).map(tuple), DIM),
    "unbind": st.tuples(DIM),
    "narrow": st.tuples(DIM, st.integers(-4, 4), st.integers(0, 3)),
    "select": st.tuples(DIM, st.integers(-4, 4)),
}


@pytest.mark.torch
@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_any_shape_as_torch(name: str, data: st.DataObject) -> None:
    sizes = SIZES.filter(all).filter(len) if name == "roll" else SIZES  # torch overlooks wrong axes of empty tensors
    agrees(Row(name, (T(data.draw(sizes)), *data.draw(CALLS[name])), {}))
