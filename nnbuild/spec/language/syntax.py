"""Text -> a checked syntax tree whose nodes know their place in the file.

Python's own parser reads expressions and programs; every node must then be on the whitelist. What passes is walked by
`expressions` and `program`; nothing is ever compiled or given to `eval`.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from itertools import accumulate, islice

from nnbuild.errors import Mark, NnbuildError, ProblemList, SpecError
from nnbuild.limits import MAX_BITS, MAX_EXPRESSION, MAX_PROBLEMS, MAX_PROGRAM, MAX_SYNTAX_DEPTH, MAX_TEXT
from nnbuild.spec.language import namespaces
from nnbuild.spec.language.advice import advice
from nnbuild.spec.language.written import Written

#: Names that stand before a dot in torch code, and what is meant.
PREFIXES = {
    ("self",): "self",
    ("torch",): "torch",
    ("F",): "F",
    ("nn",): "nn",
    ("math",): "math",
    ("torch", "jit"): "torch",
    ("torch", "nn"): "nn",
    ("nn", "functional"): "F",
    ("nn", "init"): "init",
    ("torch", "nn", "functional"): "F",
    ("torch", "nn", "init"): "init",
    ("nn", "utils"): "utils",
    ("torch", "nn", "utils"): "utils",
    ("parametrizations",): "parametrizations",
    ("nn", "utils", "parametrizations"): "parametrizations",
    ("torch", "nn", "utils", "parametrizations"): "parametrizations",
    ("np",): "np",
    ("numpy",): "np",
    ("torch", "linalg"): "linalg",
    ("torch", "fft"): "fft",
    ("linalg",): "linalg",
    ("fft",): "fft",
    ("nn", "utils", "rnn"): "rnn",
    ("torch", "nn", "utils", "rnn"): "rnn",
    ("rnn_utils",): "rnn",
    ("einops",): "einops",
}

_OPERATORS = """Load Store Add Sub Mult Div FloorDiv Mod Pow MatMult LShift RShift BitAnd BitOr BitXor And Or Not Invert
    UAdd USub Eq NotEq Lt LtE Gt GtE Is IsNot In NotIn"""
_EXPRESSIONS = """Expression Constant Name Tuple List Dict UnaryOp BinOp BoolOp Compare IfExp Subscript Slice ListComp
    SetComp Set DictComp GeneratorExp comprehension Starred JoinedStr FormattedValue Call keyword Attribute Lambda
    NamedExpr"""
_STATEMENTS = """Module Assign AugAssign AnnAssign Return For While If Break Continue Pass Expr Assert Raise With Delete
    FunctionDef Try ExceptHandler Global Nonlocal"""
_IN_EXPRESSION = frozenset((_OPERATORS + " " + _EXPRESSIONS).split())
_IN_PROGRAM = _IN_EXPRESSION | frozenset(_STATEMENTS.split())

_REFUSED = {
    "Import": ("import is not part of the language", "torch's functions are here without it: F.relu(...)"),
    "ImportFrom": ("import is not part of the language", "torch's functions are here without it: F.relu(...)"),
    "TryStar": ("try is not part of the language", "decide with `if` on shapes and options"),
    "ClassDef": ("classes are not part of the language", "define a layer type under `blocks:`"),
    "Match": ("match is not part of the language", "write if and elif"),
    "Yield": ("yield is not part of the language", "collect values in a list and return it"),
    "YieldFrom": ("yield is not part of the language", "collect values in a list and return it"),
}

#: Names with two underscores that may be asked for.
PUBLIC_DUNDERS = frozenset(
    ("__name__", "__class__", "__init__", "__doc__", "__module__", "__qualname__", "__len__", "__call__", "__dict__",
     "__getitem__", "__setattr__", "__func__", "__self__", "__version__", "__post_init__", "__members__")
)  # fmt: skip


class Code:
    """A checked tree with the text that it was read from. Raises nothing itself; `mark` places its nodes."""

    __slots__ = ("_lines", "_starts", "shift", "tree", "written")

    def __init__(self, tree: ast.AST, written: Written, shift: int) -> None:
        self.tree = tree
        self.written = written
        self.shift = shift
        self._lines: list[str] = []
        self._starts: list[int] = []

    def __deepcopy__(self, memo: dict[int, object]) -> Code:
        return self

    def mark(self, node: ast.AST) -> Mark:
        """Where the node stands in the file."""
        line = getattr(node, "lineno", None)
        if line is None:
            return self.written.mark
        first = self._offset(line, node.col_offset)  # type: ignore[attr-defined]
        last = self._offset(getattr(node, "end_lineno", None) or line, getattr(node, "end_col_offset", None) or 0)
        return self.written.place(first, max(last, first + 1))

    def _offset(self, line: int, column: int) -> int:
        """The index in the text of a line (from 1) and a column in UTF-8 bytes."""
        if not self._lines:
            self._lines = self.written.text[self.shift :].split("\n")
            self._starts = list(accumulate((len(line) + 1 for line in self._lines), initial=self.shift))
        line = max(1, min(line, len(self._lines)))
        characters = len(self._lines[line - 1].encode("utf-8", "replace")[:column].decode("utf-8", "ignore"))
        return self._starts[line - 1] + characters

    def text(self, node: ast.AST) -> str:
        """The node as it is written, or an equal spelling."""
        return ast.unparse(node)


def parse_expression(written: Written) -> Code:
    """The text as an expression, parsed once. Raises SpecError with the place."""
    code: Code | None = written.code
    if code is None:
        if len(written.text) > MAX_EXPRESSION:
            raise SpecError(f"an expression of more than {MAX_EXPRESSION:,} characters", mark=written.mark)
        code = _parse(written, "eval", "expression")
        _refuse(code, _IN_EXPRESSION)
        written.code = code
    return code


def parse_program(written: Written) -> Code:
    """The text as statements. Raises SpecError with the place, or all problems at once."""
    if len(written.text) > MAX_PROGRAM:
        raise SpecError(f"a forward of more than {MAX_PROGRAM:,} characters", mark=written.mark)
    code = _parse(written, "exec", "program")
    _refuse(code, _IN_PROGRAM)
    return code


def parse_source(written: Written) -> Code:
    """A file of Python as statements. What is not part of the language is refused where it is reached."""
    return _parse(written, "exec", "program")


def not_in_language(node: ast.AST) -> SpecError:
    """The error for a construct that is not understood."""
    kind = type(node).__name__
    message, hint = _REFUSED.get(kind, (f"{kind} is not part of the language", None))
    return SpecError(message, hint=hint)


def _refuse(code: Code, allowed: frozenset[str]) -> None:
    problems = list(islice(_problems(code, allowed), MAX_PROBLEMS))
    if problems:
        raise problems[0] if len(problems) == 1 else ProblemList(problems)


def _parse(written: Written, mode: str, what: str) -> Code:
    text = written.text.lstrip() if mode == "eval" or "\n" not in written.text.strip() else written.text
    shift = len(written.text) - len(text)
    code = Code(ast.Module([], []), written, shift)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # '\d' and 1if x are warned about; they are the user's affair
            code.tree = ast.parse(text.rstrip() if mode == "eval" else text, mode=mode)
    except SyntaxError as error:
        raise _plain_words(error, code, what) from None
    except (ValueError, RecursionError, MemoryError) as error:
        deep = isinstance(error, (RecursionError, MemoryError))
        message = f"brackets or operators nested too deeply in this {what}" if deep else f"not a {what}: {error}"
        raise SpecError(message, mark=written.mark) from None
    return code


def _plain_words(error: SyntaxError, code: Code, what: str) -> SpecError:
    written, message = code.written, error.msg
    hint = advice(written.text.strip()) if what == "expression" else None
    if "too many nested parentheses" in message or "too many statically nested" in message:
        return SpecError(f"brackets or operators nested too deeply in this {what}", mark=written.mark)
    shown = repr(written.text.strip()) + " is" if len(written.text) < 60 else "this is"
    if hint and written.text.strip()[-1].isdigit():
        return SpecError(f"{shown} not a number", mark=written.mark, hint=hint)
    mark = written.mark
    if error.lineno:
        lines = written.text[code.shift :].split("\n")
        line = min(error.lineno, len(lines))
        start = code.shift + sum(len(before) + 1 for before in lines[: line - 1]) + max(0, (error.offset or 1) - 1)
        mark = written.place(start, start + 1)
    if what == "expression" and message.startswith("invalid syntax"):
        hint = hint or "text must be quoted"
    article = "an" if what == "expression" else "a"
    return SpecError(f"{shown} not {article} {what}: {message}", mark=mark, hint=hint)


def _problems(code: Code, allowed: frozenset[str]) -> Iterator[NnbuildError]:
    """Everything in the tree that is not part of the language; also notes what dotted names stand for."""
    pending: list[tuple[ast.AST, int]] = [(code.tree, 0)]
    while pending:
        node, depth = pending.pop()
        kind = type(node).__name__
        if kind not in allowed:
            yield not_in_language(node).locate(mark=code.mark(node))
            continue
        if depth > MAX_SYNTAX_DEPTH:
            yield SpecError("brackets or operators nested too deeply", mark=code.mark(node), hint="name a part of it")
            continue
        problem = _problem(node)
        if problem:
            yield problem.locate(mark=code.mark(node))
            continue
        pending += [(child, depth + 1) for child in reversed(_children(node))]


def function_of(tree: ast.AST) -> ast.FunctionDef | None:
    """The `def` that wraps the whole program, if one does."""
    statements = tree.body if isinstance(tree, ast.Module) else []
    body = [node for node in statements if not is_docstring(node)]
    return body[0] if len(body) == 1 and isinstance(body[0], ast.FunctionDef) else None


def is_docstring(node: ast.AST) -> bool:
    """Whether the statement is a bare text."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _children(node: ast.AST) -> list[ast.AST]:
    """The nodes below that are evaluated: not annotations."""
    if isinstance(node, ast.Attribute):
        return [] if _note_prefix(node) else [node.value]
    return evaluated_children(node)


def evaluated_children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below that have a value: no annotations, no types of exceptions."""
    if isinstance(node, ast.AnnAssign):
        return [child for child in (node.target, node.value) if child]
    if isinstance(node, ast.Raise):
        return list(node.exc.args) if isinstance(node.exc, ast.Call) else []
    if isinstance(node, ast.With):
        return [*(part for item in node.items for part in (item.context_expr, item.optional_vars) if part), *node.body]
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        body = node.body if isinstance(node.body, list) else [node.body]
        return [*node.args.defaults, *(default for default in node.args.kw_defaults if default), *body]
    if isinstance(node, ast.ExceptHandler):
        return list(node.body)
    return [] if isinstance(node, ast.Delete) else list(ast.iter_child_nodes(node))


def _note_prefix(node: ast.Attribute) -> bool:
    """Whether the node is a known prefix and a name; if so, note which: (namespace, name)."""
    parts: list[str] = []
    value: ast.AST = node.value
    while isinstance(value, ast.Attribute):
        parts.append(value.attr)
        value = value.value
    if not isinstance(value, ast.Name):
        return False
    dotted = (value.id, *reversed(parts))
    if dotted not in PREFIXES or ((*dotted, node.attr) in PREFIXES):
        return False
    if dotted[0] in namespaces.OF_OPS and not namespaces.knows(dotted[0], node.attr):
        return False  # a tensor that is called so
    node.known = (PREFIXES[dotted], node.attr)  # type: ignore[attr-defined]
    return True


def _problem(node: ast.AST) -> SpecError | None:
    if isinstance(node, ast.Constant):
        return _constant_problem(node.value)
    if isinstance(node, ast.Attribute) and node.attr.startswith("__") and node.attr not in PUBLIC_DUNDERS:
        return SpecError(f"{node.attr} is private", hint="use the layer's public names")
    if isinstance(node, ast.comprehension) and node.is_async:
        return SpecError("async is not part of the language")
    if isinstance(node, ast.Raise) and node.exc is None:
        return SpecError("raise takes an error: raise ValueError('message')")
    if isinstance(node, ast.FunctionDef) and any(ast.unparse(each) != "property" for each in node.decorator_list):
        return SpecError("decorators are not part of the language", hint="remove it")
    return None


def _constant_problem(value: object) -> SpecError | None:
    if isinstance(value, bytes):
        return SpecError("bytes values are not part of the language")
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        return SpecError(f"a number of more than {MAX_BITS} bits")
    if isinstance(value, str) and len(value) > MAX_TEXT:
        return SpecError(f"a text of more than {MAX_TEXT:,} characters")
    return None
