"""Ops written in other ops: a trace records those, and each of them says what is known of it."""

from __future__ import annotations

from typing import Any

from nnbuild.ops.nests import map_tensors, spec_of
from nnbuild.ops.op import Op, recorder


class Composed(Op):
    """An op whose kernel calls ops, on arrays and on TensorSpecs alike. It states no facets."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        bound = self.bind(args, options)
        if not self.family.takes_complex:
            self.refuse_complex(map_tensors(spec_of, bound))
        return self.signature.call(self.kernel, bound)

    def infer(self, *args: Any, **options: Any) -> Any:
        token = recorder.set(None)
        try:
            return self(*map_tensors(spec_of, args), **map_tensors(spec_of, options))
        finally:
            recorder.reset(token)


def composed(kernel: Any) -> Composed:
    """Decorator: make the function of ops an op itself."""
    return Composed(kernel)
