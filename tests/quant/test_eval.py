#!/usr/bin/env python3
"""`ingot eval` against the same metrics in NumPy (examples/eval.py), on small networks and labelled data made here."""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from shapes import write_set
from tools import MODELS, ROOT, Proof, main, runtime, write_labelled

NEAR = 1e-9


def segmentation(path: Path, classes: int = 3) -> None:
    """[1, 3, 16, 24] pixels => [1, classes, 16, 24]: a convolution with random weights."""
    weights = np.random.default_rng(1).normal(size=(classes, 3, 3, 3)).astype(np.float32)
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1])], "segmentation",
        [value("x", TensorProto.FLOAT, [1, 3, 16, 24])], [value("y", TensorProto.FLOAT, [1, classes, 16, 24])],
        [numpy_helper.from_array(weights, "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def masks(folder: Path) -> tuple[Path, Path]:
    """Pictures with masks: all masks as .npy, and half of them as .png; the lists of both."""
    random, lines = np.random.default_rng(2), []
    folder.mkdir()
    for i in range(8):
        np.save(folder / f"x{i}.npy", random.normal(size=(1, 3, 16, 24)).astype(np.float32))
        mask = random.integers(0, 3, (16, 24))
        mask[:, :3] = 255
        np.save(folder / f"m{i}.npy", mask.astype(np.uint8))
        Image.fromarray(mask.astype(np.uint8)).save(folder / f"m{i}.png")
        lines.append((f"x{i}.npy,m{i}.npy\n", f"x{i}.npy,m{i}.{'png' if i % 2 else 'npy'}\n"))
    (folder / "arrays.csv").write_text("".join(first for first, _ in lines))
    (folder / "images.csv").write_text("path,mask\n" + "".join(second for _, second in lines))
    return folder / "arrays.csv", folder / "images.csv"


def compare(proof: Proof, plan: Path, data: Path, metric: str, flags: tuple[str, ...] = (), again: Path | None = None):
    """The figures of both must be equal."""
    import eval as example
    ours = proof.evaluate([plan], data, metric, *flags)[0]["figures"]
    expected = example.evaluate(plan, example.samples_of(again or data, metric), metric)[0]
    for name, value in expected.items():
        proof.check(abs(ours[name] - value) < NEAR, f"{metric}: {name} is {ours[name]:.6f}, by NumPy {value:.6f}")
        proof.check(0.02 < value < 0.999, f"{metric}: {name} says something")


def refused(proof: Proof, what: str, error: str, *arguments: object) -> None:
    said = proof.run("ingot", "eval", *map(str, arguments), fails=True)
    proof.check(f"error{error}" in said, f"{what}: {error}")


def prove(proof: Proof) -> None:
    runtime(proof)
    sys.path.insert(0, str(ROOT / "examples"))
    detector, _ = proof.build(MODELS / "shapes_yolo.onnx", "detector", "--shapes=images:1x3x96x96")
    annotations = write_set(proof.folder / "shapes", count=40, seed=5)
    compare(proof, detector, annotations, "map")
    pictures = write_set(proof.folder / "pictures", count=40, seed=5, png=True)
    found = proof.evaluate([detector], pictures, "map")[0]["figures"]["mAP"]
    proof.check(found > 0.75, f"map: {found:.4f} from PNG")

    classifier, _ = proof.build(MODELS / "digits_resnet.onnx", "classifier", "--shapes=images:1x1x28x28")
    random = np.random.default_rng(4)
    noise = [random.uniform(0, 1, (1, 1, 28, 28)).astype(np.float32) for _ in range(60)]
    labels = write_labelled(proof.folder / "digits", noise, [int(v) for v in random.integers(0, 10, 60)])
    compare(proof, classifier, labels, "top1")

    model = proof.folder / "segmentation.onnx"
    segmentation(model)
    segmenter, _ = proof.build(model, "segmenter")
    arrays, images = masks(proof.folder / "masks")
    compare(proof, segmenter, arrays, "miou")
    compare(proof, segmenter, images, "miou", again=arrays)
    proof.evaluate([model, segmenter], arrays, "miou", "--maxLoss=0")

    refused(proof, "an output that holds no boxes", "[eval.output_format]", detector, f"--data={annotations}",
            "--metric=map", "--boxes=rows")
    past = write_labelled(proof.folder / "past", noise[:1], [12])
    refused(proof, "a label past the scores", "[eval.output_format]", classifier, f"--data={past}", "--metric=top1")
    refused(proof, "engines of two models", "[eval.other_inputs]", segmenter, classifier, f"--data={labels}",
            "--metric=top1")
    refused(proof, "no labels", "[eval.unreadable]", segmenter, f"--data={proof.folder / 'none.csv'}", "--metric=miou")
    said = proof.run("ingot", "eval", segmenter, f"--data={arrays}", "--metric=accuracy", fails=True)
    proof.check("top1, map, miou" in said, "an unknown metric names the known ones")


if __name__ == "__main__":
    main(__doc__, prove)
