"""A block, or a spec, -> a class."""

from __future__ import annotations

import ast
import re
from pathlib import PurePath
from typing import Any

from nnbuild.errors import NnbuildError, SpecError
from nnbuild.exchange.pytorch import syntax
from nnbuild.exchange.pytorch.files import Source
from nnbuild.exchange.pytorch.forward import method
from nnbuild.exchange.pytorch.functions import written
from nnbuild.exchange.pytorch.inside import Inside, Members, kept_name
from nnbuild.exchange.pytorch.layers import Layers
from nnbuild.exchange.pytorch.members import buffers, parameters, tie
from nnbuild.exchange.pytorch.names import Called, Callee, Frame, Variable
from nnbuild.exchange.pytorch.patterns import freeze, initialise
from nnbuild.exchange.pytorch.sinks import Fields, is_word
from nnbuild.exchange.pytorch.stated import Function, functions_of
from nnbuild.exchange.pytorch.translator import Translator
from nnbuild.exchange.pytorch.values import value_of
from nnbuild.exchange.pytorch.vocabulary import RESERVED
from nnbuild.spec.build.blocks import Definition
from nnbuild.spec.build.values import located
from nnbuild.spec.document import SpecDefinition
from nnbuild.spec.language.syntax import parse_expression
from nnbuild.spec.text.nodes import Mapping, Node, Scalar, Sequence


class ClassWriter:
    """Writes one class. Params: values, of params that are not their defaults; choices, of its forward."""

    def __init__(self, source: Source, callee: Callee, values: dict[str, ast.expr], choices: dict[str, Any]) -> None:
        self.source = source
        self.callee = callee
        self.definition: Definition = callee.thing
        self.values = values
        self.choices = choices
        self.frame = Frame(RESERVED)
        self.names = Translator(source, callee, self.frame)
        self.models = source.record.modules.get(id(self.definition), [])
        self.lets: list[tuple[Variable, ast.stmt]] = []
        self.row: list[ast.expr] | None = None  # the layers that the base is given
        self.kept: list[str] = []  # the names that the programs ask for

    def write(self) -> ast.ClassDef:
        """The class, with `__init__` and, unless its layers run in order, `forward`."""
        self.source.imports.add("torch.nn")
        defaults = self._bind_arguments()
        self._let()
        forward = self._forward()
        methods = self._methods()
        body = self._sections()
        kept = self._kept()
        self.frame.settle()
        init = self._init(defaults, [*self._needed_lets(), *kept], body)
        docstring = self._docstring()
        parts = [each for each in (docstring, init, *methods, forward) if each is not None]
        base = "nn.Module" if forward is not None else "nn.Sequential"
        return ast.ClassDef(self.callee.title, [syntax.name(base)], [], parts or [ast.Pass()], [])

    # Arguments and values

    def _bind_arguments(self) -> dict[str, ast.expr]:
        defaults = {}
        for name in self.definition.signature.names:
            if name in self.definition.signature.defaults:
                defaults[name] = self._default(name)
            self.names.scopes[0][name] = self.frame.argument(name)
        return defaults

    def _default(self, name: str) -> ast.expr:
        if name in self.values:
            return self.values[name]
        if isinstance(self.definition, SpecDefinition):
            return value_of(self.definition.signature.nodes[name], self.names)
        key = self.definition.place
        assert isinstance(key, Scalar)
        code = parse_expression(key)
        keywords = {each.arg: each.value for each in code.tree.body.keywords}  # type: ignore[attr-defined]
        return self.names.expression(keywords[name], code)

    def _let(self) -> None:
        """The values and functions in order; what a function uses may stand below it."""
        node = self.definition.sections.get("let")
        entries = node.entries if isinstance(node, Mapping) else ()
        own = [] if isinstance(self.definition, SpecDefinition) else [*functions_of(self.definition)]
        for function in own:
            self.names.scopes[0][function.name] = self.frame.bind(function.name)
            self.names.functions[function.name] = function.called
        for key, value in entries:
            try:
                if key.text.isidentifier():
                    self._let_value(key.text, value)
            except NnbuildError as error:
                raise located(value, error) from None
        places = {id(key): index for index, (key, _) in enumerate(entries)}
        for index, function in enumerate(own):
            self._let_function(function, places.get(id(function.thing), index))

    def _let_value(self, name: str, node: Node) -> None:
        made = value_of(node, self.names)
        variable = self.frame.bind(name)
        self.names.scopes[0][name] = variable
        self.lets.append((variable, syntax.assign(variable.place(0), made)))

    def _let_function(self, function: Function, place: int) -> None:
        variable = self.names.scopes[0][function.name]
        made = written(self.names, function, variable.name)
        variable.titles.append(made)
        self.lets.insert(place, (variable, made))

    def _needed_lets(self) -> list[ast.stmt]:
        """The values that are used, those that others need before them."""
        return [statement for variable, statement in self.lets if variable.last > 0]

    def _kept(self) -> list[ast.stmt]:
        """What the forward asks for is kept on the module."""
        wanted = [*self.kept]
        asked = self.source.accessed & {*self.names.scopes[0]} - {*wanted, *self._members()[0]}
        wanted += [name for name in sorted(asked) if not self._is_layer(name)]
        kept: list[ast.stmt] = []
        for name in sorted(wanted, key=[*self.names.scopes[0], *wanted].index):
            target = f"self.{kept_name(name)}"
            variable = self.names.scopes[0].get(name)
            if variable is None:
                variable = self.names.scopes[0][name] = self.frame.argument(name)
            own = next((pair for pair in self.lets if pair[0] is variable), None)
            if own is not None and variable.last <= 0 and isinstance(own[1], ast.Assign):
                self.lets.remove(own)
                kept.append(syntax.assign(target, own[1].value))
            else:
                kept.append(syntax.assign(target, variable.place(self.frame.tick())))
        return kept

    def _is_layer(self, name: str) -> bool:
        return any(hasattr(model._names.lookup(name), "_modules") for model in self.models)

    # The parts of the class

    def _forward(self) -> ast.FunctionDef | None:
        program = self.definition.program
        if program is None:
            return self._in_order() if self._is_a_chain() else None
        return method("forward", program, self._inside(), id(program), self.choices)

    def _methods(self) -> list[ast.FunctionDef]:
        return [method(name, each.program, self._inside(), id(each)) for name, each in self.definition.methods.items()]

    def _inside(self) -> Inside:
        """Names inside one of its programs."""
        layers, tensors = self._members()
        methods = {
            name: Called(id(each), each.program.parameters.positional, each.program.parameters.rest)
            for name, each in self.definition.methods.items()
        }
        has = Members(layers, tensors, {*self.names.scopes[0]}, methods, self.definition.kept())
        inside = Inside(self.source, self.callee, has, self.kept)
        inside.module_functions = self.names.functions
        return inside

    def _is_a_chain(self) -> bool:
        """Whether the layers have names, and all of them are always there."""
        node = self.definition.sections.get("layers")
        layers = Layers(self.names, [])
        return isinstance(node, Mapping) and all(
            is_word(key.text) and (isinstance(value, Mapping) or layers.is_plain(value)) for key, value in node.entries
        )

    def _in_order(self) -> ast.FunctionDef:
        """The forward of layers that run in order."""
        node = self.definition.sections["layers"]
        assert isinstance(node, Mapping)
        x = self.definition.inputs[0]
        calls = [syntax.call(f"self.{key.text}", ast.Name(x)) for key, _ in node.entries]
        body: list[ast.stmt] = [syntax.assign(x, each) for each in calls[:-1]]
        return syntax.function("forward", syntax.signature(["self", x]), [*body, ast.Return(calls[-1])])

    def _members(self) -> tuple[set[str], set[str]]:
        """The names of the layers, and of the parameters and buffers."""
        layers, tensors = _written_names(self.definition.sections.get("layers")), set[str]()
        for module in self.models:
            layers |= {*module._modules, *module._absent}
            tensors |= {*module._parameters, *module._buffers}
        for section in ("parameters", "buffers"):
            node = self.definition.sections.get(section)
            tensors |= {key.text for key, _ in node.entries} if isinstance(node, Mapping) else set()
        return layers - tensors, tensors

    def _sections(self) -> list[ast.stmt]:
        body: list[ast.stmt] = []
        sections = self.definition.sections
        for name, node in sections.items():
            if name == "layers":
                body += self._layers(node)
            elif name == "parameters":
                body += parameters(node, self.names)
            elif name == "buffers":
                body += buffers(node, self.names)
        if "init" in sections:
            body += initialise(sections["init"], self.names, self.models)
        if "tie" in sections:
            body += tie(sections["tie"], self.models)
        if "freeze" in sections:
            body += freeze(sections["freeze"], self.names, self.models)
        return body

    def _layers(self, node: Node) -> list[ast.stmt]:
        writer = Layers(self.names, [])
        self.names.layers = self._members()[0]
        if self.definition.program is not None or isinstance(node, Mapping):
            programs = [self.definition.program, *(each.program for each in self.definition.methods.values())]
            asked = {name for program in programs if program is not None for name in program.names()}
            writer.entries(node, Fields(asked))
            return writer.body
        row = writer._container("Sequential", node, None)
        assert isinstance(row, ast.Call)
        self.row = row.args
        return writer.body

    def _init(
        self, defaults: dict[str, ast.expr], first: list[ast.stmt], body: list[ast.stmt]
    ) -> ast.FunctionDef | None:
        """`__init__`, unless it would only call that of its base."""
        scopes = self.names.scopes[0]
        own = [scopes[name].name for name in self.definition.signature.names]
        lifted = [self.source.lifted_name(key) for key in self.callee.lifted]
        start = syntax.run(syntax.call("super().__init__"))
        start.value = ast.Call(ast.Attribute(syntax.call("super"), "__init__"), [], [])
        row = self.row
        if row is not None:
            start.value.args = row
            creating = [*first, *body] if not _sets_self(first) else None
            if creating is None:
                raise SpecError(f"the layers of {self.callee.title} have no names, and others ask for its values")
            at = len(first) + self._made_before_row(body)
            body = [*creating[:at], start, *creating[at:]]
            first = []
        else:
            body = [start, *first, *body]
        if len(body) == 1 and not start.value.args and not own and not lifted:
            return None
        args = syntax.signature(["self", *own], {scopes[name].name: each for name, each in defaults.items()}, ())
        if defaults:
            args.kwonlyargs += [ast.arg(name) for name in lifted]
            args.kw_defaults += [None] * len(lifted)
        else:
            args.args += [ast.arg(name) for name in lifted]
        return syntax.function("__init__", args, body)

    def _made_before_row(self, body: list[ast.stmt]) -> int:
        """How many statements at the start make the layers that the base is given."""
        return next((index for index, statement in enumerate(body) if _sets_self([statement])), len(body))

    def _docstring(self) -> ast.stmt | None:
        if not isinstance(self.definition, SpecDefinition):
            return None
        lines = [*_leading_comments(self.definition.place), *self._said("paper")]
        said = self._said("description")
        lines = [*said, *[line for line in lines if line not in said]]
        if not lines:
            return None
        text = "\n\n    ".join(line.replace("\\", "\\\\").replace('"""', "'''") for line in lines)
        end = "\n    " if len(lines) > 1 else " " if text.endswith('"') else ""
        return syntax.run(ast.Constant(text + end))

    def _said(self, section: str) -> list[str]:
        node = self.definition.sections.get(section)
        return [" ".join(node.text.split())] if isinstance(node, Scalar) and node.text.strip() else []


def _leading_comments(place: Node) -> list[str]:
    """The comment lines at the top of the file, but for its name."""
    found = []
    for line in place.document.text.split("\n"):
        if not line.startswith("#"):
            break
        found.append(line.lstrip("# ").strip())
    return [line for line in found if line and line != PurePath(place.document.file).name]


def _sets_self(statements: list[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "self" for each in statements for node in ast.walk(each))


def _written_names(node: Node | None) -> set[str]:
    """The names of layers that stand in the text as they are."""
    found: set[str] = set()
    for key, value in node.entries if isinstance(node, Mapping) else ():
        if re.match(r"(for|if) ", key.text):
            found |= _written_names(value)
        elif key.text != "let" and "{" not in key.text:
            found.add(key.text)
    for item in node.items if isinstance(node, Sequence) else ():
        found |= _written_names(item)
    return found
