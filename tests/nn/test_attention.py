"""Attention: values by hand, masks of all kinds, costs and refusals, beside PyTorch where it is installed.

The table tests/cases/transformer.py holds shapes, values, weights and printed forms.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbuild import nn, ops
from nnbuild.errors import NnbuildError, OptionError, ShapeError
from nnbuild.graph import trace
from nnbuild.ops import TensorSpec

attend = ops.scaled_dot_product_attention


def numbers(*shape: int, dtype: str = "float32") -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(dtype)


def test_equal_keys_give_the_mean_of_the_values() -> None:
    value = numbers(2, 5, 3)
    np.testing.assert_allclose(
        attend(numbers(2, 4, 3), np.ones((2, 5, 3), np.float32), value),
        np.broadcast_to(value.mean(1, keepdims=True), (2, 4, 3)),
        rtol=1e-5,
    )


def test_weights_by_hand() -> None:
    query, key, value = np.array([[2.0]]), np.array([[0.0], [math.log(3) / 2]]), np.array([[0.0], [1.0]])
    np.testing.assert_allclose(attend(query, key, value), [[0.75]])
    np.testing.assert_allclose(attend(query, key, value, scale=0), [[0.5]])


def test_causal_queries_see_no_later_key() -> None:
    value = np.arange(10.0).reshape(2, 5, 1)
    result = attend(np.zeros((2, 3, 4)), np.zeros((2, 5, 4)), value, is_causal=True)
    np.testing.assert_allclose(result[0, :, 0], [0, 0.5, 1])


def test_a_query_that_sees_nothing_gets_zeros() -> None:
    x = numbers(2, 3, 4)
    for mask in (np.zeros((3, 3), bool), np.full((3, 3), -np.inf, np.float32)):
        np.testing.assert_array_equal(attend(x, x, x, mask), np.zeros_like(x))
    np.testing.assert_array_equal(attend(x, x[:, :0], x[:, :0]), np.zeros_like(x))


def test_large_scores_do_not_overflow() -> None:
    x = np.array([[1e3], [-1e3]], np.float32)
    np.testing.assert_allclose(attend(x, x, x), x)


def test_groups_of_heads_share_keys() -> None:
    query, key, value = numbers(2, 6, 3, 4), numbers(2, 2, 5, 4), numbers(2, 3, 5, 7)
    copied = attend(query, key.repeat(3, 1), value.repeat(2, 1))
    np.testing.assert_allclose(attend(query, key, value, enable_gqa=True), copied, rtol=1e-5)
    assert attend(*(TensorSpec(x.shape) for x in (query, key, value)), enable_gqa=True).shape == copied.shape


def test_dropout_of_all_weights() -> None:
    x = numbers(2, 3, 4)
    assert not attend(x, x, x, dropout_p=1.0).any()


def test_half_precision() -> None:
    x = numbers(2, 3, 4)
    half = attend(*[x.astype(np.float16)] * 3, np.zeros((3, 3), np.float32))
    assert half.dtype == np.float16
    np.testing.assert_allclose(half, attend(x, x, x), atol=5e-3)


@pytest.mark.parametrize(
    ("shapes", "options", "message"),
    [
        ([(4,), (5, 4), (5, 6)], {}, "at least 2 axes"),
        ([(3, 4), (5, 3), (5, 6)], {}, "as many features in query as in key and gets 4 and 3"),
        ([(3, 4), (5, 4), (6, 4)], {}, "a value for every key and gets 6 for 5"),
        ([(3, 4), (5, 4), (5, 4), (3, 4)], {}, r"a mask that broadcasts to \(\*, queries, keys\) = \(3, 5\)|broadcast"),
        ([(3, 4), (5, 4), (5, 4), (2, 3, 5)], {}, "a mask that broadcasts"),
        ([(3, 4), (5, 4), (5, 4)], {"enable_gqa": True}, "at least 3 axes"),
        ([(5, 3, 4), (2, 5, 4), (2, 5, 4)], {"enable_gqa": True}, "the 2 heads of key to divide the 5 of query"),
    ],
)
def test_shapes_that_do_not_fit(shapes: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        attend(*map(TensorSpec, shapes), **options)


def test_options_and_dtypes_that_do_not_fit() -> None:
    x, mask = TensorSpec((3, 4)), TensorSpec((3, 3), "bool")
    with pytest.raises(OptionError, match="is_causal=True is a mask already"):
        attend(x, x, x, mask, is_causal=True)
    with pytest.raises(OptionError, match="dropout_p is a probability"):
        attend(x, x, x, dropout_p=1.5)
    with pytest.raises(ShapeError, match="a mask of bool or float32 and gets int64"):
        attend(x, x, x, TensorSpec((3, 3), "int64"))
    with pytest.raises(ShapeError, match="query, key and value of one dtype"):
        attend(x, x, TensorSpec((3, 4), "float64"))


def test_macs_are_both_products() -> None:
    query, key, value = TensorSpec((2, 8, 3, 4)), TensorSpec((2, 2, 5, 4)), TensorSpec((2, 2, 5, 6))
    assert attend.ask("macs", TensorSpec((2, 8, 3, 6)), query, key, value, enable_gqa=True) == 2 * 8 * 3 * 5 * (4 + 6)


@pytest.mark.parametrize("need_weights", [True, False])
def test_macs_of_multi_head_attention(need_weights: bool) -> None:
    """ViT-B/16: 197 tokens of 768 features in 12 heads, a layer of the 17,563,828,224 in all."""
    layer = nn.MultiheadAttention(768, 12, batch_first=True)
    x = TensorSpec((1, 197, 768))
    projections, products = 197 * 768 * 4 * 768, 2 * 197 * 197 * 768

    class Self(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = layer

        def forward(self, x: Any) -> Any:
            return self.attention(x, x, x, need_weights=need_weights)[0]

    assert trace(Self(), x).macs == projections + products
    mlp = 197 * 2 * 768 * 3072
    patches, head = 196 * 768 * 3 * 16 * 16, 768 * 1000
    assert 12 * (projections + products + mlp) + patches + head == 17_563_828_224


def test_masks_are_not_copied_for_each_head() -> None:
    layer = nn.MultiheadAttention(8, 4, batch_first=True)
    x = TensorSpec((2, 5, 8))
    graph = trace(layer, x, x, x, TensorSpec((2, 5), "bool"), False, TensorSpec((5, 5), "bool"))
    masks = [value for node in graph.nodes for value in node.outputs if value.dtype == "bool"]
    assert max(math.prod(value.shape) for value in masks) == 2 * 5 * 5


@pytest.mark.parametrize(
    ("inputs", "options", "message"),
    [
        ([(5, 2, 8), (5, 8), (5, 8)], {}, r"query, key and value of \(L, N, features\), or all of \(L, features\)"),
        ([(5, 2, 6), (5, 2, 8), (5, 2, 8)], {}, "wants 8 query features and gets 6"),
        ([(5, 2, 8), (4, 2, 8), (5, 2, 8)], {}, "a value for every key"),
        ([(5, 2, 8), (5, 3, 8), (5, 3, 8)], {}, "one batch size"),
        ([(5, 2, 8)] * 3, {"attn_mask": TensorSpec((5, 4))}, r"attn_mask to be \(5, 5\) or \(4, 5, 5\) and gets"),
        ([(5, 2, 8)] * 3, {"key_padding_mask": TensorSpec((5, 2))}, r"key_padding_mask to be \(2, 5\) and gets"),
        ([(5, 2, 8)] * 3, {"attn_mask": TensorSpec((5, 5), "int64")}, "of bool or numbers with fractions and gets int"),
        ([(5, 2, 8)] * 3, {"attn_mask": TensorSpec((5, 5), "float64")}, "masks of bool or float32 and gets float64"),
        ([(5, 2, 8)] * 3, {"is_causal": True}, "wants an attn_mask where is_causal=True"),
    ],
)
def test_multi_head_inputs_that_do_not_fit(inputs: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ShapeError, match="MultiheadAttention wants .*" + message.removeprefix("wants ")):
        nn.MultiheadAttention(8, 2)(*map(TensorSpec, inputs), **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((8, 3), "wants num_heads that divides embed_dim=8 and gets 3"),
        ((0, 1), "wants embed_dim of at least 1"),
        ((8, 2, 1.5), "wants a dropout between 0 and 1"),
    ],
)
def test_multi_head_options_that_do_not_fit(options: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        nn.MultiheadAttention(*options)


def test_dropout_is_for_training_only() -> None:
    layer, x = nn.MultiheadAttention(8, 2, dropout=1.0), numbers(5, 2, 8)
    assert layer.eval()(x, x, x)[0].any()
    output, weights = layer.train()(x, x, x)
    assert not output.any()
    assert not weights.any()


def _masks(rng: np.random.Generator, length: int, keys: int, batch: int | None, dtype: str) -> Any:
    rows = 2 * (batch or 1)
    attention = [
        None, rng.random((length, keys)) < 0.3, rng.standard_normal((length, keys)).astype(dtype),
        rng.random((rows, length, keys)) < 0.3, rng.standard_normal((length, keys + 1)).astype(dtype),
        np.triu(np.full((length, keys), -np.inf, dtype), 1), np.ones((length, keys), np.int64),
    ]  # fmt: skip
    padding = [None, rng.random((batch, keys) if batch else (keys,)) < 0.3, np.zeros((keys + 1,), dtype)]
    return attention, padding


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_random_masks_and_options_as_torch(data: st.DataObject) -> None:
    torch = pytest.importorskip("torch")
    names = ("bias", "add_bias_kv", "add_zero_attn", "batch_first")
    options: dict[str, Any] = {name: data.draw(st.booleans(), name) for name in names}
    kdim, vdim = data.draw(st.sampled_from([(8, 8), (3, 5)]))
    dtype = data.draw(st.sampled_from(["float32", "float64"]))
    ours, theirs = (lib.MultiheadAttention(8, 2, kdim=kdim, vdim=vdim, **options) for lib in (nn, torch.nn))
    ours.to(dtype), theirs.to(getattr(torch, dtype))
    theirs.load_state_dict({key: torch.from_numpy(array.copy()) for key, array in ours.state_dict().items()})
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    batch = data.draw(st.sampled_from([None, 1, 3]))

    def sequence(length: int, features: int) -> np.ndarray:
        shape = (length,) if batch is None else (batch, length) if options["batch_first"] else (length, batch)
        return rng.standard_normal((*shape, features)).astype(dtype)

    query, key, value = sequence(3, 8), sequence(4, kdim), sequence(4, vdim)
    if kdim == 8 and data.draw(st.booleans()):
        value = key
    tensors = {id(array): torch.from_numpy(array) for array in (query, key, value)}
    for attn_mask, padding in itertools.product(*_masks(rng, 3, 4, batch, dtype)):
        call = {name: bool(rng.integers(2)) for name in ("need_weights", "average_attn_weights")}
        call["is_causal"] = attn_mask is not None and bool(rng.integers(2))
        masks = {"attn_mask": attn_mask, "key_padding_mask": padding}
        try:
            theirs_mask = {name: None if mask is None else torch.from_numpy(mask) for name, mask in masks.items()}
            with torch.enable_grad():
                expected = theirs(*(tensors[id(array)] for array in (query, key, value)), **theirs_mask, **call)
        except (RuntimeError, AssertionError):
            with pytest.raises(NnbuildError):
                ours(query, key, value, **masks, **call)
            continue
        _agree(ours(query, key, value, **masks, **call), expected, 1e-10 if dtype == "float64" else 1e-4)


def _agree(result: Any, expected: Any, tolerance: float) -> None:
    for array, tensor in zip(result, expected, strict=True):
        assert (array is None) == (tensor is None)
        if array is not None:
            np.testing.assert_allclose(array, tensor.detach().numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.torch
@pytest.mark.parametrize(
    ("shapes", "gqa"),
    [
        (((2, 3, 4), (2, 5, 4), (2, 5, 6)), False), (((3, 4), (5, 4), (5, 6)), False),
        (((2, 1, 3, 4), (1, 7, 5, 4), (5, 6)), False), (((2, 3, 0), (2, 5, 0), (2, 5, 6)), False),
        (((2, 0, 4), (2, 3, 4), (2, 3, 6)), False), (((2, 6, 3, 4), (1, 2, 5, 4), (1, 3, 5, 4)), True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("scale", [None, 0.3, -0.2])
def test_attention_as_torch(shapes: Any, gqa: bool, scale: float | None) -> None:
    torch = pytest.importorskip("torch")
    arrays = [numbers(*shape, dtype="float64") for shape in shapes]
    tensors = [torch.from_numpy(array) for array in arrays]
    size = (shapes[0][-2], shapes[1][-2])
    for mask in (None, numbers(*size, dtype="float64"), numbers(*size) > 0, numbers(*size), True):
        options = {"is_causal": mask is True, "scale": scale, "enable_gqa": gqa}
        given = None if mask is True else mask
        expected = torch.nn.functional.scaled_dot_product_attention(
            *tensors, None if given is None else torch.from_numpy(given), **options
        )
        np.testing.assert_allclose(attend(*arrays, given, **options), expected.numpy(), rtol=1e-10, atol=1e-10)
