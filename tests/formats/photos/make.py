"""Makes photo.png and expected.npz: what torchvision 0.28's transforms of its weights' recipes give on Pillow's image.

pip install torch==2.13.0 torchvision==0.28.0 pillow && python -m tests.formats.photos.make
"""

from pathlib import Path

import numpy as np
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms._presets import ImageClassification

HERE = Path(__file__).parent

#: Sizes after resizing and cropping, and the interpolation.
RECIPES = {"bilinear": (40, 32), "bicubic": (36, 32), "larger": (70, 64)}


def main() -> None:
    waves = np.sin(np.linspace(0, 9, 53)[:, None] * np.linspace(1, 3, 71)) * 100 + 128
    noise = np.random.default_rng(0).integers(-27, 27, (53, 71, 3))
    photo = Image.fromarray(np.clip(waves[..., None] + noise, 0, 255).astype(np.uint8))
    photo.save(HERE / "photo.png")
    expected = {}
    for name, (resize, crop) in RECIPES.items():
        mode = InterpolationMode("bicubic" if name == "bicubic" else "bilinear")
        preset = ImageClassification(crop_size=crop, resize_size=resize, interpolation=mode)
        expected[name] = preset(photo).numpy()
    np.savez_compressed(HERE / "expected.npz", **expected)


if __name__ == "__main__":
    main()
