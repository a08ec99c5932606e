"""What other libraries, papers and habit call a layer: the name here, or a sentence."""

from __future__ import annotations

from nnbuild.errors import suggestion

#: Names in small letters without underscores.
_LAYERS = {
    "swish": "SiLU",
    "dense": "Linear",
    "fullyconnected": "Linear",
    "fc": "Linear",
    "affine": "Linear",
    "deconv": "ConvTranspose2d",
    "deconv2d": "ConvTranspose2d",
    "conv2dtranspose": "ConvTranspose2d",
    "maxpooling2d": "MaxPool2d",
    "averagepooling2d": "AvgPool2d",
    "avgpooling2d": "AvgPool2d",
    "zeropadding2d": "ZeroPad2d",
    "upsampling2d": "Upsample",
    "timedistributed": "Linear",
    "reshape": "Unflatten",
    "lrn": "LocalResponseNorm",
    "multiheadedattention": "MultiheadAttention",
    "selfattention": "MultiheadAttention",
    "spatialdropout2d": "Dropout2d",
}

#: What takes more words than a name.
_SENTENCES = {
    "globalaveragepooling2d": "AdaptiveAvgPool2d(1), and Flatten behind it",
    "globalavgpool2d": "AdaptiveAvgPool2d(1), and Flatten behind it",
    "globalmaxpooling2d": "AdaptiveMaxPool2d(1), and Flatten behind it",
    "batchnormalization": "BatchNorm1d, BatchNorm2d or BatchNorm3d, by the axes of the input",
    "depthwiseconv2d": "Conv2d with groups=in_channels",
    "separableconv2d": "Conv2d with groups=in_channels, then Conv2d with kernel_size=1",
    "add": "write x + y in the `forward:`",
    "concatenate": "write cat([x, y], 1) in the `forward:`",
    "lambda": "write it in the `forward:`",
    "input": "the input is stated under `input:`",
    "inputlayer": "the input is stated under `input:`",
    "print": "`nnbuild summary` shows the shape of every layer, `nnbuild run` the numbers",
}


def layer_advice(name: str, known: list[str]) -> str | None:
    """What to write for a layer type that is not there."""
    folded = name.replace("_", "").lower()
    alike = next((layer for layer in known if layer.lower() == folded), None)
    if alike is None and folded in _SENTENCES:
        return _SENTENCES[folded]
    family = [layer for layer in known if layer.lower() in (f"{folded}1d", f"{folded}2d", f"{folded}3d")]
    if alike is None and len(family) > 1:
        return f"did you mean {', '.join(family[:-1])} or {family[-1]}, by the axes of the input?"
    close = alike or _LAYERS.get(folded)
    return f"did you mean {close}?" if close else suggestion(name, known)


def made_under_layers(name: str) -> str | None:
    """What to write for a layer that a forward makes."""
    from nnbuild import nn

    return "name it under `layers:` and call it by its name" if name in nn.LAYERS else None


def habit_advice(name: str) -> str | None:
    """What to write for a name of Python or of another library that a forward does not know."""
    return _SENTENCES["print"] if name == "print" else None
