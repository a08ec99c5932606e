"""The statements of a program -> those of a function."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from nnbuild.exchange.pytorch import syntax
from nnbuild.exchange.pytorch.inside import InFunction, Inside
from nnbuild.exchange.pytorch.kinds import LIST, PLAIN, RESULT, TENSOR
from nnbuild.exchange.pytorch.names import Called
from nnbuild.exchange.pytorch.remarks import Remarks
from nnbuild.spec.language.closures import Parameters, parameters_of
from nnbuild.spec.language.syntax import Code, is_docstring


class Body:
    """Translates the statements of a program. Params: key, by which the file knows the function that it is."""

    def __init__(self, code: Code, inside: Inside, key: object, remarks: Remarks | None = None) -> None:
        self._code = code
        self._inside = inside
        self._key = key
        self._remarks = remarks or Remarks(code.written.text[code.shift :])

    def whole(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        """All statements of a function."""
        nodes = [node for statement in statements for node in ast.walk(statement)]
        self._inside.later |= {
            each.id for each in nodes if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
        }
        self._inside.later |= {each.name for each in nodes if isinstance(each, ast.FunctionDef)}
        return self.block(statements)

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

    def _bind_all(self, target: ast.expr, value: ast.expr, kind: str) -> None:
        """Bind the names of a target to a value, those of a tuple each to its part."""
        inside, several = self._inside, isinstance(target, ast.Tuple | ast.List)
        if several and isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts):  # type: ignore[attr-defined]
            kinds = [inside.kind(part) for part in value.elts]
            for part, each in zip(target.elts, kinds, strict=True):  # type: ignore[attr-defined]
                self._bind(part, each)
        else:
            self._bind(target, TENSOR if several and kind == LIST else kind)

    def _bind(self, target: ast.expr, kind: str) -> None:
        if isinstance(target, ast.Starred):
            self._bind(target.value, LIST if kind == TENSOR else kind)
        elif isinstance(target, ast.Tuple | ast.List):
            for part in target.elts:
                self._bind(part, kind)
        elif isinstance(target, ast.Name):
            self._inside.bind(target.id, kind)
        elif isinstance(target, ast.Attribute) and kind != PLAIN:
            self._inside.source.tell(id(self._inside.owner.thing), target.attr)

    def _target(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Name):
            return ast.Name(self._inside.renamed[node.id])
        if isinstance(node, ast.Tuple | ast.List):
            return ast.Tuple([self._target(part) for part in node.elts])
        if isinstance(node, ast.Starred):
            return ast.Starred(self._target(node.value))
        return self._value(node)

    def _assign(self, node: ast.Assign) -> ast.stmt:
        called = self._inside.called(node.value) if isinstance(node.value, ast.Lambda) else None
        value, kind = self._value(node.value), self._inside.kind(node.value)
        for target in node.targets:
            self._bind_all(target, node.value, kind)
            if called is not None and isinstance(target, ast.Name):
                self._inside.functions[target.id] = called
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
        if isinstance(node.target, ast.Attribute):
            target = self._value(node.target)
            return ast.Assign([target], ast.BinOp(target, node.op, value))
        read = self._read(node.target)
        kinds = {self._inside.kind(node.target), self._inside.kind(node.value)}
        self._bind(node.target, PLAIN if kinds == {PLAIN} else TENSOR)
        target = self._target(node.target)
        if kinds == {PLAIN} and isinstance(target, ast.Name) and node.target.id not in self._inside.given:
            return ast.AugAssign(target, node.op, value)
        return ast.Assign([target], ast.BinOp(read, node.op, value))

    def _read(self, node: ast.expr) -> ast.expr:
        return self._value(_read(node))

    def _return(self, node: ast.Return) -> ast.stmt:
        if node.value is not None and self._inside.kind(node.value) == TENSOR:
            self._inside.source.tell(self._key, RESULT)
        return ast.Return(self._value(node.value) if node.value else None)

    def _for(self, node: ast.For) -> ast.stmt:
        iterable = self._inside.iterated(node.iter)
        self._bind(node.target, _items(node.iter, self._inside))
        return ast.For(self._target(node.target), iterable, self.block(node.body), self.block(node.orelse))

    def _while(self, node: ast.While) -> ast.stmt:
        return ast.While(self._value(node.test), self.block(node.body), self.block(node.orelse))

    def _try(self, node: ast.Try) -> ast.stmt:
        body = self.block(node.body)
        return ast.Try(body, [self._handler(each) for each in node.handlers], self.block(node.orelse),
                       self.block(node.finalbody))  # fmt: skip

    def _handler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        if node.name:
            self._inside.bind(node.name, PLAIN)
        return ast.ExceptHandler(node.type, node.name and self._inside.renamed[node.name], self.block(node.body))

    def _if(self, node: ast.If) -> ast.stmt:
        test = self._value(node.test)
        return ast.If(test, self.block(node.body), self.block(node.orelse))

    def _delete(self, node: ast.Delete) -> ast.stmt:
        return ast.Delete([self._value(_read(target)) for target in node.targets])

    def _elsewhere(self, node: ast.Nonlocal | ast.Global) -> ast.stmt:
        if isinstance(self._inside, InFunction):
            self._inside.share(node.names)
        return type(node)([self._inside.spelt_variable(name) for name in node.names])

    def _function(self, node: ast.FunctionDef) -> ast.stmt:
        taken, key = parameters_of(node), self._code.mark(node)[:3]
        self._inside.bind(node.name, PLAIN)
        self._inside.functions[node.name] = Called(key, taken.positional, taken.rest)
        made = function(InFunction(self._inside), self._code, taken, node.body, key, self._remarks)
        made.name = self._inside.renamed[node.name]
        return made

    def _expression(self, node: ast.Expr) -> ast.stmt:
        if is_docstring(node):
            return syntax.run(ast.Constant(node.value.value.strip().partition("\n")[0].strip()))  # type: ignore[attr-defined]
        return ast.Expr(self._value(node.value))

    def _assert(self, node: ast.Assert) -> ast.stmt:
        return ast.Assert(self._value(node.test), self._value(node.msg) if node.msg else None)

    def _raise(self, node: ast.Raise) -> ast.stmt:
        if not isinstance(node.exc, ast.Call):
            return node
        return ast.Raise(ast.Call(node.exc.func, [self._value(part) for part in node.exc.args], []), None)

    def _with(self, node: ast.With) -> ast.stmt:
        self._inside.source.imports.add("torch")
        items = [self._entered(item) for item in node.items]
        return ast.With(items, self.block(node.body))

    def _entered(self, item: ast.withitem) -> ast.withitem:
        if item.optional_vars is not None:
            self._bind(item.optional_vars, PLAIN)
        return ast.withitem(item.context_expr, item.optional_vars and self._target(item.optional_vars))


def _read(node: ast.expr) -> ast.expr:
    """The name that is written to as one that is read."""
    return ast.copy_location(ast.Name(node.id, ast.Load()), node) if isinstance(node, ast.Name) else node


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
    ast.While: Body._while, ast.Try: Body._try, ast.Delete: Body._delete, ast.FunctionDef: Body._function,
    ast.Nonlocal: Body._elsewhere, ast.Global: Body._elsewhere,
}  # fmt: skip


def function(
    inside: Inside, code: Code, taken: Parameters, body: Sequence[ast.stmt], key: object, remarks: Remarks | None = None
) -> ast.FunctionDef:
    """A function of several lines, without a name. Params: taken, its arguments; key, by which the file knows it."""
    defaults = {name: inside.expression(node, code) for name, node in taken.defaults.items()}
    source = inside.source
    for name in taken.names:
        inside.bind(name, source.kind_of_argument(key, name))
    if taken.rest:
        inside.bind(taken.rest, LIST if source.kind_of_argument(key, taken.rest) == TENSOR else PLAIN)
    if taken.keywords:
        inside.bind(taken.keywords, PLAIN)
    inside.given = {*inside.renamed}
    made = Body(code, inside, key, remarks).whole(body)
    return syntax.function("", syntax.arguments(taken, defaults, inside.spelt_variable), made)
