"""Convolution and transposed convolution: random options beside PyTorch, formulas, and what is refused."""

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


def test_a_convolution_by_hand() -> None:
    image = np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3)
    kernel = np.array([[[[1, 0], [0, -1]]]], dtype=np.float32)
    assert ops.conv2d(image, kernel).tolist() == [[[[-4, -4], [-4, -4]]]]
    assert ops.conv_transpose2d(image, kernel)[0, 0].tolist() == [
        [0, 1, 2, 0],
        [3, 4, 4, -2],
        [6, 4, 4, -5],
        [0, -6, -7, -8],
    ]


def test_macs_are_products_of_the_sizes() -> None:
    image, kernel = TensorSpec((2, 4, 9, 8)), TensorSpec((6, 2, 3, 3))
    output = ops.conv2d(image, kernel, groups=2)
    assert ops.conv2d.ask("macs", output, image, kernel, groups=2) == 2 * 6 * 7 * 6 * 2 * 3 * 3
    up = TensorSpec((4, 3, 3, 3))
    assert ops.conv_transpose2d.ask("macs", ops.conv_transpose2d(image, up), image, up) == 2 * 4 * 9 * 8 * 3 * 3 * 3


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


IMAGE, KERNEL = TensorSpec((1, 4, 5, 5)), TensorSpec((6, 4, 3, 3))


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((TensorSpec((4, 5)), KERNEL), {}, r"wants an input of 4 axes \(N, C, H, W\) or 3 .* and gets \(4, 5\)"),
        ((TensorSpec((1, 3, 5, 5)), KERNEL), {}, "wants 4 input channels and gets 3"),
        ((IMAGE, TensorSpec((6, 4, 3))), {}, r"wants a weight of 4 axes and gets \(6, 4, 3\)"),
        ((IMAGE, KERNEL, TensorSpec((5,))), {}, r"wants a bias of 6 elements, one an output channel, and gets \(5,\)"),
        ((IMAGE, KERNEL), {"groups": 5}, "groups=5 does not divide the 6 channels of the weight"),
        ((IMAGE, KERNEL), {"stride": 0}, "stride must be at least 1"),
        ((IMAGE, KERNEL), {"stride": (1, 2, 3)}, "stride wants one whole number or 2, not"),
        ((IMAGE, KERNEL), {"padding": -1}, "padding must be at least 0, not -1"),
        ((IMAGE, KERNEL), {"padding": "full"}, "padding is a number, 'same' or 'valid', not 'full'"),
        ((IMAGE, KERNEL), {"padding": "same", "stride": 2}, "padding='same' needs stride 1"),
        (
            (IMAGE, TensorSpec((0, 4, 3, 3))),
            {},
            r"out_channels must be at least 1, not 0: the weight is \(0, 4, 3, 3\)",
        ),
        ((IMAGE, TensorSpec((6, 4, 3, 0))), {}, r"kernel_size must be at least 1, not \(3, 0\)"),
        ((IMAGE, KERNEL), {"dilation": 3}, "has a window of 7 and its input only 5 elements of an axis"),
        ((IMAGE, KERNEL.with_dtype("float64")), {}, "wants input and weight of one dtype and gets float32 and float64"),
    ],
)
def test_what_does_not_fit_is_refused(arguments: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises((ShapeError, OptionError), match=message):
        ops.conv2d(*arguments, **options)


def test_output_padding_is_below_the_stride() -> None:
    with pytest.raises(
        OptionError, match="output_padding must be at least 0 and below the stride or the dilation, not 2"
    ):
        ops.conv_transpose2d(IMAGE, TensorSpec((4, 2, 3, 3)), stride=2, output_padding=2)
    with pytest.raises(ShapeError, match="leaves -1 elements of an axis"):
        ops.conv_transpose2d(TensorSpec((1, 4, 1, 1)), TensorSpec((4, 2, 1, 1)), padding=1)
