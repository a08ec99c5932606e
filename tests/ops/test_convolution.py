"""Convolution and transposed convolution: random options beside PyTorch, and formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbuild import ops
from nnbuild.errors import OptionError, ShapeError
from nnbuild.ops import TensorSpec

SMALL = settings(max_examples=60, deadline=None)


@st.composite
def calls(draw: Any, transposed: bool) -> tuple[int, tuple[Any, ...], dict[str, Any]]:
    """Axes, the shapes of input, weight and bias, and options; not all of them fit together."""
    axes = draw(st.integers(1, 3))
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    per_axis = st.one_of(st.integers(1, 3), st.tuples(*[st.integers(1, 3)] * axes))
    inputs, outputs = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    kernel = draw(st.tuples(*[st.integers(1, 4)] * axes))
    batch = draw(st.sampled_from([(), (0,), (1,), (2,)]))
    wrong = draw(st.sampled_from([0, 0, 0, 0, 1]))
    shape = (*batch, inputs + wrong, *draw(st.tuples(*[st.integers(1, 7)] * axes)))
    weight = (inputs, outputs // groups, *kernel) if transposed else (outputs, inputs // groups, *kernel)
    padding = st.one_of(st.integers(0, 2), st.tuples(*[st.integers(0, 2)] * axes))
    options: dict[str, Any] = {"stride": draw(per_axis), "dilation": draw(per_axis), "groups": groups}
    if transposed:
        options |= {"padding": draw(padding), "output_padding": 0 if batch == (0,) else draw(st.integers(0, 2))}
    else:
        options |= {"padding": draw(st.one_of(padding, st.sampled_from(["same", "valid"])))}
    bias = draw(st.sampled_from([None, (outputs,)]))
    return axes, (shape, weight, bias), options


def compare(name: str, shapes: tuple[Any, ...], options: dict[str, Any]) -> None:
    """Both accept with the same numbers, or both refuse; the shape rule says the same as the kernel."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    arrays = [None if shape is None else rng.standard_normal(shape) for shape in shapes]
    tensors = [None if array is None else torch.from_numpy(array) for array in arrays]
    try:
        expected = getattr(torch.nn.functional, name)(*tensors, **options).numpy()
    except (RuntimeError, ValueError):
        with pytest.raises((ShapeError, OptionError)):
            getattr(ops, name)(*arrays, **options)
        return
    specs = [None if shape is None else TensorSpec(shape, "float64") for shape in shapes]
    assert getattr(ops, name)(*specs, **options).shape == expected.shape
    np.testing.assert_allclose(getattr(ops, name)(*arrays, **options), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore::UserWarning")
@SMALL
@given(calls(transposed=False))
def test_convolution_is_torchs(call: Any) -> None:
    axes, shapes, options = call
    compare(f"conv{axes}d", shapes, options)


@pytest.mark.torch
@SMALL
@given(calls(transposed=True))
def test_transposed_convolution_is_torchs(call: Any) -> None:
    axes, shapes, options = call
    compare(f"conv_transpose{axes}d", shapes, options)


def test_formulas_have_the_numbers_put_in() -> None:
    image, kernel = TensorSpec((1, 3, 224, 224)), TensorSpec((64, 3, 11, 11))
    output = ops.conv2d(image, kernel, None, 4, 2)
    assert ops.conv2d.ask("formula", output, image, kernel, None, 4, 2) == [
        "H, W = floor((224 + 2*2 - 1*(11-1) - 1)/4 + 1) = 55"
    ]
    narrow = TensorSpec((1, 3, 5, 4))
    up = TensorSpec((3, 2, 4, 4))
    assert ops.conv_transpose2d.ask("formula", TensorSpec((1, 2, 10, 8)), narrow, up, None, 2, 1) == [
        "H = (5 - 1)*2 - 2*1 + 1*(4-1) + 0 + 1 = 10",
        "W = (4 - 1)*2 - 2*1 + 1*(4-1) + 0 + 1 = 8",
    ]
