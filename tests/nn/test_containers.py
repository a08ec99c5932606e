"""Containers of modules and of parameters: their whole interface and how they print."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnbuild import nn
from nnbuild.errors import NnbuildError
from tests.nn.scenarios import OURS, Library, outcome, same

WRONG_INDICES = (4, -5, "a", 1.0)


def sequential(lib: Library) -> list[Any]:
    linear, identity = lib.nn.Linear, lib.nn.Identity
    layers = [linear(size, 1) for size in range(1, 5)]
    net = lib.nn.Sequential(*layers)
    facts = [len(net), net[0] is layers[0], net[-1] is layers[3], repr(net[1:3]), layers[0] in list(net)]
    facts += [outcome(lambda at=at: net[at]) for at in WRONG_INDICES]
    net[0] = linear(9, 9)
    del net[1]
    facts += [repr(net), outcome(lambda: net.__delitem__(5)), net.append(identity()) is net, repr(net)]
    facts += [repr(net.insert(0, linear(7, 7))), repr(net.insert(-1, linear(6, 6)))]
    facts += [outcome(lambda: net.insert(9, identity())), outcome(lambda: net.insert(0, 3))]
    del net[3:]
    facts += [repr(net), repr(net.extend(lib.nn.Sequential(identity()))), repr(net.pop(0)), outcome(lambda: net.pop(9))]
    return [*facts, repr(net), repr(net.pop(slice(0, 1))), repr(net)]


def sequential_arithmetic(lib: Library) -> list[Any]:
    net = lib.nn.Sequential(*[lib.nn.Linear(size, 1) for size in (1, 2, 3)])
    facts = [repr(net + lib.nn.Sequential(lib.nn.Identity())), outcome(lambda: net + 3), repr(net * 2), repr(3 * net)]
    facts += [outcome(lambda: net.__iadd__(3)), (net * 2)[3] is net[0], repr(net)]
    facts += [outcome(lambda by=by: net * by) for by in (0, -1, "a", 1.5)]
    facts += [outcome(lambda by=by: net.__imul__(by)) for by in (0, "a")]
    net += lib.nn.Sequential(lib.nn.Identity())
    net *= 2
    return [*facts, repr(net), list(net.state_dict())]


def sequential_of_names(lib: Library) -> list[Any]:
    net = lib.nn.Sequential(OrderedDict([("x", lib.nn.Identity()), ("y", lib.nn.Linear(1, 1))]))
    facts = [repr(net), repr(net[1:]), repr(net.x), list(net.state_dict()), repr(net[:0])]
    net[0] = lib.nn.Linear(5, 5)
    facts += [repr(net), repr(net.append(lib.nn.Identity()))]
    del net[0]
    facts.append(repr(net))
    facts += [outcome(lambda wrong=wrong: lib.nn.Sequential(wrong)) for wrong in (3, "x", lib.nn.Linear)]
    return facts


def module_list(lib: Library) -> list[Any]:
    linear, identity = lib.nn.Linear, lib.nn.Identity
    layers = [linear(size, 1) for size in range(1, 5)]
    some = lib.nn.ModuleList(layers)
    facts = [len(some), some[-1] is layers[3], repr(some[1:3]), type(some[:2]).__name__, layers[0] in some]
    facts += [outcome(lambda at=at: some[at]) for at in WRONG_INDICES]
    some[0], some[-1] = linear(9, 9), linear(8, 8)
    del some[1]
    facts += [repr(some), repr(some.append(identity())), repr(some.insert(0, identity())), repr(some)]
    del some[3:]
    facts += [repr(some), repr(some.extend([identity()])), repr(some.__add__([linear(3, 3)]))]
    facts.append(outcome(lambda: some + 3))
    some += [linear(8, 8)]
    facts += [repr(some), repr(some.pop(0)), repr(some.pop(-1)), repr(some.pop(slice(0, 1))), repr(some)]
    facts += [outcome(lambda: some.append(3)), outcome(lambda: some.extend(3)), outcome(lambda: some.pop(99))]
    facts += [outcome(lambda: some.__setitem__(9, identity())), outcome(lambda: some.__setitem__(0, 3))]
    facts += [outcome(lambda wrong=wrong: lib.nn.ModuleList(wrong)) for wrong in (3, [3])]
    facts += [repr(lib.nn.ModuleList(layer for layer in layers)), repr(lib.nn.ModuleList())]
    return [*facts, outcome(lambda: some(1))[:19]]


def repeated_modules(lib: Library) -> list[Any]:
    block = lib.nn.Sequential(lib.nn.Linear(1, 1), lib.nn.Identity())
    lists = ([block, block], [lib.nn.Linear(1, 1), lib.nn.Linear(1, 1), lib.nn.Linear(1, 2)])
    twice = lib.nn.ModuleList([lib.nn.ModuleList(lists[1]), lib.nn.ModuleList(lists[1]), block])
    return [*[repr(lib.nn.ModuleList(layers)) for layers in lists], repr(twice)]


def module_dict(lib: Library) -> list[Any]:
    linear, identity = lib.nn.Linear, lib.nn.Identity
    named = lib.nn.ModuleDict({"a": identity(), "b": linear(1, 1)})
    facts = [len(named), list(named), "a" in named, "z" in named, list(named.keys())]
    facts += [[name for name, _ in named.items()], len(list(named.values())), repr(named.pop("a")), repr(named)]
    facts += [outcome(lambda: named["z"]), outcome(lambda: named.pop("z")), outcome(lambda: named.__delitem__("z"))]
    named["c"] = linear(2, 2)
    for more in ({"z": identity(), "d": identity()}, [("e", identity())], lib.nn.ModuleDict({"f": identity()})):
        named.update(more)
    facts.append(repr(named))
    facts += [outcome(lambda wrong=wrong: named.update(wrong)) for wrong in (3, [3], [("a",)], [("a", 2, 3)])]
    for key, value in (("g", 3), ("h.i", identity()), (3, identity()), ("training", identity()), ("", identity())):
        facts.append(outcome(lambda at=key, module=value: named.__setitem__(at, module)))
    facts.append(repr(lib.nn.ModuleDict([("a", identity()), ("b", linear(1, 1))])))
    named.clear()
    facts += [repr(named), outcome(lambda: named(1))[:19]]
    return [*facts, outcome(lambda: lib.nn.ModuleDict({"keys": identity()}))]


def parameter_list(lib: Library) -> list[Any]:
    some = lib.nn.ParameterList([lib.parameter(2), lib.parameter(3, 2)])
    facts = [repr(some), len(some), repr(some[0:1]), tuple(some[-1].shape), [tuple(one.shape) for one in some]]
    facts += [outcome(lambda at=at: some[at]) for at in (2, -3, "a")]
    some[0] = lib.parameter(4)
    some.append(lib.array(1)).extend([lib.parameter(1), lib.parameter()])
    some += [3, "x", None]
    facts += [repr(some), type(some[2]).__name__, list(some.state_dict()), len(list(some.parameters()))]
    facts += [outcome(lambda wrong=wrong: some.extend(wrong)) for wrong in (3,)]
    facts += [outcome(lambda: lib.nn.ParameterList(3)), repr(lib.nn.ParameterList())]
    facts += [outcome(lambda: some.__setitem__(99, lib.parameter(1))), [name for name in dir(some) if name.isdigit()]]
    return [*facts, repr(lib.nn.ParameterList(some[:2])), repr(some.double())]


def parameter_dict(lib: Library) -> list[Any]:
    named = lib.nn.ParameterDict({"b": lib.parameter(2), "a": lib.array(3, 2)})
    facts = [repr(named), len(named), list(named), list(named.keys()), "a" in named, list(named.state_dict())]
    named["c"] = 3
    facts += [repr(named), list(reversed(named)), outcome(lambda: named[1]), outcome(lambda: named.__delitem__("z"))]
    other = named.copy()
    facts += [repr(other), other["a"] is named["a"], named.setdefault("a", 1) is named["a"], named.setdefault("q")]
    facts += [named.setdefault("w", 5), named.popitem(), named.get("none"), named.get("none", 4), repr(named)]
    facts += [repr(named.fromkeys(["x", "y"], 3)), repr(named | lib.nn.ParameterDict({"zz": lib.parameter(1)}))]
    named |= lib.nn.ParameterDict({"a": lib.parameter(9)})
    named.update([("l", lib.parameter(1))])
    named.update({"z": lib.parameter(1), "k": lib.parameter(1)})
    facts += [repr(named), [name for name, _ in named.items()], len(list(named.values())), named.pop("c")]
    facts += [outcome(lambda wrong=wrong: named.update(wrong)) for wrong in (3, [3], [("a", 1, 2)])]
    facts += [repr(lib.nn.ParameterDict([("z", lib.parameter(1)), ("b", 2)]))]
    named.clear()
    return [*facts, repr(named), outcome(named.popitem), repr(lib.nn.ParameterDict({"h": lib.array(1)}).half())]


SCENARIOS = [
    sequential, sequential_arithmetic, sequential_of_names, module_list, repeated_modules, module_dict, parameter_list,
    parameter_dict,
]  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_as_torch(scenario: Callable[[Library], Any]) -> None:
    same(scenario)


def test_equal_modules_in_a_list_share_a_line() -> None:
    assert repr(nn.ModuleList([nn.Linear(10, 10) for _ in range(20)])) == (
        "ModuleList(\n  (0-19): 20 x Linear(in_features=10, out_features=10, bias=True)\n)"
    )


def test_a_sequential_times_a_number_repeats_all_of_it() -> None:
    net = nn.Sequential(nn.Linear(1, 2), nn.Linear(2, 1), nn.Identity())
    assert [type(layer).__name__ for layer in net * 2] == ["Linear", "Linear", "Identity"] * 2
    assert (net * 2)[3] is net[0]


def test_a_sequential_takes_any_dict_of_modules() -> None:
    assert list(nn.Sequential({"a": nn.Linear(1, 1)}).state_dict()) == ["a.weight", "a.bias"]


def test_insert_keeps_given_names_by_refusing() -> None:
    with pytest.raises(KeyError, match="the modules have names of their own, x"):
        nn.Sequential({"x": nn.Identity()}).insert(0, nn.Identity())
    with pytest.raises(TypeError, match="int is not a Module subclass"):
        nn.ModuleList().insert(0, 3)


def test_lists_and_dicts_cannot_be_called() -> None:
    named, listed = nn.ModuleDict({"a": nn.Identity()}), nn.ParameterList()
    hints = (
        (nn.ModuleList(), "use a Sequential"), (named, "pick one of a"), (listed, r"x \* scales\[0\]"),
        (nn.ParameterDict(), r"x \* scales\['a'\]"),
    )  # fmt: skip
    for container, hint in hints:
        with pytest.raises(NotImplementedError, match=hint) as caught:
            container(1)
        assert isinstance(caught.value, NnbuildError)


def test_parameters_print_their_sizes() -> None:
    named = nn.ParameterDict({"w": np.ones((3, 2), np.float32), "note": "text"})
    assert repr(named) == (
        "ParameterDict(\n    (note): Object of type: str\n"
        "    (w): Parameter containing: [torch.FloatTensor of size 3x2]\n)"
    )


def test_a_plain_mapping_of_parameters_is_sorted_as_torch_does() -> None:
    assert list(nn.ParameterDict({"z": OURS.parameter(1), "a": OURS.parameter(1)})) == ["a", "z"]
    assert list(nn.ParameterDict([("z", OURS.parameter(1)), ("a", OURS.parameter(1))])) == ["z", "a"]


def test_a_key_must_be_text() -> None:
    with pytest.raises(TypeError, match=r"as it is not a string \(type is 'int'\)"):
        nn.ParameterDict()[1] = OURS.parameter(1)
    with pytest.raises(KeyError, match="popitem"):
        nn.ParameterDict().popitem()
