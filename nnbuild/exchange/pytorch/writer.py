"""A spec -> a file of PyTorch source."""

from __future__ import annotations

import ast
from typing import Any

from nnbuild.budget import spending
from nnbuild.errors import SpecError
from nnbuild.exchange.pytorch import syntax, vocabulary
from nnbuild.exchange.pytorch.classes import ClassWriter
from nnbuild.exchange.pytorch.files import Source
from nnbuild.exchange.pytorch.functions import written
from nnbuild.exchange.pytorch.members import helper
from nnbuild.exchange.pytorch.names import Callee, Frame
from nnbuild.exchange.pytorch.recording import Record, build, telling_variants
from nnbuild.exchange.pytorch.stated import Function
from nnbuild.exchange.pytorch.style import module_text
from nnbuild.exchange.pytorch.translator import Translator
from nnbuild.exchange.pytorch.values import value_of
from nnbuild.exchange.pytorch.vocabulary import RESERVED
from nnbuild.nn import random
from nnbuild.spec import library
from nnbuild.spec.document import Files, SpecDefinition
from nnbuild.spec.folder import Folder
from nnbuild.spec.loading import load
from nnbuild.spec.text.source import STANDARD_INPUT

#: How often a file is written anew until its classes know what they need of each other.
_ROUNDS = 50


def source(
    spec: str, params: dict[str, Any], variant: str | None, choices: dict[str, Any], allow_outside: bool = False
) -> str:
    """The text of a module that holds the network as a class.

    Params: params, values that its arguments have unless said; variant, one whose values they have; choices, values
    that the run-time choices have; allow_outside, as of load. Raises: SpecError, for what has no counterpart in PyTorch
    too.
    """
    with spending(f"exporting {spec}"):
        return _Order(spec, params, variant, choices, allow_outside).text()


class _Order:
    """One network to be written."""

    def __init__(
        self, spec: str, params: dict[str, Any], variant: str | None, choices: dict[str, Any], allow_outside: bool
    ) -> None:
        self.choices = load(
            spec, params=params, variant=variant, choose=choices, weights=False, allow_outside=allow_outside
        )._choices
        found = library.find(spec)
        self.definition: SpecDefinition = Files(Folder(found.path.parent, allow_outside)).definition(found.path)
        self.variant = variant or found.variant
        self.params = params
        self.record = Record()
        self._file: Source | None = None
        with random.apart():
            for name in telling_variants(self.definition):
                build(self.definition, {}, name, self.record)
            self.values = build(self.definition, params, self.variant, self.record)

    def text(self) -> str:
        """The file, written until its classes have what they need of each other."""
        for _ in range(_ROUNDS):
            file = self._source()
            body = _Writing(self, file).body()
            if not file.changed:
                used = {node.id for statement in body for node in ast.walk(statement) if isinstance(node, ast.Name)}
                return module_text([*_imports({each for each in file.imports if _bound(each) in used}), *body])
            self._file = file
        raise SpecError(f"the blocks of {self.definition.path} need each other without end")

    def _source(self) -> Source:
        known = self._file
        return Source(self.definition, self._title(), self.record) if known is None else known.again()

    def _title(self) -> str:
        """The class of the network: its name, or one made of the file's."""
        if "name" in self.definition.sections:
            return self.definition.name
        if self.definition.path == STANDARD_INPUT:
            return "Net"
        words = self.definition.name.split("_")
        title = "".join(word[:1].upper() + word[1:] for word in words)
        return title if title.isidentifier() else "Net"


class _Writing:
    """One writing of a file."""

    def __init__(self, order: _Order, file: Source) -> None:
        self.order = order
        self.file = file
        self._made: dict[int, ast.stmt] = {}

    def body(self) -> list[ast.stmt]:
        """Functions, then the classes in the order of the spec, then the variants."""
        network = self.file.network
        main = ClassWriter(self.file, network, self._values(), self.order.choices).write()
        while True:
            todo = [callee for callee in self.file.wanted if id(callee) not in self._made and callee is not network]
            if not todo:
                break
            for callee in todo:
                self._made[id(callee)] = self._callee(callee)
        callees = sorted((each for each in self.file.wanted if each is not network), key=self._place)
        return [*_after_defaults([self._made[id(callee)] for callee in callees]), main, *self._variants()]

    def _place(self, callee: Callee) -> tuple[bool, int, int]:
        """Functions stand first, other files' classes before the own."""
        files = self.file.files()
        return callee.is_layer_type, -files.index(callee.file), callee.place

    def _callee(self, callee: Callee) -> ast.stmt:
        if callee.is_layer_type:
            own = callee.thing is not self.order.definition and isinstance(callee.thing, SpecDefinition)
            choices = self._other_choices(callee.thing) if own else {}
            return ClassWriter(self.file, callee, {}, choices).write()
        if callee.is_helper:
            return helper(callee, self.file)
        frame = Frame(RESERVED)
        outer = Translator(self.file, callee, frame)
        assert callee.body is not None
        made = written(outer, Function(callee.signature, callee.thing, callee.body), callee.title)
        _default_inside(made, {self.file.lifted_name(key) for key in callee.lifted})
        lifted = [ast.arg(self.file.lifted_name(key)) for key in callee.lifted]
        if made.args.defaults or made.args.kwonlyargs or made.args.vararg:
            made.args.kwonlyargs += lifted
            made.args.kw_defaults += [None] * len(lifted)
        else:
            made.args.args += lifted
        return made

    def _other_choices(self, definition: SpecDefinition) -> dict[str, Any]:
        models = self.file.record.modules.get(id(definition), [])
        return dict(models[0]._choices) if models else {}

    def _values(self) -> dict[str, ast.expr]:
        """The params that are set from outside or by the variant."""
        order = self.order
        outer = Translator(self.file, self.file.network, Frame(RESERVED))
        values = {}
        variant = order.definition.signature.variants.get(order.variant or "")
        for key, node in variant.entries if variant else ():
            values[key.text] = value_of(node, outer)
        for name in order.params:
            made = self.file.literal(order.values[name])
            if made is None:
                raise SpecError(f"the param {name} is no value that can be written as source")
            values[name] = made
        return values

    def _variants(self) -> list[ast.stmt]:
        """A function for each variant, where none is asked for."""
        order, made = self.order, list[ast.stmt]()
        if order.variant or order.params:
            return made
        outer = Translator(self.file, self.file.network, Frame(RESERVED))
        for name, node in order.definition.signature.variants.items():
            if not name.isidentifier() or name in self.file.titles:
                continue
            call = syntax.call(
                self.file.network.title, **{key.text: value_of(each, outer) for key, each in node.entries}
            )
            made.append(syntax.function(name, syntax.signature(()), [ast.Return(call)]))
        return made


def _after_defaults(statements: list[ast.stmt]) -> list[ast.stmt]:
    """The classes in their order, but each behind those that are defaults of its arguments."""
    by_name = {each.name: each for each in statements if isinstance(each, ast.ClassDef)}
    placed: list[ast.stmt] = []

    def place(statement: ast.stmt, under_way: tuple[str, ...] = ()) -> None:
        for name in _default_names(statement):
            if name in by_name and name not in under_way:
                place(by_name[name], (*under_way, name))
        if statement not in placed:
            placed.append(statement)

    for statement in statements:
        place(statement)
    return placed


def _default_inside(made: ast.FunctionDef, lifted: set[str]) -> None:
    """Defaults that use an argument are worked out inside the function."""
    arguments = [*made.args.posonlyargs, *made.args.args]
    pairs = [*zip(reversed(arguments), reversed(made.args.defaults), strict=False)]
    for arg, default in reversed(pairs):
        if any(isinstance(node, ast.Name) and node.id in lifted for node in ast.walk(default)):
            made.args.defaults[made.args.defaults.index(default)] = ast.Constant(None)
            test = ast.Compare(ast.Name(arg.arg), [ast.Is()], [ast.Constant(None)])
            made.body.insert(0, ast.If(test, [syntax.assign(arg.arg, default)], []))


def _default_names(statement: ast.stmt) -> set[str]:
    """Names in the defaults of a class's `__init__`."""
    body = statement.body if isinstance(statement, ast.ClassDef) else []
    defaults = [each for part in body if isinstance(part, ast.FunctionDef) and part.name == "__init__"
                for each in (*part.args.defaults, *part.args.kw_defaults) if each is not None]  # fmt: skip
    return {node.id for each in defaults for node in ast.walk(each) if isinstance(node, ast.Name)}


def _bound(need: str) -> str:
    """The name that an import binds."""
    return "F" if need == "torch.nn.functional" else need.rpartition(".")[2]


def _imports(needs: set[str]) -> list[ast.stmt]:
    """The import statements, sorted as isort does: the standard library, then torch and what goes with it."""
    plain = [ast.Import([ast.alias(each)]) for each in sorted(needs) if each == "math"]
    named: dict[str, list[str]] = {}
    for each in sorted(needs - {"torch.nn", "torch.nn.functional"}):
        module, _, name = each.rpartition(".")
        if module:
            named.setdefault(module, []).append(name)
    if "torch.nn" in needs:
        named["torch"] = ["nn"]
    others: list[ast.stmt] = [ast.Import([ast.alias("torch")])] if "torch" in needs else []
    if "torch.nn.functional" in needs:
        others.append(ast.Import([ast.alias("torch.nn.functional", "F")]))
    ours = [ast.ImportFrom(module, [ast.alias(name) for name in names], 0) for module, names in sorted(named.items())]
    standard = [each for each in ours if each.module in vocabulary.IMPORTED.values()]
    others += [each for each in ours if each not in standard]
    if others and (plain or standard):
        others[0].gap = True  # type: ignore[attr-defined]
    return [*plain, *standard, *others]
