"""load: a name or a file becomes a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nnbuild.budget import spending
from nnbuild.errors import NnbuildError, SpecError, WeightError, suggestion
from nnbuild.spec import library
from nnbuild.spec.build.builder import Builder
from nnbuild.spec.build.module import SpecModule
from nnbuild.spec.build.params import typed
from nnbuild.spec.build.sharing import repeated
from nnbuild.spec.build.stated import Input, Spec
from nnbuild.spec.build.values import located, text_of
from nnbuild.spec.document import Files, SpecDefinition
from nnbuild.spec.folder import Folder, is_there
from nnbuild.spec.language.names import BUILD_NAMES
from nnbuild.spec.language.scope import JoinedScope, Scope
from nnbuild.spec.sections import Sections
from nnbuild.spec.text.nodes import Node
from nnbuild.spec.text.source import shown_name


def load(
    path_or_name: str | Path,
    *,
    params: Mapping[str, Any] | None = None,
    variant: str | None = None,
    choose: Mapping[str, Any] | None = None,
    seed: int = 0,
    weights: bool | str | Path = True,
    weights_key: str | None = None,
    strict: bool = True,
    allow_outside: bool = False,
) -> SpecModule:
    """Build the network of a spec file, a bundled spec, or a variant by its own name.

    Params: params, values for the spec's `params:` (text is read as the default's type); variant, one of `variants:`;
    choose, run-time choices; seed, of the default weights; weights, a file of them, or whether to load the one that the
    spec names; weights_key, the part of the file to take; strict, refuse a file that lacks tensors or has others;
    allow_outside, let the spec name files outside its folder.
    Raises: SpecError, or a ProblemList of several; WeightError.
    """
    found = library.find(path_or_name)
    if variant and found.variant and variant != found.variant:
        raise SpecError(f"{path_or_name} is the variant {found.variant}, not {variant}", hint="leave one of them out")
    with spending(f"building {shown_name(found.path)}") as budget:
        budget.modules = 0
        definition = Files(Folder(found.path.parent, allow_outside)).definition(found.path)
        model = _build(
            definition, dict(params or {}), variant or found.variant, dict(choose or {}), seed, found.bundled
        )
    path = (model.spec and model.spec.weights) if isinstance(weights, bool) else Path(weights)
    if weights is not False and path:
        _load_weights(model, path, weights_key, strict)
    return model


def stated(path_or_name: str | Path, variant: str | None = None) -> Spec:
    """What a spec says beside its layers, for this variant; the layers are not built."""
    found = library.find(path_or_name)
    with spending(f"reading {shown_name(found.path)}"):
        definition, builder = Files(Folder(found.path.parent)).definition(found.path), Builder()
        definition.signature.choose_variant(variant or found.variant)
        spec = _spec(definition, JoinedScope(definition.scope_for(None, {}, builder), BUILD_NAMES), builder, False)
        builder.finish()
    return spec._replace(bundled=found.bundled)


def _build(
    definition: SpecDefinition,
    params: dict[str, Any],
    variant: str | None,
    choose: dict[str, Any],
    seed: int,
    bundled: bool,
) -> SpecModule:
    from nnbuild.nn.random import seeded

    with seeded(seed):
        return _built(definition, params, variant, choose, bundled)


def _built(
    definition: SpecDefinition, params: dict[str, Any], variant: str | None, choose: dict[str, Any], bundled: bool
) -> SpecModule:
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
    names = definition.scope_for(None, params, builder)
    scope = JoinedScope(names, BUILD_NAMES)
    spec = _spec(definition, scope, builder, bool(params))._replace(bundled=bundled)
    model = builder.fill(definition, names)
    model.spec = spec
    try:
        builder.finish()
    except NnbuildError as error:
        error.sketch = model
        raise
    problem = repeated(model, builder.named)
    if problem:
        raise problem
    defaults = model._choices
    for name in model._checked(choose):
        model.choose(**{name: typed(f"the choice {name}", choose[name], defaults[name], scope, builder)})
    return model


def _spec(definition: SpecDefinition, scope: Scope, builder: Builder, customised: bool) -> Spec:
    """The sections beside the layers; each one's problems go to the builder."""
    params = definition.signature
    read = _read_sections(definition, scope, builder)
    inputs = read.pop("input", None) or read.pop("inputs", None) or ()
    if len(inputs) > 1 and definition.program is None:
        mark = definition.sections["inputs"].mark
        builder.note(SpecError("several inputs need a forward", mark=mark, hint="write `forward:`"))
    if customised:
        read.pop("expect", None)
    return Spec(
        name=definition.name,
        file=definition.path,
        variant=params.variant,
        inputs=inputs,
        params={name: scope.lookup(name) for name in params.names},
        customised=customised,
        **read,
    )


def _read_sections(definition: SpecDefinition, scope: Scope, builder: Builder) -> dict[str, Any]:
    """The sections' values by name, those that are there and right."""
    nodes, sections = definition.sections, Sections(scope, builder, definition.folder)
    variants, variant = tuple(definition.signature.variants), definition.signature.variant
    inputs: tuple[Input, ...] = ()
    read: dict[str, Any] = {}
    readers: dict[str, Callable[[Node], Any]] = {
        "input": lambda node: sections.inputs(nodes.get("input"), nodes.get("inputs")),
        "inputs": lambda node: sections.inputs(None, node),
        "weights": lambda node: sections.file(node, "weights"),
        "example": lambda node: sections.example(node, inputs),
        "labels": sections.labels,
        "preprocess": lambda node: sections.preprocess(node, variants, variant),
        "expect": lambda node: sections.expect(node, variants, variant),
        "choose": lambda node: definition.choices(scope, builder),
        "paper": lambda node: text_of(node, "paper"),
        "description": lambda node: text_of(node, "description"),
    }
    for name, reader in readers.items():
        if name in nodes:
            try:
                read[name] = reader(nodes[name])
            except NnbuildError as error:
                builder.note(located(nodes[name], error))
        inputs = read.get("input") or read.get("inputs") or ()
    return read


def _load_weights(model: SpecModule, path: Path, key: str | None, strict: bool) -> None:
    if not is_there(path):
        raise WeightError(f"the weights file {path} is missing", hint="load with weights=False, or put it there")
    from nnbuild.spec.weights import load_weights

    load_weights(model, path, key, strict)
