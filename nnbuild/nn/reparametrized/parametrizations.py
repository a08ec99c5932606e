"""Weight and spectral norm as parametrisations, with torch's keys `parametrizations.weight.original`, ...

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrizations.weight_norm.html
"""

from __future__ import annotations

from functools import partial
from typing import Any, TypeVar

from nnbuild import ops
from nnbuild.errors import OptionError
from nnbuild.nn.module import Module
from nnbuild.nn.parameter import Parameter
from nnbuild.nn.reparametrized import norms
from nnbuild.nn.reparametrized.parametrize import (
    ParametrizationList,
    attach,
    given_tensor,
    is_parametrized,
    register_parametrization,
)
from nnbuild.ops.nests import array_of
from nnbuild.ops.op import recorder

M = TypeVar("M", bound=Module)


class _WeightNorm(Module):
    """A size for each slice along `dim`, and a direction."""

    def __init__(self, dim: int | None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, weight_g: Any, weight_v: Any) -> Any:
        return norms.scaled(weight_g, weight_v, self.dim)

    def right_inverse(self, weight: Any) -> tuple[Any, Any]:
        """Sizes and direction of a weight."""
        if isinstance(weight, Parameter):
            return norms.sizes_parameter(weight, self.dim), weight
        return norms.sizes(weight, self.dim), weight


class _SpectralNorm(Module):
    """A weight over its largest singular value, which u and v find; in training they come nearer at every use."""

    def __init__(self, weight: Any, n_power_iterations: int, dim: int, eps: float, steps: int) -> None:
        super().__init__()
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps
        if len(weight.shape) > 1:
            self._u, self._v = norms.Vectors(weight, dim, eps, steps).buffers()

    def forward(self, weight: Any) -> Any:
        if len(weight.shape) == 1:
            return ops.normalize(weight, dim=0, eps=self.eps)
        if self.training and recorder.get() is None:
            rows = norms.matrix(array_of(weight), self.dim)
            for _ in range(self.n_power_iterations):
                norms.approach(rows, (self._u, self._v), self.eps, v_first=False)
        return norms.over_singular_value(weight, self._u, self._v, self.dim)

    def right_inverse(self, value: Any) -> Any:
        """The weight itself."""
        return value


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Let the layer learn a size for each slice of its weight along `dim`, and a direction; None: one size for all.

    Params: parametrizations.weight.original0, the sizes; parametrizations.weight.original1, the direction. Weights
    saved under the names before, weight_g and weight_v, are taken too.
    """
    norms.check("weight_norm", name=name, dim=dim)
    if isinstance(module, Module) and is_parametrized(module, name):
        raise OptionError(f"weight_norm comes first, and this {module._get_name()} has a parametrized {name} already")
    weight = given_tensor("weight_norm", module, name)
    attach(module, name, ParametrizationList(_WeightNorm(dim).train(module.training), weight))
    module._register_load_state_dict_pre_hook(partial(_take_old_names, name))
    return module


def _take_old_names(name: str, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
    old = [f"{prefix}{name}_g", f"{prefix}{name}_v"]
    if all(key in state_dict for key in old):
        for index, key in enumerate(old):
            state_dict[f"{prefix}parametrizations.{name}.original{index}"] = state_dict.pop(key)


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    """Let the layer use its weight over its largest singular value, a row of the matrix for each place along `dim`.

    Params: parametrizations.weight.original. Buffers: parametrizations.weight.0._u and ._v, the singular vectors. `dim`
    is 1 for transposed convolutions unless said, else 0.
    """
    norms.check("spectral_norm", name=name, n_power_iterations=n_power_iterations, eps=eps, dim=dim)
    known = isinstance(module, Module) and is_parametrized(module, name)
    weight = getattr(module, name) if known else given_tensor("spectral_norm", module, name)
    axis = norms.checked_axis("spectral_norm", norms.axis_of_outputs(module, dim), weight)
    steps = norms.STARTING + (n_power_iterations if module.training else 0)  # torch looks at the weight once
    made = _SpectralNorm(weight, n_power_iterations, axis, eps, steps)
    return register_parametrization(module, name, made, unsafe=True)
