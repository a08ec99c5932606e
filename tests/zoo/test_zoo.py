"""The 80 classification networks: the reference's keys, shapes, dtypes, counts and outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nnbuild
from nnbuild.spec.library import names
from tests.zoo import rule
from tests.zoo.expected import FACTS, Facts, outputs

#: A small network of most families; their outputs are compared on every run.
QUICK = (
    "squeezenet1_1", "densenet121", "mobilenet_v2", "mobilenet_v3_small", "mnasnet0_5", "shufflenet_v2_x0_5",
    "resnet18", "efficientnet_b0", "regnet_y_400mf", "swin_t",
)  # fmt: skip

#: The outputs of networks with more params than this are not compared.
MOST_PARAMS = 150_000_000

COMPARED = [name for name, facts in FACTS.items() if facts.params <= MOST_PARAMS]


def built(name: str) -> Any:
    return nnbuild.load(name, weights=False).eval()


@pytest.fixture(scope="module", params=FACTS)
def network(request: pytest.FixtureRequest) -> tuple[Facts, Any]:
    """What a network must be, and its graph; pytest runs all tests of one before it makes the next."""
    facts = FACTS[request.param]
    return facts, nnbuild.trace(built(request.param), nnbuild.TensorSpec(tuple(facts.input)))


def fill(model: Any) -> None:
    """Give every floating tensor of the network the values of the rule, but for tables that the network computes."""
    for key, tensor in model.state_dict(keep_vars=True).items():
        if "int" not in tensor.dtype and not key.endswith(".relative_coords_table"):
            tensor.data = rule.tensor(key, tensor.shape)


def test_keys_shapes_and_dtypes_in_order(network: tuple[Facts, Any]) -> None:
    facts, graph = network
    state = graph.model.state_dict(keep_vars=True)
    tensors = [f"{key} {tensor.dtype} {list(tensor.shape)}".replace(", ", ",") for key, tensor in state.items()]
    assert tensors == facts.tensors


def test_params_macs_and_output_shape(network: tuple[Facts, Any]) -> None:
    facts, graph = network
    params = sum(parameter.numel() for parameter in graph.model.parameters())
    assert (params, graph.macs) == (facts.params, facts.macs)
    assert [value.shape for value in graph.outputs] == [(1, 1000)]


def test_the_spec_expects_these_facts(network: tuple[Facts, Any]) -> None:
    facts, graph = network
    expect = graph.model.spec.expect
    assert (expect["params"], expect["macs"]) == (facts.params, facts.macs)


def test_no_weight_is_made_by_a_trace(network: tuple[Facts, Any]) -> None:
    _, graph = network
    assert not any(parameter.is_materialized for parameter in graph.model.parameters())


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.large) for name in COMPARED]
)
def test_output_is_the_references(name: str) -> None:
    model = built(name)
    fill(model)
    reference = outputs()[name]
    (output,) = model(rule.image(*FACTS[name].input[2:]))
    assert output.dtype == np.float32
    assert np.abs(output - reference).max() < 1e-3 * reference.std()
    assert output.argmax() == reference.argmax()


@pytest.mark.parametrize(("name", "heads"), [("googlenet", 3), ("inception_v3", 2)])
def test_auxiliary_heads_speak_in_training_and_can_be_left_out(name: str, heads: int) -> None:
    facts = FACTS[name]
    images = nnbuild.TensorSpec((2, *facts.input[1:]))
    outputs = nnbuild.trace(built(name).train(), images).outputs
    assert [value.shape for value in outputs] == [(2, 1000)] * heads
    bare = nnbuild.load(name, params={"aux_logits": False}).train()
    keys = [line.split()[0] for line in facts.tensors if not line.lower().startswith("aux")]
    assert list(bare.state_dict(keep_vars=True)) == keys
    assert [value.shape for value in nnbuild.trace(bare, images).outputs] == [(2, 1000)]


def test_every_name_of_the_zoo_is_known() -> None:
    assert set(FACTS) <= set(names())
