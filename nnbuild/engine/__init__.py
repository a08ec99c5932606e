"""The engine: a traced graph planned once and then run fast on NumPy. `compile` is all that others need."""

from nnbuild.engine.compile import Compiled, compile
from nnbuild.engine.plan import Plan

__all__ = ["Compiled", "Plan", "compile"]
