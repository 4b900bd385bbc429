"""Reads the lines of text of a picture with two Ingot engines: a detector and a recogniser (PP-OCR).

How a page is read is in reading.py. Every line has a width of its own: both engines take any size within their
profiles.
"""

import argparse
import time
from pathlib import Path

import ingotrt
import numpy as np
import onnx
from PIL import Image, ImageDraw
from reading import read_page


class Network:
    """An engine with one input and one output, and how long its runs took."""

    def __init__(self, plan: Path) -> None:
        engine = ingotrt.Engine.load(plan)
        self.context = ingotrt.Context(engine)
        self.input, self.output = engine.inputs[0].name, engine.outputs[0].name
        self.milliseconds: list[float] = []

    def run(self, x: np.ndarray) -> np.ndarray:
        """The output for input x [1, 3, height, width]."""
        begin = time.perf_counter()
        output = self.context.run({self.input: x})[self.output]
        self.milliseconds.append((time.perf_counter() - begin) * 1000)
        return output


def main() -> None:
    """Reads one picture, prints its lines, draws its boxes."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("detector", "recogniser", "characters", "image", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    metadata = {p.key: p.value for p in onnx.load(options.characters).metadata_props}
    characters = ["", *metadata["character"].split("\n"), " "]
    detector, recogniser = Network(options.detector), Network(options.recogniser)
    image = Image.open(options.image).convert("RGB")

    # The first reading prepares kernels and memory for each size; the second one is timed.
    read_page(image, detector, recogniser, characters)
    detector.milliseconds.clear()
    recogniser.milliseconds.clear()
    drawing = image.copy()
    for box, text, confidence in read_page(image, detector, recogniser, characters):
        print(f"{confidence:.2f} {text}")
        ImageDraw.Draw(drawing).rectangle(box, outline=(220, 30, 30), width=2)
    drawing.save(options.out)
    print(f"detector {detector.milliseconds[0]:.1f} ms, recogniser {sum(recogniser.milliseconds):.1f} ms "
          f"for {len(recogniser.milliseconds)} lines")
    print(f"boxes are drawn in {options.out}")


if __name__ == "__main__":
    main()
