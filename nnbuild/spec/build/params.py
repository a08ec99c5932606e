"""Params of a spec: defaults, variants, and values from outside, typed by the default."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import NnbuildError, SpecError, suggestion
from nnbuild.spec.build.signature import Signature, node_default
from nnbuild.spec.build.stated import BATCH
from nnbuild.spec.build.values import located, mapping_of, value_of
from nnbuild.spec.language.calls import Caller
from nnbuild.spec.language.describe import describe
from nnbuild.spec.language.partials import is_layer_type
from nnbuild.spec.language.scope import Scope
from nnbuild.spec.text.nodes import Document, Mapping, Node, Scalar
from nnbuild.words import listed


class Params(Signature):
    """The `params:` of a spec as a signature. Each has a default; a variant replaces some, a caller others."""

    def __init__(self, name: str, node: Node | None, variants: Node | None) -> None:
        entries = mapping_of(node, "params").entries if node is not None else ()
        for key, _ in entries:
            if key.text == BATCH:
                raise SpecError("N is the batch, not a param", mark=key.mark, hint="give the param another name")
            if not key.text.isidentifier():
                raise SpecError(f"{key.text!r} is not a name that an expression can use", mark=key.mark)
        self.nodes = {key.text: value for key, value in entries}
        super().__init__(name, tuple(self.nodes), {key: node_default(value) for key, value in self.nodes.items()})
        self.variants = self._read_variants(variants)
        self.variant: str | None = None

    def _read_variants(self, node: Node | None) -> dict[str, Mapping]:
        variants = {}
        for key, value in mapping_of(node, "variants").entries if node is not None else ():
            if isinstance(value, Scalar) and not value.text.strip():
                value = Mapping(value.document, value.start, value.end, [], False)
            for name, _ in mapping_of(value, f"the variant {key.text}").entries:
                if name.text not in self.nodes:
                    known = f"the params are {listed(self.nodes)}" if self.nodes else "declare it under `params:`"
                    hint = suggestion(name.text, self.nodes) or known
                    raise SpecError(f"{name.text} is not one of the params", mark=name.mark, hint=hint)
            variants[key.text] = mapping_of(value, key.text)
        return variants

    def choose_variant(self, name: str | None) -> None:
        """Take this variant's values from now on."""
        if name is not None and name not in self.variants:
            known = f"there are {listed(self.variants)}" if self.variants else "it declares none"
            hint = suggestion(name, self.variants) or known
            raise SpecError(f"{self.name} has no variant {name}", hint=hint)
        self.variant = name

    def fill(self, scope: Scope, given: dict[str, Any], evaluation: Scope, caller: Caller) -> None:
        """Each param: the given value, or the variant's, or the default."""
        variant = self.variants[self.variant] if self.variant else None
        for name, node in self.nodes.items():
            try:
                value = self.defaults[name](evaluation, caller)
                special = variant.get(name) if variant else None
                if special is not None:
                    node, value = special, value_of(special, evaluation, caller)
                if name in given:
                    value = typed(f"the param {name}", given[name], value, evaluation, caller)
            except NnbuildError as error:
                raise located(node, error) from None
            scope.values[name] = value


_KINDS = (
    (bool, (bool,), "true or false"),
    (int, (int,), "a whole number"),
    (float, (int, float), "a number"),
    (str, (str,), "text"),
    (list, (list, tuple), "a list"),
    (tuple, (list, tuple), "a list"),
    (dict, (dict,), "a mapping"),
)


def typed(what: str, given: Any, default: Any, scope: Scope, caller: Caller) -> Any:
    """A value from outside. Text stands for what the default's type makes of it; any other type is refused."""
    value = given
    if isinstance(given, str) and not isinstance(default, str):
        value = _read(what, given, default, scope, caller)
    if default is None:
        return value
    if is_layer_type(default):
        if not (value is None or is_layer_type(value)):
            raise SpecError(f"{what} is a layer type such as {default.__name__} and gets {describe(value)}")
        return value
    for kind, accepted, words in _KINDS:
        if isinstance(default, kind):
            if value is None or not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
                raise SpecError(f"{what} is {words}, like {_short(default)}, and gets {describe(value)}")
            return float(value) if kind is float and isinstance(value, int) else value
    return value


def _read(what: str, text: str, default: Any, scope: Scope, caller: Caller) -> Any:
    document = Document(text, f"<{what}>")
    try:
        return value_of(Scalar(document, 0, len(text), text, "", False), scope, caller)
    except NnbuildError as error:
        if default is None:
            return text
        message = f"{what}, like {_short(default)}, cannot be {text!r}: {error.message}"
        raise SpecError(message, hint=error.hint) from None


def _short(value: Any) -> str:
    return repr(value) if isinstance(value, (bool, int, float, str)) else describe(value)
