"""The models of text: keys and outputs as of the same networks in PyTorch, and the facts that their specs state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nnbuild
from nnbuild.ops.nests import tensors_in
from tests.zoo import rule

RNG = np.random.default_rng(0)
TOKENS = RNG.integers(0, 50, (3, 12))
SEGMENTS = np.arange(12)[None, :] >= np.array([[4], [12], [7]])
MASK = np.arange(12)[None, :] < np.array([[12], [5], [9]])
TRANSFORMER = {"vocabulary": 50, "context": 16, "width": 32, "depth": 2, "heads": 4}

#: Spec, its params, the inputs, and the network in PyTorch, from the module that is given.
ROWS: list[tuple[str, dict[str, Any], tuple[np.ndarray, ...], Callable[[Any], Any]]] = [
    ("char_lstm", {"characters": 50, "width": 24}, (TOKENS,), lambda torch: torch.CharLSTM(50, 24, 2)),
    ("gpt2", TRANSFORMER, (TOKENS,), lambda torch: torch.GPT2(**TRANSFORMER)),
    ("bert", TRANSFORMER, (TOKENS, SEGMENTS.astype(np.int64), MASK), lambda torch: torch.BERT(**TRANSFORMER)),
]

#: Spec, parameters and multiply-adds.
FACTS = [
    ("char_lstm", 1_086_017, 106_521_600),
    ("gpt2_small", 124_439_808, 145_824_153_600),
    ("gpt2_medium", 354_823_168, 413_475_536_896),
    ("gpt2_large", 774_030_080, 887_285_350_400),
    ("gpt2_xl", 1_557_611_200, 1_753_351_782_400),
    ("bert_base", 109_482_240, 11_174_215_680),
    ("bert_large", 335_141_888, 39_461_060_608),
]


def traced(name: str) -> Any:
    """The graph of the spec's network for one text."""
    model = nnbuild.load(name)
    assert model.spec is not None
    return nnbuild.trace(model, *(nnbuild.TensorSpec(item.sized(), item.dtype) for item in model.spec.inputs))


@pytest.mark.torch
@pytest.mark.parametrize(("name", "params", "inputs", "theirs"), ROWS, ids=[row[0] for row in ROWS])
def test_network_is_pytorchs(
    name: str, params: dict[str, Any], inputs: tuple[np.ndarray, ...], theirs: Callable[[Any], Any]
) -> None:
    torch = pytest.importorskip("torch")
    from tests.zoo import torch_sequence_models

    model = nnbuild.load(name, params=params).eval()
    network = theirs(torch_sequence_models).eval()
    state, weights = network.state_dict(), {}
    assert list(model.state_dict()) == list(state)
    for key, tensor in state.items():
        weights[key] = rule.tensor(key.replace("lm_head", "transformer.wte"), tuple(tensor.shape))
        tensor.copy_(torch.from_numpy(weights[key]))
    model.load_state_dict(weights)
    with torch.no_grad():
        references = [tensor.numpy() for tensor in _listed(network(*map(torch.from_numpy, inputs)))]
    outputs = tensors_in(model(*inputs))
    assert [output.shape for output in outputs] == [reference.shape for reference in references]
    for output, reference in zip(outputs, references, strict=True):
        kept = MASK if name == "bert" and output.ndim == 3 else ...
        assert np.abs(output - reference)[kept].max() < 1e-5 * max(1, np.abs(reference).max())


def _listed(result: Any) -> list[Any]:
    return list(result) if isinstance(result, tuple) else [result]


@pytest.mark.parametrize(("name", "params", "macs"), FACTS, ids=[row[0] for row in FACTS])
def test_the_spec_expects_its_facts(name: str, params: int, macs: int) -> None:
    graph = traced(name)
    expect = graph.model.spec.expect
    assert expect["params"] == params == sum(parameter.numel() for parameter in graph.model.parameters())
    assert expect["macs"] == macs == graph.macs


def test_gpt2s_head_is_the_embedding_of_tokens() -> None:
    model = nnbuild.load("gpt2_small")
    state = model.state_dict(keep_vars=True)
    assert list(state)[-1] == "lm_head.weight"
    assert state["lm_head.weight"] is state["transformer.wte.weight"]
    assert sum(parameter.numel() for parameter in state.values()) - model.transformer.wte.weight.numel() == 124_439_808


def test_gpt2_looks_back_only() -> None:
    model = nnbuild.load("gpt2", params=TRANSFORMER).eval()
    changed = TOKENS.copy()
    changed[:, 7:] = 0
    before, after = model(TOKENS), model(changed)
    np.testing.assert_allclose(before[:, :7], after[:, :7], rtol=0, atol=1e-6)
    assert np.abs(before[:, 7:] - after[:, 7:]).max() > 1e-3


def test_bert_does_not_look_at_padding() -> None:
    model = nnbuild.load("bert", params=TRANSFORMER).eval()
    segments = SEGMENTS.astype(np.int64)
    before, after = model(TOKENS, segments, MASK), model(np.where(MASK, TOKENS, 1), segments, MASK)
    np.testing.assert_allclose(before[0][MASK], after[0][MASK], rtol=0, atol=1e-6)
    np.testing.assert_allclose(before[1], after[1], rtol=0, atol=1e-6)
