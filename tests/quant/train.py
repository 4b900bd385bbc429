#!/usr/bin/env python3
"""Trains the small networks of tests/quant on a CPU in minutes and writes them to tests/quant/models.

    python3 tests/quant/train.py [digits] [shapes] [--epochs=N]

Needs PyTorch (1.13 or newer), which the tests do not: the trained models are committed. They are made from nothing
but this script, its seed, the digits of scripts/fetch_models.py (mnist_5k) and drawn shapes, and stand under Ingot's
licence.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch
from digits import split_digits
from networks import BINS, STRIDES, DigitsNet, ShapesNet
from shapes import draw_set
from torch.nn import functional

HERE = Path(__file__).resolve().parent
DIGITS = HERE.parents[1] / ".models" / "mnist_5k.csv.gz"
SEED = 1


def _steps(network, total: int, rate: float):
    """An optimiser and its schedule: one cycle over all steps."""
    optimizer = torch.optim.AdamW(network.parameters(), rate, weight_decay=0.01)
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total)


def _shifted(x: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """Each picture turned by up to 12 degrees, scaled by up to 12 % and moved by up to 2 pixels."""
    n = len(x)
    turn, scale = (torch.rand(n, generator=random) - 0.5) * 0.42, 1 + (torch.rand(n, generator=random) - 0.5) * 0.24
    move = (torch.rand(n, 2, 1, generator=random) - 0.5) * 0.28
    cos, sin = (torch.cos(turn) * scale).reshape(-1, 1), (torch.sin(turn) * scale).reshape(-1, 1)
    matrix = torch.stack([torch.cat([cos, -sin], 1), torch.cat([sin, cos], 1)], 1)
    grid = functional.affine_grid(torch.cat([matrix, move], 2), x.shape, align_corners=False)
    return functional.grid_sample(x, grid, align_corners=False)


def train_digits(epochs: int) -> DigitsNet:
    (x, y), (test_x, test_y) = (tuple(map(torch.from_numpy, part)) for part in split_digits(DIGITS))
    network, random = DigitsNet(), torch.Generator().manual_seed(SEED)
    optimizer, schedule = _steps(network, epochs * (len(x) // 100), 4e-3)
    for epoch in range(epochs):
        network.train()
        for batch in torch.randperm(len(x), generator=random).split(100):
            loss = functional.cross_entropy(network(_shifted(x[batch], random)), y[batch], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        network.eval()
        with torch.no_grad():
            right = (network(test_x).argmax(1) == test_y).float().mean().item()
        print(f"digits {epoch + 1}/{epochs}: loss {loss.item():.3f}, test {100 * right:.2f} %", flush=True)
    return network


def _targets(network: ShapesNet, boxes: list[list[float]], kinds: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """For each cell the class (-1: none) and the box that it should find: cells near a shape's centre do."""
    kind = torch.full((len(network.strides),), -1)
    target = torch.zeros(len(network.strides), 4)
    for (x1, y1, x2, y2), k in zip(boxes, kinds):
        stride = STRIDES[0] if max(x2 - x1, y2 - y1) < 32 else STRIDES[1]
        cx, cy = (x1 + x2) / 2, (y1 + y2) / 2
        reach = (network.cells - torch.tensor([[cx], [cy]], dtype=torch.float32)).abs().amax(0)
        near = (network.strides == stride) & (reach < max(0.51, 0.75 if stride == 8 else 0.6) * stride)
        near &= (torch.tensor([x1, y1], dtype=torch.float32).unsqueeze(1) < network.cells).all(0)
        near &= (torch.tensor([x2, y2], dtype=torch.float32).unsqueeze(1) > network.cells).all(0)
        kind[near], target[near] = k, torch.tensor([x1, y1, x2, y2], dtype=torch.float32)
    return kind, target


def _overlap(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """IoU and generalised IoU of boxes [n, 4]."""
    def area(t):
        return (t[:, 2] - t[:, 0]).clamp(0) * (t[:, 3] - t[:, 1]).clamp(0)
    both = torch.cat([torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:], b[:, 2:])], 1)
    hull = torch.cat([torch.minimum(a[:, :2], b[:, :2]), torch.maximum(a[:, 2:], b[:, 2:])], 1)
    common = area(both)
    union = area(a) + area(b) - common + 1e-6
    iou = common / union
    return iou, iou - (area(hull) - union) / (area(hull) + 1e-6)


def _distribution_loss(network: ShapesNet, sides: torch.Tensor, cell: torch.Tensor, target: torch.Tensor):
    """Cross entropy of each side's two bins around the true distance; sides [n, 4, BINS]."""
    at, stride = network.cells[:, cell].T, network.strides[cell].unsqueeze(1)
    distance = torch.cat([at - target[:, :2], target[:, 2:] - at], 1) / stride
    distance = distance.clamp(0, BINS - 1.01)
    low = distance.floor()
    logs = sides.log_softmax(2)
    low_log, high_log = (logs.gather(2, bin.long().unsqueeze(2)).squeeze(2) for bin in (low, low + 1))
    return -(low_log * (low + 1 - distance) + high_log * (distance - low)).mean()


def train_shapes(epochs: int) -> ShapesNet:
    network = ShapesNet()
    drawn = draw_set(2000, seed=1)
    x = torch.from_numpy(np.stack([picture for picture, _, _ in drawn]))
    kinds, targets = map(torch.stack, zip(*[_targets(network, boxes, kinds) for _, boxes, kinds in drawn]))
    random = torch.Generator().manual_seed(SEED)
    batches = -(-len(x) // 32)
    optimizer, schedule = _steps(network, epochs * batches, 6e-3)
    network.train()
    for epoch in range(epochs):
        start, total = time.perf_counter(), 0.0
        for batch in torch.randperm(len(x), generator=random).split(32):
            sides, scores = network.raw(x[batch])
            kind, target = kinds[batch], targets[batch]
            image, cell = (kind >= 0).nonzero(as_tuple=True)
            box = network.corners(sides)[image, :, cell]
            iou, giou = _overlap(box, target[image, cell])
            wanted = torch.zeros_like(scores)
            wanted[image, kind[image, cell], cell] = iou.detach().clamp(0.1)
            weight = torch.where(wanted > 0, torch.ones_like(scores), 0.75 * scores.detach().sigmoid() ** 2)
            score_loss = (functional.binary_cross_entropy_with_logits(scores, wanted, reduction="none") * weight).sum()
            picked = sides[image, :, cell].reshape(-1, 4, BINS)
            loss = score_loss / len(cell) + 2 * (1 - giou).mean()
            loss = loss + 0.5 * _distribution_loss(network, picked, cell, target[image, cell])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() / batches
        print(f"shapes {epoch + 1}/{epochs}: loss {total:.3f}, IoU {iou.mean().item():.3f}, "
              f"{time.perf_counter() - start:.0f} s", flush=True)
    return network


def export(network: torch.nn.Module, example: torch.Tensor, name: str, outputs: str) -> None:
    path = HERE / "models" / f"{name}.onnx"
    path.parent.mkdir(exist_ok=True)
    torch.onnx.export(network.eval(), example, str(path), input_names=["images"], output_names=[outputs],
                      opset_version=13, dynamic_axes={"images": {0: "batch"}, outputs: {0: "batch"}})
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="digits|shapes", help="default: both")
    parser.add_argument("--epochs", type=int, help="default: 30")
    args = parser.parse_args()
    if unknown := set(args.names) - {"digits", "shapes"}:
        parser.error(f"unknown: {', '.join(unknown)}; known: digits, shapes")
    if not args.names or "digits" in args.names:
        if not DIGITS.is_file():
            sys.exit("the digits are not there: python scripts/fetch_models.py --only=mnist_5k")
        torch.manual_seed(SEED)
        export(train_digits(args.epochs or 30), torch.zeros(1, 1, 28, 28), "digits_resnet", "scores")
    if not args.names or "shapes" in args.names:
        torch.manual_seed(SEED)
        export(train_shapes(args.epochs or 30), torch.zeros(1, 3, 96, 96), "shapes_yolo", "boxes")


if __name__ == "__main__":
    main()
