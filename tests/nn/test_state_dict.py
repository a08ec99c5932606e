"""state_dict and load_state_dict: sharing, strictness, messages, hooks, extra state."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnbuild import nn
from nnbuild.errors import WeightError
from tests.nn.scenarios import OURS, Library, outcome, same


def _net(lib: Library) -> Any:
    return lib.nn.Sequential(lib.nn.Linear(2, 3), lib.nn.Linear(3, 1))


def strictness(lib: Library) -> list[Any]:
    net = _net(lib)
    state = net.state_dict()
    bad = OrderedDict(state)
    del bad["0.bias"]
    bad.update({"x": lib.array(1), "1.y.z": lib.array(1), "2.w": lib.array(1), "0.w.q": lib.array(1)})
    facts = [repr(net.load_state_dict(state)), outcome(lambda: net.load_state_dict(bad))]
    facts.append(outcome(lambda: net.load_state_dict(bad, strict=False)))
    bad["1.weight"], bad["0.weight"] = lib.array(5, 5), lib.array(6)
    facts += [outcome(lambda strict=strict: net.load_state_dict(bad, strict)) for strict in (True, False)]
    facts += [outcome(lambda wrong=wrong: net.load_state_dict(wrong)) for wrong in (3, [1])]
    facts.append(outcome(lambda: net.load_state_dict({**state, "0.bias": 3})))
    return [*facts, list(net.state_dict()._metadata.items()), list(net.state_dict(prefix="p."))]


def sharing(lib: Library) -> list[Any]:
    layer = lib.nn.Linear(2, 2)
    weight, state = layer.weight, layer.state_dict()
    state["weight"][0, 0] = 5.0
    facts = [float(layer.weight.data[0, 0])]
    given = {"weight": lib.array(2, 2), "bias": lib.array(2)}
    layer.load_state_dict(given)
    facts += [weight is layer.weight, float(state["weight"][0, 0])]
    layer.load_state_dict(given, assign=True)
    given["weight"][0, 0] = 7
    facts += [weight is layer.weight, float(layer.weight.data[0, 0]), type(layer.weight).__name__]
    frozen = lib.nn.Parameter(lib.array(2, 2), requires_grad=False)
    layer.load_state_dict({**given, "weight": frozen}, assign=True)
    facts += [layer.weight is frozen, frozen.requires_grad]
    facts.append(type(layer.state_dict(keep_vars=True)["weight"]).__name__)
    return facts


def buffers(lib: Library) -> list[Any]:
    module = lib.nn.Module()
    module.register_buffer("b", lib.array(2))
    module.register_buffer("scalar", lib.array())
    module.register_buffer("none", None)
    module.register_buffer("hidden", lib.array(1), persistent=False)
    facts, first, other = [list(module.state_dict())], module.b, lib.array(2)
    module.load_state_dict({"b": lib.array(2) * 3, "scalar": lib.array(1) * 4})
    facts += [module.b is first, float(module.b[0]), float(module.scalar)]
    module.load_state_dict({"b": other, "scalar": lib.array()}, assign=True)
    facts += [module.b is other, outcome(lambda: module.load_state_dict({"b": other, "scalar": lib.array(2)}))]
    return [*facts, outcome(lambda: module.load_state_dict({"b": other, "scalar": lib.array(), "hidden": other}))]


def hooks(lib: Library) -> list[Any]:
    net, log = _net(lib), []
    net.register_state_dict_pre_hook(lambda module, prefix, keep: log.append(("pre", prefix, keep)))
    net[0].register_state_dict_pre_hook(lambda module, prefix, keep: log.append(("pre 0", prefix, keep)))
    net.register_state_dict_post_hook(lambda module, state, prefix, data: log.append(("post", list(state), dict(data))))
    net[0].register_state_dict_post_hook(lambda module, state, prefix, data: log.append(("post 0", prefix)))

    def before(module: Any, state: Any, prefix: str, data: Any, strict: bool, *lists: Any) -> None:
        log.append(("load", prefix, list(state), strict))
        state.pop("1.bias", None)

    def after(module: Any, keys: Any) -> None:
        log.append(("loaded", list(keys.missing_keys)))
        if module is net:
            keys.missing_keys.clear()

    for module in (net, net[1]):
        module.register_load_state_dict_pre_hook(before)
        module.register_load_state_dict_post_hook(after)
    state = net.state_dict()
    facts = [repr(net.load_state_dict(state))]
    with net.register_state_dict_post_hook(lambda *given: 3):
        facts.append(outcome(net.state_dict))
    with net.register_load_state_dict_post_hook(lambda *given: 3):
        facts.append(outcome(lambda: net.load_state_dict(state)))
    return [*facts, log]


def extra_state(lib: Library) -> list[Any]:
    class Counting(lib.nn.Module):
        def get_extra_state(self) -> int:
            return 5

        def set_extra_state(self, state: int) -> None:
            self.got = state

    net = lib.nn.Sequential(Counting())
    state = net.state_dict()
    facts = [list(state.items()), repr(net.load_state_dict(state)), net[0].got]
    facts.append(outcome(lambda: net.load_state_dict({})))
    return [*facts, outcome(lambda: lib.nn.Sequential(lib.nn.Identity()).load_state_dict(state))]


def uncounted(lib: Library) -> list[Any]:
    """Weights of batch norms from before batches were counted, which say no version or the first."""
    net = lib.nn.Sequential(lib.nn.BatchNorm1d(2), lib.nn.InstanceNorm1d(2, track_running_stats=True))
    state = net.state_dict()
    bare = {key: value for key, value in state.items() if "num_batches" not in key}
    old = OrderedDict(bare)
    old._metadata = {"0": {"version": 1}, "1": {"version": 1}}
    new = OrderedDict(bare)
    new._metadata = state._metadata
    facts = [outcome(lambda weights=weights: net.load_state_dict(weights)) for weights in (bare, old, new)]
    return [*map(str, facts), list(state._metadata.items())]


@pytest.mark.torch
@pytest.mark.parametrize(
    "scenario", [strictness, sharing, buffers, hooks, extra_state, uncounted], ids=lambda scenario: scenario.__name__
)
def test_as_torch(scenario: Callable[[Library], Any]) -> None:
    same(scenario)


def test_all_problems_come_at_once_in_torchs_words() -> None:
    net = _net(OURS)
    state = dict(net.state_dict())
    del state["0.bias"]
    state.update({"x": np.ones(1), "1.weight": np.ones((5, 5), np.float32)})
    with pytest.raises(WeightError) as caught:
        net.load_state_dict(state)
    assert str(caught.value) == (
        "Error(s) in loading state_dict for Sequential:\n"
        '\tMissing key(s) in state_dict: "0.bias". \n'
        '\tUnexpected key(s) in state_dict: "x". \n'
        "\tsize mismatch for 1.weight: copying a param with shape torch.Size([5, 5]) from checkpoint, the shape in "
        "current model is torch.Size([1, 3])."
    )


def test_what_is_loaded_is_copied_and_the_state_is_the_networks_own() -> None:
    assert sharing(OURS) == [5.0, True, 1.0, False, 7.0, "Parameter", True, True, "Parameter"]


def test_loading_converts_to_the_networks_dtype_and_draws_nothing() -> None:
    layer = nn.Linear(2, 1)
    layer.load_state_dict({"weight": np.ones((1, 2)), "bias": np.ones(1)})
    assert layer.weight.data.dtype == np.float32
    np.testing.assert_array_equal(layer(np.ones((1, 2), np.float32)), [[3]])


def test_loading_says_what_is_no_array() -> None:
    layer = nn.Linear(1, 1)
    with pytest.raises(WeightError, match="expected an array or array-like object from checkpoint but received <class"):
        layer.load_state_dict({**layer.state_dict(), "bias": 3})
    with pytest.raises(TypeError, match="Expected state_dict to be dict-like, got <class 'int'>"):
        layer.load_state_dict(3)


def test_a_hook_that_returns_something_is_refused() -> None:
    _, saving, loading, _ = hooks(OURS)
    assert saving == "RuntimeError: state_dict post-hook must return None"
    assert loading.startswith("AssertionError: Hooks registered with ``register_load_state_dict_post_hook``")
