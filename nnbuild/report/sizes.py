"""The size formulas of windowed layers: those of a network with its numbers, of one layer, and in general."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnbuild import nn
from nnbuild.errors import InputError
from nnbuild.graph.graph import Graph, Node
from nnbuild.graph.trace import trace
from nnbuild.nn.layer import Layer
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.window import FORMULAS, Slide, Spread
from nnbuild.report.table import Column, Line, Lines, Report, Shapes, Table, plain_value

_CHAIN = (
    Column("path", "Layer", wide=True),
    Column("type", "Type", joins=True),
    Column("input_shape", "Input shape"),
    Column("output_shape", "Output shape"),
    Column("formula", "Size", wide=True),
)


def chain(graph: Graph, name: str) -> Report:
    """Every op of a forward pass: shape in, shape out, and the formula of the sizes that it changes."""
    lines, data = [], []
    for node in graph.nodes:
        formula = _formula(node)
        module = node.call.module
        own = len(list(node.call.all_nodes())) == 1 and node.path
        kind = module._get_name() if own else f"{node.op.name}()"
        shapes_in, shapes_out = Shapes(node.inputs), Shapes(node.outputs)
        label = node.path if own else f"{node.path}.{node.op.name}()".lstrip(".")
        lines.append(Line((label, kind, shapes_in, shapes_out, Lines(formula)), faint=not formula))
        data.append(
            {
                "path": node.path,
                "type": kind,
                "op": node.op.name,
                "input_shape": plain_value(shapes_in),
                "output_shape": plain_value(shapes_out),
                "formula": formula,
            }
        )
    facts = [
        ("Input", ", ".join(str(value.shape) for value in graph.inputs)),
        ("Output", ", ".join(str(value.shape) for value in graph.outputs) or "-"),
    ]
    return Report({"name": name, "layers": data}, [Table(_CHAIN, lines, title=name, facts=facts)])


def _formula(node: Node) -> list[str]:
    """The op's own explanation, or how a reshaping merges axes: '16*5*5 = 400'."""
    stated = node.ask("formula")
    if stated:
        return list(stated)
    inputs = node.inputs
    if len(inputs) != 1 or inputs[0].numel() != node.output.numel():
        return []
    before, after = inputs[0].shape, node.output.shape
    kept = 0
    while kept < min(len(before), len(after)) and before[kept] == after[kept]:
        kept += 1
    if len(after) == kept + 1 and len(before) > len(after):
        return [f"{'*'.join(map(str, before[kept:]))} = {after[kept]}"]
    return []


# One layer

_ONE = (
    Column("layer", "Layer", wide=True),
    Column("input", "Input size"),
    Column("output", "Output size"),
    Column("formula", "Size", wide=True),
)


def one_layer(name: str, sizes: Sequence[int], options: dict[str, Any]) -> Report:
    """The size that the layer of this name gives for an input of these sizes, one or one an axis."""
    kind = getattr(nn, name)
    axes = int(name[-2]) if name[-1] == "d" and name[-2].isdigit() else 0
    known = {option.name for option in kind.options()} if issubclass(kind, Layer) else set()
    if not axes or "kernel_size" not in known:
        raise InputError(
            f"{name} is not among the layers whose sizes follow a formula", hint="`nnbuild shapes` lists them"
        )
    if len(sizes) not in (1, axes):
        raise InputError(f"{name} works on {axes} axes and gets {len(sizes)} sizes", hint=f"give one size or {axes}")
    channels = {option: 1 for option in ("in_channels", "out_channels") if option in known}
    norm = {"norm_type": 2} if "norm_type" in known else {}
    layer = kind(**channels, **norm, **options)
    input = TensorSpec((1, 1, *(sizes if len(sizes) == axes else tuple(sizes) * axes)))
    indices = [input.with_dtype("int64")] if name.startswith("MaxUnpool") else []
    graph = trace(layer, input, *indices)
    node = next(node for node in graph.nodes if node.ask("window"))
    formula, output = list(node.ask("formula")), node.output.shape[2:]
    written = f"{name}({layer.extra_repr().removeprefix('1, 1, ')})"
    values = (written, "x".join(map(str, input.shape[2:])), "x".join(map(str, output)), Lines(formula))
    data = {"layer": written, "input": list(input.shape[2:]), "output": list(output), "formula": formula}
    return Report(data, [Table(_ONE, [Line(values)])])


def windowed() -> list[str]:
    """The layers that slide a window, one for each family: Conv, ConvTranspose, MaxPool ..."""
    return [f"{family}{axes}d" for family, *_ in _FAMILIES for axes in (1, 2, 3) if f"{family}{axes}d" in nn.LAYERS]


# In general

_SLIDE, _SPREAD = FORMULAS[Slide], FORMULAS[Spread]

#: Families of layers: the formula without dilation and output_padding, and with them if the layers have those.
_FAMILIES: tuple[tuple[str, str, str | None], ...] = (
    ("Conv", *_SLIDE),
    ("ConvTranspose", *_SPREAD),
    ("MaxPool", *_SLIDE),
    ("AvgPool", _SLIDE[0], None),
    ("LPPool", _SLIDE[0].replace(" + 2*padding", ""), None),
    ("MaxUnpool", _SPREAD[0], None),
)

_LETTERS = (
    ("H", "size of the input along an axis; D, W and L follow the same formula, with their own numbers"),
    ("kernel", "size of the window (kernel_size), in elements"),
    ("stride", "step from one window to the next; pooling takes kernel_size unless told"),
    ("padding", "elements added at either end; 'same' keeps the size, 'valid' adds none"),
    ("dilation", "distance between neighbouring elements of the window, 1 for a dense one"),
    ("output_padding", "elements added at one end of a transposed convolution's output"),
    ("floor, ceil", "rounding down, up; with ceil, a last window that would start in the padding is left out"),
)

_GENERAL = (
    Column("layer", "Layer"),
    Column("form", "Form"),
    Column("formula", "Size that comes out (elements)", wide=True),
)

_FORMS = (
    "simplified: for dilation = 1 and output_padding = 0; complete: in general.",
    "Each layer stands for its 1d, 2d and 3d forms. Pooling with ceil_mode has ceil for floor.",
    "One layer with numbers: nnbuild shapes Conv2d --input 224 --kernel 11 --stride 4 --padding 2",
)


def general() -> Report:
    """The size formulas of all windowed layers."""
    lines: list[Line] = []
    data = []
    for family, simplified, complete in _FAMILIES:
        forms = [("simplified", simplified), ("complete", complete)] if complete else [("complete", simplified)]
        for place, (form, formula) in enumerate(forms):
            lines.append(Line((family, form, formula), label="" if place else None))
        names = [name for name in windowed() if name[:-2] == family]
        data.append({"layers": names, **dict(forms)})
    return Report(
        {"formulas": data, "letters": dict(_LETTERS)},
        [Table(_GENERAL, lines), Table((), (), facts=_LETTERS, notes=_FORMS)],
    )


__all__ = ["chain", "general", "one_layer", "windowed"]
