"""Weight and spectral norm in torch's first form, with the keys weight_g, weight_v or weight_orig, weight_u, weight_v.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.weight_norm.html
"""

from __future__ import annotations

from typing import Any, TypeVar

from nnbuild.errors import OptionError
from nnbuild.nn.computed import Computed, compute, forget
from nnbuild.nn.module import Module
from nnbuild.nn.parameter import Parameter
from nnbuild.nn.reparametrized import norms
from nnbuild.nn.reparametrized.parametrize import given_tensor
from nnbuild.ops.nests import array_of
from nnbuild.ops.op import recorder

M = TypeVar("M", bound=Module)


class _WeightNorm(Computed):
    """The weight of its sizes `_g` and its direction `_v`."""

    suffixes = ("_g", "_v")

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = dim

    def value(self, module: Any) -> Any:
        size, direction = (getattr(module, self.name + suffix) for suffix in self.suffixes)
        return norms.scaled(size, direction, self.dim)

    def assign(self, module: Any, value: Any) -> None:
        for suffix, made in zip(self.suffixes, (norms.sizes(value, self.dim), value), strict=True):
            getattr(module, self.name + suffix).data = array_of(made)


class _SpectralNorm(Computed):
    """The weight `_orig` over its largest singular value, which `_u` and `_v` find."""

    suffixes = ("_orig", "_u", "_v")

    def __init__(self, name: str, dim: int, n_power_iterations: int, eps: float) -> None:
        self.name = name
        self.dim = dim
        self.n_power_iterations = n_power_iterations
        self.eps = eps

    def value(self, module: Any) -> Any:
        weight, u, v = (getattr(module, self.name + suffix) for suffix in self.suffixes)
        if module.training and recorder.get() is None:
            rows = norms.matrix(array_of(weight), self.dim)
            for _ in range(self.n_power_iterations):
                norms.approach(rows, (u, v), self.eps, v_first=True)
        return norms.over_singular_value(weight, u, v, self.dim)

    def assign(self, module: Any, value: Any) -> None:
        getattr(module, self.name + "_orig").data = array_of(value)


def _weight(what: str, module: Any, name: str) -> Parameter:
    """The parameter to norm. Raises OptionError for one that is computed already."""
    if isinstance(module, Module) and name in module._computed:
        raise OptionError(f"{what} comes once, and the {name} of this {module._get_name()} is computed already")
    weight = given_tensor(what, module, name)
    if not isinstance(weight, Parameter):
        raise OptionError(f"{what} wants a parameter, and {name} is a buffer", option="name")
    return weight


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Let the layer learn a size for each slice of its weight along `dim`, and a direction; None: one size for all.

    Params: weight_g, the sizes; weight_v, the direction.
    """
    norms.check("weight_norm", name=name, dim=dim)
    weight = _weight("weight_norm", module, name)
    sizes = norms.sizes_parameter(weight, dim)
    del module._parameters[name]
    for suffix, parameter in zip(_WeightNorm.suffixes, (sizes, weight), strict=True):
        module.register_parameter(name + suffix, parameter.requires_grad_())
    compute(module, name, _WeightNorm(name, dim))
    return module


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    """Let the layer use its weight over its largest singular value, a row of the matrix for each place along `dim`.

    Params: weight_orig. Buffers: weight_u, weight_v, the singular vectors. `dim` is 1 for transposed convolutions
    unless said, else 0.
    """
    norms.check("spectral_norm", name=name, n_power_iterations=n_power_iterations, eps=eps, dim=dim)
    weight = _weight("spectral_norm", module, name)
    axis = norms.checked_axis("spectral_norm", norms.axis_of_outputs(module, dim), weight)
    vectors = norms.Vectors(weight, axis, eps, steps=0).buffers()
    del module._parameters[name]
    module.register_parameter(f"{name}_orig", weight)
    for suffix, vector in zip(("_u", "_v"), vectors, strict=True):
        module.register_buffer(name + suffix, vector)
    compute(module, name, _SpectralNorm(name, axis, n_power_iterations, eps))
    return module


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Make the present weight the layer's parameter again."""
    return _removed("weight_norm", _WeightNorm, module, name)


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Make the present weight the layer's parameter again."""
    return _removed("spectral_norm", _SpectralNorm, module, name)


def _removed(what: str, kind: type[_WeightNorm] | type[_SpectralNorm], module: M, name: str) -> M:
    computed = module._computed.get(name)
    if not isinstance(computed, kind):
        raise OptionError(f"this {module._get_name()} has no {what} of {name}", option="name")
    training, module.training = module.training, False  # the vectors stay as they are
    weight = array_of(computed.value(module))
    module.training = training
    forget(module, name)
    for suffix in kind.suffixes:
        delattr(module, name + suffix)
    module.register_parameter(name, Parameter(weight))
    return module
