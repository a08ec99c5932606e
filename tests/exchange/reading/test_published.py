"""Published packages, fetched and unpacked: their forwards are inside the language, their networks PyTorch's."""

from __future__ import annotations

import importlib
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest

import nnbuild
from tests.exchange.reading.published import Count

pytestmark = pytest.mark.large

#: What facenet-pytorch and torchcrepe import beside PyTorch, for what is no part of their networks.
_BESIDE = """requests requests.adapters PIL torchvision torchvision.transforms torchvision.transforms.functional
    torchvision.ops torchvision.ops.boxes librosa resampy scipy scipy.stats scipy.io scipy.io.wavfile torchaudio tqdm
    soundfile"""


@pytest.fixture(scope="module")
def fetched(tmp_path_factory):
    """fetched(requirement): the folder that a published package is unpacked in; skips where it cannot be had."""
    folder = tmp_path_factory.mktemp("published")

    def fetched(requirement: str) -> Path:
        place = folder / requirement
        if not place.is_dir():
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:",
                       "--retries", "1", "--timeout", "20", "-d", str(place), requirement]  # fmt: skip
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=300)
            except subprocess.TimeoutExpired:
                pytest.skip(f"{requirement} cannot be fetched in five minutes")
            if done.returncode:
                pytest.skip(f"{requirement} cannot be fetched: {done.stderr.strip().splitlines()[-1:]}")
            with zipfile.ZipFile(next(place.glob("*.whl"))) as wheel:
                wheel.extractall(place)
        return place

    return fetched


@pytest.fixture
def imported(monkeypatch):
    """imported(folder, name): a module as PyTorch has it, with stand-ins for what else its package imports."""
    before = set(sys.modules)

    def imported(folder: Path, name: str) -> Any:
        for other in _BESIDE.split():
            if other not in sys.modules:
                monkeypatch.setitem(sys.modules, other, MagicMock())
        monkeypatch.syspath_prepend(str(folder))
        return importlib.import_module(name)

    yield imported
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in ("facenet_pytorch", "torchcrepe"):
            del sys.modules[name]


def test_forwards_of_the_largest_packages_are_inside(fetched):
    count = Count()
    for requirement, name in [
        ("torchvision==0.28.0", "torchvision"), ("timm", "timm"),
        ("segmentation-models-pytorch", "segmentation_models_pytorch"),
    ]:  # fmt: skip
        count.add(fetched(requirement) / name)
    print(count.report())
    assert count.forwards > 1_000
    assert count.share > 0.95, count.report()


@pytest.mark.torch
@pytest.mark.parametrize(
    ("requirement", "file", "entry", "shape", "checkpoint"),
    [
        ("facenet-pytorch==2.6.0", "facenet_pytorch/models/mtcnn.py", "PNet", (1, 3, 40, 40), "pnet"),
        ("facenet-pytorch==2.6.0", "facenet_pytorch/models/mtcnn.py", "RNet", (2, 3, 24, 24), "rnet"),
        ("facenet-pytorch==2.6.0", "facenet_pytorch/models/mtcnn.py", "ONet", (2, 3, 48, 48), "onet"),
        ("facenet-pytorch==2.6.0", "facenet_pytorch/models/inception_resnet_v1.py", "InceptionResnetV1",
         (1, 3, 96, 96), None),
        ("torchcrepe==0.0.24", "torchcrepe/model.py", "Crepe", (2, 1024), "tiny"),
    ],
)  # fmt: skip
def test_a_published_network_is_what_torch_builds(fetched, imported, requirement, file, entry, shape, checkpoint):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    folder = fetched(requirement)
    options = {"model": "tiny"} if entry == "Crepe" else {} if checkpoint is None else {"pretrained": False}
    wanted = getattr(imported(folder, file.removesuffix(".py").replace("/", ".")), entry)(**options).eval()
    for path in folder.rglob(f"{checkpoint}.p*t*"):
        wanted.load_state_dict(torch.load(path, map_location="cpu"))
    weights = {key: value.numpy() for key, value in wanted.state_dict().items()}
    model = nnbuild.load(f"{folder / file}:{entry}", params=options).eval()
    assert [(key, value.shape) for key, value in model.state_dict().items()] == [
        (key, value.shape) for key, value in weights.items()
    ]
    model.load_state_dict(weights)
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    with torch.no_grad():
        expected = wanted(torch.from_numpy(x))
    found = model(x)
    for got, want in zip(*((each if isinstance(each, tuple) else (each,)) for each in (found, expected)), strict=True):
        np.testing.assert_allclose(got, want.numpy(), rtol=1e-3, atol=1e-5)
