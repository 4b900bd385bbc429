"""Makes tests/calibration/images: images of several kinds, and what PIL and OpenCV make of them.

Needs numpy, pillow and opencv-python-headless; the tests only read what this has written.
"""

import pathlib

import cv2
import numpy as np
from PIL import Image

FOLDER = pathlib.Path(__file__).parent / "images"
HEIGHT, WIDTH = 23, 37


def picture():
    """Waves and an edge: smooth parts and sharp ones."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    channels = [127 + 120 * np.sin(x / 5 + i) * np.cos(y / (3 + i)) for i in range(3)]
    pixels = np.stack(channels, -1)
    pixels[5:12, 20:30] = [255, 0, 30]
    return pixels.clip(0, 255).astype(np.uint8)


def save_expected(name, pixels):
    np.save(FOLDER / f"{name}.npy", np.ascontiguousarray(pixels))


def main():
    FOLDER.mkdir(exist_ok=True)
    pixels = picture()
    image = Image.fromarray(pixels)
    grey = image.convert("L")
    image.save(FOLDER / "photo.jpg", quality=92)
    grey.save(FOLDER / "grey.jpg", quality=92)
    image.convert("CMYK").save(FOLDER / "print.jpg")
    whole = (FOLDER / "photo.jpg").read_bytes()
    (FOLDER / "cut.jpg").write_bytes(whole[:len(whole) * 2 // 3])
    image.save(FOLDER / "rgb.png")
    image.convert("P").save(FOLDER / "palette.png")
    alpha = np.dstack([pixels, np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.uint8)])
    Image.fromarray(alpha).save(FOLDER / "alpha.png")
    deep = np.arange(HEIGHT * WIDTH, dtype=np.uint16).reshape(HEIGHT, WIDTH) * 70
    cv2.imwrite(str(FOLDER / "deep.png"), deep)
    cut = (FOLDER / "rgb.png").read_bytes()
    (FOLDER / "cut.png").write_bytes(cut[:len(cut) * 2 // 3])

    for name in ("photo.jpg", "grey.jpg", "rgb.png", "palette.png"):
        save_expected(name, np.asarray(Image.open(FOLDER / name).convert("RGB")))
    save_expected("alpha.png", pixels)
    save_expected("deep.png", np.repeat((deep >> 8).astype(np.uint8)[..., None], 3, -1))
    save_expected("rgb.png.grey", np.asarray(grey)[..., None])
    for height, width in ((48, 64), (9, 13), (23, 50)):
        size = (width, height)
        save_expected(f"smooth_{height}x{width}", np.asarray(image.resize(size, Image.BILINEAR)))
        save_expected(f"linear_{height}x{width}", cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR))
        save_expected(f"nearest_{height}x{width}", cv2.resize(pixels, size, interpolation=cv2.INTER_NEAREST))

    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    np.savez(FOLDER / "stored.npz", a=values, b=np.array([1, 2], np.int64))
    np.savez_compressed(FOLDER / "deflated.npz", a=values, b=np.array([1, 2], np.int64))
    np.save(FOLDER / "fortran.npy", np.asfortranarray(values))


main()
