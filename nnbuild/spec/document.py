"""A spec file -> its definition: blocks, params, variants, and the files that it uses.

`use:` takes files beside the spec (a relative path that stays in its folder) or bundled specs by name. It brings in the
other file's blocks and functions, and the other spec itself as a block under its `name:`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nnbuild.errors import NnbuildError, ProblemList, SpecError
from nnbuild.limits import MAX_FILE_DEPTH, MAX_FILES, MAX_PROBLEMS, MAX_USED_BYTES
from nnbuild.spec import library
from nnbuild.spec.build.blocks import BLOCK_SECTIONS, BlockType, Definition, read_sections
from nnbuild.spec.build.functions import add_functions
from nnbuild.spec.build.lets import add_lets
from nnbuild.spec.build.params import Params
from nnbuild.spec.build.signature import SpecFunction, parse_signature
from nnbuild.spec.build.values import located, mapping_of, text_of
from nnbuild.spec.folder import Folder, is_there
from nnbuild.spec.language.calls import Caller
from nnbuild.spec.language.closures import Closure
from nnbuild.spec.language.names import BUILD_NAMES
from nnbuild.spec.language.scope import JoinedScope, Scope
from nnbuild.spec.text.nodes import Mapping, Node, Scalar, Sequence
from nnbuild.spec.text.reader import read
from nnbuild.spec.text.scalars import EXPRESSION, constant
from nnbuild.spec.text.source import STANDARD_INPUT

SECTIONS = (
    "name", "description", "paper", "params", "variants", "use", "blocks", "input", "inputs", "choose",
    *BLOCK_SECTIONS, "weights", "example", "preprocess", "labels", "expect",
)  # fmt: skip


class SpecDefinition(Definition):
    """A whole file: a block with params, and blocks and files of its own. Params: folder, of the files it names."""

    signature: Params

    def __init__(self, path: Path, name: str, sections: dict[str, Node], place: Node, folder: Folder) -> None:
        super().__init__(Params(name, sections.get("params"), sections.get("variants")), sections, place)
        self.path = path
        self.folder = folder
        self.blocks: list[Definition] = []
        self.uses: list[tuple[SpecDefinition, Node]] = []
        self.inputs = self._input_names()
        self._exports: tuple[Caller, dict[str, Any]] | None = None  # with the build that they are of

    def _input_names(self) -> tuple[str, ...]:
        node = self.sections.get("inputs")
        return tuple(key.text for key, _ in node.entries) if isinstance(node, Mapping) else ("x",)

    @property
    def is_network(self) -> bool:
        """Whether there is something to build, beside blocks for others."""
        return "layers" in self.sections or "forward" in self.sections

    def scope_for(self, outer: Scope | None, given: dict[str, Any], caller: Caller) -> Scope:
        """The file's names: used files' blocks, its own, params, `let:`."""
        names = Scope({})
        scope = JoinedScope(names, BUILD_NAMES)
        if self.uses:
            from nnbuild.nn import random

            with random.apart():
                self._add_used(names, caller)
        for block in self.blocks:
            self._export(names, block.name, BlockType(block, names), block.place)
        if "functions" in self.sections:
            add_functions(self.sections["functions"], names, scope, caller)
        self.signature.fill(names, given, scope, caller)
        if "let" in self.sections:
            add_lets(mapping_of(self.sections["let"], "let"), names, scope, caller)
        return names

    def _add_used(self, names: Scope, caller: Caller) -> None:
        for used, node in self.uses:
            for name, value in used.exports(caller).items():
                self._export(names, name, value, node)

    def _export(self, names: Scope, name: str, value: Any, node: Node) -> None:
        known = names.values.get(name)
        if known is not None and getattr(known, "definition", None) is not getattr(value, "definition", self):
            raise SpecError(f"{name} is defined twice, here and in a file that is used", mark=node.mark)
        names.values[name] = value

    def exports(self, caller: Caller) -> dict[str, Any]:
        """What other files get by using this one: the same for all of them, however many ways lead here."""
        if self._exports is None or self._exports[0] is not caller:
            self._exports = caller, self._exported(caller)
        return self._exports[1]

    def _exported(self, caller: Caller) -> dict[str, Any]:
        names = self.scope_for(None, {}, caller)
        found = {
            name: value for name, value in names.values.items()
            if isinstance(value, (BlockType, SpecFunction, Closure)) and name not in self.signature.nodes
        }  # fmt: skip
        if self.is_network:
            found[self.name] = BlockType(self, names)
        return found

    def choices(self, scope: Scope, caller: Caller) -> dict[str, Any]:
        """`choose:` with its defaults: numbers, booleans, none and words."""
        node = self.sections.get("choose")
        choices = {}
        for key, value in mapping_of(node, "choose").entries if node is not None else ():
            text = text_of(value, f"the choice {key.text}")
            plain = constant(text) if isinstance(value, Scalar) and not value.quoted else EXPRESSION
            choices[key.text] = text if plain is EXPRESSION else plain
            if self.program is None or key.text not in self.program.names():
                raise SpecError(f"the forward does not use the choice {key.text}", mark=key.mark, hint="remove it")
        return choices


class Files:
    """The spec files of one load, each read once. Params: folder, where they may lie beside those of the program."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._read: dict[Path, SpecDefinition] = {}
        self._open: list[Path] = []
        self._bytes = 0

    def definition(self, path: Path) -> SpecDefinition:
        """The definition in the file. Raises SpecError, or a ProblemList of independent problems."""
        key = path.resolve()
        if key not in self._read:
            if len(self._read) >= MAX_FILES:
                raise SpecError(f"more than {MAX_FILES} files use each other")
            if len(self._open) >= MAX_FILE_DEPTH:
                raise SpecError(f"more than {MAX_FILE_DEPTH} files use each other in a row")
            self._open.append(key)
            try:
                self._read[key] = self._define(path)
            finally:
                self._open.pop()
        return self._read[key]

    def _define(self, path: Path) -> SpecDefinition:
        root = read(path)
        self._bytes += len(root.document.text)
        if self._bytes > MAX_USED_BYTES:
            raise SpecError(f"the files that use each other are larger than {MAX_USED_BYTES / 1e6:.0f} MB in all")
        problems: list[NnbuildError] = []
        if not isinstance(root, Mapping):
            hint = "start with `layers:` and the layers below it"
            raise SpecError("a spec is a mapping of sections", mark=root.mark, hint=hint)
        sections = read_sections(root, SECTIONS, "a spec", problems)
        name = text_of(sections["name"], "name") if "name" in sections else _unnamed(path)
        if not name.replace("-", "_").isidentifier():
            place = sections.get("name", root)
            raise SpecError(f"the name {name!r} is not letters, digits and _", mark=place.mark, hint="write a `name:`")
        definition = SpecDefinition(path, name.replace("-", "_"), sections, root, self.folder)
        self._attempt(problems, definition.read_forward)
        self._attempt(problems, lambda: self._read_blocks(definition, problems))
        self._attempt(problems, lambda: self._read_uses(definition, problems))
        if problems:
            raise problems[0] if len(problems) == 1 else ProblemList(problems)
        return definition

    def _attempt(self, problems: list[NnbuildError], step: Any) -> None:
        try:
            step()
        except ProblemList as error:
            problems += error.problems
        except NnbuildError as error:
            problems.append(error)
        if len(problems) >= MAX_PROBLEMS:
            raise ProblemList(problems[:MAX_PROBLEMS])

    def _read_blocks(self, definition: SpecDefinition, problems: list[NnbuildError]) -> None:
        node = definition.sections.get("blocks")
        for key, value in mapping_of(node, "blocks").entries if node is not None else ():
            self._attempt(problems, lambda: definition.blocks.append(_read_block(key, value, problems)))  # noqa: B023

    def _read_uses(self, definition: SpecDefinition, problems: list[NnbuildError]) -> None:
        node = definition.sections.get("use")
        if node is None:
            return
        if not isinstance(node, Sequence):
            raise SpecError("use: is a list of files", mark=node.mark, hint="as [blocks.yaml]")
        for item in node.items:
            self._attempt(problems, lambda: self._use(definition, item))  # noqa: B023

    def _use(self, definition: SpecDefinition, node: Node) -> None:
        path = _used_path(definition.path, node, self.folder)
        if path.resolve() in self._open:
            chain = " -> ".join(step.name for step in (*self._open, path))
            raise SpecError(f"files use each other in a circle: {chain}", mark=node.mark)
        definition.uses.append((self.definition(path), node))


def _unnamed(path: Path) -> str:
    """The name of a spec that states none."""
    return "stdin" if path == STANDARD_INPUT else path.stem


def _used_path(path: Path, node: Node, folder: Folder) -> Path:
    """The file that a spec of this path uses."""
    text = text_of(node, "a file to use")
    inside = Folder(path.parent) if path.parent == library.folder() else folder
    try:
        beside = inside.file(text, "use:", path.parent)
    except SpecError as error:
        raise located(node, error) from None
    found = beside if is_there(beside) and not beside.is_dir() else library.bundled(text)
    if found is None:
        raise SpecError(f"there is no file {text} beside the spec, and no bundled spec of that name", mark=node.mark)
    return found


def _read_block(key: Scalar, node: Node, problems: list[NnbuildError]) -> Definition:
    signature = parse_signature(key, "a block")
    what = f"the block {signature.name}"
    sections = read_sections(mapping_of(node, what), BLOCK_SECTIONS, what, problems)
    if "layers" not in sections and "forward" not in sections:
        raise SpecError(f"{what} has neither layers nor a forward", mark=key.mark)
    definition = Definition(signature, sections, key)
    definition.read_forward()
    return definition
