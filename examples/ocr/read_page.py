"""Reads the lines of text of a picture with two Ingot engines: a detector and a recogniser (PP-OCR).

The detector gives a map of where text is; each connected region becomes a box; the recogniser reads the box as a
sequence of characters (CTC: repeated characters and blanks fall out). Engines run through `ingot run`.
"""

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
from PIL import Image, ImageDraw
from scipy import ndimage

ROOT = Path(__file__).resolve().parents[2]


class Engine:
    """An engine file with one input `x` and one output."""

    def __init__(self, plan: Path) -> None:
        self.plan = plan
        self.milliseconds: list[float] = []

    def run(self, x: np.ndarray) -> np.ndarray:
        """The output for input x [1, 3, height, width]."""
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "x.raw"
            x.astype("<f4").tofile(source)
            shape = "x".join(str(size) for size in x.shape)
            begin = time.perf_counter()
            subprocess.run([ROOT / "build/bin/ingot", "run", self.plan, f"--shapes=x:{shape}",
                            f"--loadInputs=x:{source}", f"--saveOutputs={folder}"],
                           check=True, capture_output=True)
            self.milliseconds.append((time.perf_counter() - begin) * 1000)
            output = json.loads((Path(folder) / "outputs.json").read_text())[0]
            data = np.fromfile(Path(folder) / output["file"], "<f4")
            return data.reshape(output["shape"])


def pixels(image: Image.Image) -> np.ndarray:
    """An RGB picture as the models want it: [1, 3, height, width], from -1 to 1."""
    return ((np.asarray(image, np.float32) / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None]


def find_boxes(image: Image.Image, detector: Engine) -> list[tuple[int, int, int, int]]:
    """Boxes of text (left, top, right, bottom), in pixels of the picture."""
    width, height = image.size
    scale = max(1, 736 / min(width, height))
    wide, high = (max(32, round(size * scale / 32) * 32) for size in (width, height))
    likely = detector.run(pixels(image.resize((wide, high), Image.Resampling.BILINEAR)))[0, 0]
    regions, _ = ndimage.label(likely > 0.3)
    boxes = []
    for index, (rows, columns) in enumerate(ndimage.find_objects(regions), 1):
        tall, long = rows.stop - rows.start, columns.stop - columns.start
        inside = regions == index
        if min(tall, long) < 6 or likely[inside].mean() < 0.5:
            continue
        # The detector marks the core of a line: the box is grown by its area over its outline.
        margin = inside.sum() * 1.6 / (2 * (tall + long))
        boxes.append((max(0, int((columns.start - margin) * width / wide)),
                      max(0, int((rows.start - margin) * height / high)),
                      min(width, int((columns.stop + margin) * width / wide)),
                      min(height, int((rows.stop + margin) * height / high))))
    return sorted(boxes, key=lambda box: (box[1], box[0]))


def read_line(crop: Image.Image, recogniser: Engine, characters: list[str]) -> tuple[str, float]:
    """Text and confidence of one line."""
    width = max(32, round(crop.size[0] * 48 / crop.size[1]))
    scores = recogniser.run(pixels(crop.resize((width, 48), Image.Resampling.BILINEAR)))[0]
    best = scores.argmax(1)
    before = np.r_[-1, best[:-1]]
    text = "".join(characters[i] for i, last in zip(best, before) if i != last and i)
    return text, float(scores.max(1)[best > 0].mean()) if (best > 0).any() else 0.0


def main() -> None:
    """Reads one picture, prints its lines, draws its boxes."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("detector", "recogniser", "characters", "image", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    metadata = {p.key: p.value for p in onnx.load(options.characters).metadata_props}
    characters = ["", *metadata["character"].split("\n"), " "]
    detector, recogniser = Engine(options.detector), Engine(options.recogniser)
    image = Image.open(options.image).convert("RGB")
    boxes = find_boxes(image, detector)
    drawing = image.copy()
    for box in boxes:
        text, confidence = read_line(image.crop(box), recogniser, characters)
        print(f"{confidence:.2f} {text}")
        ImageDraw.Draw(drawing).rectangle(box, outline=(220, 30, 30), width=2)
    drawing.save(options.out)
    print(f"detector {detector.milliseconds[0]:.0f} ms, recogniser {np.median(recogniser.milliseconds):.0f} ms a line "
          "(each a process of its own: start, load and run)")
    print(f"boxes are drawn in {options.out}")


if __name__ == "__main__":
    main()
