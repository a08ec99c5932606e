"""The error tree. Everything that a user can cause is one of these; a traceback of any other kind is a bug.

    NnbuildError
    ├── SpecError      the YAML text, an expression, a name, a limit
    │   ├── BudgetError    more steps, bytes or time than a file may take
    │   ├── OptionError    a layer's or op's options: unknown, missing, of the wrong type or value (a TypeError too)
    │   └── ForwardError   a module without a forward is called (a NotImplementedError too)
    ├── ShapeError     sizes or dtypes that do not fit together
    │   └── DataError      a size or a branch that only the data tells, so nothing can be traced beyond it
    ├── WeightError    a state_dict or weights file that does not fit the network
    └── InputError     a file or array given to `run` that cannot be used

Leaf code states the fact with expected and got, and does not know where it is. The callers add the path in the
network and the mark in the file while the error unwinds (`locate`), so each line of a report has one author.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, Self

from nnbuild.words import MAX_LINE, MAX_NOTES, MAX_PROBLEMS, closest, sentence, shown


class Mark(NamedTuple):
    """A place in a spec: `line` and `column` count from 1; `length` characters of `source` (that line's text)."""

    file: str
    line: int
    column: int
    length: int = 1
    source: str = ""

    def __str__(self) -> str:
        return f"{sentence(self.file)}:{self.line}:{self.column}"

    def excerpt(self, label: str) -> tuple[str, str]:
        """The part of the line that is around the place, and below it what points at it."""
        start = max(0, min(self.column - 1, len(self.source)) - MAX_LINE // 2)
        text = self.source[start : start + MAX_LINE]
        before, marked = text[: self.column - 1 - start], text[self.column - 1 - start :][: self.length]
        left = ("... " if start else "") + shown(before)
        right = shown(text[len(before) :]) + (" ..." if len(self.source) > start + MAX_LINE else "")
        pointer = " " * len(left) + "^" * max(1, len(shown(marked))) + (f" {sentence(label)}" if label else "")
        return left + right, pointer


class NnbuildError(Exception):
    """A mistake in what the user gave.

    Params: message, one sentence without a final stop; details, lines that go on with it; hint, what to do about it;
    notes, facts that explain it; path, the place in the network; mark, the place in the file; label, what the marked
    text is; option, the name of the layer's option that is to blame; subject, who has the trouble ("Linear"), put
    before the message by the caller that knows.
    """

    def __init__(
        self,
        message: str,
        *,
        details: Iterable[str] = (),
        hint: str | None = None,
        notes: Iterable[str] = (),
        path: str | None = None,
        mark: Mark | None = None,
        label: str = "",
        option: str | None = None,
    ) -> None:
        super().__init__(message)
        self.statement = message
        self.details = list(details)
        self.subject: str | None = None
        self.module: Any = None  # the module that the error has unwound to
        self.graph: Any = None  # what was traced before it
        self.sketch: Any = None  # the network as far as it could be built
        self.given: Any = None  # what stood in a tensor's place
        self.python: str | None = None  # the Python error that a program would catch for it
        self.arguments: Any = None  # of the op whose sizes do not fit, by name
        self.hint = hint
        self.notes = list(notes)
        self.path = path
        self.mark = mark
        self.label = label
        self.option = option

    @property
    def message(self) -> str:
        """The sentence, with its subject."""
        return f"{self.subject} {self.statement}" if self.subject else self.statement

    def locate(self, *, path: str | None = None, mark: Mark | None = None, label: str = "") -> Self:
        """Fill in what is not known yet: the innermost caller knows best."""
        self.path = self.path or path
        if self.mark is None and mark is not None:
            self.mark, self.label = mark, self.label or label
        return self

    def __str__(self) -> str:
        place = f"{sentence(self.path)}: " if self.path else ""
        hint = f" ({sentence(self.hint)})" if self.hint else ""
        return place + "\n\t".join(map(sentence, (self.message, *self.details))) + hint

    def render(self, kind: str = "error") -> str:
        """The whole report, several lines, as the CLI prints it. Params: kind, its first word."""
        lines = [f"{kind}: {sentence(self.message)}"]
        lines += [f"\t{line}" for line in _counted(self.details, "lines")]
        gutter = " "
        if self.mark:
            gutter = " " * len(str(self.mark.line))
            lines.append(f"{gutter}--> {self.mark}" + (f"   {sentence(self.path)}" if self.path else ""))
            lines += self._excerpt(self.mark, gutter)
        elif self.path:
            lines.append(f"{gutter}--> {sentence(self.path)}")
        lines += [f"{gutter} = {note}" for note in _counted(self.notes, "notes")]
        if self.hint:
            lines.append(f"{gutter} = help: {sentence(self.hint)}")
        return "\n".join(lines)

    def _excerpt(self, mark: Mark, gutter: str) -> list[str]:
        if not mark.source.strip():
            return []
        text, pointer = mark.excerpt(self.label)
        return [f"{gutter} |", f"{mark.line} | {text}", f"{gutter} | {pointer}"]


def _counted(texts: list[str], what: str) -> list[str]:
    """The first of these texts as they are shown, and how many more there are."""
    more = [f"and {len(texts) - MAX_NOTES:,} more {what}"] if len(texts) > MAX_NOTES else []
    return [*map(sentence, texts[:MAX_NOTES]), *more]


class SpecError(NnbuildError):
    """The spec does not say something that can be built."""


class BudgetError(SpecError):
    """A file makes the program do more than it may."""


class OptionError(SpecError, TypeError):
    """A layer or an op is given options that it does not take."""


class ForwardError(SpecError, NotImplementedError):
    """A module without a forward is called."""


class ShapeError(NnbuildError, RuntimeError):
    """Sizes or dtypes that do not fit together."""


class DataError(ShapeError):
    """A size or a branch that only the data tells: the network runs, op by op, and is not traced beyond it."""


class WeightError(NnbuildError, RuntimeError):
    """Weights that do not fit the network, or that cannot be had."""


class InputError(NnbuildError):
    """A file or an array that cannot be read, written or used."""


class ProblemList(NnbuildError):  # noqa: N818
    """Several independent problems of one stage, reported together."""

    def __init__(self, problems: list[NnbuildError]) -> None:
        super().__init__(problems[0].message if len(problems) == 1 else f"{len(problems)} problems")
        self.problems = problems

    def render(self, kind: str = "error") -> str:
        more = len(self.problems) - MAX_PROBLEMS
        rest = [f"{kind}: and {more:,} more problems"] if more > 0 else []
        return "\n\n".join([*(problem.render(kind) for problem in self.problems[:MAX_PROBLEMS]), *rest])


#: What Python raises for values that do not fit; code that is given a user's values puts it in words of its own.
PYTHONS_WORDS = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError)


def suggestion(name: str, known: Iterable[str], cutoff: float = 0.55) -> str | None:
    """'did you mean Conv2d?' for the closest known name, None if nothing is close: `cutoff` of it, 1 being equal."""
    close = closest(name, known, cutoff)
    return f"did you mean {close}?" if close else None
