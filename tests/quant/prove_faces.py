#!/usr/bin/env python3
"""Face detectors keep their boxes in INT8: within 2 pixels of FP32's, on photographs (BlazeFace and CenterFace).

In 16-bit floats: prove_half.py.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tools import ROOT, STORE, Network, Proof, fetch, integer_steps, main, write_samples

MOST_PIXELS = 2.0  # of the network's input
PHOTOS = ("astronaut.png", "zidane.jpg", "bus.jpg")
OTHERS = ("chelsea.png", "coffee.png", "rocket.jpg", "quokka.jpg")
Boxes = list[tuple[float, np.ndarray]]  # score, x1 y1 x2 y2


def photo(name: str, side: int, low: float, high: float, turned: bool = False) -> np.ndarray:
    """The photo's largest square at its top, as the network takes it."""
    image = Image.open(STORE / name).convert("RGB")
    edge = min(image.size)
    left = (image.width - edge) // 2
    image = image.crop((left, 0, left + edge, edge)).resize((side, side), Image.Resampling.BILINEAR)
    x = np.asarray(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if turned else image, np.float32) / 255
    return (x * (high - low) + low).transpose(2, 0, 1)[None]


def best_of(boxes: Boxes) -> Boxes:
    """Boxes that overlap no better one by more than 0.3."""
    kept: Boxes = []
    for score, box in sorted(boxes, key=lambda pair: -pair[0]):
        def overlap(other: np.ndarray, box: np.ndarray = box) -> float:
            common = np.prod(np.clip(np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2]), 0, None))
            return common / (np.prod(box[2:] - box[:2]) + np.prod(other[2:] - other[:2]) - common)
        if all(overlap(other) <= 0.3 for _, other in kept):
            kept.append((score, box))
    return kept


def centerface_boxes(outputs: dict[str, np.ndarray]) -> Boxes:
    """Peaks of the heat map; size and place are in the other outputs."""
    heat, size, place, _ = outputs.values()
    boxes = []
    for y, x in zip(*np.nonzero(heat[0, 0] > 0.5)):
        high, wide = np.exp(size[0, :, y, x]) * 4
        cx, cy = (x + place[0, 1, y, x] + 0.5) * 4, (y + place[0, 0, y, x] + 0.5) * 4
        boxes.append((float(heat[0, 0, y, x]), np.array([cx - wide / 2, cy - high / 2, cx + wide / 2, cy + high / 2])))
    return best_of(boxes)


def blazeface_boxes(outputs: dict[str, np.ndarray]) -> Boxes:
    """Rows of centre x, centre y, width, height; a row's anchor is the same in every engine and is left out here, so
    that boxes lie around (0, 0) and the best row stands for the face."""
    scores, rows = outputs["scores"].reshape(-1), outputs["regression"]
    rows = rows.reshape(-1, rows.shape[-1])
    best = int(scores.argmax())
    x, y, w, h = rows[best, :4]
    return [(float(scores[best]), np.array([best, x - w / 2, y - h / 2, x + w / 2, y + h / 2]))] \
        if scores[best] > 0.5 else []


@dataclass
class Detector:
    """A network with what makes faces of its outputs."""

    name: str
    model: Path
    shapes: str
    side: int
    boxes: Callable[[dict[str, np.ndarray]], Boxes]
    faces: int  # on all photos, at least

    def photo(self, name: str, turned: bool = False) -> np.ndarray:
        return photo(name, self.side, 0.0, 255.0, turned)


def detectors() -> list[Detector]:
    fetch(["blazeface-long", "centerface", *PHOTOS])
    sys.path.insert(0, str(ROOT / "tests/models"))
    from trained import open_centerface
    return [Detector("blazeface", STORE / "blazeface-long.onnx", "--shapes=input:1x3x256x256", 256, blazeface_boxes, 2),
            Detector("centerface", open_centerface(), "--shapes=input.1:1x3x512x512", 512, centerface_boxes, 3)]


def check_boxes(proof: Proof, detector: Detector, expected_plan: Path, plan: Path, what: str) -> None:
    """The same faces, and their boxes within MOST_PIXELS."""
    float_network, network = Network(expected_plan, proof), Network(plan, proof)
    faces_found = 0
    for name in PHOTOS:
        x, where = detector.photo(name), f"{detector.name} in {what}, {name}"
        expected, actual = detector.boxes(float_network(x)), detector.boxes(network(x))
        faces_found += len(expected)
        proof.check(len(expected) == len(actual), f"{where}: {len(actual)} faces of {len(expected)}")
        for a, b in zip(*(sorted((box for _, box in found), key=tuple) for found in (expected, actual))):
            off = float(np.abs(a - b).max())
            proof.check(off <= MOST_PIXELS, f"{where}: box within {off:.2f} pixels, at most {MOST_PIXELS}")
    proof.check(faces_found >= detector.faces,
                f"{detector.name}: {faces_found} faces in all, at least {detector.faces}")


def prove(proof: Proof) -> None:
    fetch(list(OTHERS))
    calibration = [(name, turned) for name in (*OTHERS, *PHOTOS) for turned in (False, True)]
    for detector in detectors():
        folder = write_samples(proof.folder / f"{detector.name}-calibration",
                               [detector.photo(*picture) for picture in calibration])
        float_plan, _ = proof.build(detector.model, f"{detector.name}-fp32", detector.shapes)
        int8_plan, _ = proof.build(detector.model, f"{detector.name}-int8", "--int8", "--forceInt8",
                                   "--verifyTolerance=0.03", f"--calib={folder}", detector.shapes)
        steps = integer_steps(int8_plan)
        proof.check(steps > 0, f"{detector.name}: {steps} convolutions and products of 8-bit integers")
        check_boxes(proof, detector, float_plan, int8_plan, "INT8")


if __name__ == "__main__":
    main(__doc__, prove)
