"""`preprocess:` of the bundled networks: torchvision's evaluation transforms of the weights' recipes."""

from __future__ import annotations

import pytest

from nnbuild.spec.loading import stated

#: Size after resizing, after cropping, and interpolation: torchvision 0.28's `Weights.DEFAULT.transforms()`, or
#: those of the weights for images of the network's own size.
RECIPES = {
    "alexnet": (256, 224, "bilinear"),
    "convnext_base": (232, 224, "bilinear"),
    "convnext_large": (232, 224, "bilinear"),
    "convnext_small": (230, 224, "bilinear"),
    "convnext_tiny": (236, 224, "bilinear"),
    "densenet121": (256, 224, "bilinear"),
    "densenet161": (256, 224, "bilinear"),
    "densenet169": (256, 224, "bilinear"),
    "densenet201": (256, 224, "bilinear"),
    "efficientnet_b0": (256, 224, "bicubic"),
    "efficientnet_b1": (255, 240, "bilinear"),
    "efficientnet_b2": (288, 288, "bicubic"),
    "efficientnet_b3": (320, 300, "bicubic"),
    "efficientnet_b4": (384, 380, "bicubic"),
    "efficientnet_b5": (456, 456, "bicubic"),
    "efficientnet_b6": (528, 528, "bicubic"),
    "efficientnet_b7": (600, 600, "bicubic"),
    "efficientnet_v2_l": (480, 480, "bicubic"),
    "efficientnet_v2_m": (480, 480, "bilinear"),
    "efficientnet_v2_s": (384, 384, "bilinear"),
    "googlenet": (256, 224, "bilinear"),
    "inception_v3": (342, 299, "bilinear"),
    "maxvit_t": (224, 224, "bicubic"),
    "mnasnet0_5": (256, 224, "bilinear"),
    "mnasnet0_75": (232, 224, "bilinear"),
    "mnasnet1_0": (256, 224, "bilinear"),
    "mnasnet1_3": (232, 224, "bilinear"),
    "mobilenet_v2": (232, 224, "bilinear"),
    "mobilenet_v3_large": (232, 224, "bilinear"),
    "mobilenet_v3_small": (256, 224, "bilinear"),
    "regnet_x_16gf": (232, 224, "bilinear"),
    "regnet_x_1_6gf": (232, 224, "bilinear"),
    "regnet_x_32gf": (232, 224, "bilinear"),
    "regnet_x_3_2gf": (232, 224, "bilinear"),
    "regnet_x_400mf": (232, 224, "bilinear"),
    "regnet_x_800mf": (232, 224, "bilinear"),
    "regnet_x_8gf": (232, 224, "bilinear"),
    "regnet_y_128gf": (224, 224, "bicubic"),
    "regnet_y_16gf": (232, 224, "bilinear"),
    "regnet_y_1_6gf": (232, 224, "bilinear"),
    "regnet_y_32gf": (232, 224, "bilinear"),
    "regnet_y_3_2gf": (232, 224, "bilinear"),
    "regnet_y_400mf": (232, 224, "bilinear"),
    "regnet_y_800mf": (232, 224, "bilinear"),
    "regnet_y_8gf": (232, 224, "bilinear"),
    "resnet101": (232, 224, "bilinear"),
    "resnet152": (232, 224, "bilinear"),
    "resnet18": (256, 224, "bilinear"),
    "resnet34": (256, 224, "bilinear"),
    "resnet50": (232, 224, "bilinear"),
    "resnext101_32x8d": (232, 224, "bilinear"),
    "resnext101_64x4d": (232, 224, "bilinear"),
    "resnext50_32x4d": (232, 224, "bilinear"),
    "shufflenet_v2_x0_5": (256, 224, "bilinear"),
    "shufflenet_v2_x1_0": (256, 224, "bilinear"),
    "shufflenet_v2_x1_5": (232, 224, "bilinear"),
    "shufflenet_v2_x2_0": (232, 224, "bilinear"),
    "squeezenet1_0": (256, 224, "bilinear"),
    "squeezenet1_1": (256, 224, "bilinear"),
    "swin_b": (238, 224, "bicubic"),
    "swin_s": (246, 224, "bicubic"),
    "swin_t": (232, 224, "bicubic"),
    "swin_v2_b": (272, 256, "bicubic"),
    "swin_v2_s": (260, 256, "bicubic"),
    "swin_v2_t": (260, 256, "bicubic"),
    "vgg11": (256, 224, "bilinear"),
    "vgg11_bn": (256, 224, "bilinear"),
    "vgg13": (256, 224, "bilinear"),
    "vgg13_bn": (256, 224, "bilinear"),
    "vgg16": (256, 224, "bilinear"),
    "vgg16_bn": (256, 224, "bilinear"),
    "vgg19": (256, 224, "bilinear"),
    "vgg19_bn": (256, 224, "bilinear"),
    "vit_b_16": (256, 224, "bilinear"),
    "vit_b_32": (256, 224, "bilinear"),
    "vit_h_14": (224, 224, "bicubic"),
    "vit_l_16": (242, 224, "bilinear"),
    "vit_l_32": (256, 224, "bilinear"),
    "wide_resnet101_2": (232, 224, "bilinear"),
    "wide_resnet50_2": (232, 224, "bilinear"),
}  # fmt: skip


@pytest.mark.parametrize("name", RECIPES)
def test_recipe(name: str) -> None:
    steps = dict(stated(name, None).preprocess)
    resize, crop, interpolation = RECIPES[name]
    half = name == "efficientnet_v2_l"
    assert steps == {
        "resize": resize, "crop": crop, "scale": 1 / 255, "mean": [0.5] * 3 if half else [0.485, 0.456, 0.406],
        "std": [0.5] * 3 if half else [0.229, 0.224, 0.225],
        **({} if interpolation == "bilinear" and "interpolation" not in steps else {"interpolation": interpolation}),
    }  # fmt: skip


def test_interpolation_is_one_of_pillows(build) -> None:
    from nnbuild.errors import SpecError

    text = "input: [N, 3, 8, 8]\npreprocess: {resize: 8, interpolation: cubic}\nlayers: [ReLU]\n"
    with pytest.raises(SpecError, match="interpolation is one of nearest, lanczos, bilinear, bicubic, box, hamming"):
        build(text)
