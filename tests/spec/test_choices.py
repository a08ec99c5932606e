"""Which values the choices of a network may take."""

from __future__ import annotations

from nnbuild.spec.build.choices import choice_values, chosen

TEXT = """
params: {table: {'p': 1, 'q': 2}}
choose: {key: a, index: 0, flag: true, word: x, number: 1, way: u, entry: p, free: 3}
layers:
  named: {ModuleDict: {a: ReLU, b: ReLU}}
  numbered: {ModuleList: [ReLU, ReLU, ReLU]}
forward: |
  x = self.named[key](numbered[index](x))
  x = x * table[entry] + free
  if word == 'y' or 'z' != word:
    x = x + {'u': 1, 'v': 2}[way]
  if number in (2, 3) and flag:
    x = x[0]
  return x
"""


def test_values(build):
    assert choice_values(build(TEXT)) == {
        "key": ["a", "b"], "index": [0, 1, 2], "flag": [True, False], "word": ["x", "y", "z"], "number": [1, 2, 3],
        "way": ["u", "v"], "entry": ["p", "q"], "free": [3],
    }  # fmt: skip


def test_the_present_value_comes_first(build):
    assert choice_values(build(TEXT, choose={"key": "b"}))["key"] == ["b", "a"]


def test_none_without_choices(build):
    assert choice_values(build("layers: [ReLU]\n")) == {}
    assert list(chosen({})) == [{}]


def test_combinations_begin_with_what_differs_least():
    made = list(chosen({"a": [1, 2], "b": [1, 2, 3], "c": [1]}))
    assert made[:4] == [
        {"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 1, "c": 1}, {"a": 1, "b": 2, "c": 1}, {"a": 1, "b": 3, "c": 1},
    ]  # fmt: skip
    assert len(made) == 6
