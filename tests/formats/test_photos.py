"""Photos as they come: upright, in eight bits, on white, and through torchvision's steps to the last digit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnbuild.errors import InputError
from nnbuild.formats.images import read_image

Image = pytest.importorskip("PIL.Image")

HERE = Path(__file__).parent / "photos"
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
RECIPES = {"bilinear": (40, 32), "bicubic": (36, 32), "larger": (70, 64)}


@pytest.mark.parametrize("name", RECIPES)
def test_steps_are_torchvisions(name: str) -> None:
    resize, crop = RECIPES[name]
    steps = {"resize": resize, "crop": crop, "scale": 1 / 255, "mean": MEAN, "std": STD}
    if name == "bicubic":
        steps["interpolation"] = "bicubic"
    with np.load(HERE / "expected.npz") as expected:
        np.testing.assert_allclose(read_image(HERE / "photo.png", steps).planes, expected[name], rtol=0, atol=1e-6)


@pytest.fixture
def colours() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (6, 9, 3), np.uint8)


def pixels(path: Path, **steps: object) -> tuple[np.ndarray, list[str]]:
    """Height, width, channels, as people see them; and the notes."""
    picture = read_image(path, {"scale": 1, **steps})
    return picture.planes.transpose(1, 2, 0), picture.notes


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["png", "tif", "webp"])
def test_a_photo_stands_upright(tmp_path: Path, colours: np.ndarray, orientation: int, ending: str) -> None:
    """EXIF's eight orientations: which row and column of what is seen the file's first row and column are."""
    stored = {
        1: colours, 2: colours[:, ::-1], 3: colours[::-1, ::-1], 4: colours[::-1], 5: colours.transpose(1, 0, 2),
        6: colours.transpose(1, 0, 2)[::-1], 7: colours[::-1, ::-1].transpose(1, 0, 2),
        8: colours.transpose(1, 0, 2)[:, ::-1],
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{ending}"
    options = {"lossless": True, "exact": True} if ending == "webp" else {}
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif, **options)
    seen, notes = pixels(path)
    np.testing.assert_array_equal(seen, colours)
    turned = [f"is turned upright, as its EXIF orientation {orientation} says"]
    assert notes == (turned if orientation > 1 else [])


def test_sixteen_bits_become_eight(tmp_path: Path, colours: np.ndarray) -> None:
    deep = colours[..., 0].astype(np.uint16) * 257
    for ending in ("png", "tif"):
        Image.fromarray(deep).save(tmp_path / f"a.{ending}")
        seen, _ = pixels(tmp_path / f"a.{ending}")
        np.testing.assert_array_equal(seen, np.repeat(colours[..., :1], 3, 2))
        seen, _ = pixels(tmp_path / f"a.{ending}", grayscale=True)
        np.testing.assert_array_equal(seen, colours[..., :1])


def test_pixels_without_a_known_range_are_refused(tmp_path: Path) -> None:
    for array, words in ((np.ones((3, 3), np.float32), "fractions"), (np.ones((3, 3), np.int32), "32 bits")):
        Image.fromarray(array).save(tmp_path / "a.tif")
        with pytest.raises(InputError, match=f"its pixels are .*{words}.*give it as a .npy file"):
            pixels(tmp_path / "a.tif")


def test_what_is_transparent_is_white(tmp_path: Path, colours: np.ndarray) -> None:
    alpha = np.zeros((6, 9, 1), np.uint8)
    alpha[:3] = 255
    expected = np.where(alpha == 255, colours, 255)
    Image.fromarray(np.concatenate([colours, alpha], 2)).save(tmp_path / "rgba.png")
    gray = np.concatenate([colours[..., :1], alpha], 2)
    Image.fromarray(gray).save(tmp_path / "la.png")
    seen, notes = pixels(tmp_path / "rgba.png")
    np.testing.assert_array_equal(seen, expected)
    assert notes == ["is transparent in places: they are taken as white"]
    np.testing.assert_array_equal(pixels(tmp_path / "la.png")[0], np.repeat(expected[..., :1], 3, 2))
    opaque = np.concatenate([colours, np.full_like(alpha, 255)], 2)
    Image.fromarray(opaque).save(tmp_path / "opaque.png")
    seen, notes = pixels(tmp_path / "opaque.png")
    np.testing.assert_array_equal(seen, colours)
    assert notes == []


def test_palettes_with_and_without_a_hole(tmp_path: Path) -> None:
    image = Image.new("P", (4, 2))
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    image.putdata([0, 1, 2, 0, 1, 2, 0, 1])
    image.save(tmp_path / "a.png")
    assert pixels(tmp_path / "a.png")[0][0].tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 0, 0]]
    image.save(tmp_path / "hole.gif", transparency=1)
    seen, notes = pixels(tmp_path / "hole.gif")
    assert seen[0].tolist() == [[255, 0, 0], [255, 255, 255], [0, 0, 255], [255, 0, 0]] and len(notes) == 1


def test_four_inks(tmp_path: Path) -> None:
    inks = np.zeros((8, 8, 4), np.uint8)
    inks[..., 0] = 255  # cyan alone
    Image.fromarray(inks, "CMYK").save(tmp_path / "a.jpg", quality=100)
    seen, _ = pixels(tmp_path / "a.jpg")
    assert np.abs(seen - [0, 255, 255]).max() <= 2


def test_frames_are_told(tmp_path: Path, colours: np.ndarray) -> None:
    frames = [Image.fromarray(colours), Image.fromarray(255 - colours)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    seen, notes = pixels(tmp_path / "a.tif")
    np.testing.assert_array_equal(seen, colours)
    assert notes == ["has several frames: the first is taken"]
