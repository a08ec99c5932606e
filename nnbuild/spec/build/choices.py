"""Which values the choices of a network may take, read off its forward: keys they index, words they are held to."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Any

from nnbuild.errors import NnbuildError
from nnbuild.spec.build.module import ModuleNames, SpecModule
from nnbuild.spec.language.scope import MISSING

_EQUALITIES = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)
_MEMBERSHIPS = (ast.In, ast.NotIn)


def choice_values(model: SpecModule) -> dict[str, list[Any]]:
    """The values of each choice that the forward tells apart, the present one first; only that if it tells none."""
    values: dict[str, list[Any]] = {name: [value] for name, value in model._choices.items()}
    program = model.definition.program
    if not values or program is None:
        return values
    names = ModuleNames(model, model._choices)
    for statement in program.body:
        for node in ast.walk(statement):
            for name, value in _told_apart(node, names, values):
                if not any(value is known or (value == known and type(value) is type(known)) for known in values[name]):
                    values[name].append(value)
    for name, present in model._choices.items():
        if isinstance(present, bool):
            values[name] = [present, not present]
    return values


def chosen(values: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """All combinations: the present values, then those that differ from them in one choice, in two, and so on."""
    for count in range(len(values) + 1):
        for names in combinations(values, count):
            for others in product(*(values[name][1:] for name in names)):
                yield {name: present for name, (present, *_) in values.items()} | dict(zip(names, others, strict=True))


def _told_apart(node: ast.AST, names: ModuleNames, choices: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Choices with values that this part of a forward tells apart."""
    if isinstance(node, ast.Subscript):
        name = _choice(node.slice, choices)
        if name:
            yield from ((name, key) for key in _keys(node.value, names))
    elif isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
            if isinstance(operator, _EQUALITIES):
                pairs = [(left, [right]), (right, [left])]
            elif isinstance(operator, _MEMBERSHIPS) and isinstance(right, ast.Tuple | ast.List):
                pairs = [(left, right.elts)]
            else:
                continue
            for side, literals in pairs:
                name = _choice(side, choices)
                if name:
                    yield from ((name, part.value) for part in literals if isinstance(part, ast.Constant))


def _choice(node: ast.AST, choices: Mapping[str, Any]) -> str | None:
    """The choice that the name stands for, with or without `self.`."""
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None
    return name if name in choices else None


def _keys(node: ast.AST, names: ModuleNames) -> list[Any]:
    """What may stand in brackets behind this: the keys of a mapping, the numbers of a list."""
    if isinstance(node, ast.Dict):
        return [key.value for key in node.keys if isinstance(key, ast.Constant)]
    try:
        if isinstance(node, ast.Name):
            held = names.lookup(node.id)
        elif isinstance(node, ast.Attribute):
            held = names.prefixed("self", node.attr)
        else:
            return []
    except NnbuildError:
        return []
    if held is MISSING:
        return []
    if hasattr(held, "keys"):
        return list(held.keys())
    return list(range(len(held))) if hasattr(held, "__len__") and hasattr(held, "__iter__") else []
