"""Statements -> lines.

A statement may carry what a tree has no place for: `comments`, the lines before it; `remark`, the comment behind it;
`gap`, whether an empty line stands before it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from nnbuild.exchange.pytorch.style import documents
from nnbuild.exchange.pytorch.style.chains import breaks_inside, is_word, may_do_without
from nnbuild.exchange.pytorch.style.documents import INDENT, SOFT, Document, First, IfBroken, group, indent, joined, row
from nnbuild.exchange.pytorch.style.expressions import arguments, bare_tuple, document, parameters
from nnbuild.exchange.pytorch.style.precedence import symbol


def module_text(body: Sequence[ast.stmt]) -> str:
    """The source of a module: imports first, two empty lines around each class and function."""
    lines: list[str] = []
    before: ast.stmt | None = None
    for statement in body:
        lines += [""] * _lines_between(before, statement)
        lines += _lines(statement, 0)
        before = statement
    return "\n".join(lines) + "\n"


def _lines_between(before: ast.stmt | None, statement: ast.stmt) -> int:
    if before is None:
        return 0
    if isinstance(statement, ast.ClassDef | ast.FunctionDef) or isinstance(before, ast.ClassDef | ast.FunctionDef):
        return 2
    imports = ast.Import | ast.ImportFrom
    if isinstance(before, imports) and isinstance(statement, imports):
        return int(getattr(statement, "gap", False))
    return 1


def _lines(statement: ast.stmt, level: int) -> Iterator[str]:
    margin = " " * (level * INDENT)
    yield from (margin + comment for comment in getattr(statement, "comments", ()))
    handler = _COMPOUND.get(type(statement))
    if handler is not None:
        yield from handler(statement, level)
        return
    yield from _printed([_SIMPLE[type(statement)](statement)], level, getattr(statement, "remark", None))


def _printed(parts: list[Document], level: int, remark: str | None = None) -> Iterator[str]:
    margin = " " * (level * INDENT)
    first, *rest = documents.text(parts, level).split("\n")
    if remark and not rest and len(margin) + len(first) + 2 + len(remark) <= documents.WIDTH:
        first += f"  {remark}"
    elif remark:
        yield margin + remark
    yield from (margin + first, *rest)


def _block(body: Sequence[ast.stmt], level: int) -> Iterator[str]:
    for index, statement in enumerate(body):
        beside = isinstance(statement, ast.FunctionDef) or isinstance(body[index - 1], ast.FunctionDef)
        if index and (beside or getattr(statement, "gap", False)):
            yield ""
        yield from _lines(statement, level)


def _value(node: ast.expr) -> Document:
    """An expression that ends a statement or its head, in brackets where that is needed."""
    if isinstance(node, ast.Tuple) and node.elts:
        return bare_tuple(node)
    if breaks_inside(node):
        return document(node, inside=False)
    broken = row("(", indent(SOFT, document(node)), SOFT, ")")
    if is_word(node):
        return First((document(node), broken, document(node)))
    around = group(IfBroken("("), indent(SOFT, document(node)), SOFT, IfBroken(")"))
    return First((document(node, inside=False), around)) if may_do_without(node) else around


def _target(node: ast.expr) -> Document:
    return bare_tuple(node) if isinstance(node, ast.Tuple) else document(node, inside=False)


def _assign(node: ast.Assign) -> Document:
    return row(*(row(_target(target), " = ") for target in node.targets), _value(node.value))


def _augmented(node: ast.AugAssign) -> Document:
    return row(_target(node.target), f" {symbol(node.op)}= ", _value(node.value))


def _annotated(node: ast.AnnAssign) -> Document:
    value: tuple[Document, ...] = (" = ", _value(node.value)) if node.value else ()
    return row(_target(node.target), ": ", document(node.annotation), *value)


def _return(node: ast.Return) -> Document:
    return row("return ", _value(node.value)) if node.value else "return"


def _expression(node: ast.Expr) -> Document:
    if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return f'"""{node.value.value}"""'
    return _value(node.value)


def _assert(node: ast.Assert) -> Document:
    message: tuple[Document, ...] = (", ", _value(node.msg)) if node.msg else ()
    return row("assert ", _value(node.test), *message)


def _raise(node: ast.Raise) -> Document:
    return row("raise ", _value(node.exc)) if node.exc else "raise"


def _delete(node: ast.Delete) -> Document:
    return row("del ", _target(ast.Tuple(node.targets) if len(node.targets) > 1 else node.targets[0]))


def _import(node: ast.Import) -> Document:
    return "import " + ", ".join(_alias(alias) for alias in node.names)


def _import_from(node: ast.ImportFrom) -> Document:
    return f"from {node.module} import " + ", ".join(_alias(alias) for alias in node.names)


def _alias(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


_SIMPLE: dict[type[ast.stmt], Callable[..., Document]] = {
    ast.Assign: _assign, ast.AugAssign: _augmented, ast.AnnAssign: _annotated, ast.Return: _return,
    ast.Expr: _expression, ast.Assert: _assert, ast.Raise: _raise, ast.Delete: _delete, ast.Import: _import,
    ast.ImportFrom: _import_from, ast.Pass: lambda node: "pass", ast.Break: lambda node: "break",
    ast.Continue: lambda node: "continue", ast.Nonlocal: lambda node: f"nonlocal {', '.join(node.names)}",
    ast.Global: lambda node: f"global {', '.join(node.names)}",
}  # fmt: skip


def _class(node: ast.ClassDef, level: int) -> Iterator[str]:
    yield from _printed([row(f"class {node.name}", arguments([document(base) for base in node.bases]), ":")], level)
    for index, statement in enumerate(node.body):
        if index:
            yield ""
        yield from _lines(statement, level + 1)


def _function(node: ast.FunctionDef, level: int) -> Iterator[str]:
    for decorator in node.decorator_list:
        yield from _printed([row("@", document(decorator, inside=False))], level)
    yield from _printed([row(f"def {node.name}", arguments(parameters(node.args)), ":")], level)
    yield from _block(node.body, level + 1)


def _for(node: ast.For, level: int) -> Iterator[str]:
    head = row("for ", _target(node.target), " in ", _value(node.iter), ":")
    yield from _printed([head], level, getattr(node, "remark", None))
    yield from _block(node.body, level + 1)
    yield from _part("else:", node.orelse, level)


def _while(node: ast.While, level: int) -> Iterator[str]:
    yield from _printed([row("while ", _value(node.test), ":")], level, getattr(node, "remark", None))
    yield from _block(node.body, level + 1)
    yield from _part("else:", node.orelse, level)


def _part(head: str, body: Sequence[ast.stmt], level: int) -> Iterator[str]:
    """The rest of a statement, if there is one."""
    if body:
        yield " " * (level * INDENT) + head
        yield from _block(body, level + 1)


def _try(node: ast.Try, level: int) -> Iterator[str]:
    yield from _part("try:", node.body, level)
    for handler in node.handlers:
        kind: Document = row(" ", document(handler.type, inside=False)) if handler.type else ""
        name = f" as {handler.name}" if handler.name else ""
        yield from _printed([row("except", kind, name, ":")], level)
        yield from _block(handler.body, level + 1)
    yield from _part("else:", node.orelse, level)
    yield from _part("finally:", node.finalbody, level)


def _if(node: ast.If, level: int, word: str = "if") -> Iterator[str]:
    yield from _printed([row(f"{word} ", _value(node.test), ":")], level, getattr(node, "remark", None))
    yield from _block(node.body, level + 1)
    if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        yield from _if(node.orelse[0], level, "elif")
    else:
        yield from _part("else:", node.orelse, level)


def _with(node: ast.With, level: int) -> Iterator[str]:
    items = [
        row(document(item.context_expr, inside=False), " as ", document(item.optional_vars)) if item.optional_vars
        else document(item.context_expr, inside=False) for item in node.items
    ]  # fmt: skip
    yield from _printed([row("with ", *joined((", ",), items), ":")], level)
    yield from _block(node.body, level + 1)


_COMPOUND: dict[type[ast.stmt], Callable[..., Iterator[str]]] = {
    ast.ClassDef: _class, ast.FunctionDef: _function, ast.For: _for, ast.If: _if, ast.With: _with,
    ast.While: _while, ast.Try: _try,
}  # fmt: skip
