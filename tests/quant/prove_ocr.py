#!/usr/bin/env python3
"""A real text reader reads the same words in FP32 and in INT8 (in 16-bit floats: prove_half.py).

Detector and recogniser are PP-OCRv6 tiny, the page is a photograph of print; calibration sees other cuts of the page
and another text.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from PIL import Image
from tools import ROOT, STORE, Network, Proof, fetch, integer_steps, main, write_samples

KNOWN = ["Region-based segmentation", "Let us first determine markers of the coins and the",
         "background. These markers are pixels that we can label",
         "unambiguously as either object or background. Here,",
         "the markers are found at the two extreme parts of the", "histogram of grey values:"]
DETECTOR = ["--minShapes=x:1x3x32x32", "--optShapes=x:1x3x320x640", "--maxShapes=x:1x3x1600x1600"]
RECOGNISER = ["--minShapes=x:1x3x48x32", "--optShapes=x:1x3x48x320", "--maxShapes=x:1x3x48x2000"]

QUICKLY = "--builderOptimizationLevel=1"


def pixels(image: Image.Image, width: int, height: int) -> np.ndarray:
    resized = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR), np.float32)
    return ((resized / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None]


def pages() -> list[np.ndarray]:
    """For the detector: both pictures at several brightnesses, in one shape, as calibration has one."""
    pictures = [Image.open(STORE / name).convert("RGB") for name in ("page.png", "text.png")]
    return [pixels(picture.point(lambda v, d=dark: int(v * d)), 640, 320) for picture in pictures
            for dark in (1.0, 0.8)]


def lines() -> list[np.ndarray]:
    """For the recogniser: strips of the page and of the other text."""
    strips = []
    for name, starts, height in (("page.png", range(40, 140, 16), 22), ("text.png", range(0, 150, 24), 24)):
        picture = Image.open(STORE / name).convert("RGB")
        strips += [pixels(picture.crop((0, y, picture.width, y + height)), 320, 48) for y in starts]
    return strips


class Reader:
    """The page, read by engines of some precision."""

    def __init__(self, proof: Proof) -> None:
        fetch(["ppocr-tiny", "page", "text"])
        sys.path.insert(0, str(ROOT / "examples/ocr"))
        from reading import read_page
        self.proof, self.read_page = proof, read_page
        metadata = {p.key: p.value for p in onnx.load(STORE / "ppocrv6-rec-tiny.onnx").metadata_props}
        self.characters = ["", *metadata["character"].split("\n"), " "]
        self.page = Image.open(STORE / "page.png").convert("RGB")

    def build(self, name: str, for_both: Sequence[str], detector: Sequence[str] = (),
              recogniser: Sequence[str] = ()) -> list[Path]:
        """The detector's and the recogniser's plan."""
        return [self.proof.build(STORE / f"ppocrv6-{part}-tiny.onnx", f"{part}-{name}", QUICKLY, *shapes, *for_both,
                                 *own)[0]
                for part, shapes, own in (("det", DETECTOR, detector), ("rec", RECOGNISER, recogniser))]

    def read(self, plans: list[Path]) -> list[str]:
        detector, recogniser = (Network(plan, self.proof) for plan in plans)
        return [text for _, text, _ in self.read_page(self.page, detector, recogniser, self.characters)]

    def check_known(self, lines: list[str]) -> None:
        print("\n".join(lines))
        found = sum(line in lines for line in KNOWN)
        self.proof.check(found == len(KNOWN), f"fp32 reads {found} of {len(KNOWN)} known lines")

    def check_same(self, name: str, expected: list[str], lines: list[str]) -> None:
        changed = [f'"{a}" became "{b}"' for a, b in zip(expected, lines) if a != b]
        same = len(lines) == len(expected) and not changed
        self.proof.check(same, f"{name} reads the {len(expected)} lines alike" if same else
                         f"{name} reads {len(lines)} lines of {len(expected)}; {'; '.join(changed)}")


def prove(proof: Proof) -> None:
    reader = Reader(proof)
    det_samples = write_samples(proof.folder / "pages", pages())
    rec_samples = write_samples(proof.folder / "lines", lines())
    expected = reader.read(reader.build("fp32", []))
    reader.check_known(expected)
    plans = reader.build("int8", ["--int8", "--forceInt8"], [f"--calib={det_samples}"], [f"--calib={rec_samples}"])
    print(f"convolutions and products of 8-bit integers: detector {integer_steps(plans[0])}, "
          f"recogniser {integer_steps(plans[1])}", flush=True)
    reader.check_same("int8", expected, reader.read(plans))


if __name__ == "__main__":
    main(__doc__, prove)
