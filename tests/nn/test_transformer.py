"""Transformer layers: copies, masks, activations, traces and refusals, beside PyTorch where it is installed.

The table tests/cases/transformer.py holds shapes, values, weights and printed forms.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbuild import nn, ops
from nnbuild.errors import OptionError, ShapeError
from nnbuild.graph import trace
from nnbuild.ops import TensorSpec


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def test_layers_of_a_stack_begin_with_equal_weights_of_their_own() -> None:
    stack = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 6), 3)
    first, second = (layer.linear1.weight for layer in stack.layers[:2])
    assert first is not second
    np.testing.assert_array_equal(first.data, second.data)
    first.data[0, 0] = 7
    assert second.data[0, 0] != 7


def test_copies_keep_the_op_that_they_activate_with() -> None:
    layer = copy.deepcopy(nn.TransformerEncoderLayer(8, 2, 6))
    assert layer.activation is ops.relu


def test_an_activation_that_is_a_module_is_registered() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 6, activation=nn.GELU())
    assert [name for name, _ in layer.named_children()][-1] == "activation"
    by_name = nn.TransformerEncoderLayer(8, 2, 6, activation="gelu")
    by_name.load_state_dict(layer.state_dict())
    x = numbers(5, 2, 8)
    np.testing.assert_array_equal(by_name.eval()(x), layer.eval()(x))


def test_an_activation_may_be_any_function() -> None:
    layer = nn.TransformerDecoderLayer(8, 2, 6, activation=lambda x: ops.mul(x, 0)).eval()
    layer.linear2.load_state_dict({"weight": numbers(8, 6), "bias": np.zeros(8, np.float32)})
    assert layer(numbers(3, 2, 8), numbers(5, 2, 8)).shape == (3, 2, 8)


def test_dropout_is_for_training_only() -> None:
    layer, x = nn.TransformerEncoderLayer(8, 2, 6, dropout=1.0, norm_first=True), numbers(5, 2, 8)
    np.testing.assert_array_equal(layer.train()(x), x)  # both sublayers dropped, the shortcuts stay
    assert not np.array_equal(layer.eval()(x), x)


def test_the_causal_mask() -> None:
    mask = nn.Transformer.generate_square_subsequent_mask(3)
    assert mask.dtype == np.float32
    np.testing.assert_array_equal(mask, [[0, -np.inf, -np.inf], [0, 0, -np.inf], [0, 0, 0]])
    assert nn.Transformer.generate_square_subsequent_mask(2, dtype="float64").dtype == np.float64


def test_a_causal_target_does_not_see_what_follows() -> None:
    net = nn.Transformer(8, 2, 1, 1, 6).eval()
    src, tgt = numbers(5, 2, 8), numbers(4, 2, 8)
    changed = tgt.copy()
    changed[2:] += 1
    mask = net.generate_square_subsequent_mask(4)
    for options in ({"tgt_mask": mask}, {"tgt_mask": mask, "tgt_is_causal": True}, {"tgt_mask": mask < 0}):
        first, second = (net(src, target, **options) for target in (tgt, changed))
        np.testing.assert_allclose(first[:2], second[:2], rtol=1e-5, atol=1e-6)
        assert not np.allclose(first[2:], second[2:])


def test_a_trace_knows_the_modules_and_their_costs() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 6, batch_first=True)
    graph = trace(nn.TransformerEncoder(layer, 2), TensorSpec((2, 5, 8)))
    costs = {call.path: call.macs for call in graph.calls() if call.macs}
    attention = 2 * 5 * 8 * (3 * 8 + 8) + 2 * 2 * 5 * 5 * 8
    assert costs["layers.1.self_attn"] == attention
    assert costs["layers.1.self_attn.out_proj"] == 2 * 5 * 8 * 8
    assert costs["layers.0"] == attention + 2 * 2 * 5 * 8 * 6
    assert not graph.model.layers[0].linear1.weight.is_materialized


@pytest.mark.parametrize(
    ("src", "tgt", "message"),
    [
        ((5, 2, 8), (3, 3, 8), "one batch size in src and tgt"),
        ((5, 2, 8), (3, 8), r"src and tgt of \(L, N, d_model\), or both of \(L, d_model\)"),
        ((5, 2, 6), (3, 2, 8), "8 features in src and gets 6"),
    ],
)
def test_sizes_that_do_not_fit(src: Any, tgt: Any, message: str) -> None:
    with pytest.raises(ShapeError, match="Transformer wants " + message):
        nn.Transformer(8, 2, 1, 1, 6)(TensorSpec(src), TensorSpec(tgt))


def test_a_hint_needs_its_mask() -> None:
    with pytest.raises(ShapeError, match="wants an attn_mask where is_causal=True"):
        nn.TransformerEncoderLayer(8, 2, 6)(TensorSpec((5, 2, 8)), is_causal=True)


def test_options_that_do_not_fit() -> None:
    with pytest.raises(OptionError, match="wants 'relu', 'gelu' or a function for activation and gets 'tanh'"):
        nn.TransformerEncoderLayer(8, 2, activation="tanh")
    with pytest.raises(OptionError, match="TransformerEncoder wants a module for its layer and gets 3"):
        nn.TransformerEncoder(3, 2)
    with pytest.raises(OptionError, match="TransformerDecoder wants num_layers of at least 1 and gets 0"):
        nn.TransformerDecoder(nn.Identity(), 0)
    with pytest.raises(OptionError, match="num_heads that divides embed_dim=8"):
        nn.TransformerEncoderLayer(8, 3)


def test_custom_parts() -> None:
    class Decoder(nn.Module):
        def forward(self, tgt: Any, memory: Any, **masks: Any) -> Any:
            return tgt

    net = nn.Transformer(8, 2, 1, custom_decoder=Decoder())
    x = numbers(3, 2, 8)
    assert net(numbers(5, 2, 8), x) is x


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_random_options_and_masks_as_torch(data: st.DataObject) -> None:
    torch = pytest.importorskip("torch")
    options = {name: data.draw(st.booleans(), name) for name in ("batch_first", "norm_first", "bias")}
    options["activation"] = data.draw(st.sampled_from(["relu", "gelu"]))
    nn.manual_seed(2)
    torch.manual_seed(2)
    ours, theirs = (lib.Transformer(8, 2, 2, 1, 6, 0.0, **options).double() for lib in (nn, torch.nn))
    assert repr(ours) == repr(theirs)
    state = ours.state_dict()
    for key, tensor in theirs.state_dict().items():
        np.testing.assert_allclose(state[key], tensor.numpy(), rtol=1e-6, err_msg=key)
    rng = np.random.default_rng(data.draw(st.integers(0, 9)))
    batch = data.draw(st.sampled_from([None, 2]))

    def sequence(length: int) -> np.ndarray:
        shape = (length,) if batch is None else (batch, length) if options["batch_first"] else (length, batch)
        return rng.standard_normal((*shape, 8))

    causal = np.triu(np.full((3, 3), -np.inf), 1)
    masks: dict[str, Any] = {
        "src_mask": rng.standard_normal((5, 5)), "tgt_mask": causal, "memory_mask": rng.random((3, 5)) < 0.3,
        "src_key_padding_mask": np.zeros((batch, 5) if batch else (5,), bool),
        "memory_key_padding_mask": rng.random((batch, 5) if batch else (5,)) < 0.3,
    }  # fmt: skip
    used = {name: mask for name, mask in masks.items() if data.draw(st.booleans(), name)}
    src, tgt = sequence(5), sequence(3)
    theirs.load_state_dict({key: torch.from_numpy(array.copy()) for key, array in state.items()})
    with torch.enable_grad():
        expected = theirs(*map(torch.from_numpy, (src, tgt)), **{name: torch.from_numpy(m) for name, m in used.items()})
    np.testing.assert_allclose(ours(src, tgt, **used), expected.detach().numpy(), rtol=1e-9, atol=1e-10)
