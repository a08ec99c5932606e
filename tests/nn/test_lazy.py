"""Lazy layers: what they are before, at and after the first call or trace."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from nnbuild import nn
from nnbuild.errors import OptionError, ShapeError, WeightError
from nnbuild.graph import trace
from nnbuild.ops import TensorSpec
from tests.nn.scenarios import Library, outcome, same

X = np.ones((2, 3), np.float32)


def chain(lib: Library) -> Any:
    return lib.nn.Sequential(
        lib.nn.LazyConv2d(6, 3, groups=2), lib.nn.LazyBatchNorm2d(), lib.nn.ReLU(), lib.nn.LazyConvTranspose2d(4, 2),
        lib.nn.LazyInstanceNorm2d(affine=False), lib.nn.Flatten(), lib.nn.LazyLinear(5),
    )  # fmt: skip


def before_and_after(lib: Library) -> list[Any]:
    net = chain(lib)
    weight = net[0].weight
    facts = [repr(net), list(net.state_dict()), repr(list(net.parameters())), isinstance(net[6], lib.nn.Linear)]
    facts += [net[0].has_uninitialized_params(), net[6].cls_to_become is lib.nn.Linear]
    net(lib.array(2, 4, 5, 5))
    shapes = [(key, tuple(tensor.shape)) for key, tensor in net.state_dict().items()]
    return [*facts, repr(net), shapes, weight is net[0].weight, type(weight).__name__, type(net[0]).__name__]


def loading(lib: Library) -> list[Any]:
    full, lazy = lib.nn.Linear(3, 4), lib.nn.LazyLinear(4)
    facts = [repr(lib.nn.LazyLinear(4).load_state_dict(lazy.state_dict()))]
    facts.append(repr(lazy.load_state_dict(full.state_dict())))
    facts += [repr(lazy), tuple(lazy.weight.shape), type(lazy.weight).__name__]
    lazy(lib.array(2, 3))
    facts += [repr(lazy), bool((lazy.state_dict()["weight"] == full.state_dict()["weight"]).all())]
    part = lib.nn.LazyLinear(4)
    return [*facts, outcome(lambda: part.load_state_dict({"weight": lib.array(4, 3)}))]


def conversion(lib: Library) -> list[Any]:
    layer = lib.nn.LazyLinear(4).double()
    other = copy.deepcopy(layer)
    facts = [str(layer.weight.dtype), repr(layer.weight), repr(other)]
    layer(lib.array(2, 3).astype("float64") if hasattr(lib.array(1), "astype") else lib.array(2, 3).double())
    return [*facts, str(layer.weight.dtype), repr(layer), repr(other)]


@pytest.mark.torch
@pytest.mark.parametrize("scenario", [before_and_after, loading, conversion], ids=lambda scenario: scenario.__name__)
def test_as_torch(scenario: Any) -> None:
    same(scenario)


def test_a_trace_fixes_the_sizes_and_draws_nothing() -> None:
    net = nn.Sequential(nn.LazyConv2d(6, 3), nn.Flatten(), nn.LazyLinear(2))
    graph = trace(net, TensorSpec((1, 4, 5, 5)))
    assert [parameter.shape for parameter in net.parameters()] == [(6, 4, 3, 3), (6,), (2, 54), (2,)]
    assert not any(parameter.is_materialized for parameter in net.parameters())
    assert graph.outputs[0].shape == (1, 2)
    assert type(net[0]) is nn.Conv2d


def test_weights_are_drawn_when_the_size_is_known() -> None:
    nn.manual_seed(0)
    lazy = nn.LazyLinear(4)
    other = nn.Linear(2, 2)
    lazy(X)
    nn.manual_seed(0)
    again, linear = nn.Linear(2, 2), nn.Linear(3, 4)
    np.testing.assert_array_equal(other.weight.data, again.weight.data)
    np.testing.assert_array_equal(lazy.weight.data, linear.weight.data)


def test_a_spec_is_enough() -> None:
    layer = nn.LazyLinear(4)
    assert layer(TensorSpec((2, 3))).shape == (2, 4)
    assert repr(layer) == "Linear(in_features=3, out_features=4, bias=True)"


def test_loaded_sizes_are_known_to_convolutions_too() -> None:
    lazy = nn.LazyConv2d(8, 3, groups=2)
    lazy.load_state_dict(nn.Conv2d(4, 8, 3, groups=2).state_dict())
    lazy(TensorSpec((1, 4, 5, 5)))
    assert lazy.in_channels == 4  # torch leaves a 0 here


def test_frozen_stays_frozen() -> None:
    layer = nn.LazyLinear(4).requires_grad_(False)
    layer(X)
    assert not layer.weight.requires_grad


def test_an_unbatched_instance_norm_counts_its_channels() -> None:
    layer = nn.LazyInstanceNorm2d()
    assert layer(TensorSpec((3, 5, 6))).shape == (3, 5, 6)
    assert layer.num_features == 3


def test_signatures_have_no_input_size() -> None:
    assert nn.LazyLinear.signature() == "LazyLinear(out_features, bias=True)"
    assert nn.LazyInstanceNorm1d.signature().startswith("LazyInstanceNorm1d(eps=1e-05, momentum=0.1, affine=True, tr")
    with pytest.raises(OptionError, match="LazyLinear has no option 'in_features'"):
        nn.LazyLinear(4, in_features=3)


def test_a_parameter_without_a_shape_says_what_to_do() -> None:
    weight = nn.LazyLinear(4).weight
    for use in (lambda: weight.shape, lambda: weight.data, weight.numel, lambda: weight + 1):
        with pytest.raises(WeightError, match="UninitializedParameter has neither shape nor values yet"):
            use()
    assert repr(pickle.loads(pickle.dumps(weight))) == "<UninitializedParameter>"
    buffer = nn.LazyBatchNorm1d().running_mean
    assert repr(buffer.to("float64")) == "<UninitializedBuffer>"


def test_lazy_weights_do_not_load_into_a_full_layer() -> None:
    with pytest.raises(WeightError, match="weight has no values in the checkpoint yet: <UninitializedParameter>"):
        nn.Linear(3, 4).load_state_dict(nn.LazyLinear(4).state_dict())


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (nn.LazyConv2d(8, 3), (5, 5), r"LazyConv2d wants an input of 4 axes, or 3 without a batch, and gets \(5, 5\)"),
        (nn.LazyConv1d(6, 3, groups=3), (1, 4, 5), "an input whose channels groups=3 divides and gets 4"),
        (nn.LazyBatchNorm2d(), (5, 4), "LazyBatchNorm2d wants an input of 4 axes"),
        (nn.LazyLinear(3), (), "LazyLinear wants an input of at least one axis"),
    ],
    ids=str,
)
def test_inputs_that_do_not_fit(layer: nn.Module, shape: Any, message: str) -> None:
    before = repr(layer)
    with pytest.raises(ShapeError, match=message):
        layer(TensorSpec(shape))
    assert repr(layer) == before


def test_the_error_says_which_layer() -> None:
    net = nn.Sequential(nn.Identity(), nn.LazyConv2d(8, 3))
    with pytest.raises(ShapeError) as caught:
        trace(net, TensorSpec((5, 5)))
    assert caught.value.path == "1"


def test_loaded_weights_must_fit_the_input_and_be_whole() -> None:
    layer = nn.LazyLinear(4)
    layer.load_state_dict(nn.Linear(3, 4).state_dict())
    with pytest.raises(ShapeError, match=r"wants an input that fits the weights it was given, .* and gets \(2, 5\)"):
        layer(TensorSpec((2, 5)))
    part = nn.LazyLinear(4)
    part.load_state_dict({"weight": X}, strict=False)
    with pytest.raises(WeightError, match="was given some of its weights and not bias"):
        part(X)
