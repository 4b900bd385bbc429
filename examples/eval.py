"""Measures engines on labelled data from Python: top-1 and top-5, COCO's mAP, or mIoU, with latency and size.

    python examples/eval.py a.plan b.plan --data=labels.csv --metric=top1
    python examples/eval.py a.plan b.plan --data=annotations.json --metric=map
    python examples/eval.py a.plan b.plan --data=masks.csv --metric=miou

The formats are those of `ingot eval` (docs/precision.md); inputs are .npy files as the network wants them. Change
`load` to read pictures of your own, and the rest stays.
"""

import argparse
import csv
import json
import time
from collections import defaultdict
from pathlib import Path

import ingotrt
import numpy as np


def load(path: Path) -> np.ndarray:
    """The input of the network, with a batch axis."""
    array = np.load(path)
    return array if array.ndim == 4 else array[None]


def samples_of(data: Path, metric: str) -> list[tuple[Path, object]]:
    """Pairs of an input's path and what is right for it."""
    if metric == "map":
        document = json.loads(data.read_text())
        classes = {c["id"]: i for i, c in enumerate(sorted(document["categories"], key=lambda c: c["id"]))}
        truths = defaultdict(list)
        for a in document["annotations"]:
            x, y, w, h = a["bbox"]
            truths[a["image_id"]].append((classes[a["category_id"]], (x, y, x + w, y + h), a.get("iscrowd", 0)))
        return [(data.parent / image["file_name"], truths[image["id"]]) for image in document["images"]]
    if data.is_dir():
        folders = sorted(p for p in data.iterdir() if p.is_dir())
        return [(file, i) for i, folder in enumerate(folders) for file in sorted(folder.iterdir())]
    with data.open() as file:
        rows = [(data.parent / path, second) for path, second in csv.reader(file)]
    if metric == "miou":
        return [(path, np.load(data.parent / mask).squeeze()) for path, mask in rows]
    return [(path, int(label)) for path, label in rows if label.isdigit()]


def top(outputs: list[np.ndarray], labels: list[int]) -> dict[str, float]:
    """Shares of samples whose class is the best, or among the best five."""
    ranks = [int((np.argsort(-y.ravel(), kind="stable") == label).argmax()) for y, label in zip(outputs, labels)]
    return {"top-1": np.mean([r < 1 for r in ranks]), "top-5": np.mean([r < 5 for r in ranks])}


def mean_iou(outputs: list[np.ndarray], masks: list[np.ndarray], ignored: int = 255) -> dict[str, float]:
    """Overlap of each class between prediction and truth, averaged over the classes that occur."""
    truth = np.concatenate([m.ravel() for m in masks])
    predicted = np.concatenate([y.argmax(1).ravel() for y in outputs])[truth != ignored]
    truth = truth[truth != ignored]
    overlaps = [((truth == c) & (predicted == c)).sum() / ((truth == c) | (predicted == c)).sum()
                for c in np.union1d(truth, predicted)]
    return {"mIoU": float(np.mean(overlaps)), "pixels": float((truth == predicted).mean())}


def iou(boxes: np.ndarray, others: np.ndarray, crowd: np.ndarray | None = None) -> np.ndarray:
    """Overlaps [n, m] of boxes x1 y1 x2 y2; with a crowd, the share of the box inside of it."""
    corner = np.minimum(boxes[:, None, 2:], others[None, :, 2:]) - np.maximum(boxes[:, None, :2], others[None, :, :2])
    common = corner.clip(0).prod(2)
    area, other = ((b[:, 2:] - b[:, :2]).clip(0).prod(1) for b in (boxes, others))
    either = area[:, None] + other - common
    if crowd is not None:
        either = np.where(crowd, area[:, None], either)
    return common / np.maximum(either, 1e-12)


def detections(output: np.ndarray, least: float = 0.001, overlap: float = 0.7) -> np.ndarray:
    """Rows x1 y1 x2 y2 score class, of [n, 6] as they are, or of YOLO's [4 + classes, cells] after suppression."""
    y = output[0] if output.ndim == 3 else output
    if y.shape[1] == 6:
        return y[(y[:, 4] >= least) & (y[:, 5] >= 0)]
    kind, cell = np.nonzero(y[4:] >= least)
    x, yc, w, h = y[:4, cell]
    rows = np.stack([x - w / 2, yc - h / 2, x + w / 2, yc + h / 2, y[4 + kind, cell], kind], 1).astype(np.float64)
    rows = rows[np.argsort(-rows[:, 4], kind="stable")]
    kept: list[int] = []
    hidden = np.zeros(len(rows), bool)
    for i in range(len(rows)):
        if hidden[i]:
            continue
        kept.append(i)
        hidden |= (rows[:, 5] == rows[i, 5]) & (iou(rows[i:i + 1, :4], rows[:, :4])[0] > overlap)
    return rows[kept[:300]]


def match(rows: np.ndarray, boxes: np.ndarray, crowd: np.ndarray, threshold: float) -> np.ndarray:
    """For each detection, best first: 1 right, 0 wrong, -1 does not count (it found a crowd)."""
    overlaps, taken = iou(rows[:, :4], boxes, crowd), np.zeros(len(boxes), bool)
    result = np.zeros(len(rows), int)
    for i, overlap in enumerate(overlaps):
        for group in (~crowd & ~taken, crowd):  # objects first
            best = np.where(group, overlap, -1)
            if len(best) and best.max() >= threshold:
                found = len(best) - 1 - int(best[::-1].argmax())
                taken[found], result[i] = True, -1 if crowd[found] else 1
                break
    return result


def average_precision(outputs: list[np.ndarray], truths: list[list]) -> dict[str, float]:
    """COCO's: precision at 101 recalls, averaged over classes and overlaps of 0.5 to 0.95."""
    found = [detections(output) for output in outputs]
    values: dict[int, list[float]] = defaultdict(list)
    for kind in sorted({c for t in truths for c, _, crowd in t if not crowd}):
        pictures = []
        for rows, truth in zip(found, truths):
            rows = rows[rows[:, 5] == kind]
            own = [(box, bool(crowd)) for c, box, crowd in truth if c == kind]
            boxes = np.array([box for box, _ in own], float).reshape(-1, 4)
            rows = rows[np.argsort(-rows[:, 4], kind="stable")][:100]
            pictures.append((rows, boxes, np.array([c for _, c in own], bool)))
        objects = sum((~crowd).sum() for _, _, crowd in pictures)
        scores = np.concatenate([rows[:, 4] for rows, _, _ in pictures])
        for t in range(10):
            hits = np.concatenate([match(rows, boxes, crowd, 0.5 + 0.05 * t) for rows, boxes, crowd in pictures])
            ranked = hits[np.argsort(-scores, kind="stable")]
            ranked = ranked[ranked >= 0]
            right = np.cumsum(ranked)
            precision = np.maximum.accumulate((right / np.arange(1, len(right) + 1))[::-1])[::-1]
            at = np.searchsorted(right / objects, np.arange(101) / 100, side="left")
            values[t].append(float(np.append(precision, 0)[at].mean()))
    return {"mAP": float(np.mean(list(values.values()))), "mAP50": float(np.mean(values[0]))}


METRICS = {"top1": top, "map": average_precision, "miou": mean_iou}


def evaluate(plan: Path, samples: list[tuple[Path, object]], metric: str) -> tuple[dict[str, float], float, int]:
    """Figures, median latency in ms and bytes of an engine."""
    engine = ingotrt.Engine.load(plan)
    context = ingotrt.Context(engine)
    name, output = engine.inputs[0].name, engine.outputs[0].name
    context.run({name: load(samples[0][0])})  # warms up
    outputs, times = [], []
    for path, _ in samples:
        x = load(path)
        start = time.perf_counter()
        y = context.run({name: x})[output]
        times.append((time.perf_counter() - start) * 1e3)
        outputs.append(y)
    return METRICS[metric](outputs, [truth for _, truth in samples]), float(np.median(times)), engine.info["plan_bytes"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("plans", type=Path, nargs="+")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--metric", choices=list(METRICS), required=True)
    args = parser.parse_args()
    samples = samples_of(args.data, args.metric)
    first = None
    for plan in args.plans:
        figures, ms, size = evaluate(plan, samples, args.metric)
        first = first or ms
        text = "   ".join(f"{name} {100 * value:.2f}" for name, value in figures.items())
        print(f"{plan.name:<24}{text}   {ms:.3f} ms ({first / ms:.2f}x)   {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
