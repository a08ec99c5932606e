"""What a module's forward takes: a call is held to it before the forward runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from nnbuild.errors import OptionError
from nnbuild.ops.nests import is_tensor
from nnbuild.ops.signature import Signature, described

#: What a forward's argument is annotated with where nothing but a tensor will do. To a type checker it is anything.
Tensor = Any


@cache
def _signature(forward: Callable[..., Any]) -> Signature:
    return Signature(forward)


def check(kind: str, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Refuse a call that misses arguments, or that gives something else where a tensor is wanted.

    Params: kind, the module's type; forward, that of its class. Raises OptionError.
    """
    signature = _signature(forward)
    names = signature.positional[1:]
    given = dict(zip(names, args, strict=False)) | kwargs
    wanted = [name for name in names if name in signature.required]
    if any(name not in given for name in wanted):
        count = len(args) + len(kwargs)
        error = OptionError(
            f"takes {' and '.join(wanted)} and gets {count or 'no'} input{'s' if count != 1 else ''}",
            hint=f"write a forward that gives {'them' if len(wanted) > 1 else 'it'}, as in"
            f" y = {kind.lower()}({', '.join(wanted)})",
        )
        error.subject = kind
        raise error
    for name in signature.tensors:
        if name in given:
            want_tensor(kind, name, given[name])


def want_tensor(kind: str, name: str, given: Any) -> None:
    """Refuse what is no tensor, for the argument of this name."""
    if not is_tensor(given):
        error = OptionError(f"wants a tensor for {name} and gets {described(given)}")
        error.subject, error.given = kind, given
        raise error


def binds(forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether the arguments are as many, and called so, as the forward takes."""
    from inspect import signature

    try:
        signature(forward).bind(*args, **kwargs)
    except TypeError:
        return False
    return True
