"""A forward program -> the method `forward` of a class."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from nnbuild.exchange.pytorch import syntax
from nnbuild.exchange.pytorch.kinds import PLAIN, TENSOR
from nnbuild.exchange.pytorch.names import Callee, Frame, Key
from nnbuild.exchange.pytorch.remarks import Remarks
from nnbuild.exchange.pytorch.translator import Meaning, Translator
from nnbuild.exchange.pytorch.vocabulary import RESERVED
from nnbuild.spec.language.program import Program

if TYPE_CHECKING:
    from nnbuild.exchange.pytorch.files import Source


class Inside(Translator):
    """Names inside a program: its own variables, what the module has, then what every spec knows.

    Params: layers, tensors, names of the module's members; kept, takes up the names of arguments and values that the
    module has to keep; own, the names of those.
    """

    def __init__(self, source: Source, owner: Callee, layers: set[str], tensors: set[str], own: set[str]) -> None:
        super().__init__(source, owner, Frame(()))
        self._layers = layers
        self._tensors = tensors
        self._own = own
        self.kept: list[str] = []
        self.renamed: dict[str, str] = {}

    def bind(self, name: str, kind: str) -> None:
        """A variable of the program, from here on."""
        taken = name in RESERVED or name in self.source.titles
        self.renamed[name] = f"{name}_" if taken else name
        self.kinds[name] = kind

    def lookup(self, name: str, node: ast.AST | None = None) -> Meaning | None:
        for scope in reversed(self.scopes[1:]):
            if name in scope:
                return Meaning(scope[name].place(0))
        if name in self.renamed:
            return Meaning(ast.Name(self.renamed[name]), self.kinds[name])
        return self._of_module(name) or self.of_file(name) or self.of_language(name, node)

    def _of_module(self, name: str) -> Meaning | None:
        if name in self._layers or name in self._tensors or name == "training":
            return Meaning(syntax.attribute("self", name), self._kind_of_name(name))
        return Meaning(self._keep(name)) if name in self._own else None

    def _keep(self, name: str) -> ast.expr:
        if name not in self.kept:
            self.kept.append(name)
        return syntax.attribute("self", kept_name(name))

    def lifted(self, key: Key) -> ast.expr:
        if key.file is not self.owner.file:
            return self.source.constant(key)
        if key.file is self.owner.thing:
            return self._keep(key.name)
        self.source.lift(self.owner, key)
        return self._keep(self.source.lifted_name(key))

    def prefixed(self, prefix: str, name: str, node: ast.AST) -> Meaning:
        if prefix == "self":
            found = self._of_module(name) or self.of_file(name)
            return found or Meaning(syntax.attribute("self", name))
        return super().prefixed(prefix, name, node)

    def _kind_of_name(self, name: str) -> str:
        if name in self.renamed:
            return self.kinds[name]
        if name in self._layers:
            return "layer"
        if name in self._tensors:
            return TENSOR
        return PLAIN if name in self._own else super()._kind_of_name(name)


def kept_name(name: str) -> str:
    """What a module calls a value that it keeps: not as one of its methods."""
    from nnbuild.nn import Module

    return f"{name}_" if hasattr(Module, name) else name


class Body:
    """Translates the statements of a program."""

    def __init__(self, program: Program, inside: Inside) -> None:
        self._code = program.code
        self._inside = inside
        self._remarks = Remarks(program.code.written.text[program.code.shift :])

    def block(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        made = []
        for statement in statements:
            handler = _STATEMENTS.get(type(statement))
            new = handler(self, statement) if handler else statement
            self._remarks.put(statement, new)
            made.append(new)
        return made

    def _value(self, node: ast.expr) -> ast.expr:
        return self._inside.expression(node, self._code)

    def _bind(self, target: ast.expr, kind: str) -> None:
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self._inside.bind(node.id, kind)

    def _target(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Name):
            return ast.Name(self._inside.renamed[node.id])
        if isinstance(node, ast.Tuple | ast.List):
            return ast.Tuple([self._target(part) for part in node.elts])
        if isinstance(node, ast.Starred):
            return ast.Starred(self._target(node.value))
        return self._value(node)

    def _assign(self, node: ast.Assign) -> ast.stmt:
        value, kind = self._value(node.value), self._inside.kind(node.value)
        for target in node.targets:
            self._bind(target, kind)
        return ast.Assign([self._target(target) for target in node.targets], value)

    def _annotated(self, node: ast.AnnAssign) -> ast.stmt:
        if node.value is None:
            return ast.Pass()
        return self._assign(ast.Assign([node.target], node.value))

    def _augmented(self, node: ast.AugAssign) -> ast.stmt:
        """`x += y` makes a new tensor in a spec, and writes into the old one in PyTorch."""
        value = self._value(node.value)
        if isinstance(node.target, ast.Subscript) or isinstance(node.value, ast.List | ast.ListComp):
            old = self._value(node.target) if isinstance(node.target, ast.Subscript) else self._read(node.target)
            assert isinstance(old, ast.Name | ast.Subscript)
            return ast.AugAssign(old, node.op, value)
        read = self._read(node.target)
        kinds = {self._inside.kind(node.target), self._inside.kind(node.value)}
        self._bind(node.target, PLAIN if kinds == {PLAIN} else TENSOR)
        target = self._target(node.target)
        if kinds == {PLAIN} and isinstance(target, ast.Name):
            return ast.AugAssign(target, node.op, value)
        return ast.Assign([target], ast.BinOp(read, node.op, value))

    def _read(self, node: ast.expr) -> ast.expr:
        assert isinstance(node, ast.Name)
        return self._value(ast.copy_location(ast.Name(node.id, ast.Load()), node))

    def _return(self, node: ast.Return) -> ast.stmt:
        return ast.Return(self._value(node.value) if node.value else None)

    def _for(self, node: ast.For) -> ast.stmt:
        iterable = self._inside.iterated(node.iter)
        self._bind(node.target, _items(node.iter, self._inside))
        return ast.For(self._target(node.target), iterable, self.block(node.body), [])

    def _if(self, node: ast.If) -> ast.stmt:
        test = self._value(node.test)
        return ast.If(test, self.block(node.body), self.block(node.orelse))

    def _expression(self, node: ast.Expr) -> ast.stmt:
        return ast.Expr(self._value(node.value))

    def _assert(self, node: ast.Assert) -> ast.stmt:
        return ast.Assert(self._value(node.test), self._value(node.msg) if node.msg else None)

    def _raise(self, node: ast.Raise) -> ast.stmt:
        if not isinstance(node.exc, ast.Call):
            return node
        return ast.Raise(ast.Call(node.exc.func, [self._value(part) for part in node.exc.args], []), None)

    def _with(self, node: ast.With) -> ast.stmt:
        self._inside.source.imports.add("torch")
        return ast.With(node.items, self.block(node.body))


def _items(node: ast.expr, inside: Inside) -> str:
    """The kind of what a loop goes through: layers and numbers are plain, parts of tensors are tensors."""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("zip", "enumerate", "reversed")
    ):
        kinds = {_items(arg, inside) for arg in node.args}
        return TENSOR if TENSOR in kinds else next(iter(kinds), PLAIN)
    kind = inside.kind(node)
    return kind if kind in (PLAIN, "layer") else TENSOR


_STATEMENTS: dict[type[ast.stmt], Callable[..., ast.stmt]] = {
    ast.Assign: Body._assign, ast.AnnAssign: Body._annotated, ast.AugAssign: Body._augmented,
    ast.Return: Body._return, ast.For: Body._for, ast.If: Body._if, ast.Expr: Body._expression,
    ast.Assert: Body._assert, ast.Raise: Body._raise, ast.With: Body._with,
}  # fmt: skip


def method(program: Program, inside: Inside, choices: dict[str, Any]) -> ast.FunctionDef:
    """`def forward(self, ...)`: the inputs, then the choices with their defaults."""
    defaults = {name: inside.expression(node, program.code) for name, node in program.defaults.items()}
    for name in (*program.inputs, *choices):
        inside.bind(name, PLAIN if name in choices else TENSOR)
    body = Body(program, inside).block(program.body)
    defaults |= {name: ast.Constant(value) for name, value in choices.items() if name not in program.inputs}
    names = [inside.renamed[name] for name in dict.fromkeys((*program.inputs, *choices))]
    return syntax.function(
        "forward",
        syntax.signature(["self", *names], {inside.renamed[key]: each for key, each in defaults.items()}),
        body,
    )
