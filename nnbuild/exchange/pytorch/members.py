"""Parameters, buffers and shared parameters of a block -> statements of its class's `__init__`."""

from __future__ import annotations

import ast
from typing import Any

from nnbuild.errors import NnbuildError
from nnbuild.exchange.pytorch import syntax
from nnbuild.exchange.pytorch.inside import Inside, Members
from nnbuild.exchange.pytorch.names import Callee
from nnbuild.exchange.pytorch.statements import Body
from nnbuild.exchange.pytorch.translator import Translator
from nnbuild.exchange.pytorch.values import expression_of, value_of
from nnbuild.spec.build.values import located
from nnbuild.spec.language.program import Program
from nnbuild.spec.text.nodes import Mapping, Node, Scalar

_CONTAINERS = ("ParameterList", "ParameterDict")


def parameters(node: Node, translator: Translator) -> list[ast.stmt]:
    """The `parameters:` section."""
    return [_assigned(key, value, translator) for key, value in _entries(node)]


def _entries(node: Node) -> tuple[tuple[Scalar, Node], ...]:
    return node.entries if isinstance(node, Mapping) else ()


def _assigned(key: Scalar, value: Node, translator: Translator) -> ast.stmt:
    try:
        made = _computed(value, translator)
        return syntax.assign(f"self.{key.text}", _parameter(made, translator))
    except NnbuildError as error:
        raise located(value, error) from None


def _computed(value: Node, translator: Translator) -> ast.expr:
    return expression_of(value, translator) if isinstance(value, Scalar) else value_of(value, translator)


def _parameter(made: ast.expr, translator: Translator) -> ast.expr:
    """A tensor as a parameter; none, and containers of parameters, stay what they are."""
    if isinstance(made, ast.IfExp):
        return ast.IfExp(made.test, _parameter(made.body, translator), _parameter(made.orelse, translator))
    function = ast.unparse(made.func) if isinstance(made, ast.Call) else ""
    if syntax.is_none(made) or function in ("nn.Parameter", *(f"nn.{name}" for name in _CONTAINERS)):
        return made
    translator.source.imports.add("torch.nn")
    return syntax.call("nn.Parameter", _with_fractions(made))


def _with_fractions(made: ast.expr) -> ast.expr:
    """`full` with a whole number is one of whole numbers in PyTorch."""
    if isinstance(made, ast.Call) and ast.unparse(made.func) == "torch.full" and len(made.args) == 2:
        number = made.args[1]
        if isinstance(number, ast.Constant) and type(number.value) is int:
            number.value = float(number.value)
        elif not made.keywords and not isinstance(number, ast.Constant):
            made.keywords.append(ast.keyword("dtype", syntax.name("torch.float32")))
    return made


def buffers(node: Node, translator: Translator) -> list[ast.stmt]:
    """The `buffers:` section."""
    made: list[ast.stmt] = []
    for key, value in _entries(node):
        options: dict[str, ast.expr] = {}
        inner: Node | None = value
        if isinstance(value, Mapping):
            inner, persistent = value.get("value"), value.get("persistent")
            if persistent is not None:
                options["persistent"] = value_of(persistent, translator)
        assert inner is not None
        try:
            made.append(syntax.run(syntax.call("self.register_buffer", ast.Constant(key.text),
                                               _buffer(key.text, inner, translator), **options)))  # fmt: skip
        except NnbuildError as error:
            raise located(inner, error) from None
    return made


def _buffer(name: str, node: Node, translator: Translator) -> ast.expr:
    if isinstance(node, Scalar) and node.style == "|" and "return" in node.text:
        callee = translator.source.helper(f"make_{name}", translator.owner, node)
        return translator.given_lifted(_own_values(callee, translator), callee)
    return _with_fractions(_computed(node, translator))


def _own_values(callee: Callee, translator: Translator) -> ast.Call:
    """The call of a buffer's function with those names of its block that it uses."""
    made = ast.Call(ast.Name(callee.title), [], [])
    for name in callee.signature.names:
        found = translator.lookup(name)
        assert found is not None
        made.args.append(found.expression)
    return made


def helper(callee: Callee, source: Any) -> ast.FunctionDef:
    """The function of a buffer that takes several lines."""
    assert isinstance(callee.body, Scalar)
    program = Program(callee.body, ())
    inside = Inside(source, callee, Members(), [])
    inside.lifted = lambda key: _argument(inside, key)  # type: ignore[method-assign]
    for name in callee.signature.names:
        inside.bind(name, "plain")
    body = Body(program.code, inside, id(callee.thing)).whole(program.body)
    names = [*callee.signature.names, *(source.lifted_name(key) for key in callee.lifted)]
    return syntax.function(callee.title, syntax.signature(names), body)


def _argument(inside: Inside, key: Any) -> ast.expr:
    if key.file is not inside.owner.file:
        return inside.source.constant(key)
    inside.source.lift(inside.owner, key)
    return ast.Name(inside.source.lifted_name(key))


def tie(node: Node, models: list[Any]) -> list[ast.stmt]:
    """The `tie:` section. Params: models, what the block became."""
    made: list[ast.stmt] = []
    for key, value in _entries(node):
        assert isinstance(value, Scalar)
        made.append(syntax.assign(member(key.text, models), member(value.text.strip(), models)))
    return made


def member(path: str, models: list[Any]) -> ast.expr:
    """`a.0.weight` as source. Params: models, modules to look for the members in."""
    at: ast.expr = ast.Name("self")
    modules = list(models)
    for part in path.split("."):
        if part.isidentifier():
            at = ast.Attribute(at, part)
        elif part.isdecimal() and all(hasattr(type(module), "__getitem__") or _is_row(module) for module in modules):
            at = ast.Subscript(at, ast.Constant(int(part)))
        else:
            at = syntax.call(ast.Attribute(at, "get_submodule"), ast.Constant(part))
        modules = [module._modules[part] for module in modules if part in getattr(module, "_modules", ())]
    return at


def _is_row(module: Any) -> bool:
    """Whether the module becomes an nn.Sequential."""
    definition = getattr(module, "definition", None)
    return definition is not None and definition.program is None
