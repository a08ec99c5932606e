"""The networks beside the zoo as people write them in PyTorch, with the same names."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional


def double_conv(inplanes: int, planes: int, padding: int) -> nn.Sequential:
    """Two 3x3 convolutions of the U-Net."""
    return nn.Sequential(
        nn.Conv2d(inplanes, planes, 3, padding=padding),
        nn.ReLU(),
        nn.Conv2d(planes, planes, 3, padding=padding),
        nn.ReLU(),
    )


class Up(nn.Module):
    """A step of the U-Net's right side."""

    def __init__(self, planes: int, padding: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(2 * planes, planes, 2, stride=2)
        self.conv = double_conv(2 * planes, planes, padding)

    def forward(self, x: Any, skip: Any) -> Any:
        x = self.up(x)
        borders = [(before - after) // 2 for before, after in zip(skip.shape[2:], x.shape[2:], strict=True)]
        skip = skip[:, :, borders[0] : borders[0] + x.shape[2], borders[1] : borders[1] + x.shape[3]]
        return self.conv(torch.cat([skip, x], 1))


class UNet(nn.Module):
    """Ronneberger et al. 2015."""

    def __init__(self, channels: int, classes: int, depth: int, width: int, padding: int) -> None:
        super().__init__()
        widths = [width * 2**i for i in range(depth + 1)]
        pairs = zip([channels, *widths], widths[:-1], strict=False)
        self.down = nn.ModuleList([double_conv(before, after, padding) for before, after in pairs])
        self.bottom = double_conv(widths[-2], widths[-1], padding)
        self.up = nn.ModuleList([Up(after, padding) for after in widths[-2::-1]])
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, x: Any) -> Any:
        skips = []
        for down in self.down:
            skips.append(down(x))
            x = functional.max_pool2d(skips[-1], 2)
        x = self.bottom(x)
        for up in self.up:
            x = up(x, skips.pop())
        return self.head(x)


class SegNet(nn.Module):
    """Badrinarayanan et al. 2015."""

    def __init__(self, classes: int, convs: list[int], widths: list[int]) -> None:
        super().__init__()
        self.encoder = nn.ModuleList()
        self.decoder = nn.ModuleList()
        before = 3
        for count, width in zip(convs, widths, strict=True):
            after = before if before != 3 else None
            self.encoder.append(self.stage([before] + count * [width]))
            self.decoder.insert(0, self.stage(count * [width] + ([after] if after else [])))
            before = width
        self.pool = nn.MaxPool2d(2, 2, return_indices=True)
        self.unpool = nn.MaxUnpool2d(2, 2)
        self.classifier = nn.Conv2d(widths[0], classes, 3, padding=1)

    @staticmethod
    def stage(widths: list[int]) -> nn.Sequential:
        """Convolutions from each width to the next."""
        return nn.Sequential(
            *(
                nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU())
                for before, after in pairwise(widths)
            )
        )

    def forward(self, x: Any) -> Any:
        places = []
        for stage in self.encoder:
            x = stage(x)
            size = x.shape
            x, indices = self.pool(x)
            places.append((indices, size))
        for stage in self.decoder:
            indices, size = places.pop()
            x = stage(self.unpool(x, indices, output_size=size))
        return self.classifier(x)


class Generator(nn.Module):
    """Radford et al. 2015."""

    def __init__(self, latent: int, width: int, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = latent
        for after, stride in ((8 * width, 1), (4 * width, 2), (2 * width, 2), (width, 2)):
            layers += [nn.ConvTranspose2d(before, after, 4, stride, stride - 1, bias=False)]
            layers += [nn.BatchNorm2d(after), nn.ReLU()]
            before = after
        self.main = nn.Sequential(*layers, nn.ConvTranspose2d(width, channels, 4, 2, 1, bias=False), nn.Tanh())

    def forward(self, x: Any) -> Any:
        return self.main(x)


class Discriminator(nn.Module):
    """Radford et al. 2015."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        for before in (width, 2 * width, 4 * width):
            layers += [
                nn.Conv2d(before, 2 * before, 4, 2, 1, bias=False),
                nn.BatchNorm2d(2 * before),
                nn.LeakyReLU(0.2),
            ]
        self.main = nn.Sequential(*layers, nn.Conv2d(8 * width, 1, 4, bias=False), nn.Sigmoid())

    def forward(self, x: Any) -> Any:
        return self.main(x).view(-1)


class C3D(nn.Module):
    """Tran et al. 2014."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        widths = {"1": (3, 64), "2": (64, 128), "3a": (128, 256), "3b": (256, 256), "4a": (256, 512)}
        widths |= {"4b": (512, 512), "5a": (512, 512), "5b": (512, 512)}
        for name, (before, after) in widths.items():
            self.add_module(f"conv{name}", nn.Conv3d(before, after, 3, padding=1))
        self.fc6 = nn.Linear(8192, 4096)
        self.fc7 = nn.Linear(4096, 4096)
        self.fc8 = nn.Linear(4096, classes)

    def forward(self, x: Any) -> Any:
        pools: dict[str, dict[str, Any]] = {"1": {"kernel_size": (1, 2, 2)}, "2": {"kernel_size": 2}}
        pools |= {"3b": {"kernel_size": 2}, "4b": {"kernel_size": 2}, "5b": {"kernel_size": 2, "padding": (0, 1, 1)}}
        for name, layer in self.named_children():
            if name.startswith("conv"):
                x = layer(x).relu()
                if name[4:] in pools:
                    x = functional.max_pool3d(x, **pools[name[4:]])
        x = self.fc6(x.flatten(1)).relu()
        return self.fc8(self.fc7(x).relu())


class M5(nn.Module):
    """Dai et al. 2016."""

    def __init__(self, classes: int, width: int) -> None:
        super().__init__()
        shapes = [(1, width, 80, 4), (width, width, 3, 1), (width, 2 * width, 3, 1), (2 * width, 4 * width, 3, 1)]
        for index, (before, after, kernel, stride) in enumerate(shapes, 1):
            self.add_module(f"conv{index}", nn.Conv1d(before, after, kernel, stride))
            self.add_module(f"bn{index}", nn.BatchNorm1d(after))
        self.fc = nn.Linear(4 * width, classes)

    def forward(self, x: Any) -> Any:
        for index in range(1, 5):
            x = self.get_submodule(f"conv{index}")(x)
            x = functional.max_pool1d(self.get_submodule(f"bn{index}")(x).relu(), 4)
        x = functional.avg_pool1d(x, x.shape[-1]).flatten(1)
        return functional.log_softmax(self.fc(x), dim=-1)


class Autoencoder(nn.Module):
    """Hinton and Salakhutdinov 2006."""

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        self.encoder = nn.Sequential(*self.layers(widths)[:-1])
        self.decoder = nn.Sequential(*self.layers(widths[::-1]))

    @staticmethod
    def layers(widths: list[int]) -> list[nn.Module]:
        """Linear layers from each width to the next, a Sigmoid behind each."""
        pairs = pairwise(widths)
        return [layer for before, after in pairs for layer in (nn.Linear(before, after), nn.Sigmoid())]

    def forward(self, x: Any) -> Any:
        return self.decoder(self.encoder(x.flatten(1))).reshape(x.shape)
