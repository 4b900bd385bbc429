#!/usr/bin/env python3
"""A real text reader reads the same words in FP32, in 16-bit floats (where the CPU has them), and in INT8.

Detector and recogniser are PP-OCRv6 tiny, the page is a photograph of print; calibration sees other cuts of the page
and another text.
"""

import sys

import numpy as np
import onnx
from PIL import Image
from tools import ROOT, STORE, Proof, fetch, integer_steps, main, runtime, write_samples

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


def prove(proof: Proof) -> None:
    fetch(["ppocr-tiny", "page", "text"])
    runtime(proof)
    sys.path.insert(0, str(ROOT / "examples/ocr"))
    from read_page import Network, read_page
    detector, recogniser = STORE / "ppocrv6-det-tiny.onnx", STORE / "ppocrv6-rec-tiny.onnx"
    characters = ["", *{p.key: p.value for p in onnx.load(recogniser).metadata_props}["character"].split("\n"), " "]
    det_samples = write_samples(proof.folder / "pages", pages())
    rec_samples = write_samples(proof.folder / "lines", lines())
    page = Image.open(STORE / "page.png").convert("RGB")
    texts: dict[str, list[str]] = {}
    for name, flags in (("fp32", [()] * 2), ("half", [("--fp16", "--bf16")] * 2),
                        ("int8", [("--int8", "--forceInt8", f"--calib={samples}")
                                  for samples in (det_samples, rec_samples)])):
        det, _ = proof.build(detector, f"det-{name}", QUICKLY, *DETECTOR, *flags[0])
        rec, _ = proof.build(recogniser, f"rec-{name}", QUICKLY, *RECOGNISER, *flags[1])
        texts[name] = [text for _, text, _ in read_page(page, Network(det), Network(rec), characters)]
        if name == "int8":
            print(f"convolutions and products of 8-bit integers: detector {integer_steps(det)}, "
                  f"recogniser {integer_steps(rec)}", flush=True)
    print("\n".join(texts["fp32"]))
    found = sum(line in texts["fp32"] for line in KNOWN)
    proof.check(found == len(KNOWN), f"fp32 reads {found} of {len(KNOWN)} known lines")
    for name in ("half", "int8"):
        changed = [f'"{a}" became "{b}"' for a, b in zip(texts["fp32"], texts[name]) if a != b]
        same = len(texts[name]) == len(texts["fp32"]) and not changed
        proof.check(same, f"{name} reads the {len(texts['fp32'])} lines alike" if same else
                    f"{name} reads {len(texts[name])} lines; {'; '.join(changed)}")


main(__doc__, prove)
