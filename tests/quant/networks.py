"""The two small networks that tests/quant/train.py trains (PyTorch): a residual classifier and a YOLO-like detector."""

import torch
from torch import nn


def _conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, act: type[nn.Module] | None = nn.SiLU):
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, *([act()] if act else []))


class Residual(nn.Module):
    """Two convolutions and a shortcut, which is projected where the shapes differ."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = _conv(inputs, outputs, 3, stride, nn.ReLU)
        self.second = _conv(outputs, outputs, 3, 1, None)
        same = inputs == outputs and stride == 1
        self.shortcut = nn.Identity() if same else _conv(inputs, outputs, 1, stride, None)

    def forward(self, x):
        return torch.relu(self.second(self.first(x)) + self.shortcut(x))


class DigitsNet(nn.Module):
    """[n, 1, 28, 28] pixels from 0 to 1 => [n, 10] scores."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _conv(1, 16, 3, 1, nn.ReLU), nn.MaxPool2d(2), Residual(16, 16, 1), Residual(16, 16, 1),
            Residual(16, 24, 2), Residual(24, 24, 1), Residual(24, 32, 2), Residual(32, 32, 1),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))

    def forward(self, x):
        return self.layers(x)


class C2f(nn.Module):
    """A part of the channels goes through a bottleneck; all parts are joined."""

    def __init__(self, inputs: int, outputs: int, shortcut: bool) -> None:
        super().__init__()
        self.half, self.shortcut = outputs // 2, shortcut
        self.split, self.join = _conv(inputs, outputs, 1), _conv(3 * self.half, outputs, 1)
        self.inner = nn.Sequential(_conv(self.half, self.half), _conv(self.half, self.half))

    def forward(self, x):
        a, b = self.split(x).split(self.half, 1)
        c = self.inner(b)
        return self.join(torch.cat([a, b, b + c if self.shortcut else c], 1))


class Pyramid(nn.Module):
    """Three max pools in a row, joined (SPPF)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.narrow, self.pool = _conv(channels, channels // 2, 1), nn.MaxPool2d(5, 1, 2)
        self.join = _conv(2 * channels, channels, 1)

    def forward(self, x):
        x = self.narrow(x)
        a = self.pool(x)
        b = self.pool(a)
        return self.join(torch.cat([x, a, b, self.pool(b)], 1))


BINS = 8  # a side of a box is the mean of a distribution over 0..BINS-1 strides
STRIDES = (8, 16)


class ShapesNet(nn.Module):
    """[n, 3, 96, 96] from 0 to 1 => [n, 4 + classes, cells]: centre x, y, width, height in pixels, scores."""

    def __init__(self, classes: int = 3, side: int = 96) -> None:
        super().__init__()
        self.classes = classes
        self.stem = nn.Sequential(_conv(3, 16, 3, 2), _conv(16, 16, 3, 2), C2f(16, 16, True))
        self.to8 = nn.Sequential(_conv(16, 24, 3, 2), C2f(24, 24, True))
        self.to16 = nn.Sequential(_conv(24, 32, 3, 2), C2f(32, 32, True), Pyramid(32))
        self.up, self.down = nn.Upsample(scale_factor=2, mode="nearest"), _conv(24, 24, 3, 2)
        self.join8, self.join16 = C2f(56, 24, False), C2f(56, 32, False)
        self.boxes = nn.ModuleList(nn.Sequential(_conv(c, 16), nn.Conv2d(16, 4 * BINS, 1)) for c in (24, 32))
        self.scores = nn.ModuleList(nn.Sequential(_conv(c, 16), nn.Conv2d(16, classes, 1)) for c in (24, 32))
        for head in self.scores:
            nn.init.constant_(head[-1].bias, -4.0)
        cells, strides = [], []
        for stride in STRIDES:
            at = (torch.arange(side // stride) + 0.5) * stride
            cells.append(torch.stack([at.repeat(len(at)), at.repeat_interleave(len(at))]))
            strides.append(torch.full((len(at) ** 2,), float(stride)))
        self.register_buffer("cells", torch.cat(cells, 1))
        self.register_buffer("strides", torch.cat(strides))
        self.register_buffer("steps", torch.arange(BINS, dtype=torch.float32).reshape(1, BINS, 1, 1))

    def raw(self, x):
        """Logits of the sides [n, 4 * BINS, cells] and of the classes [n, classes, cells]."""
        at8 = self.to8(self.stem(x))
        at16 = self.to16(at8)
        at8 = self.join8(torch.cat([self.up(at16), at8], 1))
        at16 = self.join16(torch.cat([self.down(at8), at16], 1))
        boxes = [head(f).flatten(2) for head, f in zip(self.boxes, (at8, at16))]
        scores = [head(f).flatten(2) for head, f in zip(self.scores, (at8, at16))]
        return torch.cat(boxes, 2), torch.cat(scores, 2)

    def corners(self, sides):
        """Boxes (x1, y1, x2, y2) in pixels, [n, 4, cells], from the logits of the sides."""
        n, _, cells = sides.shape
        chances = sides.reshape(n, 4, BINS, cells).transpose(1, 2).softmax(1)
        distances = (chances * self.steps).sum(1) * self.strides
        return torch.cat([self.cells - distances[:, :2], self.cells + distances[:, 2:]], 1)

    def forward(self, x):
        sides, scores = self.raw(x)
        box = self.corners(sides)
        centre, size = (box[:, :2] + box[:, 2:]) / 2, box[:, 2:] - box[:, :2]
        return torch.cat([centre, size, scores.sigmoid()], 1)
