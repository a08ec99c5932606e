"""Lists and mappings of layers -> names and modules.

Sequential:
  conv0: Conv2d(3, 64, 7)
  for i, n in enumerate(depths):              # repeats what is below; `let:` there names values
    let: {width: 64 * 2 ** i}
    denseblock{i + 1}: DenseBlock(n, width)
    transition{i + 1}: Transition(width) if i < 3 else None      # none leaves the layer out
  if with_norm:
    norm5: BatchNorm2d(512)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from nnbuild.errors import Mark, NnbuildError, SpecError, suggestion
from nnbuild.spec.build.build import Build
from nnbuild.spec.build.lets import add_lets
from nnbuild.spec.build.unbuilt import Unbuilt
from nnbuild.spec.build.values import LAYERS_HINT, comprehension_of, evaluate, in_brackets, mapping_of, refuse_cut
from nnbuild.spec.language.assignment import bind
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.expressions import Evaluator
from nnbuild.spec.language.scope import Scope
from nnbuild.spec.language.syntax import Code, parse_expression, parse_program
from nnbuild.spec.text.nodes import Document, Mapping, Node, Scalar, Sequence

#: A name, a module or None for a layer left out, and the place.
Entry = tuple[str, Any, Node]


class Entries:
    """Reads the layers below one name. Params: scope, the names that their expressions know."""

    def __init__(self, builder: Build, scope: Scope) -> None:
        self._builder = builder
        self._scope = scope
        self._count = 0
        self._taken: dict[str, Node] = {}

    def read(self, node: Node) -> Iterator[Entry]:
        """Name and module of each layer, None for one left out. Problems go to the builder, layer by layer."""
        if isinstance(node, Scalar) or (isinstance(node, Sequence) and comprehension_of(node)):
            yield from self._guarded(node, self._spread(node, self._scope))
        elif isinstance(node, Sequence):
            refuse_cut(node, LAYERS_HINT)
            for item in node.items:
                yield from self._guarded(item, self._item(item, self._scope))
        elif isinstance(node, Mapping):
            refuse_cut(node, LAYERS_HINT)
            for key, value in node.entries:
                yield from self._guarded(key, self._pair(key, value, self._scope))

    def _guarded(self, node: Node, entries: Iterator[Entry]) -> Iterator[Entry]:
        try:
            for name, module, place in entries:
                if name in self._taken and module is not None:
                    raise SpecError(f"the name {name} stands twice", mark=place.mark)
                if module is not None:
                    self._taken[name] = place
                    self._count += 1
                yield name, module, place
        except NnbuildError as error:
            self._count += 1  # it would have been one, so that the layers behind it are called by their own numbers
            self._builder.note(self._builder.located(node, error))

    def _spread(self, node: Node, scope: Scope) -> Iterator[Entry]:
        """An expression that gives a list or a dict of layers."""
        scalar = comprehension_of(node) if isinstance(node, Sequence) else node
        assert isinstance(scalar, Scalar)
        if scalar.text.strip().startswith("*"):
            scalar = in_brackets(scalar)
        value = evaluate(scalar, scope, self._builder)
        if isinstance(value, dict):
            pairs: Any = value.items()
        elif isinstance(value, (list, tuple)):
            pairs = ((None, item) for item in value)
        else:
            hint = "write Sequential: and the layers below it" if hasattr(value, "_modules") else None
            raise SpecError(f"layers are a list or a mapping, not {describe(value)}", mark=node.mark, hint=hint)
        for name, item in pairs:
            module = self._builder.as_layer(item, node, scope)
            if isinstance(module, (list, tuple, dict)):
                raise SpecError(f"{describe(module)} is not a layer", mark=node.mark)
            if module is not None:
                yield (str(self._count) if name is None else self._checked(str(name), node)), module, node

    def _item(self, node: Node, scope: Scope) -> Iterator[Entry]:
        """An item of a list: a layer, `name: layer`, `*layers`, or a `for` or an `if`."""
        if isinstance(node, Scalar) and node.text.lstrip().startswith("*"):
            yield from self._spread(node, scope)
            return
        if isinstance(node, Mapping) and len(node.entries) == 1:
            key, value = node.entries[0]
            if _is_control(key) or self._is_named(key, value, scope):
                yield from self._pair(key, value, scope)
                return
        name = str(self._count)
        module = self._layer(name, node, scope)
        if module is not None:
            yield name, module, node

    def _is_named(self, key: Scalar, value: Node, scope: Scope) -> bool:
        """Whether `key: value` in a list is a named layer, not a layer type with options, even a misspelt one."""
        from nnbuild import nn

        if self._builder.layer_type(key, scope) is not None:
            return False
        if suggestion(key.text, nn.LAYERS) and not key.text.islower():
            return False
        if isinstance(value, Mapping):
            return len(value.entries) == 1 and self._builder.layer_type(value.entries[0][0], scope) is not None
        return isinstance(value, Scalar) and bool(value.text.strip()) and not value.text.strip()[0].isdigit()

    def _pair(self, key: Scalar, value: Node, scope: Scope) -> Iterator[Entry]:
        if key.text.startswith("for ") and _is_control(key):
            yield from self._for(key, value, scope)
        elif _is_control(key):
            yield from self._if(key, value, scope)
        else:
            name = self._checked(self._name(key, scope), key)
            yield name, self._layer(name, value, scope), key

    def _layer(self, name: str, node: Node, scope: Scope) -> Any:
        self._builder.path.append(name)
        try:
            module = self._builder.layer(node, scope)
            if isinstance(module, (list, tuple, dict)):
                hint = "write ModuleList(...) around it, or `*` before it in a list"
                raise SpecError(f"{describe(module)} is not a layer", mark=node.mark, hint=hint)
            return module
        except NnbuildError as error:
            self._builder.note(self._builder.located(node, error))
            return Unbuilt()
        finally:
            self._builder.path.pop()

    def _checked(self, name: str, node: Node) -> str:
        if "." in name:
            raise SpecError(f"the name {name} has a dot", mark=node.mark, hint="dots join the names of nested layers")
        if not name.strip():
            raise SpecError("a name is empty", mark=node.mark)
        return name

    def _name(self, key: Scalar, scope: Scope) -> str:
        """The key, with what stands in braces filled in."""
        if "{" not in key.text and "}" not in key.text:
            return key.text
        quoted = Scalar(key.document, key.start, key.end, f"f'''{key.text}'''", "", False)
        try:
            code = parse_expression(quoted)
        except NnbuildError as error:
            raise SpecError(f"{key.text!r} is not a name with values in braces", mark=key.mark) from error
        code = _KeyCode(code.tree, key, 0)
        assert isinstance(code.tree, ast.Expression)
        name: str = Evaluator(code, self._builder).evaluate(code.tree.body, scope)
        return name

    def _body(self, node: Node, scope: Scope) -> Iterator[Entry]:
        """The layers below a `for` or an `if`; `let:` there names values."""
        if isinstance(node, Mapping):
            refuse_cut(node, LAYERS_HINT)
            for key, value in node.entries:
                if key.text == "let":
                    self._let(value, scope)
                else:
                    yield from self._pair(key, value, scope)
        elif isinstance(node, Sequence):
            refuse_cut(node, LAYERS_HINT)
            for item in node.items:
                if isinstance(item, Mapping) and [key.text for key, _ in item.entries] == ["let"]:
                    self._let(item.entries[0][1], scope)
                else:
                    yield from self._item(item, scope)
        else:
            yield from self._item(node, scope)

    def _let(self, node: Node, scope: Scope) -> None:
        add_lets(mapping_of(node, "let"), scope, scope, self._builder)

    def _for(self, key: Scalar, value: Node, scope: Scope) -> Iterator[Entry]:
        code = _statement(key, "pass")
        loop = code.tree.body[0]  # type: ignore[attr-defined]
        if not isinstance(loop, ast.For):
            raise SpecError(f"{key.text!r} is not `for name in list`", mark=key.mark)
        evaluator = Evaluator(code, self._builder)
        for item in evaluator.loop(loop.iter, scope):
            inner = Scope({}, scope)
            self._builder.budget.spend()
            bind(evaluator, loop.target, item, inner)
            yield from self._body(value, inner)

    def _if(self, key: Scalar, value: Node, scope: Scope) -> Iterator[Entry]:
        code = _statement(key, "pass")
        test = code.tree.body[0]  # type: ignore[attr-defined]
        if not isinstance(test, ast.If):
            raise SpecError(f"{key.text!r} is not `if condition`", mark=key.mark)
        if Evaluator(code, self._builder).condition(test.test, scope):
            yield from self._body(value, Scope({}, scope))
        elif isinstance(value, Mapping):
            for name, _ in value.entries:
                if name.text != "let" and not _is_control(name) and "{" not in name.text:
                    yield name.text, None, name


def _is_control(key: Scalar) -> bool:
    return not key.quoted and (key.text.startswith("if ") or (key.text.startswith("for ") and " in " in key.text))


class _KeyCode(Code):
    """Code made from a key: every place in it is the key's."""

    def mark(self, node: ast.AST) -> Mark:
        return self.written.mark


def _statement(key: Scalar, body: str) -> Code:
    """The key as the head of a statement."""
    if key.code is None:
        text = f"{key.text}: {body}"
        document = Document(text, key.document.file)
        try:
            tree = parse_program(Scalar(document, 0, len(text), text, "", False)).tree
        except NnbuildError as error:
            for problem in getattr(error, "problems", [error]):
                problem.mark = key.mark
            raise
        key.code = Code(tree, key, 0)
    code: Code = key.code
    return code
