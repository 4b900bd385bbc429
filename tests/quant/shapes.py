#!/usr/bin/env python3
"""Draws the data set of the small detector: circles, squares and triangles on noisy ground, with COCO annotations.

    python tests/quant/shapes.py OUT --count=200 --seed=2 [--png]

OUT gets annotations.json and images/0000.npy ... ([1, 3, 96, 96], float32 from 0 to 1), or .png with --png. The
same seed draws the same pictures on any machine: only NumPy's generator decides.
"""

import argparse
import json
from pathlib import Path

import numpy as np

SIDE = 96
CLASSES = ("circle", "square", "triangle")
_SHARP = 2  # samples along an edge of a pixel


def _inside(kind: int, x: np.ndarray, y: np.ndarray, radius: float, turn: float) -> tuple[np.ndarray, list[float]]:
    """Which points lie in the shape around (0, 0), and its box (x1, y1, x2, y2)."""
    if kind == 0:
        return x * x + y * y <= radius * radius, [-radius, -radius, radius, radius]
    corners = 4 if kind == 1 else 3
    angles = turn + 2 * np.pi * np.arange(corners) / corners
    px, py = radius * np.cos(angles), radius * np.sin(angles)
    inside = np.ones(np.broadcast_shapes(x.shape, y.shape), bool)
    for i in range(corners):
        j = (i + 1) % corners
        inside &= (px[j] - px[i]) * (y - py[i]) - (py[j] - py[i]) * (x - px[i]) >= 0
    return inside, [px.min(), py.min(), px.max(), py.max()]


def _apart(box: list[float], others: list[list[float]]) -> bool:
    return all(box[2] < o[0] or o[2] < box[0] or box[3] < o[1] or o[3] < box[1] for o in others)


def draw(random: np.random.Generator) -> tuple[np.ndarray, list[list[float]], list[int]]:
    """A picture [3, SIDE, SIDE] from 0 to 1 with one to five shapes, their boxes and classes."""
    coarse = random.uniform(0, 1, (3, 4, 4)).repeat(SIDE // 4, 1).repeat(SIDE // 4, 2)
    picture = 0.5 * coarse + random.uniform(0, 0.5)
    grid = (np.arange(SIDE * _SHARP) + 0.5) / _SHARP
    x, y = grid[None, :], grid[:, None]
    boxes: list[list[float]] = []
    kinds: list[int] = []
    for _ in range(random.integers(1, 6)):
        kind, radius, turn = int(random.integers(3)), random.uniform(6, 24), random.uniform(0, 2 * np.pi)
        cx, cy = random.uniform(radius, SIDE - radius, 2)
        inside, box = _inside(kind, x - cx, y - cy, radius, turn)
        box = [box[0] + cx, box[1] + cy, box[2] + cx, box[3] + cy]
        if not _apart(box, boxes):
            continue
        cover = inside.reshape(SIDE, _SHARP, SIDE, _SHARP).mean((1, 3))
        ground = picture[:, int(cy), int(cx)]
        colour = (ground + random.uniform(0.25, 0.75, 3)) % 1.0  # not the colour of the ground
        picture = picture * (1 - cover) + colour[:, None, None] * cover
        boxes.append(box)
        kinds.append(kind)
    picture = picture + random.normal(0, 0.04, picture.shape)
    return np.clip(picture, 0, 1).astype(np.float32), boxes, kinds


def draw_set(count: int, seed: int) -> list[tuple[np.ndarray, list[list[float]], list[int]]]:
    random = np.random.default_rng(seed)
    return [draw(random) for _ in range(count)]


def write_set(folder: Path, count: int, seed: int, png: bool = False) -> Path:
    """Writes pictures and annotations; returns the path of the annotations."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    images, annotations = [], []
    for i, (picture, boxes, kinds) in enumerate(draw_set(count, seed)):
        name = f"images/{i:04}.{'png' if png else 'npy'}"
        if png:
            from PIL import Image
            Image.fromarray(np.rint(picture * 255).astype(np.uint8).transpose(1, 2, 0)).save(folder / name)
        else:
            np.save(folder / name, picture[None])
        images.append({"id": i, "file_name": name, "width": SIDE, "height": SIDE})
        for (x1, y1, x2, y2), kind in zip(boxes, kinds):
            annotations.append({"id": len(annotations) + 1, "image_id": i, "category_id": kind + 1, "iscrowd": 0,
                                "bbox": [round(v, 3) for v in (x1, y1, x2 - x1, y2 - y1)],
                                "area": round((x2 - x1) * (y2 - y1), 3)})
    categories = [{"id": i + 1, "name": name} for i, name in enumerate(CLASSES)]
    path = folder / "annotations.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--png", action="store_true")
    args = parser.parse_args()
    print(write_set(args.out, args.count, args.seed, args.png))


if __name__ == "__main__":
    main()
