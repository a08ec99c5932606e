"""A name of the spec's language -> the word of PyTorch or Python that means the same."""

from __future__ import annotations

import builtins
from typing import Any, NamedTuple

from nnbuild.exchange.pytorch import vocabulary
from nnbuild.spec.language import functions, libraries, namespaces, natives
from nnbuild.spec.language.names import INITIALISERS
from nnbuild.spec.language.scope import MISSING
from nnbuild.spec.language.torch_names import DTYPES
from nnbuild.spec.language.weight_norms import NORMS


class Word(NamedTuple):
    """A word of torch or Python.

    Params: name, the spec's; spelling, with its dots; needs, what has to be imported: a module, or `module.name`.
    """

    name: str
    spelling: str
    needs: str = ""
    is_op: bool = False
    is_method: bool = False
    is_constant: bool = False
    value: Any = None


def word(name: str) -> Word | None:
    """What a bare name means."""
    from nnbuild.nn import LAYERS
    from nnbuild.ops import OPS

    if name in vocabulary.CONSTANTS:
        return Word(name, name, is_constant=True, value=vocabulary.CONSTANTS[name])
    if name in vocabulary.LAYERS_ELSEWHERE:
        return Word(name, name, f"{vocabulary.LAYERS_ELSEWHERE[name]}.{name}")
    if name in LAYERS or name == "Parameter":
        return Word(name, f"nn.{name}", "torch.nn")
    if name in INITIALISERS:
        return Word(name, f"nn.init.{name}", "torch.nn")
    if name in NORMS:
        return Word(name, f"nn.utils.parametrizations.{name}", "torch.nn")
    if name in vocabulary.IMPORTED:
        return Word(name, name, f"{vocabulary.IMPORTED[name]}.{name}")
    if name in vocabulary.MATH:
        return Word(name, f"math.{name}", "math")
    if name == "Tensor":
        return Word(name, "torch.Tensor", "torch")
    if name in functions.NAMES or (name in natives.NAMES and hasattr(builtins, name)):
        return Word(name, name)
    if name in namespaces.BARE and name not in OPS:
        return _of_namespace(namespaces.BARE[name], name)
    return _op(name) if name in OPS else None


def word_with_pattern(name: str) -> Word | None:
    """What a bare name means that is given a pattern of einops, where without one it is an op."""
    from nnbuild.ops import OPS

    return _of_namespace(namespaces.BARE[name], name) if name in namespaces.BARE and name in OPS else None


def _of_namespace(prefix: str, name: str) -> Word:
    before = vocabulary.NAMESPACES[prefix]
    return Word(name, f"{before}{name}", "torch.nn" if before else f"{prefix}.{name}", is_op=True)


def _op(name: str) -> Word | None:
    if name in vocabulary.UNKNOWN:
        return None
    if name in vocabulary.METHODS:
        return Word(name, vocabulary.RENAMED.get(name, name), is_op=True, is_method=True)
    space, _, rest = name.partition("_")
    if space in vocabulary.SPACES and rest:
        return Word(name, f"torch.{space}.{rest}", "torch", is_op=True)
    if name in vocabulary.FUNCTIONAL:
        return Word(name, f"F.{name}", "torch.nn.functional", is_op=True)
    return Word(name, f"torch.{name}", "torch", is_op=True)


def prefixed_word(prefix: str, name: str) -> Word | None:
    """What `prefix.name` means."""
    from nnbuild.ops import OPS

    if (prefix, name) == ("np", "newaxis"):
        return Word(name, "None", is_constant=True)
    if prefix in ("math", "np"):
        return Word(name, f"math.{name}", "math") if name in functions.MATH else None
    if prefix in ("utils", "parametrizations") and name in NORMS:
        inner = "parametrizations." if prefix == "parametrizations" else ""
        return Word(name, f"nn.utils.{inner}{name}", "torch.nn")
    if prefix in vocabulary.NAMESPACES:
        return _of_namespace(prefix, name) if namespaces.knows(prefix, name) else None
    if prefix in vocabulary.SPACES:
        return _op(f"{prefix}_{name}") if f"{prefix}_{name}" in OPS else None
    if prefix == "init" and name in INITIALISERS:
        return word(name)
    if prefix == "torch" and name in DTYPES:
        return Word(name, f"torch.{name}", "torch")
    if prefix in ("torch", "F", "nn") and name in OPS and prefix != "nn":
        return _op(name)
    if prefix == "torch" and name in ("pi", "e", "inf", "nan", "finfo", "iinfo", "Size", "Tensor"):
        return Word(name, f"torch.{name}", "torch")
    if prefix == "torch" and name in ("is_scripting", "is_tracing"):
        return Word(name, f"torch.jit.{name}", "torch")
    if prefix == "torch" and name in functions.MATH:
        return Word(name, f"math.{name}", "math")
    if prefix == "torch" and libraries.library("torch").member(name) is not MISSING:
        return Word(name, f"torch.{name}", "torch")
    return word(name) if prefix == "nn" else None
