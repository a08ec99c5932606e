"""The `freeze:` section: parameters that are not trained.

freeze: ["backbone.*", BatchNorm2d.weight]        # patterns as those of `init:`
"""

from __future__ import annotations

from nnbuild.errors import SpecError
from nnbuild.spec.build.build import Build
from nnbuild.spec.build.module import SpecModule
from nnbuild.spec.build.patterns import owned, unmatched
from nnbuild.spec.build.values import refuse_cut
from nnbuild.spec.language.scope import Scope
from nnbuild.spec.text.nodes import Node, Scalar, Sequence


def freeze(builder: Build, module: SpecModule, node: Node, scope: Scope) -> None:
    """Freeze what the patterns match; one that matches nothing is a problem."""
    found = list(owned(module, each_name=True))
    for place in _places(node):
        if not isinstance(place, Scalar) or not place.text.strip():
            raise SpecError("a pattern is text", mark=place.mark, hint="as backbone.* or Linear.bias")
        pattern = place.text.strip()
        matching = [one.parameter for one in found if one.matches(pattern, scope)]
        if not matching:
            builder.note(builder.located(place, unmatched(pattern, found, place.mark)))
        for parameter in matching:
            parameter.requires_grad_(False)


def _places(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Scalar):
        return (node,)
    if not isinstance(node, Sequence):
        raise SpecError("freeze: is a list of patterns", mark=node.mark, hint='as ["backbone.*", Linear.bias]')
    refuse_cut(node)
    return tuple(node.items)
