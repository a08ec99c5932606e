"""YAML text -> a tree of nodes that know their place in the file.

Nothing is converted here: a scalar keeps its raw text, so `on`, `010` and `1e-5` mean what the spec language says and
not what YAML 1.1 makes of them. An alias stands for a copy of its anchor. Refused: tags, merge keys (`<<`: give a block
parameters instead), several documents, keys that are empty, repeated or not text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from nnbuild.budget import charge
from nnbuild.errors import Mark, NnbuildError, ProblemList, SpecError
from nnbuild.limits import MAX_BYTES, MAX_NESTING, MAX_NODES, MAX_PROBLEMS, STEPS_A_YAML_NODE
from nnbuild.spec.text.nodes import Document, Mapping, Node, Scalar, Sequence
from nnbuild.spec.text.source import read_bytes, shown_name


def read(path: str | Path) -> Node:
    """Read a file. Raises SpecError (or a ProblemList) for anything that is not a YAML tree within the limits."""
    file, data = shown_name(path), read_bytes(path)
    if len(data) > MAX_BYTES:
        raise SpecError(f"{file} is larger than {MAX_BYTES / 1e6:.0f} MB", hint="is it really a spec?")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        mark = Mark(file, line, column)
        raise SpecError(
            f"byte 0x{data[error.start]:02x} is not UTF-8 text", mark=mark, hint="save the file as UTF-8"
        ) from None
    return read_text(text, file)


def read_text(text: str, file: str = "<spec>") -> Node:
    """The node tree of a YAML text; the same one for the text that was read last."""
    if len(text) > MAX_BYTES:
        raise SpecError(f"{file} is larger than {MAX_BYTES / 1e6:.0f} MB", hint="is it really a spec?")
    if (file, text) not in _latest:
        root = _composed(text, file)
        _latest.clear()
        _latest[file, text] = root
    return _latest[file, text]


#: The text that was read last, and its tree: a check of all variants, and of what a file names, reads it many times.
_latest: dict[tuple[str, str], Node] = {}


def _composed(text: str, file: str) -> Node:
    directive = _TAG_DIRECTIVE.search(text)
    if directive:
        mark = Document(text, file).mark(*directive.span())
        raise SpecError("%TAG is not part of the language", mark=mark, hint="a spec is plain data: drop it")
    document = Document(text.removeprefix("\ufeff"), file)
    composer = _Composer(document)
    try:
        root = composer.compose(yaml.parse(document.text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.YAMLError as error:
        raise _plain_words(error, document) from None
    except (ValueError, RecursionError) as error:  # lone surrogates; the pure-Python scanner
        raise SpecError(f"{file} is not YAML: {error}") from None
    if composer.problems:
        raise composer.problems[0] if len(composer.problems) == 1 else ProblemList(composer.problems)
    if root is None:
        raise SpecError("the spec is empty", mark=Mark(file, 1, 1))
    return root


_TAG_DIRECTIVE = re.compile(r"^%TAG\b", re.MULTILINE)


class _Open:
    """A collection that has started and not yet ended."""

    __slots__ = ("anchor", "children", "flow", "mapping", "start")

    def __init__(self, mapping: bool, start: int, flow: bool, anchor: str | None) -> None:
        self.mapping = mapping
        self.start = start
        self.flow = flow
        self.anchor = anchor
        self.children: list[Node] = []


class _Composer:
    """Events -> nodes with a stack of its own, so that the limits hold before memory or recursion is spent."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[NnbuildError] = []
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}
        self._count = 0
        self._root: Node | None = None
        self._documents = 0

    def compose(self, events: Iterator[Any]) -> Node | None:
        for event in events:
            kind = type(event).__name__
            if kind == "ScalarEvent":
                self._check(event)
                in_flow = bool(self._stack) and self._stack[-1].flow
                begin, end = event.start_mark.index, event.end_mark.index
                scalar = Scalar(self.document, begin, end, event.value, event.style or "", in_flow)
                self._add(scalar, event.anchor)
            elif kind in ("MappingStartEvent", "SequenceStartEvent"):
                self._check(event)
                self._open(event, mapping=kind == "MappingStartEvent")
            elif kind in ("MappingEndEvent", "SequenceEndEvent"):
                self._close(event.end_mark.index)
            elif kind == "AliasEvent":
                self._alias(event)
            elif kind == "DocumentStartEvent":
                self._documents += 1
                if self._documents > 1:
                    raise SpecError("a spec is one YAML document", mark=self._mark(event), hint="remove the `---`")
        return self._root

    def _mark(self, event: Any) -> Mark:
        return self.document.mark(event.start_mark.index, event.end_mark.index)

    def _check(self, event: Any) -> None:
        if event.tag is not None:
            raise SpecError(
                f"the tag {event.tag} is not allowed", mark=self._mark(event), hint="a spec is plain data: drop the tag"
            )

    def _open(self, event: Any, *, mapping: bool) -> None:
        if event.anchor:
            self._anchors[event.anchor] = None
        flow = bool(event.flow_style)
        self._stack.append(_Open(mapping, event.start_mark.index, flow, event.anchor))
        self._limit_depth(0, event)

    def _limit_depth(self, inside: int, event: Any) -> None:
        if len(self._stack) + inside > MAX_NESTING:
            raise SpecError(
                f"more than {MAX_NESTING} lists and mappings inside each other",
                mark=self._mark(event),
                hint="give the inner part a name under `blocks:`",
            )

    def _close(self, end: int) -> None:
        opened = self._stack.pop()
        if opened.mapping:
            entries = self._entries(opened.children, opened.flow)
            node: Node = Mapping(self.document, opened.start, end, entries, opened.flow)
        else:
            node = Sequence(self.document, opened.start, end, opened.children, opened.flow)
        self._count -= node.size - 1  # its children are counted already
        self._add(node, opened.anchor)

    def _alias(self, event: Any) -> None:
        node = self._anchors.get(event.anchor)
        known = event.anchor in self._anchors
        if not known and self._stack and not self._stack[-1].mapping:  # `[a, *widths]`: the items of a value
            begin, end = event.start_mark.index, event.end_mark.index
            node = Scalar(self.document, begin, end, f"*{event.anchor}", "", self._stack[-1].flow)
        if node is None:
            message = f"*{event.anchor} stands inside its own anchor" if known else f"no anchor &{event.anchor} before"
            raise SpecError(message, mark=self._mark(event), hint="text that starts with * must be quoted")
        self._limit_depth(node.depth, event)
        self._add(node, None)

    def _add(self, node: Node, anchor: str | None) -> None:
        charge(STEPS_A_YAML_NODE)
        self._count += node.size
        if self._count > MAX_NODES:
            raise SpecError(
                f"more than {MAX_NODES:,} YAML nodes, aliases counted as copies",
                mark=node.mark,
                hint="write the repetition as a block, or as a comprehension",
            )
        if anchor:
            self._anchors[anchor] = node
        if self._stack:
            self._stack[-1].children.append(node)
        else:
            self._root = node

    def _entries(self, children: list[Node], flow: bool) -> list[tuple[Scalar, Node]]:
        entries: list[tuple[Scalar, Node]] = []
        seen: dict[str, Scalar] = {}
        for key, value in zip(children[::2], children[1::2], strict=True):
            problem = self._key_problem(key, seen, flow)
            if problem:
                self.problems.append(problem.locate(mark=key.mark))
                if len(self.problems) == MAX_PROBLEMS:
                    raise ProblemList(self.problems)
            elif isinstance(key, Scalar):
                seen[key.text] = key
                entries.append((key, value))
        return entries

    def _key_problem(self, key: Node, seen: dict[str, Scalar], flow: bool) -> SpecError | None:
        if not isinstance(key, Scalar):
            return SpecError("a key must be text", hint="quote it if it starts with [ or {")
        if not key.text.strip():
            return SpecError("a key is empty", hint="give it a name")
        if key.text == "<<" and not key.quoted:
            return SpecError("merge keys (<<) are not part of the language", hint="write a block with parameters")
        if key.text in seen and flow and not key.quoted and key.text.endswith((")", "]")):
            hint = "write one entry a line, or quote what has brackets: {a: 'Linear(4, 4)'}"
            return SpecError(f"YAML cuts at commas, so {key.text!r} is a key of its own here", hint=hint)
        if key.text in seen:
            return SpecError(f"the key {key.text} stands twice", hint=f"first at line {seen[key.text].mark.line}")
        return None


_FOR_IN = re.compile(r"\bfor\b.*\bin\b")

_HINTS = (
    ("\\t", "indent with spaces, not tabs"),
    ("mapping values are not allowed", "a text that contains ': ' must be quoted; is the indentation right?"),
    ("could not find expected ':'", "a key needs ': ' behind it"),
    ("expected ',' or", "a bracket is not closed, or a text with brackets in it is not quoted"),
    ("did not find expected ',' or", "a bracket is not closed, or a text with brackets in it is not quoted"),
    ("expected <block end>", "the lines of one list or mapping must start in the same column"),
    ("did not find expected key", "the lines of one list or mapping must start in the same column"),
    ("did not find expected '-'", "the lines of one list or mapping must start in the same column"),
    ("unexpected end of stream", "a quote or a bracket is not closed"),
    ("alphabetic or numeric character", "text that starts with * or & must be quoted"),
    ("special characters are not allowed", "remove the control character"),
    ("control characters are not allowed", "remove the control character"),
    ("cannot start any token", "text that starts with @, ` or % must be quoted"),
)


def _plain_words(error: yaml.YAMLError, document: Document) -> SpecError:
    """What the parser says, with its place and with advice."""
    at = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    index = at.index if at else getattr(error, "position", 0) or 0
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    context = getattr(error, "context", None)
    message = f"not YAML: {context}, {problem}" if context else f"not YAML: {problem}"
    hint = next((advice for part, advice in _HINTS if part in message), None)
    line = document.text.rfind("\n", 0, index) + 1
    if "flow sequence" in message and _FOR_IN.search(document.text, line, index + 80):
        hint = "a comprehension with brackets inside is written list(... for ... in [...])"
    if document.text[index : index + 1] == "\t":
        hint = "indent with spaces, not tabs"
    return SpecError(message, mark=document.mark(index, index + 1), hint=hint)
