"""What stands in a network for a layer that could not be made, so that the rest of the network can be looked at."""

from __future__ import annotations

from nnbuild.nn.module import Module


class Unbuilt(Module):
    """The place of a layer whose mistake is told; what it would give is not known."""

    is_unbuilt = True
