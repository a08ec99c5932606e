"""Images as inputs."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from nnbuild.errors import InputError
from nnbuild.formats.images import _centre, _resized, is_image, read_image


def test_the_ending_tells():
    assert is_image(Path("a.PNG")) and is_image(Path("a.jpeg")) and not is_image(Path("a.npy"))


def test_without_pillow(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(
        InputError, match=r"Pillow, which reads images, is not installed \(pip install 'nnbuild\[images\]'"
    ):
        read_image(tmp_path / "a.png", {"resize": 3})


def test_sizes():
    assert _resized(Path("a"), (640, 480), 256) == (341, 256) and _resized(Path("a"), (480, 640), 256) == (256, 341)
    assert _resized(Path("a"), (10, 20), [5, 7]) == (7, 5)
    assert _centre(Path("a"), (341, 256), 224) == (58, 16, 282, 240)
    with pytest.raises(InputError, match=r"a is 100x341 and cannot be cropped to 224x224 \(resize first\)"):
        _centre(Path("a"), (341, 100), 224)


class TestWithPillow:
    @pytest.fixture(autouse=True)
    def image(self, tmp_path):
        pillow = pytest.importorskip("PIL.Image")
        pixels = np.random.default_rng(0).integers(0, 256, (12, 20, 3), np.uint8)
        self.path, self.pixels = tmp_path / "a.png", pixels
        pillow.fromarray(pixels).save(self.path)

    def test_steps(self):
        array, notes = read_image(self.path, {"scale": 1 / 255, "mean": [0.5, 0.4, 0.3], "std": 0.5})
        expected = (self.pixels.transpose(2, 0, 1) / 255 - np.array([0.5, 0.4, 0.3])[:, None, None]) / 0.5
        assert array.shape == (3, 12, 20) and array.dtype == np.float32 and notes == []
        np.testing.assert_allclose(array, expected, rtol=1e-5, atol=1e-6)

    def test_resize_crop_and_grayscale(self):
        assert read_image(self.path, {"resize": 6, "crop": [4, 5], "grayscale": True}).planes.shape == (1, 4, 5)
        assert read_image(self.path, {"resize": [7, 9]}).planes.shape == (3, 7, 9)

    def test_mistakes(self, tmp_path):
        with pytest.raises(InputError, match="mean has 2 numbers, and the image 3 channels"):
            read_image(self.path, {"mean": [1, 2]})
        with pytest.raises(InputError, match="does not exist"):
            read_image(tmp_path / "no.png", {"scale": 1})
        (tmp_path / "bad.png").write_bytes(b"no image")
        with pytest.raises(InputError, match="cannot be read as an image"):
            read_image(tmp_path / "bad.png", {"scale": 1})
