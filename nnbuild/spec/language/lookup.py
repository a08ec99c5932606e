"""What a name that the program does not define stands for, and what is said where it stands for nothing."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import SpecError, suggestion
from nnbuild.spec.language import functions, namespaces
from nnbuild.spec.language.advice import advice
from nnbuild.spec.language.other_names import made_under_layers
from nnbuild.spec.language.scope import MISSING, Scope

#: The namespaces that prefixes stand for.
_NAMESPACES = {
    "torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional", "init": "torch.nn.init",
    "utils": "torch.nn.utils", "np": "numpy", "math": "math",
}  # fmt: skip


def prefixed(known: tuple[str, str], scope: Scope) -> Any:
    """What `F.relu`, `math.sqrt`, `self.conv1`, ... stand for."""
    prefix, name = known
    value = scope.prefixed(prefix, name)
    if value is not MISSING:
        return value
    if prefix in _NAMESPACES:
        from nnbuild.spec.language.libraries import library

        value = library(_NAMESPACES[prefix]).member(name)
        if value is not MISSING:
            return value
    own = namespaces.names(prefix) if prefix in namespaces.NAMESPACES else None
    names = own or (functions.MATH if prefix in ("math", "np") else scope.names())
    hint = made_under_layers(name) if prefix == "nn" else None
    raise SpecError(f"{prefix}.{name} is not known here", hint=hint or suggestion(name, names, cutoff=0.7))


def unknown(name: str, scope: Scope) -> SpecError:
    """The error for a name that nothing goes by."""
    names = scope.names()
    hint = advice(name) or suggestion(name, names, cutoff=0.75)
    if hint is None:
        known = f"values are named under `params:` or `let:`, text is quoted: '{name}'"
        hint = " ".join(filter(None, (suggestion(name, names, cutoff=0.65), known)))
    return SpecError(f"the name {name} is not known here", hint=hint)
