"""rearrange, reduce, repeat and their kin, by hand and beside einops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnbuild import TensorSpec, nn, ops, trace
from nnbuild.errors import NnbuildError
from nnbuild.ops import einops
from nnbuild.ops.einops.plan import planned


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(shape).normal(size=shape).astype(np.float32)


X = numbers(2, 6, 4)

REARRANGED: list[tuple[str, tuple[int, ...], dict[str, int]]] = [
    ("b (h w) c -> b c h w", (2, 12, 3), {"h": 4}), ("b c h w -> b (h w) c", (2, 3, 4, 5), {}),
    ("b c (h p) (w q) -> b (h w) (p q c)", (2, 3, 4, 6), {"p": 2, "q": 3}), ("a b c -> c (a b)", (2, 3, 4), {}),
    ("b ... c -> b c ...", (2, 3, 4, 5), {}), ("... c -> c (...)", (2, 3, 4), {}), ("... -> (...)", (2, 3, 4), {}),
    ("b 1 c -> b c", (2, 1, 4), {}), ("b c -> b 1 c ()", (2, 4), {}), ("b () c -> (b c)", (2, 1, 4), {}),
    ("a b -> a b", (2, 3), {}), ("(a b) -> a b", (6,), {"b": 2}), ("b (heads d) -> heads b d", (2, 6), {"heads": 3}),
    ("b t (three h d) -> three b h t d", (2, 5, 12), {"three": 3, "h": 2}), (" -> ", (), {}), ("-> 1", (), {}),
    ("b (1 c) -> b c", (2, 3), {}), ("a ... b -> (a b) ...", (2, 3), {}),
    ("long_name x2 -> x2 long_name", (2, 3), {}), ("b (h w) -> b h w", (0, 6), {"h": 2}),
]  # fmt: skip

REDUCED: list[tuple[str, str, tuple[int, ...], dict[str, int]]] = [
    *(("b c h w -> b c", how, (2, 3, 4, 5), {}) for how in ("mean", "sum", "max", "min", "prod")),
    ("b c (h 2) (w 2) -> b c h w", "max", (2, 3, 4, 6), {}), ("b ... -> b", "sum", (2, 3, 4), {}),
    ("b c (h p) -> h (b c)", "mean", (2, 3, 6), {"p": 2}), ("a b -> ()", "max", (2, 3), {}),
    ("a b -> b a", "sum", (2, 3), {}), ("... c -> ...", "mean", (2, 3, 4), {}),
    ("b c h -> b c 1", "mean", (2, 3, 4), {}),
    ("a b 3 -> a", "min", (2, 4, 3), {}), ("a -> ", "sum", (4,), {}),
]  # fmt: skip

REPEATED: list[tuple[str, tuple[int, ...], dict[str, int]]] = [
    ("h w -> h w c", (2, 3), {"c": 3}), ("h w -> h (repeat w)", (2, 3), {"repeat": 2}), ("h w -> 2 h w", (2, 3), {}),
    ("h w -> (h 2) (w 3)", (2, 3), {}), ("... c -> ... (c r)", (2, 3, 4), {"r": 2}),
    ("() n d -> b n d", (1, 2, 3), {"b": 4}),
    ("1 n d -> b n d", (1, 2, 3), {"b": 4}), ("b n -> b h n d", (2, 3), {"h": 2, "d": 2}), ("a b -> b a", (2, 3), {}),
    ("-> a b", (), {"a": 2, "b": 3}),
]  # fmt: skip

CALLS = [
    *(("rearrange", (pattern,), shape, lengths) for pattern, shape, lengths in REARRANGED),
    *(("reduce", (pattern, how), shape, lengths) for pattern, how, shape, lengths in REDUCED),
    *(("repeat", (pattern,), shape, lengths) for pattern, shape, lengths in REPEATED),
]
over = pytest.mark.parametrize(("name", "args", "shape", "lengths"), CALLS, ids=lambda value: str(value)[:60])


@over
def test_shapes_are_told_without_numbers(
    name: str, args: tuple[str, ...], shape: tuple[int, ...], lengths: dict[str, int]
) -> None:
    call, array = getattr(einops, name), numbers(*shape)
    spec, result = call(TensorSpec(shape), *args, **lengths), call(array, *args, **lengths)
    assert (spec.shape, spec.dtype) == (result.shape, result.dtype)
    np.testing.assert_array_equal(array, numbers(*shape))


@pytest.mark.torch
@over
def test_as_einops(name: str, args: tuple[str, ...], shape: tuple[int, ...], lengths: dict[str, int]) -> None:
    theirs: Any = pytest.importorskip("einops", reason="einops is not installed")
    array = numbers(*shape)
    expected = getattr(theirs, name)(array, *args, **lengths)
    result = getattr(einops, name)(array, *args, **lengths)
    assert result.shape == np.shape(expected)
    np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.torch
@pytest.mark.parametrize(
    ("name", "args", "shape", "lengths"),
    [
        ("rearrange", ("a b -> a",), (2, 3), {}), ("rearrange", ("a -> a b",), (2,), {}),
        ("rearrange", ("a b -> a b 2",), (2, 3), {}), ("rearrange", ("a (b c) -> a b c",), (2, 6), {}),
        ("rearrange", ("a (b c) -> a b c",), (2, 6), {"b": 4}), ("rearrange", ("a b -> b a",), (2, 3, 4), {}),
        ("rearrange", ("a b c d ... -> a b c d ...",), (2, 3), {}), ("rearrange", ("a a -> a",), (2, 2), {}),
        ("rearrange", ("a b -> b a",), (2, 3), {"c": 2}), ("rearrange", ("a b -> b a",), (2, 3), {"a": 3}),
        ("rearrange", ("(a (b c)) -> a b c",), (6,), {"b": 2}), ("rearrange", ("(a b -> a b",), (6,), {"b": 2}),
        ("rearrange", ("a b",), (2, 3), {}), ("rearrange", ("a b -> b a -> a b",), (2, 3), {}),
        ("rearrange", ("a b -> ... a b",), (2, 3), {}), ("rearrange", ("a 1 -> a",), (2, 3), {}),
        ("rearrange", ("b … -> … b",), (2, 3, 4), {}), ("rearrange", ("(...) -> ...",), (2, 3), {}),
        ("rearrange", ("a ..b -> a ..b",), (2, 3), {}),
        ("rearrange", ("a _b -> _b a",), (2, 3), {}), ("rearrange", ("a b- -> b- a",), (2, 3), {}),
        ("reduce", ("a b -> a c", "sum"), (2, 3), {}), ("reduce", ("a b -> a", "median"), (2, 3), {}),
        ("reduce", ("(a 2) b -> a", "max"), (3, 3), {}), ("repeat", ("a b -> a",), (2, 3), {"a": 2}),
        ("repeat", ("a -> a b",), (2,), {}), ("rearrange", ("a 0 -> a",), (2, 0), {}),
    ],
)  # fmt: skip
def test_refused_as_einops_refuses(
    name: str, args: tuple[str, ...], shape: tuple[int, ...], lengths: dict[str, int]
) -> None:
    theirs: Any = pytest.importorskip("einops", reason="einops is not installed")
    with pytest.raises(Exception):  # noqa: B017
        getattr(theirs, name)(numbers(*shape), *args, **lengths)
    with pytest.raises(NnbuildError):
        getattr(einops, name)(numbers(*shape), *args, **lengths)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: einops.rearrange(X, "b (h w) c -> b c h w", h=4),
         "'b (h w) c -> b c h w' of (2, 6, 4), h=4 cannot divide an axis of 6 into (h w), 4 for what is known"),
        (lambda: einops.rearrange(X, "b (h w) c -> b c h w"), "cannot tell h and w in (h w) from an axis of 6"),
        (lambda: einops.rearrange(X, "b n -> n b"), "of (2, 6, 4) wants a tensor of 2 axes and gets one of 3"),
        (lambda: einops.rearrange(X, "b n c -> n b"), "has c on one side alone"),
        (lambda: einops.rearrange(X, "b n c -> n b c", c=3), "has 3 elements in (c) and gets an axis of 4"),
        (lambda: einops.rearrange(X, "b n c -> n b c", d=3), "is given a length for d, which the pattern has not"),
        (lambda: einops.rearrange(X, "b n c, n b c"), "wants one -> between what comes in and what goes out"),
        (lambda: einops.rearrange(X, "b n c -> (n b c"), "has a ( without a ) in '(n b c'"),
        (lambda: einops.rearrange(X, 3), "rearrange wants a pattern of text and gets 3"),
        (lambda: einops.rearrange([], "a -> a"), "rearrange wants at least one tensor and gets an empty list"),
        (lambda: einops.repeat(X, "b n c -> b n c d"), "wants the length of d, which is new"),
        (lambda: einops.reduce(X, "b n c -> b", "avg"), "reduction wants one of min, max, sum, mean, any, all, prod"),
        (lambda: einops.einsum(X, X), "einsum wants tensors and then a pattern"),
        (lambda: einops.einsum(X, "b (n m) c -> b"), "wants names of axes alone: no parentheses, no numbers"),
        (lambda: einops.pack([X], "b n c"), "pack 'b n c' wants one * in the pattern"),
        (lambda: einops.pack([X, X[0, 0]], "b * c"), "wants at least 2 axes, and tensor 1 has 1: (4,)"),
        (lambda: einops.unpack(X, [(2,), (3,)], "b * c"), "cannot part an axis of 6 into [(2,), (3,)]"),
        (lambda: einops.parse_shape(X, "b n"), "parse_shape wants 2 axes for 'b n' and gets (2, 6, 4)"),
        (lambda: nn.Rearrange("b (n c"), "Rearrange 'b (n c' wants one -> between what comes in and what goes out"),
    ],
)  # fmt: skip
def test_refusals_name_the_pattern_and_the_shape(call: Any, message: str) -> None:
    with pytest.raises(NnbuildError) as caught:
        call()
    assert message in caught.value.message


def test_values_by_hand() -> None:
    grid = np.arange(4, dtype=np.float32).reshape(2, 2)
    assert einops.rearrange(grid, "h w -> w h").tolist() == [[0, 2], [1, 3]]
    assert einops.rearrange([grid, grid + 4], "b h w -> h (b w)").tolist() == [[0, 1, 4, 5], [2, 3, 6, 7]]
    assert einops.reduce(grid, "h w -> h", "sum").tolist() == [1, 5]
    assert einops.reduce(grid > 0, "h w -> h", "all").tolist() == [False, True]
    assert einops.reduce(grid, "h w -> w", lambda tensor, axes: ops.amax(tensor, axes)).tolist() == [2, 3]
    assert einops.repeat(grid[0], "w -> (w 2)").tolist() == [0, 0, 1, 1]
    assert einops.einsum(grid, grid, "row one, other one -> row other").tolist() == [[1, 3], [3, 13]]
    assert einops.parse_shape(X, "batch _ width") == {"batch": 2, "width": 4}


@pytest.mark.torch
def test_pack_and_unpack_as_einops() -> None:
    theirs: Any = pytest.importorskip("einops", reason="einops is not installed")
    arrays = [numbers(2, 3, 4, 5), numbers(2, 5), numbers(2, 7, 5)]
    packed, shapes = einops.pack(arrays, "b * c")
    expected, expected_shapes = theirs.pack(arrays, "b * c")
    np.testing.assert_array_equal(packed, expected)
    assert shapes == [tuple(shape) for shape in expected_shapes]
    for given in (shapes, [(3, 4), (), (-1,)], [(3, -1), (), (7,)]):
        for ours, wanted in zip(
            einops.unpack(packed, given, "b * c"), theirs.unpack(packed, given, "b * c"), strict=True
        ):
            np.testing.assert_array_equal(ours, wanted)
    pattern = "... token width, head width -> ... head token"
    x, w = numbers(2, 3, 4, 5), numbers(6, 5)
    np.testing.assert_allclose(einops.einsum(x, w, pattern), theirs.einsum(x, w, pattern), rtol=1e-5, atol=1e-5)


def test_a_plan_is_made_once() -> None:
    planned.cache_clear()
    for _ in range(3):
        einops.rearrange(X, "b (h w) c -> b c h w", h=2)
    assert (planned.cache_info().misses, planned.cache_info().hits) == (1, 2)


def test_what_changes_nothing_leaves_no_trace() -> None:
    class Net(nn.Module):
        def forward(self, x: Any) -> Any:
            return einops.rearrange(x, "b n c -> b n c"), einops.rearrange(x, "b n c -> b c n")

    assert [node.op.name for node in trace(Net(), X).nodes] == ["permute"]


@pytest.mark.torch
@pytest.mark.parametrize(
    "layer",
    ["Rearrange('b (h w) c -> b c h w', h=2)", "Reduce('b (n 2) c -> b n', 'max')", "Reduce('b n c -> b', 'mean')"],
)
def test_layers_as_einops(layer: str) -> None:
    pytest.importorskip("einops", reason="einops is not installed")
    torch: Any = pytest.importorskip("torch")
    from einops.layers import torch as theirs

    names = {"Rearrange", "Reduce"}
    ours, other = (eval(layer, {name: getattr(home, name) for name in names}) for home in (nn, theirs))
    assert repr(ours) == repr(other)
    np.testing.assert_allclose(ours(X), other(torch.from_numpy(X)).numpy(), rtol=1e-6)
