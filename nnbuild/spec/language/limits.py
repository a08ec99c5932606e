"""Every limit of the spec language, in one place: far above what a network needs, far below what hurts a machine."""

from __future__ import annotations

from nnbuild.errors import SpecError

MAX_BYTES = 10_000_000  # of one spec file
MAX_NODES = 100_000  # YAML nodes of one file, aliases counted as the copies that they are
MAX_NESTING = 100  # YAML collections inside each other
MAX_FILES = 100  # files brought in by `use`
MAX_FILE_DEPTH = 20  # files that use each other in a row
MAX_EXPRESSION = 20_000  # characters of one expression
MAX_PROGRAM = 200_000  # characters of one forward
MAX_SYNTAX_DEPTH = 60  # brackets, operators, statements inside each other
MAX_BITS = 256  # of a computed integer
MAX_ITEMS = 100_000  # of a computed list or range
MAX_TEXT = 10_000  # characters of a computed text
MAX_STEPS = 1_000_000  # evaluation steps of one build, or of one call of a forward
MAX_MODULES = 20_000  # layers of one network
MAX_BLOCK_DEPTH = 24  # blocks and containers inside each other
MAX_POWER_ITERATIONS = 1_000  # of a spectral norm at each use
MAX_PROBLEMS = 20  # reported at once
MAX_SHOWN = 300  # characters of a line that an error shows


class Budget:
    """The evaluation steps that are left; sizes of handled lists count as steps too."""

    __slots__ = ("left", "what")

    def __init__(self, what: str = "the spec") -> None:
        self.left = MAX_STEPS
        self.what = what

    def spend(self, steps: int = 1) -> None:
        self.left -= steps
        if self.left < 0:
            raise SpecError(
                f"{self.what} takes more than {MAX_STEPS:,} steps to evaluate", hint="loop over fewer items"
            )

    def spend_on(self, value: object) -> None:
        """Count what is inside a list, tuple or dict, so that structures shared many times cannot explode later."""
        pending = [value]
        while pending:  # a walk with a list of its own: such structures may be deep, too
            item = pending.pop()
            if isinstance(item, (list, tuple)):
                self.spend(len(item) + 1)
                pending += item
            elif isinstance(item, dict):
                self.spend(len(item) + 1)
                pending += item.values()
                pending += item
            elif isinstance(item, (range, str)):
                self.spend(len(item) // (100 if isinstance(item, str) else 1))
