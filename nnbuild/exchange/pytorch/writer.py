"""A spec -> a file of PyTorch source."""

from __future__ import annotations

import ast
from typing import Any

from nnbuild.budget import spending
from nnbuild.errors import SpecError
from nnbuild.exchange.pytorch import syntax
from nnbuild.exchange.pytorch.classes import ClassWriter, function_of
from nnbuild.exchange.pytorch.files import Source
from nnbuild.exchange.pytorch.members import helper
from nnbuild.exchange.pytorch.names import Callee, Frame
from nnbuild.exchange.pytorch.recording import Record, build, telling_variants
from nnbuild.exchange.pytorch.style import module_text
from nnbuild.exchange.pytorch.translator import Translator
from nnbuild.exchange.pytorch.values import value_of
from nnbuild.exchange.pytorch.vocabulary import RESERVED
from nnbuild.nn import random
from nnbuild.spec import library
from nnbuild.spec.document import Files, SpecDefinition
from nnbuild.spec.loading import load
from nnbuild.spec.text.source import STANDARD_INPUT

#: How often a file is written anew until its classes know what they need of each other.
_ROUNDS = 50


def source(spec: str, params: dict[str, Any], variant: str | None, choices: dict[str, Any]) -> str:
    """The text of a module that holds the network as a class.

    Params: params, values that its arguments have unless said; variant, one whose values they have; choices, values
    that the run-time choices have. Raises: SpecError, for what has no counterpart in PyTorch too.
    """
    with spending(f"exporting {spec}"):
        return _Order(spec, params, variant, choices).text()


class _Order:
    """One network to be written."""

    def __init__(self, spec: str, params: dict[str, Any], variant: str | None, choices: dict[str, Any]) -> None:
        self.choices = load(spec, params=params, variant=variant, choose=choices, weights=False)._choices
        found = library.find(spec)
        self.definition: SpecDefinition = Files().definition(found.path)
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
                return module_text([*_imports(file.imports), *body])
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
        return [*(self._made[id(callee)] for callee in callees), main, *self._variants()]

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
        made = function_of(outer, callee.thing, callee.body, callee.title)
        lifted = [ast.arg(self.file.lifted_name(key)) for key in callee.lifted]
        if made.args.defaults or made.args.kwonlyargs:
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


def _imports(needs: set[str]) -> list[ast.stmt]:
    """The import statements, sorted as isort does: the standard library, then torch."""
    plain = sorted(each for each in needs if each in ("math",))
    named = sorted(each for each in needs if "." in each and not each.startswith("torch"))
    made: list[ast.stmt] = [ast.Import([ast.alias(each)]) for each in plain]
    made += [ast.ImportFrom(each.partition(".")[0], [ast.alias(each.partition(".")[2])], 0) for each in named]
    ours: list[ast.stmt] = []
    if "torch" in needs:
        ours.append(ast.Import([ast.alias("torch")]))
    if "torch.nn.functional" in needs:
        ours.append(ast.Import([ast.alias("torch.nn.functional", "F")]))
    if "torch.nn" in needs:
        ours.append(ast.ImportFrom("torch", [ast.alias("nn")], 0))
    if made and ours:
        ours[0].gap = True  # type: ignore[attr-defined]
    return [*made, *ours]
