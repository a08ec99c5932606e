"""The networks of the benchmark, defined once for torch.nn and nnbuild.nn: `networks(nn, functions)`.

Channel counts and layouts are torchvision's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def networks(nn: Any, functions: Any, width: float = 1) -> dict[str, Callable[[], Any]]:
    """Makers of the networks by name.

    Params: nn, the namespace of layers; functions, of `cat` and `flatten`; width, a factor for the channels.
    """
    cat = functions.cat

    def wide(channels: int) -> int:
        return max(4, int(channels * width) // 4 * 4)

    class Flatten(nn.Module):
        def forward(self, x: Any) -> Any:
            return functions.flatten(x, 1)

    class Residual(nn.Module):
        """x -> relu(body(x) + shortcut(x)), or body(x) + x without the relu."""

        def __init__(self, body: Any, shortcut: Any = None, relu: bool = True) -> None:
            super().__init__()
            self.body = body
            self.downsample = shortcut
            self.relu = nn.ReLU(inplace=True) if relu else None

        def forward(self, x: Any) -> Any:
            y = self.body(x)
            y = y + (x if self.downsample is None else self.downsample(x))
            return y if self.relu is None else self.relu(y)

    class Fire(nn.Module):
        def __init__(self, before: int, squeeze: int, expand: int) -> None:
            super().__init__()
            self.squeeze = nn.Conv2d(before, squeeze, 1)
            self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
            self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)
            self.relu = nn.ReLU(inplace=True)

        def forward(self, x: Any) -> Any:
            x = self.relu(self.squeeze(x))
            return cat([self.relu(self.expand1x1(x)), self.relu(self.expand3x3(x))], 1)

    class DenseBlock(nn.Module):
        def __init__(self, layers: int, channels: int, growth: int) -> None:
            super().__init__()
            self.layers = nn.ModuleList(
                [
                    nn.Sequential(
                        *norm_relu(channels + index * growth),
                        *conv_norm(channels + index * growth, 4 * growth, 1),
                        nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False),
                    )
                    for index in range(layers)
                ]
            )

        def forward(self, x: Any) -> Any:
            features = [x]
            for layer in self.layers:
                features.append(layer(cat(features, 1)))
            return cat(features, 1)

    def norm_relu(channels: int) -> list[Any]:
        return [nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]

    def conv_norm(
        before: int, after: int, kernel: int, stride: int = 1, groups: int = 1, act: Any = nn.ReLU
    ) -> list[Any]:
        conv = nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False)
        return [conv, nn.BatchNorm2d(after), *([act(inplace=True)] if act else [])]

    def lenet() -> Any:
        return nn.Sequential(
            *(nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2, 2)),
            *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2, 2), Flatten()),
            *(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
        )

    def classifier(features: int, hidden: int, classes: int) -> list[Any]:
        return [
            *(nn.Dropout(), nn.Linear(features, hidden), nn.ReLU(inplace=True)),
            *(nn.Dropout(), nn.Linear(hidden, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, classes)),
        ]

    def alexnet() -> Any:
        sizes = [(3, 64, 11, 4, 2), (64, 192, 5, 1, 2), (192, 384, 3, 1, 1), (384, 256, 3, 1, 1), (256, 256, 3, 1, 1)]
        layers: list[Any] = []
        for index, (before, after, kernel, stride, padding) in enumerate(sizes):
            before = before if before == 3 else wide(before)
            layers += [nn.Conv2d(before, wide(after), kernel, stride, padding), nn.ReLU(inplace=True)]
            if index in (0, 1, 4):
                layers.append(nn.MaxPool2d(3, 2))
        head = classifier(wide(256) * 36, wide(4096), 1000)
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d((6, 6)), Flatten(), *head)

    def vgg16() -> Any:
        layers, before = [], 3
        for count, after in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)):
            for _ in range(count):
                layers += [nn.Conv2d(before, wide(after), 3, padding=1), nn.ReLU(inplace=True)]
                before = wide(after)
            layers.append(nn.MaxPool2d(2, 2))
        head = classifier(before * 49, wide(4096), 1000)
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d((7, 7)), Flatten(), *head)

    def basic(before: int, planes: int, stride: int) -> tuple[list[Any], int]:
        return [*conv_norm(before, planes, 3, stride), *conv_norm(planes, planes, 3, act=None)], planes

    def bottleneck(before: int, planes: int, stride: int) -> tuple[list[Any], int]:
        after = planes * 4
        middle = [*conv_norm(before, planes, 1), *conv_norm(planes, planes, 3, stride)]
        return [*middle, *conv_norm(planes, after, 1, act=None)], after

    def resnet(block: Callable[..., Any], *depths: int) -> Any:
        layers = [*conv_norm(3, wide(64), 7, 2), nn.MaxPool2d(3, 2, 1)]
        before = wide(64)
        for stage, depth in enumerate(depths):
            for index in range(depth):
                stride = 2 if stage and not index else 1
                body, after = block(before, wide(64 << stage), stride)
                shortcut = None
                if stride != 1 or before != after:
                    shortcut = nn.Sequential(*conv_norm(before, after, 1, stride, act=None))
                layers.append(Residual(nn.Sequential(*body), shortcut))
                before = after
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), Flatten(), nn.Linear(before, 1000))

    def mobilenet_v2() -> Any:
        layers, before = conv_norm(3, wide(32), 3, 2, act=nn.ReLU6), wide(32)
        for expand, channels, count, stride in (
            *((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)),
            *((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)),
        ):
            after = wide(channels)
            for index in range(count):
                inside, step = before * expand, 1 if index else stride
                body = conv_norm(before, inside, 1, act=nn.ReLU6) if expand > 1 else []
                body += conv_norm(inside, inside, 3, step, groups=inside, act=nn.ReLU6)
                body += conv_norm(inside, after, 1, act=None)
                same = step == 1 and before == after
                layers += [Residual(nn.Sequential(*body), relu=False)] if same else body
                before = after
        last = wide(1280)
        layers += conv_norm(before, last, 1, act=nn.ReLU6)
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), Flatten(), nn.Dropout(0.2), nn.Linear(last, 1000))

    def squeezenet() -> Any:
        layers, before = [nn.Conv2d(3, wide(64), 3, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, ceil_mode=True)], 64
        for index, (squeeze, expand) in enumerate([(16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256)]):  # fmt: skip  # noqa: E501
            layers.append(Fire(wide(before) if index == 0 else 2 * wide(before // 2), wide(squeeze), wide(expand)))
            before = 2 * expand
            if index in (1, 3):
                layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
        head = [nn.Dropout(), nn.Conv2d(2 * wide(256), 1000, 1), nn.ReLU(inplace=True)]
        return nn.Sequential(*layers, *head, nn.AdaptiveAvgPool2d(1), Flatten())

    def densenet121() -> Any:
        growth, channels = wide(32), 2 * wide(32)
        layers = [*conv_norm(3, channels, 7, 2), nn.MaxPool2d(3, 2, 1)]
        for index, count in enumerate((6, 12, 24, 16)):
            layers.append(DenseBlock(count, channels, growth))
            channels += count * growth
            layers += norm_relu(channels)
            if index < 3:
                layers += [nn.Conv2d(channels, channels // 2, 1, bias=False), nn.AvgPool2d(2, 2)]
                channels //= 2
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), Flatten(), nn.Linear(channels, 1000))

    return {
        "LeNet": lenet,
        "AlexNet": alexnet,
        "VGG-16": vgg16,
        "ResNet-18": lambda: resnet(basic, 2, 2, 2, 2),
        "ResNet-50": lambda: resnet(bottleneck, 3, 4, 6, 3),
        "MobileNetV2": mobilenet_v2,
        "SqueezeNet 1.1": squeezenet,
        "DenseNet-121": densenet121,
    }


#: Network, batch: the rows of the table. LeNet takes 32x32 images, the others 224x224.
CASES = tuple(
    (name, batch)
    for name, batches in {
        "LeNet": (1, 64),
        "AlexNet": (1, 16),
        "VGG-16": (1,),
        "ResNet-18": (1, 8),
        "ResNet-50": (1, 8),
        "MobileNetV2": (1,),
        "SqueezeNet 1.1": (1,),
        "DenseNet-121": (1,),
    }.items()
    for batch in batches
)
