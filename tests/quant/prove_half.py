#!/usr/bin/env python3
"""16-bit floats read the same text and find the same faces as FP32: FP16 on a GPU, BF16 on a CPU that has it.

Every convolution and product is asked to be in 16 bit, and most must be: what the choice by time would keep in FP32
proves nothing. Skipped where the hardware has no 16-bit arithmetic.
"""

import sys
from pathlib import Path

from prove_faces import check_boxes, detectors
from prove_ocr import QUICKLY, Reader
from tools import MODELS, Proof, main, steps_in

HALF = ("--fp16", "--precisionConstraints=prefer", "--layerPrecisions=*:fp16")
NAMES = ("FP16", "BF16")  # of formats
LEAST_SHARE = 0.5


def skip_without_half(proof: Proof) -> None:
    _, said = proof.build(MODELS / "digits_resnet.onnx", "digits", QUICKLY, "--shapes=images:1x1x28x28", "--fp16")
    if "precision.not_available" in said:
        print("skipped: " + next(line for line in said.splitlines() if "no 16-bit" in line or "does not compute" in line))
        sys.exit(77)


def check_is_half(proof: Proof, what: str, plan: Path) -> None:
    half, all_steps = steps_in(plan, *NAMES), steps_in(plan, "")
    proof.check(half >= LEAST_SHARE * all_steps, f"{what}: {half} of {all_steps} convolutions and products in 16 bit")


def prove(proof: Proof) -> None:
    skip_without_half(proof)
    reader = Reader(proof)
    expected = reader.read(reader.build("fp32", []))
    reader.check_known(expected)
    plans = reader.build("half", HALF)
    for name, plan in zip(("detector of text", "recogniser"), plans):
        check_is_half(proof, name, plan)
    reader.check_same("16 bit", expected, reader.read(plans))
    for detector in detectors():
        float_plan, _ = proof.build(detector.model, f"{detector.name}-fp32", QUICKLY, detector.shapes)
        half_plan, _ = proof.build(detector.model, f"{detector.name}-half", QUICKLY, detector.shapes, *HALF)
        check_is_half(proof, detector.name, half_plan)
        check_boxes(proof, detector, float_plan, half_plan, "16 bit")


if __name__ == "__main__":
    main(__doc__, prove)
