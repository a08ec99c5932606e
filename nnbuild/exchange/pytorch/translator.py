"""Expressions of a spec -> expressions of PyTorch source, name by name."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from nnbuild.errors import NnbuildError, SpecError
from nnbuild.exchange.pytorch import syntax, vocabulary
from nnbuild.exchange.pytorch.kinds import PLAIN, RESULT, TENSOR, is_of_tensors, kind_of
from nnbuild.exchange.pytorch.names import Called, Callee, Frame, Key, Variable
from nnbuild.exchange.pytorch.words import Word, prefixed_word, word, word_with_pattern
from nnbuild.spec.language.closures import parameters_of
from nnbuild.spec.language.syntax import Code
from nnbuild.spec.language.torch_names import DTYPES

if TYPE_CHECKING:
    from nnbuild.exchange.pytorch.files import Source


class Meaning(NamedTuple):
    """What a name stands for. Params: kind, of its value; callee, the class or function that it is; word, torch's."""

    expression: ast.expr
    kind: str = PLAIN
    callee: Callee | None = None
    word: Word | None = None


class Translator:
    """Translates in one function. Params: source, the file; owner, the class or function that is written; frame, its
    variables.
    """

    def __init__(self, source: Source, owner: Callee, frame: Frame) -> None:
        self.source = source
        self.owner = owner
        self.frame = frame
        self.scopes: list[dict[str, Variable]] = [{}]
        self.kinds: dict[str, str] = {}
        self.layers: set[str] = set()
        self.functions: dict[str, Called] = {}
        self._code: Code | None = None

    # Names

    def lookup(self, name: str, node: ast.AST | None = None) -> Meaning | None:
        """What the name stands for here."""
        for scope in reversed(self.scopes):
            if name in scope:
                return Meaning(scope[name].place(self.frame.tick()), scope[name].kind)
        return self.of_file(name) or self._layer_above(name) or self.of_language(name, node)

    def _layer_above(self, name: str) -> Meaning | None:
        """A layer that is made already goes by its name, unless the language has another use for that."""
        found = word(name)
        above = name in self.layers and (found is None or found.is_op)
        return Meaning(syntax.attribute("self", name)) if above else None

    def of_file(self, name: str) -> Meaning | None:
        """A block, function, param or value of the file."""
        known = self.source.known(self.owner.file, name)
        if isinstance(known, Callee):
            return Meaning(ast.Name(known.title), callee=known)
        return Meaning(self.lifted(known)) if known is not None else None

    def of_language(self, name: str, node: ast.AST | None = None) -> Meaning | None:
        """A name that every spec knows."""
        found = word(name)
        return None if found is None else Meaning(self.spelt(found), word=found)

    def spelt(self, found: Word) -> ast.expr:
        """A word of torch or Python, imported where that is needed."""
        if found.needs:
            self.source.imports.add(found.needs)
        return ast.Constant(found.value) if found.is_constant else syntax.name(found.spelling)

    def lifted(self, key: Key) -> ast.expr:
        """A param or value of a whole file, which the function is given."""
        if key.file is not self.owner.file:
            return self.source.constant(key)
        if key.file is self.owner.thing:
            return self.scopes[0][key.name].place(self.frame.tick())
        self.source.lift(self.owner, key)
        name = self.source.lifted_name(key)
        if name not in self.scopes[0]:
            self.scopes[0][name] = self.frame.argument(name)
        return self.scopes[0][name].place(self.frame.tick())

    def prefixed(self, prefix: str, name: str, node: ast.AST) -> Meaning:
        """What `prefix.name` stands for."""
        if prefix == "self":
            return Meaning(syntax.attribute("self", name))
        found = prefixed_word(prefix, name)
        if found is None:
            own = self.lookup(name, node) if prefix in ("nn", "torch", "F") else None
            if own is None:
                raise SpecError(f"PyTorch has no {prefix}.{name} that a spec could mean")
            return own
        return Meaning(self.spelt(found), word=found)

    # Expressions

    def expression(self, node: ast.expr, code: Code) -> ast.expr:
        """The translated expression. Raises SpecError at the place of what has no counterpart."""
        outer, self._code = self._code, code
        try:
            return self.translated(node)
        finally:
            self._code = outer

    def translated(self, node: ast.expr) -> ast.expr:
        """The translated expression of the code that is read, or of none."""
        handler = _HANDLERS.get(type(node))
        try:
            return handler(self, node) if handler else self._parts(node)
        except NnbuildError as error:
            if self._code is not None:
                error.locate(mark=self._code.mark(node))
            raise

    def _parts(self, node: ast.expr) -> ast.expr:
        """The same node with its parts translated."""
        fields: dict[str, Any] = {}
        for field, value in ast.iter_fields(node):
            if isinstance(value, list):
                fields[field] = [self.translated(part) if isinstance(part, ast.expr) else part for part in value]
            else:
                fields[field] = self.translated(value) if isinstance(value, ast.expr) else value
        made: ast.expr = type(node)(**fields)
        return made

    def _name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Store):
            return self.scopes[-1][node.id].place(self.frame.tick())
        return self.meaning(node).expression

    def meaning(self, node: ast.expr) -> Meaning:
        """What a name, with or without a prefix, stands for."""
        if isinstance(node, ast.Name):
            found = self.lookup(node.id, node)
            if found is None:
                raise SpecError(f"the name {node.id} has no counterpart in PyTorch")
            return found
        known: tuple[str, str] = node.known  # type: ignore[attr-defined]
        return self.prefixed(*known, node)

    def _attribute(self, node: ast.Attribute) -> ast.expr:
        if getattr(node, "known", None):
            return self.meaning(node).expression
        if ast.unparse(node).startswith("torch.") and self.lookup("torch") is None:
            self.source.imports.add("torch")
            return syntax.name(ast.unparse(node))
        if self.kind(node.value) != TENSOR and not is_of_tensors(node.attr):
            self.source.accessed.add(node.attr)
        return ast.Attribute(self.translated(node.value), node.attr)

    def iterated(self, node: ast.expr) -> ast.expr:
        """Something that is gone through once: an iterator will do."""
        if isinstance(node, ast.GeneratorExp):
            return self._comprehension(node)
        if isinstance(node, ast.Call):
            return self._call(node, iterated=True)
        return self.translated(node)

    def _starred(self, node: ast.Starred) -> ast.expr:
        return ast.Starred(self.iterated(node.value))

    def _generator(self, node: ast.GeneratorExp) -> ast.expr:
        return self._comprehension(ast.ListComp(node.elt, node.generators))

    def _lambda(self, node: ast.Lambda) -> ast.expr:
        taken = parameters_of(node)
        defaults = {name: self.translated(each) for name, each in taken.defaults.items()}
        called = self.called(node)
        names = [*taken.names, *filter(None, (taken.rest, taken.keywords))]
        scope = {name: Variable(name, 0) for name in names}
        for name, variable in scope.items():
            variable.kind = self.source.kind_of_argument(called.key, name) if called else PLAIN
        self.scopes.append(scope)
        body = self.translated(node.body)
        self.scopes.pop()
        return ast.Lambda(syntax.arguments(taken, defaults), body)

    def _named(self, node: ast.NamedExpr) -> ast.expr:
        value = self.translated(node.value)
        return ast.NamedExpr(self.bound(node.target.id, self.kind(node.value)), value)

    def bound(self, name: str, kind: str) -> ast.Name:
        """The name as a variable of the function, from here on."""
        variable = self.scopes[0][name] = self.frame.bind(name)
        variable.kind = kind
        return variable.place(self.frame.tick())

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> ast.expr:
        depth = len(self.scopes)
        generators = [self._comprehended(each) for each in node.generators]
        if isinstance(node, ast.DictComp):
            made: ast.expr = ast.DictComp(self.translated(node.key), self.translated(node.value), generators)
        else:
            made = type(node)(self.translated(node.elt), generators)
        del self.scopes[depth:]
        return made

    def _comprehended(self, node: ast.comprehension) -> ast.comprehension:
        iterable = self.iterated(node.iter)
        names = [each.id for each in ast.walk(node.target) if isinstance(each, ast.Name)]
        self.scopes.append({name: Variable(name, 0) for name in names})
        target, conditions = self.translated(node.target), [self.translated(each) for each in node.ifs]
        return ast.comprehension(target, iterable, conditions, 0)

    # Calls

    def _call(self, node: ast.Call, iterated: bool = False) -> ast.expr:
        function = node.func
        known = isinstance(function, ast.Name) or getattr(function, "known", None)
        meaning = self.meaning(function) if known else Meaning(self.translated(function))
        if meaning.word is not None:
            return self._of_torch(node, meaning, meaning.word, iterated)
        made = ast.Call(meaning.expression, *self.arguments(node))
        self._tell_tensors(self.called(function), node.args, node.keywords)
        if meaning.callee is not None:
            return self.given_lifted(made, meaning.callee)
        return self.met(made, node, node)

    def called(self, function: ast.expr) -> Called | None:
        """The function of the spec that a call is of."""
        if isinstance(function, ast.Lambda) and self._code is not None:
            taken = parameters_of(function)
            return Called(self._code.mark(function)[:3], taken.positional, taken.rest)
        if not isinstance(function, ast.Name) or any(function.id in scope for scope in self.scopes[1:]):
            return None
        known = self.functions.get(function.id)
        return known or self.source.function(self.owner.file, function.id)

    def _tell_tensors(self, called: Called | None, args: list[ast.expr], keywords: Sequence[ast.keyword] = ()) -> None:
        """Keep which arguments of a function are tensors."""
        if called is None:
            return
        for index, value in enumerate(args):
            names = called.positional[index : None if isinstance(value, ast.Starred) else index + 1]
            if self.kind(value) != PLAIN:
                self.source.tell(called.key, *(names or filter(None, [called.rest])))
        self.source.tell(called.key, *(each.arg for each in keywords if each.arg and self.kind(each.value) != PLAIN))

    def arguments(self, node: ast.Call, iterated: bool = False) -> tuple[list[ast.expr], list[ast.keyword]]:
        """The arguments of a call, dtypes as torch's."""
        args = [self.iterated(arg) if iterated else self.translated(arg) for arg in node.args]
        keywords = [
            ast.keyword(each.arg, self._dtype(each.value) if each.arg == "dtype" else self.translated(each.value))
            for each in node.keywords
        ]
        return args, keywords

    def _dtype(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return syntax.attribute("torch", DTYPES.get(node.value, node.value))
        return self.translated(node)

    def _of_torch(self, node: ast.Call, meaning: Meaning, found: Word, iterated: bool) -> ast.expr:
        tensors = any(self.kind(arg) != PLAIN for arg in (*node.args, *(each.value for each in node.keywords)))
        if tensors and found.name in (*vocabulary.EITHER, *vocabulary.MATH):
            given = self.kind(node.args[0]) if node.args else PLAIN
            if found.name in vocabulary.MATH or given != "list":
                op = prefixed_word("torch", found.name)
                assert op is not None
                found, meaning = op, Meaning(self.spelt(op), word=op)
        pattern = any(_is_text(arg) for arg in node.args[1:]) or any(each.arg == "pattern" for each in node.keywords)
        of_pattern = word_with_pattern(found.name) if pattern and isinstance(node.func, ast.Name) else None
        if of_pattern is not None:
            found, meaning = of_pattern, Meaning(self.spelt(of_pattern), word=of_pattern)
        if found.name in vocabulary.MAPS and len(node.args) > 1:
            self._tell_tensors(self.called(node.args[0]), node.args[1:])
        args, keywords = self.arguments(node, found.name in vocabulary.TAKES_ITERATORS)
        stated = {each.arg for each in keywords}
        for option, value in vocabulary.STATED.get(found.name, {}).items():
            if option not in stated:
                keywords.append(ast.keyword(option, ast.Constant(value)))
        if found.is_method:
            return self._as_method(found, args, keywords)
        made = ast.Call(meaning.expression, args, keywords)
        return made if iterated or found.name not in vocabulary.ITERATORS else syntax.call("list", made)

    def _as_method(self, found: Word, args: list[ast.expr], keywords: list[ast.keyword]) -> ast.expr:
        if not args:
            raise SpecError(
                f"{found.name} is a method in PyTorch, and has no tensor here", hint="give the tensor first"
            )
        return ast.Call(ast.Attribute(args[0], found.spelling), args[1:], keywords)

    def given_lifted(self, made: ast.Call, callee: Callee, by_name: bool = False) -> ast.Call:
        """The call with what its callee needs of its file."""
        plain = (
            not callee.by_name
            and not callee.signature.defaults
            and len(made.args) == len(callee.signature.names)
            and not made.keywords
        )
        in_order = plain and not by_name and not any(isinstance(arg, ast.Starred) for arg in made.args)
        for key in callee.lifted:
            value = self.lifted(key)
            if in_order:
                made.args.append(value)
            else:
                made.keywords.append(ast.keyword(self.source.lifted_name(key), value))
        return made

    def met(self, made: ast.Call, node: ast.Call, place: object) -> ast.Call:
        """A call of what only the build of the network can tell."""
        callees = self.source.met(place)
        if not callees or not callees[0].lifted:
            return made
        if id(place) in self.source.record.native:
            names = " and ".join(key.name for key in callees[0].lifted)
            message = (
                f"this is a layer type of PyTorch at one time and {callees[0].title} at another, which uses {names}"
            )
            raise SpecError(message, hint=f"give {names} to {callees[0].title} as arguments")
        return self.given_lifted(made, callees[0], by_name=True)

    def kind(self, node: ast.expr) -> str:
        """Whether the value of an expression of the spec is a tensor, a list of them, or plain."""
        return kind_of(node, self._kind_of_name)

    def _kind_of_name(self, name: str) -> str:
        for scope in reversed(self.scopes):
            if name in scope and (name not in self.functions or scope is not self.scopes[0]):
                return scope[name].kind
        called = self.called(ast.Name(name))
        if called is not None:
            return "op" if self.source.kind_of_argument(called.key, RESULT) == TENSOR else PLAIN
        found = word(name)
        known = self.source.known(self.owner.file, name)
        return "op" if known is None and found is not None and found.is_op else PLAIN


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


_HANDLERS: dict[type[ast.AST], Callable[..., ast.expr]] = {
    ast.Name: Translator._name, ast.Attribute: Translator._attribute, ast.Call: Translator._call,
    ast.Starred: Translator._starred, ast.ListComp: Translator._comprehension,
    ast.DictComp: Translator._comprehension, ast.GeneratorExp: Translator._generator,
    ast.SetComp: Translator._comprehension, ast.Lambda: Translator._lambda, ast.NamedExpr: Translator._named,
}  # fmt: skip
