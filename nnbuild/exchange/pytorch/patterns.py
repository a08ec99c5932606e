"""`init:` and `freeze:` -> statements: what stands under a path, loops over modules of a type, loops over names."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any, NamedTuple

from nnbuild.errors import NnbuildError
from nnbuild.exchange.pytorch import syntax
from nnbuild.exchange.pytorch.members import member
from nnbuild.exchange.pytorch.translator import Meaning, Translator
from nnbuild.exchange.pytorch.values import expression_of
from nnbuild.spec.build.patterns import owned
from nnbuild.spec.build.values import located
from nnbuild.spec.text.nodes import Mapping, Node, Scalar, Sequence

BY_PATH, BY_TYPE, BY_NAME = "path", "type", "name"

#: A parameter as source, and the layer that it is of -> what is done with it.
_Action = Callable[[ast.expr, ast.expr], list[ast.stmt]]


class Rule(NamedTuple):
    """A pattern with what is done with the parameters that it matches."""

    pattern: str
    node: Node
    act: _Action


def initialise(node: Node, translator: Translator, models: list[Any]) -> list[ast.stmt]:
    """The `init:` section. Params: models, what the block became."""
    assert isinstance(node, Mapping)
    rules = []
    for key, value in node.entries:
        inner = value.entries if isinstance(value, Mapping) else ((None, value),)
        for name, call in inner:
            pattern = key.text if name is None else f"{key.text}.{name.text}"
            rules.append(Rule(pattern, call, _initialiser(call, translator)))
    return _Rules(translator, models).statements(rules)


def freeze(node: Node, translator: Translator, models: list[Any]) -> list[ast.stmt]:
    """The `freeze:` section."""
    places = node.items if isinstance(node, Sequence) else (node,)
    rules = [Rule(place.text.strip(), place, _freezing) for place in places if isinstance(place, Scalar)]
    return _Rules(translator, models).statements(rules)


def _freezing(parameter: ast.expr, layer: ast.expr) -> list[ast.stmt]:
    return [syntax.run(syntax.call(ast.Attribute(parameter, "requires_grad_"), ast.Constant(False)))]


def _initialiser(node: Node, translator: Translator) -> _Action:
    def act(parameter: ast.expr, layer: ast.expr) -> list[ast.stmt]:
        assert isinstance(node, Scalar)
        return _applied(expression_of(node, _Options(translator, layer)), parameter)

    return act


def _applied(made: ast.expr, parameter: ast.expr) -> list[ast.stmt]:
    """An initialiser, called or by its name, on the parameter; none does nothing."""
    if syntax.is_none(made):
        return []
    if isinstance(made, ast.IfExp):
        body, orelse = _applied(made.body, parameter), _applied(made.orelse, parameter)
        test, body, orelse = (made.test, body, orelse) if body else (syntax.negated(made.test), orelse, body)
        return [ast.If(test, body, orelse)] if body else []
    if isinstance(made, ast.Call):
        made.args.insert(0, parameter)
        return [syntax.run(made)]
    return [syntax.run(syntax.call(made, parameter))]


class _Options(Translator):
    """Names of an `init:`: the options of the layer that the parameter belongs to come first."""

    def __init__(self, outer: Translator, layer: ast.expr) -> None:
        super().__init__(outer.source, outer.owner, outer.frame)
        self.scopes, self.kinds = outer.scopes, outer.kinds
        self._outer = outer
        self._layer = layer

    def lookup(self, name: str, node: ast.AST | None = None) -> Meaning | None:
        found = None if name in self.source.options else self._outer.lookup(name, node)
        if found is not None:
            return found
        return Meaning(ast.Attribute(self._layer, name))


class _Rules:
    """Writes rules in their order, since later ones win."""

    def __init__(self, translator: Translator, models: list[Any]) -> None:
        self._translator = translator
        self._models = models
        self._owned = [one for model in models for one in owned(model, each_name=False)]

    def statements(self, rules: list[Rule]) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        try:
            for sort, group in groupby(rules, self._sort):
                together = list(group)
                if sort == BY_PATH:
                    made += [statement for rule in together for statement in self._by_path(rule)]
                else:
                    made.append(self._by_type(together) if sort == BY_TYPE else self._by_name(together))
        except NnbuildError as error:
            raise located(rules[0].node, error) from None
        return made

    def _sort(self, rule: Rule) -> str:
        if any(mark in rule.pattern for mark in "*?["):
            return BY_NAME if self._layer_type(rule.pattern) is None or "." not in rule.pattern else BY_TYPE
        return BY_TYPE if self._layer_type(rule.pattern) is not None else BY_PATH

    def _layer_type(self, pattern: str) -> ast.expr | None:
        """The layer type that a pattern begins with."""
        kind = pattern.partition(".")[0]
        if "." not in pattern or not any(type(one.owner).__name__ == kind for one in self._owned):
            return None
        found = self._translator.of_file(kind) or self._translator.of_language(kind)
        return found.expression if found is not None else None

    def _by_path(self, rule: Rule) -> list[ast.stmt]:
        owner, _, name = rule.pattern.rpartition(".")
        layer = member(owner, self._models) if owner else ast.Name("self")
        return rule.act(ast.Attribute(layer, name), layer)

    def _by_type(self, rules: list[Rule]) -> ast.stmt:
        module = self._loop_name("module")
        tests: dict[str, list[ast.stmt]] = {}
        for rule in rules:
            kind, _, name = rule.pattern.partition(".")
            tests.setdefault(kind, []).extend(self._acts(kind, name, rule, module))
        chain: list[ast.stmt] = []
        for kind, body in reversed(tests.items()):
            chain = [ast.If(self._is_of(kind, module), body or [ast.Pass()], chain)]
        return ast.For(ast.Name(module), syntax.call("self.modules"), chain, [])

    def _acts(self, kind: str, name: str, rule: Rule, module: str) -> Iterable[ast.stmt]:
        names = [name] if name.isidentifier() else self._names(kind, name)
        for each in names:
            parameter = ast.Attribute(ast.Name(module), each)
            acts = rule.act(parameter, ast.Name(module))
            absent = any(getattr(layer, "_parameters", {}).get(each, 1) is None for layer in self._layers(kind))
            yield from [ast.If(syntax.is_not_none(parameter), acts, [])] if absent and acts else acts

    def _layers(self, kind: str) -> list[Any]:
        return [layer for model in self._models for layer in model.modules() if type(layer).__name__ == kind]

    def _names(self, kind: str, pattern: str) -> list[str]:
        """The parameters of a layer type that match."""
        found = [one.name for one in self._owned if type(one.owner).__name__ == kind and
                 one.matches(f"{kind}.{pattern}", self._models[0]._names)]  # fmt: skip
        return list(dict.fromkeys(found))

    def _is_of(self, kind: str, module: str) -> ast.expr:
        """Whether a module is of the type, and not one that torch derives from it."""
        expression = self._layer_type(f"{kind}.")
        assert expression is not None
        layers = [layer for model in self._models for layer in model.modules()]
        derived = any(
            type(layer).__name__ != kind and kind in [base.__name__ for base in type(layer).__mro__] for layer in layers
        )
        if derived:
            return ast.Compare(syntax.call("type", ast.Name(module)), [ast.Is()], [expression])
        return syntax.call("isinstance", ast.Name(module), expression)

    def _by_name(self, rules: list[Rule]) -> ast.stmt:
        name, parameter = self._loop_name("name"), self._loop_name("parameter")
        owner = syntax.call(
            "self.get_submodule",
            ast.Subscript(syntax.call(f"{name}.rpartition", ast.Constant(".")), ast.Constant(0)),
        )
        body: list[ast.stmt] = []
        for rule in rules:
            acts = rule.act(ast.Name(parameter), owner)
            body += [ast.If(self._matches(rule.pattern, name), acts, [])] if acts else []
        loop = syntax.call("self.named_parameters")
        return ast.For(ast.Tuple([ast.Name(name), ast.Name(parameter)]), loop, body or [ast.Pass()], [])

    def _matches(self, pattern: str, name: str) -> ast.expr:
        """Whether a parameter's name is one of the pattern's."""
        if not any(mark in pattern.lstrip("*") for mark in "*?["):
            return syntax.call(f"{name}.endswith", ast.Constant(pattern.lstrip("*")))
        if not any(mark in pattern.rstrip("*") for mark in "*?["):
            return syntax.call(f"{name}.startswith", ast.Constant(pattern.rstrip("*")))
        self._translator.source.imports.add("fnmatch.fnmatchcase")
        return syntax.call("fnmatchcase", ast.Name(name), ast.Constant(pattern))

    def _loop_name(self, wanted: str) -> str:
        """A variable of a loop that stands behind all else, which another such loop may have too."""
        taken = any(variable.name == wanted for variable in self._translator.frame.variables)
        return f"each_{wanted}" if taken else wanted
