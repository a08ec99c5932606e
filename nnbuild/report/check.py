"""Checking a spec: whether it builds and runs on shapes, whether its files are there, and whether its facts hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from math import prod
from typing import Any, NamedTuple, Self

from nnbuild.errors import BudgetError, DataError, InputError, NnbuildError, ProblemList, SpecError
from nnbuild.exchange.networks import is_foreign, load
from nnbuild.graph.graph import Graph
from nnbuild.graph.onward import trace_onward
from nnbuild.graph.rows import row_tree
from nnbuild.graph.totals import Totals, totals
from nnbuild.nn.module import Module
from nnbuild.ops.spec import TensorSpec
from nnbuild.report.doubts import labels_of_other_number, misfit_steps, unused_inputs, unused_layers
from nnbuild.report.expectations import unexpected
from nnbuild.report.places import mark_of
from nnbuild.report.table import Column, Line, Report, Shapes, Table
from nnbuild.runs.labels import read_labels
from nnbuild.spec import library
from nnbuild.spec.build.choices import choice_values, chosen
from nnbuild.spec.build.module import SpecModule
from nnbuild.spec.build.stated import Spec
from nnbuild.spec.files import missing_files
from nnbuild.spec.folder import is_there

#: Combinations of choices that are traced at most.
MAX_COMBINATIONS = 64


class Verdict(NamedTuple):
    """What a check found.

    Params: name, as asked for; warnings, what is odd and may be meant; figures and outputs, as far as the network could
    be traced; choices, the combinations that were.
    """

    name: str
    problems: list[NnbuildError]
    warnings: list[NnbuildError] = []
    figures: Totals | None = None
    outputs: Shapes | None = None
    choices: list[dict[str, Any]] = []

    def strict(self) -> Self:
        """The verdict that takes its warnings for problems."""
        return self._replace(problems=[*self.problems, *self.warnings], warnings=[])


def check(
    name: str,
    variant: str | None = None,
    params: Mapping[str, Any] | None = None,
    choose: Mapping[str, Any] | None = None,
    allow_outside: bool = False,
    shapes: Sequence[Sequence[int]] = (),
) -> Verdict:
    """Build and trace a spec, or one of its variants, with all its choices, and hold it to what it states.

    Params: shapes, of the inputs, where nothing states them.
    """
    label = f"{name}: {variant}" if variant else name
    try:
        files = [] if is_foreign(name) else missing_files(library.find(name).path, allow_outside)
    except NnbuildError as error:
        return Verdict(label, [error])
    try:
        model = load(
            name, variant=variant, params=params, choose=choose, weights=False, allow_outside=allow_outside
        ).eval()
    except NnbuildError as error:
        problems = [*_merged(error.problems if isinstance(error, ProblemList) else [error]), *files]
        if error.sketch is not None and error.sketch.spec.inputs:
            problems += _mistakes_of(error.sketch.eval(), set(choose or {}))
        return Verdict(label, problems)
    assert model.spec is not None
    checking = _Checking(model, model.spec, set(choose or {}), files, shapes)
    checking.load_files()
    checking.trace_all()
    return checking.verdict(label)


def uncheckable(name: str, count: int, why: str) -> Verdict:
    """The verdict on variants of a file that are not looked at."""
    more = f"{count:,} variants" if count > 1 else "a variant"
    hint = "check one by --variant NAME, or allow more with --max-seconds"
    return Verdict(f"{name} ({more})", [BudgetError(f"{more} of {name} not checked: {why}", hint=hint)])


def _mistakes_of(sketch: SpecModule, pinned: set[str]) -> list[NnbuildError]:
    """What a trace finds in a network that could not be built as a whole."""
    assert sketch.spec is not None
    checking = _Checking(sketch, sketch.spec, pinned, [])
    checking.trace_all()
    return checking.problems


def _merged(problems: Iterable[NnbuildError]) -> Iterator[NnbuildError]:
    """Each problem once: at the same place of the file it is the same, in another layer or for another choice."""
    places: dict[Any, dict[str | None, NnbuildError]] = {}
    for problem in problems:
        places.setdefault(problem.mark or (problem.path, problem.message), {}).setdefault(problem.path, problem)
    for (_, first), *others in (list(layers.items()) for layers in places.values()):
        if others:
            more = f" and {len(others) - 1} more" if len(others) > 1 else ""
            first.notes.append(f"the same in {others[0][0]}{more}")
        yield first


class _Checking:
    """The check of one network that builds. Params: pinned, the choices that the user has made; problems, so far."""

    def __init__(
        self, model: Module, spec: Spec, pinned: set[str], problems: list[NnbuildError],
        shapes: Sequence[Sequence[int]] = (),
    ) -> None:  # fmt: skip
        self.shapes = shapes
        self.model = model
        self.spec = spec
        self.pinned = pinned
        self.problems = problems
        self.warnings: list[NnbuildError] = []
        self.choices: list[dict[str, Any]] = []
        self.graphs: list[Graph] = []
        self.mistakes: list[NnbuildError] = []  # that the traces found
        self.complete = True  # whether all choices are traced

    def load_files(self) -> None:
        """Read the weights and the labels, those that are there."""
        if self.spec.weights and is_there(self.spec.weights):
            from nnbuild.spec.weights import load_weights

            try:
                load_weights(self.model, self.spec.weights)
            except NnbuildError as error:
                self.problems.append(error.locate(mark=mark_of(self.spec, "weights")))
        try:
            read_labels(self.spec)
        except InputError as error:
            if is_there(self.spec.labels):  # type: ignore[arg-type]  # else it is among the missing ones
                self.problems.append(error.locate(mark=mark_of(self.spec, "labels")))

    def trace_all(self) -> None:
        """Trace every combination of choices, and the pass in training where the network has one of its own."""
        if not self.spec.inputs and not self.shapes:
            hint = "write `input: [N, 3, 224, 224]` with the sizes of yours"
            hint = "say --input 1,3,224,224" if self.spec.foreign else hint
            self.warnings.append(
                SpecError("the spec states no input, so nothing is traced", mark=mark_of(self.spec), hint=hint)
            )
            return
        present = {} if self.spec.foreign else dict(self.model._choices)
        known = {} if self.spec.foreign else self._choice_values()
        values = {name: [present[name]] if name in self.pinned else found for name, found in known.items()}
        for choices in islice(chosen(values), MAX_COMBINATIONS):
            if choices:
                self.model.choose(**choices)
            made = [f"{name}={value}" for name, value in choices.items() if value != present[name]]
            self._trace(f"with {', '.join(made)}" if made else "")
            self.choices.append(choices)
        if present:
            self.model.choose(**present)
        self._warn_of_choices(values)
        self._trace_choices_inside()
        if _knows_training(self.model):
            self.model.train()
            self._trace("in training", batch=2)
            self.model.eval()
        self.problems += _merged(self.mistakes)

    def _choice_values(self) -> dict[str, list[Any]]:
        return choice_values(self.model) if isinstance(self.model, SpecModule) else {}

    def _trace_choices_inside(self) -> None:
        """Trace what the specs that are used as layers can choose, one choice of one of them at a time."""
        for path, module in self.model.named_modules():
            if module is self.model or not isinstance(module, SpecModule) or not module._choices:
                continue
            present = dict(module._choices)
            for choices in islice(chosen(choice_values(module)), 1, MAX_COMBINATIONS):
                module.choose(**choices)
                made = [f"{name}={value}" for name, value in choices.items() if value != present[name]]
                self._trace(f"with {', '.join(made)} in {path}")
            module.choose(**present)

    def _trace(self, situation: str, batch: int = 1) -> None:
        inputs = [TensorSpec(input.sized(batch), input.dtype) for input in self.spec.inputs]
        inputs = inputs or [TensorSpec(shape) for shape in self.shapes]
        graph, mistakes = trace_onward(self.model, *inputs)
        self.graphs.append(graph)
        for mistake in mistakes:
            mistake.notes += [situation] if situation else []
        self.warnings += [mistake for mistake in mistakes if isinstance(mistake, DataError)]
        self.mistakes += [mistake for mistake in mistakes if not isinstance(mistake, DataError)]

    def _warn_of_choices(self, values: Mapping[str, Sequence[Any]]) -> None:
        combinations = prod(map(len, values.values()))
        if combinations > MAX_COMBINATIONS:
            message = f"{MAX_COMBINATIONS} of {combinations:,} combinations of choices are traced"
            self._warn_of_choice(message, "check another with --choose NAME=VALUE")
        for name, known in values.items():
            if len(known) == 1 and name not in self.pinned:
                message = f"the choice {name} is traced at {known[0]} only: the forward does not tell its other values"
                self._warn_of_choice(message, f"check another with --choose {name}=VALUE", name)

    def _warn_of_choice(self, message: str, hint: str, *keys: str) -> None:
        self.complete = False
        self.warnings.append(SpecError(message, mark=mark_of(self.spec, "choose", *keys), hint=hint))

    def verdict(self, label: str) -> Verdict:
        """What was found; the figures and the output are those of the present choices."""
        self.warnings += misfit_steps(self.spec)
        if not self.graphs:
            return Verdict(label, self.problems, self.warnings)
        if self.mistakes:  # a wrong size makes other facts wrong too
            return Verdict(label, self.problems, self.warnings, choices=self.choices)
        graph = self.graphs[0]
        figures = totals(graph, row_tree(graph))
        if not self.pinned:
            self.problems += unexpected(self.spec, graph, figures)
        self.warnings += self._doubts(graph)
        shapes = Shapes(TensorSpec(value.shape, value.dtype) for value in graph.outputs)  # without the graph
        return Verdict(
            label,
            self.problems,
            self.warnings,
            figures,
            shapes,
            self.choices,
        )

    def _doubts(self, graph: Graph) -> Iterator[NnbuildError]:
        yield from unused_layers(self.graphs, self.complete)
        if not self.spec.foreign:
            yield from unused_inputs(self.spec, self.model, self.graphs)
        yield from labels_of_other_number(self.spec, graph)


def _knows_training(model: Module) -> bool:
    """Whether a forward in the network asks whether it is trained."""
    programs = [module.definition.program for module in model.modules() if isinstance(module, SpecModule)]
    return any(program is not None and "training" in program.names() for program in programs)


_COLUMNS = (
    Column("spec", "Spec", wide=True),
    Column("result", "Result"),
    Column("params", "Params", True),
    Column("macs", "Multiply-adds", True),
    Column("output_shape", "Output shape"),
)


def verdicts(found: Sequence[Verdict]) -> Report:
    """The report on several checks, a line each."""
    lines, data = [], []
    for verdict in found:
        figures = verdict.figures
        numbers = (figures.params or None, figures.macs) if figures else (None, None)
        lines.append(Line((verdict.name, _result(verdict), *numbers, verdict.outputs)))
        data.append(
            {
                "spec": verdict.name,
                "ok": not verdict.problems,
                "params": figures.params if figures else None,
                "macs": figures.macs if figures else None,
                "output_shape": [list(spec.shape) for spec in verdict.outputs or ()],
                "choices": verdict.choices,
                "problems": [_problem(problem) for problem in verdict.problems],
                "warnings": [_problem(warning) for warning in verdict.warnings],
            }
        )
    return Report(data, [Table(_COLUMNS, lines)])


def _result(verdict: Verdict) -> str:
    counts = [(len(verdict.problems), "problem"), (len(verdict.warnings), "warning")]
    return ", ".join(f"{count} {word}{'s' * (count > 1)}" for count, word in counts if count) or "ok"


def _problem(problem: NnbuildError) -> dict[str, Any]:
    mark = problem.mark
    return {
        "message": problem.message,
        "file": mark.file if mark else None,
        "line": mark.line if mark else None,
        "column": mark.column if mark else None,
        "path": problem.path,
        "hint": problem.hint,
    }
