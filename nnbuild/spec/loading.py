"""load: a name or a file becomes a network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnbuild.errors import NnbuildError, ProblemList, SpecError, WeightError, suggestion
from nnbuild.spec import library
from nnbuild.spec.builder import Builder
from nnbuild.spec.document import Files, SpecDefinition
from nnbuild.spec.facts import Facts
from nnbuild.spec.model import Spec, SpecModule
from nnbuild.spec.names import BUILD_NAMES
from nnbuild.spec.params import typed
from nnbuild.spec.scope import Chain, Scope
from nnbuild.spec.values import located, text_of


def load(
    path_or_name: str | Path,
    *,
    params: Mapping[str, Any] | None = None,
    variant: str | None = None,
    choose: Mapping[str, Any] | None = None,
    seed: int = 0,
    weights: bool = True,
) -> SpecModule:
    """Build the network of a spec file, a bundled spec, or a variant by its own name.

    Params: params, values for the spec's `params:` (text is read as the default's type); variant, one of `variants:`;
    choose, run-time choices; seed, of the default weights; weights, whether to load the spec's `weights:` file.
    Raises: SpecError, or a ProblemList of several; WeightError.
    """
    found = library.find(path_or_name)
    if variant and found.variant and variant != found.variant:
        raise SpecError(f"{path_or_name} is the variant {found.variant}, not {variant}", hint="leave one of them out")
    try:
        definition = Files().definition(found.path)
        model = _build(
            definition, dict(params or {}), variant or found.variant, dict(choose or {}), seed, found.bundled
        )
    except RecursionError:
        raise SpecError(
            f"{found.path} is nested too deeply", hint="give the inner parts names under `blocks:`"
        ) from None
    if weights and model.spec and model.spec.weights:
        _load_weights(model, model.spec.weights)
    return model


def _build(
    definition: SpecDefinition,
    params: dict[str, Any],
    variant: str | None,
    choose: dict[str, Any],
    seed: int,
    bundled: bool,
) -> SpecModule:
    from nnbuild.nn import random

    if not definition.is_network:
        raise SpecError(
            f"{definition.path} has neither layers nor a forward: it only defines blocks",
            hint="use it from another spec: `use: [file]`",
        )
    for name in params:
        if name not in definition.signature.nodes:
            known = ", ".join(definition.signature.nodes)
            hint = suggestion(name, definition.signature.nodes) or (
                f"there are {known}" if known else "it declares none"
            )
            raise SpecError(f"{definition.name} has no param {name}", hint=hint)
    definition.signature.choose_variant(variant)
    builder = Builder()
    random.manual_seed(seed)
    names = definition.scope_for(None, params, builder)
    scope = Chain(names, BUILD_NAMES)
    spec = _spec(definition, scope, builder, variant, params, bundled)
    model = builder.fill(definition, names)
    builder.finish()
    _refuse_shared(model)
    model.spec = spec
    defaults = model._choices
    for name in model._checked(choose):
        model.choose(**{name: typed(f"the choice {name}", choose[name], defaults[name], scope, builder)})
    return model


def _spec(
    definition: SpecDefinition,
    scope: Scope,
    builder: Builder,
    variant: str | None,
    params: dict[str, Any],
    bundled: bool,
) -> Spec:
    """The sections beside the layers; each one's problems go to the builder."""
    sections, facts = definition.sections, Facts(scope, builder, definition.path.parent)
    read: dict[str, Any] = {}

    def attempt(name: str, function: Any) -> None:
        if name in sections:
            try:
                read[name] = function(sections[name])
            except NnbuildError as error:
                builder.note(located(sections[name], error))

    for name in ("input", "inputs"):
        attempt(name, lambda node: facts.inputs(sections.get("input"), sections.get("inputs")))
    inputs = read.get("input") or read.get("inputs") or ()
    attempt("weights", lambda node: facts.file(node, "weights"))
    attempt("example", lambda node: facts.example(node, inputs))
    attempt("labels", facts.labels)
    attempt("preprocess", facts.preprocess)
    attempt("expect", lambda node: facts.expect(node, tuple(definition.signature.variants), variant))
    attempt("choose", lambda node: definition.choices(scope, builder))
    attempt("paper", lambda node: text_of(node, "paper"))
    attempt("description", lambda node: text_of(node, "description"))
    if len(inputs) > 1 and definition.program is None:
        builder.note(SpecError("several inputs need a forward", mark=sections["inputs"].mark, hint="write `forward:`"))
    return Spec(
        name=definition.name,
        file=definition.path,
        variant=variant,
        bundled=bundled,
        inputs=inputs,
        params={name: scope.lookup(name) for name in definition.signature.names},
        choose=read.get("choose", {}),
        customised=bool(params),
        weights=read.get("weights"),
        example=read.get("example", {}),
        preprocess=read.get("preprocess", {}),
        labels=read.get("labels"),
        expect={} if params else read.get("expect", {}),
        paper=read.get("paper"),
        description=read.get("description"),
    )


def _refuse_shared(model: SpecModule) -> None:
    """A layer in two places is almost always a slip: `[layer] * 3` repeats one layer."""
    places: dict[int, str] = {}
    problems: list[NnbuildError] = []
    for path, module in model.named_modules(remove_duplicate=False):
        first = places.setdefault(id(module), path)
        if first != path:
            mark = module.source.mark if module.source else None
            problems.append(SpecError(
                f"one {type(module).__name__} stands in two places, {first} and {path}", path=path, mark=mark,
                hint="for new layers write a comprehension; to share one, call it twice in `forward:`",
            ))  # fmt: skip
            break
    if problems:
        raise problems[0] if len(problems) == 1 else ProblemList(problems)


def _load_weights(model: SpecModule, path: Path) -> None:
    if not path.is_file():
        raise WeightError(f"the weights file {path} is missing", hint="load with weights=False, or put it there")
    from nnbuild import files

    files.load_weights(model, path)  # type: ignore[attr-defined]
