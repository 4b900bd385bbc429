#!/usr/bin/env python3
"""INT8 keeps the accuracy of classifiers: at most 0.1 point of top-1 is lost, on labelled digits.

The MNIST CNN of ONNX's model zoo (all 5000 digits) and the residual network of tests/quant/models (2000 it has not
seen), each calibrated on 200 digits from files. On a GPU also in FP16, and in FP8 where it has it.
"""

from digits import read_digits, split_digits
from tools import MODELS, STORE, Proof, fetch, integer_steps, main, small_floats, write_labelled, write_samples

MOST_LOSS = 0.1  # points
CALIBRATED_ON = 200


def prove_one(proof: Proof, name: str, model, calibration, test, least: float, shapes: list[str]) -> None:
    """`least`: the top-1 that the float engine must reach, in percent."""
    samples = write_samples(proof.folder / f"{name}-calibration", [x[None] for x in calibration])
    labels = write_labelled(proof.folder / f"{name}-test", [x[None] for x in test[0]], list(test[1]))
    float_plan, _ = proof.build(model, f"{name}-fp32", *shapes)
    int8_plan, _ = proof.build(model, f"{name}-int8", "--int8", "--forceInt8", f"--calib={samples}", *shapes)
    forced_plan, _ = proof.build(model, f"{name}-all-int8", "--int8", f"--calib={samples}", "--verify=off",
                                 "--forceInt8", *shapes)
    others = small_floats(proof, name, model, samples, *shapes)
    engines = proof.evaluate([float_plan, int8_plan, forced_plan, *others.values()], labels, "top1")
    top = [100 * engine["figures"]["top-1"] for engine in engines]
    proof.check(top[0] >= least, f"{name}: float reaches {top[0]:.2f} %, at least {least}")
    proof.check(engines[1]["loss_points"] <= MOST_LOSS, f"{name}: INT8 with the guard reaches {top[1]:.2f} %")
    proof.check(engines[2]["loss_points"] <= MOST_LOSS, f"{name}: without the guard it reaches {top[2]:.2f} %")
    for kind, engine in zip(others, engines[3:]):
        reached = 100 * engine["figures"]["top-1"]
        proof.check(engine["loss_points"] <= MOST_LOSS, f"{name}: {kind} reaches {reached:.2f} %")
    steps = integer_steps(int8_plan)
    proof.check(steps > 0, f"{name}: {steps} convolutions and products of 8-bit integers")


def prove(proof: Proof) -> None:
    fetch(["mnist-conv", "mnist_5k"])
    pixels, labels = read_digits(STORE / "mnist_5k.csv.gz")
    every = len(labels) // CALIBRATED_ON  # the digits stand in order of their classes
    prove_one(proof, "mnist-conv", STORE / "mnist-conv.onnx", pixels[::every], (pixels, labels), 99.3, [])
    (train, _), test = split_digits(STORE / "mnist_5k.csv.gz")
    prove_one(proof, "digits_resnet", MODELS / "digits_resnet.onnx", train[:CALIBRATED_ON], test, 98.5,
              ["--shapes=images:1x1x28x28"])


if __name__ == "__main__":
    main(__doc__, prove)
