"""The layers of a block -> statements of its class's `__init__`.

What can be written as one expression is; a container with `for`, `if`, or layers that may be left out becomes a list or
a dict that is filled line by line, as one writes it by hand.
"""

from __future__ import annotations

import ast
from typing import Any

from nnbuild.errors import NnbuildError, SpecError
from nnbuild.exchange.pytorch import syntax
from nnbuild.exchange.pytorch.containers import is_named, static_names, static_pairs
from nnbuild.exchange.pytorch.names import Variable
from nnbuild.exchange.pytorch.recording import LAYER, NONE, TYPE
from nnbuild.exchange.pytorch.sinks import Filled, Sink, may_be_none
from nnbuild.exchange.pytorch.translator import Meaning, Translator
from nnbuild.exchange.pytorch.values import expression_of, options_of, tree_of, value_of
from nnbuild.spec.build.builder import CONTAINERS
from nnbuild.spec.build.entries import _is_control, _statement
from nnbuild.spec.build.values import comprehension_of, in_brackets, located
from nnbuild.spec.language.syntax import parse_expression
from nnbuild.spec.text.nodes import Mapping, Node, Scalar, Sequence


class Layers:
    """Writes layers. Params: body, the statements so far, which those of containers are added to."""

    def __init__(self, translator: Translator, body: list[ast.stmt]) -> None:
        self.translator = translator
        self.body = body
        self._open: list[str] = []
        self._filled: list[Variable] = []

    # Entries

    def entries(self, node: Node, sink: Sink) -> None:
        """Everything below a name."""
        if isinstance(node, Scalar) or (isinstance(node, Sequence) and comprehension_of(node)):
            scalar = comprehension_of(node) if isinstance(node, Sequence) else node
            assert isinstance(scalar, Scalar)
            self._spread(scalar, sink)
        elif isinstance(node, Sequence):
            for item in node.items:
                self._item(item, sink)
        elif isinstance(node, Mapping):
            for key, value in node.entries:
                self._pair(key, value, sink)

    def _spread(self, scalar: Scalar, sink: Sink) -> None:
        self.body += sink.several(self._listed(scalar))

    def _listed(self, scalar: Scalar) -> ast.expr:
        """A list of layers, with or without a star before it."""
        starred = scalar.text.strip().startswith("*")
        made = expression_of(in_brackets(scalar) if starred else scalar, self.translator)
        only = made.elts[0] if starred and isinstance(made, ast.List) and len(made.elts) == 1 else None
        return only.value if isinstance(only, ast.Starred) else made

    def _item(self, node: Node, sink: Sink) -> None:
        if isinstance(node, Scalar) and node.text.lstrip().startswith("*"):
            self._spread(node, sink)
        elif isinstance(node, Mapping) and len(node.entries) == 1 and self._is_pair(*node.entries[0]):
            self._pair(*node.entries[0], sink)
        else:
            self._put(node, None, sink)

    def _is_pair(self, key: Scalar, value: Node) -> bool:
        """Whether `key: value` in a list is not a layer type with its options."""
        return _is_control(key) or self.layer_type(key) is None

    def _pair(self, key: Scalar, value: Node, sink: Sink) -> None:
        if key.text.startswith("for ") and _is_control(key):
            self._for(key, value, sink)
        elif _is_control(key):
            self._if(key, value, sink)
        else:
            self._put(value, self._name(key), sink)

    def _name(self, key: Scalar) -> ast.expr:
        if "{" not in key.text and "}" not in key.text:
            return ast.Constant(key.text)
        quoted = Scalar(key.document, key.start, key.end, f"f'''{key.text}'''", "", False)
        code = parse_expression(quoted)
        return self.translator.expression(code.tree.body, code)  # type: ignore[attr-defined]

    def _put(self, node: Node, name: ast.expr | None, sink: Sink) -> None:
        """One layer."""
        try:
            made = self.layer(node, name)
        except NnbuildError as error:
            raise located(node, error) from None
        self.body += sink.layer(name, made)

    def _for(self, key: Scalar, value: Node, sink: Sink) -> None:
        translator, frame = self.translator, self.translator.frame
        code = _statement(key, "pass")
        loop: ast.For = code.tree.body[0]  # type: ignore[attr-defined]
        try:
            iterable = translator.iterated(loop.iter)
        except NnbuildError as error:
            raise error.locate(mark=key.mark) from None
        frame.enter()
        names = [each.id for each in ast.walk(loop.target) if isinstance(each, ast.Name)]
        translator.scopes.append({name: frame.bind(name) for name in names})
        target = translator.translated(loop.target)
        body = self._below(value, sink)
        translator.scopes.pop()
        frame.leave()
        self.body.append(ast.For(target, iterable, body or [ast.Pass()], []))

    def _if(self, key: Scalar, value: Node, sink: Sink) -> None:
        code = _statement(key, "pass")
        test = self.translator.expression(code.tree.body[0].test, code)  # type: ignore[attr-defined]
        self.translator.scopes.append({})
        body = self._below(value, sink)
        self.translator.scopes.pop()
        self.body += sink.under(test, body, static_names(value))

    def _below(self, node: Node, sink: Sink) -> list[ast.stmt]:
        """The statements of what is below a `for` or an `if`."""
        outer, self.body = self.body, []
        if isinstance(node, Mapping):
            for key, value in node.entries:
                if key.text == "let":
                    self._let(value)
                else:
                    self._pair(key, value, sink)
        elif isinstance(node, Sequence):
            for item in node.items:
                if isinstance(item, Mapping) and [key.text for key, _ in item.entries] == ["let"]:
                    self._let(item.entries[0][1])
                else:
                    self._item(item, sink)
        else:
            self._item(node, sink)
        inner, self.body = self.body, outer
        return inner

    def _let(self, node: Node) -> None:
        assert isinstance(node, Mapping)
        for key, value in node.entries:
            if not key.text.isidentifier():
                raise SpecError("a function in a loop has no counterpart in PyTorch", mark=key.mark)
            made = value_of(value, self.translator)
            variable = self.translator.frame.bind(key.text)
            self.translator.scopes[-1][key.text] = variable
            self.body.append(syntax.assign(variable.place(0), made))

    # One layer

    def layer(self, node: Node, name: ast.expr | None = None) -> ast.expr:
        """A layer, from its short or long form; none where it is left out."""
        if isinstance(node, Mapping):
            ((key, value),) = node.entries
            return self._long(key, value, name)
        assert isinstance(node, Scalar)
        tree = tree_of(node)
        if tree is None:
            return expression_of(node, self.translator)
        try:
            return self._short(tree, node)
        except NnbuildError as error:
            raise error.locate(mark=parse_expression(node).mark(tree)) from None

    def _short(self, tree: ast.expr, node: Scalar) -> ast.expr:
        translator = self.translator
        if isinstance(tree, ast.IfExp):
            test = translator.translated(tree.test)
            body, orelse = self._short(tree.body, node), self._short(tree.orelse, node)
            if syntax.is_none(body):
                test, body, orelse = syntax.negated(test), orelse, body
            return ast.IfExp(test, body, orelse)
        if isinstance(tree, ast.Constant) or (isinstance(tree, ast.Call) and not _makes_type(tree)):
            return translator.translated(tree)
        if isinstance(tree, ast.Name) or getattr(tree, "known", None):
            meaning = translator.meaning(tree)
            if meaning.callee is not None or (meaning.word is not None and not meaning.word.is_constant):
                return self._called(meaning, node)
        return self._named(translator.translated(tree), node)

    def _called(self, meaning: Meaning, node: Node) -> ast.expr:
        """A bare layer type makes a layer without options."""
        made = syntax.call(meaning.expression)
        return self.translator.given_lifted(made, meaning.callee) if meaning.callee else made

    def _named(self, expression: ast.expr, node: Scalar) -> ast.expr:
        """What a value stands for is known from the build: a layer type, a layer, none."""
        kinds = self.translator.source.record.kinds.get(id(node), {TYPE})
        if {TYPE, LAYER} <= kinds:
            raise SpecError("this is a layer type at one time and a layer at another", hint="give it as one of them")
        if kinds == {NONE}:
            return ast.Constant(None)
        made = expression
        if TYPE in kinds:
            called = syntax.call(_again(expression, self.translator) if NONE in kinds else expression)
            tree = parse_expression(node).tree.body  # type: ignore[attr-defined]
            made = self.translator.met(called, tree, node)
        if NONE not in kinds or made is expression:
            return made
        return ast.IfExp(syntax.is_not_none(expression), made, ast.Constant(None))

    def layer_type(self, key: Scalar) -> Meaning | None:
        """What a key that is a layer type means."""
        text = key.text.removeprefix("torch.").removeprefix("nn.")
        if not text.isidentifier():
            return None
        source = self.translator.source
        met = id(key) in source.record.native or id(key) in source.record.called
        if not met:
            from nnbuild.nn import LAYERS

            known = source.known(self.translator.owner.file, text)
            if text not in LAYERS and not getattr(known, "is_layer_type", False):
                return None
        return self.translator.lookup(text)

    def is_type(self, key: Scalar) -> bool:
        return self.layer_type(key) is not None

    def _long(self, key: Scalar, value: Node, name: ast.expr | None) -> ast.expr:
        meaning = self.layer_type(key)
        if meaning is None:
            raise SpecError(f"there is no layer type {key.text}", mark=key.mark)
        if meaning.word is not None and meaning.word.name in CONTAINERS:
            return self._container(meaning.word.name, value, name)
        made = options_of(_nn_type(meaning), value, self.translator)
        made.func = meaning.expression
        if meaning.callee is not None:
            return self.translator.given_lifted(made, meaning.callee)
        return self.translator.met(made, made, key)

    def _container(self, kind: str, node: Node, name: ast.expr | None) -> ast.expr:
        inline = self._inline(kind, node)
        if inline is not None:
            return inline
        sink = Filled(self._variable(), named=is_named(kind, node, self.is_type))
        self._open.append(sink.variable.name)
        start = len(self.body)
        self.body.append(syntax.assign(sink.place(), sink.start(self.translator.source)))
        self.entries(node, sink)
        self.body[start:] = sink.gathered(self.body[start:])
        self._open.pop()
        filled = sink.place()
        unpacked = kind == "Sequential" and not sink.named
        return syntax.call(f"nn.{kind}", ast.Starred(filled) if unpacked else filled)

    def _variable(self) -> Variable:
        """The list or dict that a container is made of, called so unless one around it is, or something of the spec."""
        frame = self.translator.frame
        frame.tick()
        taken = any(variable.name == "layers" and variable not in self._filled for variable in frame.variables)
        free = not taken and "layers" not in self._open
        self._filled.append(frame.bind("layers") if free else frame.fresh("inner"))
        return self._filled[-1]

    def _inline(self, kind: str, node: Node) -> ast.expr | None:
        """The container in one expression, if it is simple enough."""
        if isinstance(node, Scalar) or (isinstance(node, Sequence) and comprehension_of(node)):
            scalar = comprehension_of(node) if isinstance(node, Sequence) else node
            assert isinstance(scalar, Scalar)
            return self._of_value(kind, self._listed(scalar))
        if not self.is_static(node):
            return None
        named = is_named(kind, node, self.is_type)
        pairs: list[tuple[ast.expr, ast.expr]] = []
        for key, value in static_pairs(node):
            pairs.append((ast.Constant(key), self.layer(value)))
        layers = [layer for _, layer in pairs]
        if kind == "ModuleList":
            return syntax.call("nn.ModuleList", ast.List(layers))
        if kind == "ModuleDict":
            return syntax.call(
                "nn.ModuleDict", ast.Dict(*map(list, zip(*pairs, strict=True))) if pairs else ast.Dict([], [])
            )
        if not named:
            return syntax.call("nn.Sequential", *layers)
        return syntax.call("nn.Sequential", self._ordered([ast.Tuple(list(pair)) for pair in pairs]))

    def _ordered(self, pairs: list[ast.expr]) -> ast.expr:
        self.translator.source.imports.add("collections.OrderedDict")
        return syntax.call("OrderedDict", ast.List(pairs))

    def _of_value(self, kind: str, made: ast.expr) -> ast.expr:
        if kind != "Sequential":
            return syntax.call(f"nn.{kind}", made)
        if isinstance(made, ast.Dict | ast.DictComp):
            self.translator.source.imports.add("collections.OrderedDict")
            return syntax.call("nn.Sequential", syntax.call("OrderedDict", made))
        return syntax.call("nn.Sequential", ast.Starred(made))

    def is_static(self, node: Node) -> bool:
        """Whether all layers are there whatever the params, and each is one expression."""
        if isinstance(node, Mapping):
            return all("{" not in key.text and not _is_control(key) and self.is_plain(value)
                       for key, value in node.entries)  # fmt: skip
        assert isinstance(node, Sequence)
        for item in node.items:
            if isinstance(item, Mapping) and len(item.entries) == 1 and self._is_pair(*item.entries[0]):
                return False
            if not self.is_plain(item):
                return False
        return True

    def is_plain(self, node: Node) -> bool:
        """Whether the layer is there whatever the params, and one expression."""
        if isinstance(node, Mapping):
            key, value = node.entries[0]
            container = key.text.removeprefix("torch.").removeprefix("nn.") in CONTAINERS
            scalar = isinstance(value, Scalar) or (isinstance(value, Sequence) and bool(comprehension_of(value)))
            return not container or scalar or self.is_static(value)
        if not isinstance(node, Scalar) or node.text.lstrip().startswith("*"):
            return False
        tree = tree_of(node)
        if tree is None:
            return False
        return NONE not in self.translator.source.record.kinds.get(id(node), ()) and not may_be_none(tree)


def _makes_type(tree: ast.Call) -> bool:
    return isinstance(tree.func, ast.Name) and tree.func.id == "partial"


def _again(expression: ast.expr, translator: Translator) -> ast.expr:
    """The same expression at another place."""
    if isinstance(expression, ast.Name):
        for variable in translator.frame.variables:
            if any(place is expression for place in variable.places):
                return variable.place(translator.frame.tick())
    return expression


def _nn_type(meaning: Meaning) -> Any:
    from nnbuild import nn

    return getattr(nn, meaning.word.name, None) if meaning.word is not None and meaning.word.name in nn.LAYERS else None
