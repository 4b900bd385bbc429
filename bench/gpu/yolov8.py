"""YOLOv8n in PyTorch, with the head in the graph: the architecture that ultralytics exports (80 classes)."""

import torch
from torch import nn

CLASSES, BINS = 80, 16  # a box's sides are expectations over 16 bins


class Conv(nn.Sequential):
    """Convolution, BatchNorm, SiLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1) -> None:
        super().__init__(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs),
                         nn.SiLU())


class Bottleneck(nn.Module):
    def __init__(self, width: int, shortcut: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(Conv(width, width, 3), Conv(width, width, 3))
        self.shortcut = shortcut

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.body(x) if self.shortcut else self.body(x)


class C2f(nn.Module):
    """Split in two, a chain of bottlenecks on the second half, concatenation of all."""

    def __init__(self, inputs: int, outputs: int, repeats: int, shortcut: bool) -> None:
        super().__init__()
        self.width = outputs // 2
        self.first = Conv(inputs, outputs)
        self.chain = nn.ModuleList(Bottleneck(self.width, shortcut) for _ in range(repeats))
        self.last = Conv((2 + repeats) * self.width, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = list(self.first(x).split((self.width, self.width), 1))
        for block in self.chain:
            parts.append(block(parts[-1]))
        return self.last(torch.cat(parts, 1))


class SPPF(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.last = Conv(width, width // 2), Conv(2 * width, width)
        self.pool = nn.MaxPool2d(5, 1, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = [self.first(x)]
        for _ in range(3):
            parts.append(self.pool(parts[-1]))
        return self.last(torch.cat(parts, 1))


class Detect(nn.Module):
    """Box and class branches of each level; the boxes decoded against the grid of anchors."""

    def __init__(self, widths: tuple[int, ...], size: int) -> None:
        super().__init__()
        self.boxes = nn.ModuleList(nn.Sequential(Conv(w, 64, 3), Conv(64, 64, 3), nn.Conv2d(64, 4 * BINS, 1))
                                   for w in widths)
        self.scores = nn.ModuleList(nn.Sequential(Conv(w, 80, 3), Conv(80, 80, 3), nn.Conv2d(80, CLASSES, 1))
                                    for w in widths)
        anchors, strides = [], []
        for level in range(len(widths)):
            stride = 8 << level
            side = torch.arange(size // stride) + 0.5
            rows, columns = torch.meshgrid(side, side, indexing="ij")
            anchors.append(torch.stack((columns, rows)).reshape(2, -1))
            strides.append(torch.full((1, columns.numel()), float(stride)))
        self.register_buffer("anchors", torch.cat(anchors, 1)[None])
        self.register_buffer("strides", torch.cat(strides, 1)[None])
        self.register_buffer("bins", torch.arange(BINS, dtype=torch.float32).reshape(1, BINS, 1, 1))

    def forward(self, levels: list[torch.Tensor]) -> torch.Tensor:
        flat = [torch.cat((box(x), score(x)), 1).flatten(2) for x, box, score in zip(levels, self.boxes, self.scores)]
        boxes, scores = torch.cat(flat, 2).split((4 * BINS, CLASSES), 1)
        sides = boxes.reshape(boxes.shape[0], 4, BINS, -1).transpose(1, 2).softmax(1)
        low, high = nn.functional.conv2d(sides, self.bins.reshape(1, BINS, 1, 1)).squeeze(1).chunk(2, 1)
        low, high = self.anchors - low, self.anchors + high
        return torch.cat((torch.cat(((low + high) / 2, high - low), 1) * self.strides, scores.sigmoid()), 1)


class YoloV8n(nn.Module):
    def __init__(self, size: int = 640) -> None:
        super().__init__()
        self.stem = Conv(3, 16, 3, 2)
        widths, repeats = (16, 32, 64, 128, 256), (1, 2, 2, 1)
        self.stages = nn.ModuleList(
            nn.Sequential(Conv(widths[i], widths[i + 1], 3, 2), C2f(widths[i + 1], widths[i + 1], repeats[i], True))
            for i in range(4))
        self.pool = SPPF(256)
        self.up = nn.Upsample(scale_factor=2.0, mode="nearest")
        self.top4, self.top3 = C2f(256 + 128, 128, 1, False), C2f(128 + 64, 64, 1, False)
        self.down3, self.down4 = Conv(64, 64, 3, 2), Conv(128, 128, 3, 2)
        self.bottom4, self.bottom5 = C2f(64 + 128, 128, 1, False), C2f(128 + 256, 256, 1, False)
        self.detect = Detect((64, 128, 256), size)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x, levels = self.stem(images), []
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
        _, p3, p4, p5 = levels
        p5 = self.pool(p5)
        n4 = self.top4(torch.cat((self.up(p5), p4), 1))
        n3 = self.top3(torch.cat((self.up(n4), p3), 1))
        m4 = self.bottom4(torch.cat((self.down3(n3), n4), 1))
        return self.detect([n3, m4, self.bottom5(torch.cat((self.down4(m4), p5), 1))])
