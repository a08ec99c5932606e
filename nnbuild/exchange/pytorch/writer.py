"""A spec -> a file of PyTorch source."""

from __future__ import annotations

import ast
from typing import Any

from nnbuild.errors import SpecError, suggestion
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
from nnbuild.spec import library
from nnbuild.spec.build.params import typed
from nnbuild.spec.document import Files, SpecDefinition
from nnbuild.spec.text.source import STANDARD_INPUT

#: How often a file is written anew until its classes know what they need of each other.
_ROUNDS = 50


def source(spec: str, params: dict[str, Any], variant: str | None, choices: dict[str, Any]) -> str:
    """The text of a module that holds the network as a class.

    Params: params, values that its arguments have unless said; variant, one whose values they have; choices, values
    that the run-time choices have. Raises: SpecError, for what has no counterpart in PyTorch too.
    """
    return _Order(spec, params, variant, choices).text()


class _Order:
    """One network to be written."""

    def __init__(self, spec: str, params: dict[str, Any], variant: str | None, choices: dict[str, Any]) -> None:
        found = library.find(spec)
        if variant and found.variant and variant != found.variant:
            raise SpecError(f"{spec} is the variant {found.variant}, not {variant}", hint="leave one of them out")
        self.definition: SpecDefinition = Files().definition(found.path)
        if not self.definition.is_network:
            raise SpecError(f"{found.path} has neither layers nor a forward", hint="export a spec that uses it")
        self.variant = variant or found.variant
        self.params = params
        self._check_params()
        self.record = Record()
        for name in telling_variants(self.definition):
            build(self.definition, {}, name, self.record)
        self.built = build(self.definition, params, self.variant, self.record)
        self.choices = self._chosen(choices)
        self._file: Source | None = None

    def _check_params(self) -> None:
        known = self.definition.signature.nodes
        for name in self.params:
            if name not in known:
                hint = suggestion(name, known) or (f"there are {', '.join(known)}" if known else "it declares none")
                raise SpecError(f"{self.definition.name} has no param {name}", hint=hint)

    def _chosen(self, given: dict[str, Any]) -> dict[str, Any]:
        model, built = self.built.model, self.built
        choices = dict(model._choices)
        for name in model._checked(given):
            choices[name] = typed(f"the choice {name}", given[name], choices[name], built.scope, built.builder)
        return choices

    def text(self) -> str:
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
            made = self.file.literal(order.built.names.values[name])
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
