"""Random convolutions and pools: every fast form gives what the op gives, in single and double precision."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbuild import nn, ops
from nnbuild.engine import compile

DTYPES = {"float32": 1e-4, "float64": 1e-10}


def same(model: Any, inputs: np.ndarray, threads: int) -> list[str]:
    """Check that engine and ops agree; the algorithms of the plan."""
    model.eval()
    expected = model(inputs)
    run = compile(model, inputs, threads=threads)
    found = run(inputs)
    assert found.dtype == expected.dtype and found.shape == expected.shape
    largest = max(1e-3, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(found, expected, rtol=0, atol=DTYPES[expected.dtype.name] * largest)
    assert np.array_equal(run(inputs), found)
    return [step.algorithm for step in run.plan(inputs).steps]


def drawn(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(dtype)


@st.composite
def convolutions(draw: Any) -> tuple[Any, np.ndarray]:
    axes = draw(st.sampled_from([1, 2, 2, 2, 3]))
    kernel = [draw(st.integers(1, 4)) for _ in range(axes)]
    if draw(st.booleans()):
        kernel = [3] * axes
    dilation = draw(st.sampled_from([1, 1, 2]))
    stride = draw(st.sampled_from([1, 1, 2, 3]))
    padding = draw(st.sampled_from([0, 1, 2, "same" if stride == 1 else 0]))
    groups = draw(st.sampled_from([1, 1, 2, 4]))
    inside = groups * draw(st.sampled_from([1, 1, 3, 4, 16]))
    outside = groups * draw(st.sampled_from([1, 2, 5, 16]))
    dtype = draw(st.sampled_from(sorted(DTYPES)))
    layer = getattr(nn, f"Conv{axes}d")(
        inside, outside, tuple(kernel), stride, padding, dilation, groups, draw(st.booleans()), dtype=dtype
    )
    sizes = [draw(st.integers(dilation * (size - 1) + 1, 19 if axes < 3 else 8)) for size in kernel]
    return layer, drawn((draw(st.integers(1, 3)), inside, *sizes), dtype)


@settings(max_examples=120, deadline=None)
@given(case=convolutions(), threads=st.integers(1, 3), after=st.sampled_from(["", "ReLU", "Hardswish", "LeakyReLU"]))
def test_convolution(case: tuple[Any, np.ndarray], threads: int, after: str) -> None:
    layer, inputs = case
    same(nn.Sequential(layer, *([getattr(nn, after)()] if after else [])), inputs, threads)


@st.composite
def transposed(draw: Any) -> tuple[Any, np.ndarray]:
    axes = draw(st.sampled_from([1, 2, 2, 2, 3]))
    kernel = tuple(draw(st.integers(1, 5)) for _ in range(axes))
    stride = draw(st.sampled_from([1, 2, 2, 3, kernel]))
    dilation = draw(st.sampled_from([1, 1, 2]))
    extra = draw(st.integers(0, max(dilation, min(ops.window.each(stride, axes, "stride"))) - 1))
    groups = draw(st.sampled_from([1, 1, 2, 4]))
    inside = groups * draw(st.sampled_from([1, 1, 3, 16]))
    outside = groups * draw(st.sampled_from([1, 2, 5, 16]))
    dtype = draw(st.sampled_from(sorted(DTYPES)))
    layer = getattr(nn, f"ConvTranspose{axes}d")(
        inside, outside, kernel, stride, draw(st.integers(0, 1)), extra, groups, draw(st.booleans()), dilation,
        dtype=dtype,
    )  # fmt: skip
    sizes = [draw(st.integers(3, 12 if axes < 3 else 6)) for _ in range(axes)]
    return layer, drawn((draw(st.integers(1, 3)), inside, *sizes), dtype)


@settings(max_examples=120, deadline=None)
@given(case=transposed(), threads=st.integers(1, 3), after=st.sampled_from(["", "norm", "ReLU", "LeakyReLU"]))
def test_transposed_convolution(case: tuple[Any, np.ndarray], threads: int, after: str) -> None:
    layer, inputs = case
    axes, channels, dtype = inputs.ndim - 2, layer.out_channels, inputs.dtype.name
    norm = getattr(nn, f"BatchNorm{axes}d")(channels).to(dtype)
    norm.running_var.data[...] = np.linspace(0.5, 2, channels)
    norm.running_mean.data[...] = np.linspace(-1, 1, channels)
    following = {"": [], "norm": [norm, nn.ReLU6()]}.get(after) if after in ("", "norm") else [getattr(nn, after)()]
    assert "plain op" not in same(nn.Sequential(layer, *following or []), inputs, threads)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_sum_with_a_transposed_convolution_is_done_in_its_strips(threads: int) -> None:
    class Up(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.up, self.side = nn.ConvTranspose2d(8, 8, 4, 2, 1), nn.ConvTranspose2d(8, 8, 2, 2)

        def forward(self, x: Any) -> Any:
            return ops.relu(self.up(x) + self.side(x))

    assert len(same(Up(), drawn((2, 8, 9, 14), "float32"), threads)) == 2


@st.composite
def pools(draw: Any) -> tuple[Any, np.ndarray]:
    axes = draw(st.integers(1, 3))
    kernel = draw(st.integers(1, 4))
    options = {
        "stride": draw(st.sampled_from([None, 1, 2, 3])),
        "padding": draw(st.integers(0, kernel // 2)),
        "ceil_mode": draw(st.booleans()),
    }
    kind = draw(st.sampled_from(["Max", "Avg"]))
    if kind == "Avg":
        options["count_include_pad"] = draw(st.booleans())
    layer = getattr(nn, f"{kind}Pool{axes}d")(kernel, **options)
    sizes = [draw(st.integers(4, 17 if axes < 3 else 8)) for _ in range(axes)]
    shape = (draw(st.integers(1, 3)), draw(st.sampled_from([1, 3, 16])), *sizes)
    return layer, drawn(shape, draw(st.sampled_from(sorted(DTYPES))))


@settings(max_examples=80, deadline=None)
@given(case=pools(), threads=st.integers(1, 3))
def test_pooling(case: tuple[Any, np.ndarray], threads: int) -> None:
    layer, inputs = case
    assert "plain op" not in same(layer, inputs, threads)


@pytest.mark.parametrize("size", [1, 2, (2, 1), 3, (None, None)])
def test_adaptive_average(size: Any) -> None:
    same(nn.AdaptiveAvgPool2d(size), drawn((2, 5, 8, 6), "float32"), 2)


@pytest.mark.parametrize(
    ("layer", "shape", "algorithm"),
    [
        (nn.Conv2d(64, 64, 3, padding=1), (1, 64, 30, 30), "winograd 4x4"),
        (nn.Conv2d(32, 32, 3, padding=1), (4, 32, 57, 57), "winograd 4x4"),
        (nn.Conv2d(64, 64, 3, padding=1), (3, 64, 13, 11), "winograd 4x4"),
        (nn.Conv2d(32, 32, 3, padding=2), (1, 32, 9, 2050), "winograd 4x4"),
        (nn.Conv2d(64, 64, 5, padding=2), (2, 64, 27, 27), "winograd 2x2"),
        (nn.Conv2d(512, 512, 3, padding=1), (1, 512, 7, 7), "unfold"),
        (nn.Conv2d(64, 128, 1, 2), (2, 64, 29, 29), "product"),
        (nn.Conv2d(512, 300, 1), (1, 512, 7, 7), "product"),
        (nn.Conv2d(64, 64, 3, 2, 1, groups=64), (2, 64, 29, 29), "sum of taps"),
        (nn.Conv2d(32, 64, 3, groups=4), (2, 32, 30, 30), "unfold, 4 groups"),
        (nn.Conv2d(3, 6, 5), (5, 3, 32, 32), "unfold, 4 windows"),
    ],
)
def test_algorithm(layer: Any, shape: tuple[int, ...], algorithm: str) -> None:
    for threads in (1, 2):
        assert same(layer, drawn(shape, "float32"), threads) == [algorithm]


def test_normalisation_before_a_convolution_is_done_to_its_strips() -> None:
    model = nn.Sequential(nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 12, 3, padding=1))
    model[0].running_mean.data[...] = drawn((8,), "float32")
    model[0].weight.data[...] = drawn((8,), "float32")  # of both signs
    assert len(same(model, drawn((2, 8, 9, 9), "float32"), 2)) == 1
    model[0].weight.data[...] = 0.5
    assert len(same(model, drawn((2, 8, 9, 9), "float32"), 2)) == 1


def test_without_a_batch_axis_the_op_runs() -> None:
    assert same(nn.Conv2d(3, 4, 3), drawn((3, 9, 9), "float32"), 1) == ["plain op"]


def test_a_part_of_cat_is_written_in_place() -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Conv2d(3, 6, 5, padding=2)
            self.b = nn.Conv2d(3, 8, 3, padding=1, groups=1)
            self.c = nn.Conv2d(14, 14, 3, padding=1, groups=14)

        def forward(self, x: Any) -> Any:
            y = ops.cat([self.a(x), ops.relu(self.b(x))], 1)
            return ops.cat([y, self.c(y)], 1)

    algorithms = same(Both(), drawn((2, 3, 12, 12), "float32"), 2)
    assert algorithms.count("parts in place") == 2
