"""The layer types: all of them by family, and what there is to know of one."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc
from typing import Any

from nnbuild import nn
from nnbuild.errors import InputError, suggestion
from nnbuild.nn.layer import Layer
from nnbuild.nn.options import REQUIRED, Option
from nnbuild.report.table import Column, Line, Report, Table

_LIST = (Column("name", "Layer"), Column("family", "Family"), Column("about", "What it does", wide=True))
_OPTIONS = (Column("option", "Option"), Column("type", "Type", wide=True), Column("default", "Default"))


def all_layers() -> Report:
    """The report on all layer types."""
    lines, data, family = [], [], ""
    for name, home in nn.LAYERS.items():
        shown = home.replace("_", " ")
        about = _first_sentence(_doc(getattr(nn, name)))
        lines.append(Line((name, shown if shown != family else "", about)))
        data.append({"name": name, "family": shown, "about": about})
        family = shown
    rows = Table(_LIST, [Line((row["name"], row["family"], row["about"])) for row in data])
    return Report(data, [Table(_LIST, lines, notes=["One layer in full: nnbuild layers Conv2d"])], rows)


def one_layer(name: str) -> Report:
    """The report on the layer type of this name. Raises InputError for an unknown one."""
    if name not in nn.LAYERS:
        hint = suggestion(name, nn.LAYERS) or "`nnbuild layers` lists them"
        raise InputError(f"there is no layer type {name!r}", hint=hint)
    kind = getattr(nn, name)
    options = list(kind.options()) if issubclass(kind, Layer) else []
    doc, example = _full_doc(kind), _example(name, options)
    signature = kind.signature() if issubclass(kind, Layer) else f"{name}(...)"
    lines = [Line((option.name, _type(option), _default(option))) for option in options]
    rows = [{"option": option.name, "type": _type(option), "default": _default(option)} for option in options]
    data = {"name": name, "signature": signature, "doc": doc, "options": rows, "example": example}
    tables = [Table((), (), title=signature, notes=[doc])]
    if lines:
        tables.append(Table(_OPTIONS, lines))
    tables.append(Table((), (), notes=[f"In a spec:\n\n{_indented(example)}"]))
    return Report(data, tables, Table(_OPTIONS, lines))


def _doc(kind: type) -> str:
    return cleandoc(kind.__doc__ or "")


def _first_sentence(doc: str) -> str:
    return " ".join(doc.split("\n\n")[0].split())


def _full_doc(kind: type) -> str:
    """The class's own words, then the paragraphs (Shape, Params, Source) of the class that it specialises."""
    docs = list(_docs(kind))
    own = docs[0] if docs else ""
    if "Shape:" in own:
        return own
    inherited = next((doc for doc in docs[1:] if "Shape:" in doc), "")
    return f"{own}\n\n{inherited}".strip()


def _docs(kind: type) -> Iterator[str]:
    for base in kind.__mro__:
        if base is Layer or not issubclass(base, nn.Module):
            return
        if base.__dict__.get("__doc__"):
            yield _doc(base)


def _type(option: Option) -> str:
    return " or ".join(alternative.say for alternative in option.alternatives)


def _default(option: Option) -> str:
    return "required" if option.default is REQUIRED else repr(option.default)


#: Values that stand in examples for options without a default.
_SAMPLES: dict[str, Any] = {
    "in_channels": 16, "out_channels": 32, "kernel_size": 3, "in_features": 400, "out_features": 120,
    "num_features": 32, "num_channels": 32, "num_groups": 4, "normalized_shape": 64, "num_parameters": 1,
    "output_size": 7, "padding": 1, "value": 0.0, "threshold": 0.1, "size": 5, "groups": 4, "num_embeddings": 1000,
    "embedding_dim": 64, "input_size": 64, "hidden_size": 128, "embed_dim": 64, "num_heads": 4, "d_model": 64,
    "nhead": 4, "num_layers": 2, "in1_features": 20, "in2_features": 30, "norm_type": 2, "upscale_factor": 2,
    "downscale_factor": 2, "dim": 1, "unflattened_size": (16, 5, 5), "num_classes": 10,
}  # fmt: skip

_EXAMPLES = {
    "Sequential": "features:\n  Sequential:\n    conv: Conv2d(3, 6, 5)\n    relu: ReLU",
    "ModuleList": "linears: ModuleList([Linear(10, 10) for i in range(20)])",
    "ModuleDict": "activations:\n  ModuleDict:\n    relu: ReLU\n    prelu: PReLU",
    "ParameterList": "parameters:\n  scales: ParameterList([ones(8) for i in range(3)])",
    "ParameterDict": "parameters:\n  scales: \"ParameterDict({'left': ones(8), 'right': ones(8)})\"",
    "TransformerEncoder": "encoder: TransformerEncoder(TransformerEncoderLayer(64, 4), num_layers=2)",
    "TransformerDecoder": "decoder: TransformerDecoder(TransformerDecoderLayer(64, 4), num_layers=2)",
    "FractionalMaxPool2d": "fractionalmaxpool: FractionalMaxPool2d(3, output_size=(13, 12))",
    "FractionalMaxPool3d": "fractionalmaxpool: FractionalMaxPool3d(3, output_size=(13, 12, 5))",
    "Rearrange": "patches: Rearrange('b (h w) c -> b c h w', h=7)",
    "Reduce": "pool: Reduce('b c h w -> b c', 'mean')",
    "Upsample": "upsample: Upsample(scale_factor=2)",
}


def _example(name: str, options: list[Option]) -> str:
    """A line of a spec with this layer."""
    if name in _EXAMPLES:
        return _EXAMPLES[name]
    required = [repr(_SAMPLES.get(option.name, 2)) for option in options if option.default is REQUIRED]
    label = name.rstrip("123d").lower() or name.lower()
    return f"{label}: {name}({', '.join(required)})" if required else f"{label}: {name}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.split("\n"))
