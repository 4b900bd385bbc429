#!/usr/bin/env python3
"""INT8 with the guard keeps the accuracy of a YOLO-like detector: at most 0.2 point of COCO's mAP is lost.

On a GPU also FP16, and FP8 where it has it.
"""

from shapes import draw_set, write_set
from tools import MODELS, Proof, integer_steps, main, small_floats, write_samples

MOST_LOSS = 0.2  # points
LEAST = 80.0  # mAP of the float engine, in percent


def prove(proof: Proof) -> None:
    model, shapes = MODELS / "shapes_yolo.onnx", "--shapes=images:1x3x96x96"
    samples = write_samples(proof.folder / "calibration", [picture[None] for picture, _, _ in draw_set(100, seed=3)])
    annotations = write_set(proof.folder / "test", count=300, seed=2)
    float_plan, _ = proof.build(model, "fp32", shapes)
    int8_plan, _ = proof.build(model, "int8", "--int8", "--forceInt8", f"--calib={samples}", shapes)
    forced_plan, _ = proof.build(model, "all-int8", "--int8", f"--calib={samples}", "--verify=off",
                                 "--forceInt8", shapes)
    others = small_floats(proof, "detector", model, samples, shapes)
    engines = proof.evaluate([float_plan, int8_plan, forced_plan, *others.values()], annotations, "map")
    value = [100 * engine["figures"]["mAP"] for engine in engines]
    proof.check(value[0] >= LEAST, f"float reaches {value[0]:.2f} mAP, at least {LEAST}")
    proof.check(engines[1]["loss_points"] <= MOST_LOSS, f"INT8 with the guard reaches {value[1]:.2f} mAP")
    for i, kind in enumerate(others, 3):
        proof.check(engines[i]["loss_points"] <= MOST_LOSS, f"{kind} reaches {value[i]:.2f} mAP")
    # Without the guard nothing is promised; a gross error would show here.
    proof.check(engines[2]["loss_points"] <= 10, f"without the guard it reaches {value[2]:.2f} mAP")
    steps, unguarded = integer_steps(int8_plan), integer_steps(forced_plan)
    proof.check(steps > 0, f"{steps} convolutions and products of 8-bit integers, {unguarded} without the guard")


main(__doc__, prove)
