"""Blocks: layer types that a spec defines. A signature, sections, and a forward; nothing is built here.

blocks:
  BasicBlock(inplanes, planes, stride=1):
    let: {width: 2 * planes}
    layers: {conv1: "Conv2d(inplanes, width, 3, stride, 1, bias=False)", relu: ReLU}
    forward: x + relu(conv1(x))
"""

from __future__ import annotations

from typing import Any

from nnbuild.errors import NnbuildError, ProblemList, SpecError, suggestion
from nnbuild.limits import MAX_PROBLEMS
from nnbuild.spec.build.functions import add_functions
from nnbuild.spec.build.lets import add_lets
from nnbuild.spec.build.methods import Method, read_methods
from nnbuild.spec.build.signature import Signature
from nnbuild.spec.build.values import mapping_of
from nnbuild.spec.language.calls import Caller
from nnbuild.spec.language.names import BUILD_NAMES
from nnbuild.spec.language.program import Program
from nnbuild.spec.language.scope import JoinedScope, Scope
from nnbuild.spec.text.nodes import Mapping, Node, Scalar

#: The sections of a block. A spec has these and more.
BLOCK_SECTIONS = (
    "functions", "let", "parameters", "buffers", "layers", "tie", "init", "freeze", "methods", "forward",
)  # fmt: skip


class Definition:
    """A block as it is written. Params: sections, its nodes by name, in the file's order."""

    def __init__(self, signature: Signature, sections: dict[str, Node], place: Node) -> None:
        self.signature = signature
        self.name = signature.name
        self.sections = sections
        self.place = place
        self.inputs: tuple[str, ...] = ("x",)
        self.program: Program | None = None
        self.methods: dict[str, Method] = {}
        self.module_class: Any = None  # of its modules, made by `module` at first use

    def __deepcopy__(self, memo: dict[int, Any]) -> Definition:
        return self

    def read_forward(self) -> None:
        """Parse the forward and the methods, if there are some."""
        if "methods" in self.sections:
            self.methods = read_methods(mapping_of(self.sections["methods"], "methods"))
        node = self.sections.get("forward")
        if node is None:
            return
        if not isinstance(node, Scalar):
            raise SpecError("a forward is a program: `forward: |` and its lines below", mark=node.mark)
        self.program = Program(node, self.inputs)

    def kept(self) -> set[str]:
        """The names that the forward and the methods put on the module."""
        programs = [self.program, *(method.program for method in self.methods.values())]
        return {name for program in programs if program is not None for name in program.kept}

    def scope_for(self, outer: Scope, given: dict[str, Any], caller: Caller) -> Scope:
        """The block's own names for these arguments: its params, then what `let:` computes of them."""
        names = Scope({}, outer)
        scope = JoinedScope(names, BUILD_NAMES)
        self.signature.fill(names, given, scope, caller)
        if "functions" in self.sections:
            add_functions(self.sections["functions"], names, scope, caller)
        if "let" in self.sections:
            add_lets(mapping_of(self.sections["let"], "let"), names, scope, caller)
        return names

    def choices(self, scope: Scope, caller: Caller) -> dict[str, Any]:
        """The run-time arguments and their defaults."""
        return {}


def read_sections(node: Mapping, known: tuple[str, ...], what: str, problems: list[NnbuildError]) -> dict[str, Node]:
    """The sections by name; unknown ones are problems."""
    sections = {}
    for key, value in node.entries:
        if key.text in known:
            sections[key.text] = value
        else:
            hint = suggestion(key.text, known) or f"there are {', '.join(known)}"
            problems.append(SpecError(f"{what} has no section {key.text}", hint=hint, mark=key.mark))
            if len(problems) >= MAX_PROBLEMS:
                raise ProblemList(problems)
    return sections


class BlockType:
    """A definition with the names that its file gives it: what `BasicBlock` stands for in an expression."""

    is_layer_type = True
    __slots__ = ("definition", "outer")

    def __init__(self, definition: Definition, outer: Scope) -> None:
        self.definition = definition
        self.outer = outer

    @property
    def __name__(self) -> str:
        return self.definition.name

    @property
    def option_names(self) -> tuple[str, ...]:
        """The names of its options, in order."""
        return self.definition.signature.names

    @property
    def described(self) -> str:
        return f"the layer type {self.__name__}"
