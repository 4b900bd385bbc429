"""YOLOv8n and YOLO11n detectors (80 classes) with the head in the graph, as ultralytics exports them."""

import numpy as np
import onnx

from bench.models.blocks import Net

CLASSES, BINS = 80, 16  # BINS: the distances of a box's sides are expectations over 16 bins (DFL)
DAMPED = 0.7


def _bottleneck(net: Net, x: str, shortcut: bool, expansion: float, name: str) -> str:
    width = net.width[x]
    with net.scope(name):
        y = net.conv_bn(x, int(width * expansion), 3, name="cv1")
        y = net.conv_bn(y, width, 3, name="cv2", gain=DAMPED if shortcut else 1.0)
        return net.add(x, y) if shortcut else y


def _c3k(net: Net, x: str, shortcut: bool, name: str) -> str:
    """Two branches, one through two bottlenecks."""
    width = net.width[x]
    with net.scope(name):
        y = net.conv_bn(x, width // 2, 1, name="cv1")
        for i in range(2):
            y = _bottleneck(net, y, shortcut, 1.0, f"m.{i}")
        return net.conv_bn(net.concat(y, net.conv_bn(x, width // 2, 1, name="cv2")), width, 1, name="cv3")


def _c2f(net: Net, x: str, out: int, repeats: int, shortcut: bool, name: str, *, hidden: float = 0.5,
         expansion: float = 1.0, c3k: bool = False) -> str:
    """Split in two, a chain of bottlenecks on the second half, concat of all: C2f, and C3k2 with c3k."""
    width = int(out * hidden)
    with net.scope(name):
        parts = net.split(net.conv_bn(x, 2 * width, 1, name="cv1"), width, width)
        for i in range(repeats):
            block = _c3k(net, parts[-1], shortcut, f"m.{i}") if c3k else \
                _bottleneck(net, parts[-1], shortcut, expansion, f"m.{i}")
            parts.append(block)
        return net.conv_bn(net.concat(*parts), out, 1, name="cv2")


def _sppf(net: Net, x: str, name: str) -> str:
    width = net.width[x]
    with net.scope(name):
        parts = [net.conv_bn(x, width // 2, 1, name="cv1")]
        for _ in range(3):
            parts.append(net.max_pool(parts[-1], 5, 1))
        return net.conv_bn(net.concat(*parts), width, 1, name="cv2")


def _attention(net: Net, x: str, side: int) -> str:
    """Multi-head attention over the pixels, with a depthwise convolution of the values as position encoding."""
    width, key, head = net.width[x], 32, 64
    heads, pixels, batch = width // head, side * side, net.dim(x, 0)
    qkv = net.conv_bn(x, width + 2 * heads * key, 1, name="qkv", act="none")
    q, k, v = net.split(net.reshape(qkv, batch, heads, 2 * key + head, pixels), key, key, head, axis=2)
    scores = net.op("Mul", net.op("MatMul", net.transpose(q, 0, 1, 3, 2), k), net.number(key ** -0.5))
    weights = net.transpose(net.op("Softmax", scores, axis=-1), 0, 1, 3, 2)
    y = net.reshape(net.op("MatMul", v, weights), batch, width, side, side, width=width)
    position = net.conv_bn(net.reshape(v, batch, width, side, side, width=width), width, 3, name="pe", groups=width,
                           act="none")
    return net.conv_bn(net.add(y, position), width, 1, name="proj", act="none")


def _c2psa(net: Net, x: str, side: int, name: str) -> str:
    width = net.width[x]
    with net.scope(name):
        kept, y = net.split(net.conv_bn(x, width, 1, name="cv1"), width // 2, width // 2)
        with net.scope("m.0"):
            with net.scope("attn"):
                y = net.add(y, _attention(net, y, side))
            with net.scope("ffn"):
                z = net.conv_bn(y, width, 1, name="0")
                y = net.add(y, net.conv_bn(z, width // 2, 1, name="1", act="none"))
        return net.conv_bn(net.concat(kept, y), width, 1, name="cv2")


def _upsample(net: Net, x: str) -> str:
    return net.op("Resize", x, "", net.const([1, 1, 2, 2], np.float32), mode="nearest", nearest_mode="floor",
                  coordinate_transformation_mode="asymmetric")


def _neck(net: Net, p3: str, p4: str, p5: str, first: int, block) -> list[str]:
    """Top-down, then bottom-up. block(x, out, is_last, name) is the fusing block; `first` numbers the layers."""
    n4 = block(net.concat(_upsample(net, p5), p4), 128, False, f"model.{first + 2}")
    n3 = block(net.concat(_upsample(net, n4), p3), 64, False, f"model.{first + 5}")
    down = net.conv_bn(n3, 64, 3, 2, name=f"model.{first + 6}")
    m4 = block(net.concat(down, n4), 128, False, f"model.{first + 8}")
    down = net.conv_bn(m4, 128, 3, 2, name=f"model.{first + 9}")
    return [n3, m4, block(net.concat(down, p5), 256, True, f"model.{first + 11}")]


def _detect(net: Net, levels: list[str], size: int, light: bool, name: str) -> None:
    """Box and class branches a level; boxes decoded by DFL against the anchor grid. `light`: depthwise class branch."""
    anchors, strides, flat = [], [], []
    with net.scope(name):
        for i, x in enumerate(levels):
            side, stride = size >> (3 + i), 8 << i
            grid = np.stack(np.meshgrid(np.arange(side) + 0.5, np.arange(side) + 0.5), 0).reshape(2, -1)
            anchors.append(grid)
            strides.append(np.full((1, side * side), stride))
            box, score = x, x
            for j in range(2):
                box = net.conv_bn(box, 4 * BINS, 3, name=f"cv2.{i}.{j}")
                if light:
                    score = net.conv_bn(score, net.width[score], 3, name=f"cv3.{i}.{j}.0", groups=net.width[score])
                    score = net.conv_bn(score, CLASSES, 1, name=f"cv3.{i}.{j}.1")
                else:
                    score = net.conv_bn(score, CLASSES, 3, name=f"cv3.{i}.{j}")
            box = net.conv(box, 4 * BINS, 1, name=f"cv2.{i}.2", gain=1.5)
            score = net.conv(score, CLASSES, 1, name=f"cv3.{i}.2", bias_mean=-2.0, gain=1.5)
            both = net.concat(box, score)
            flat.append(net.reshape(both, net.dim(both, 0), 4 * BINS + CLASSES, -1))
        boxes, scores = net.split(net.op("Concat", *flat, axis=2), 4 * BINS, CLASSES)
        count = sum(a.shape[1] for a in anchors)
        with net.scope("dfl"):
            batch = net.dim(boxes, 0)
            bins = net.transpose(net.reshape(boxes, batch, 4, BINS, count), 0, 2, 1, 3)
            weight = net.data("conv.weight", np.arange(BINS, dtype=np.float32).reshape(1, BINS, 1, 1))
            sides = net.op("Conv", net.op("Softmax", bins, axis=1), weight, dilations=[1, 1], group=1,
                           kernel_shape=[1, 1], pads=[0] * 4, strides=[1, 1])
            sides = net.reshape(sides, batch, 4, count)
        grid = net.const(np.concatenate(anchors, 1)[None], np.float32)
        low = net.op("Sub", grid, net.slice(sides, 0, 2, 1))
        high = net.op("Add", grid, net.slice(sides, 2, 4, 1))
        centre = net.op("Div", net.op("Add", low, high), net.number(2))
        pixels = net.op("Mul", net.op("Concat", centre, net.op("Sub", high, low), axis=1),
                        net.const(np.concatenate(strides, 1), np.float32))
        result = net.op("Concat", pixels, net.op("Sigmoid", scores), axis=1)
    net.output(result, "output0", [4 + CLASSES, count])


def yolov8n(tiny: bool, batch: int | str) -> onnx.ModelProto:
    size = 160 if tiny else 640
    net = Net("yolov8n", act="silu", batch=batch)
    x = net.conv_bn(net.input("images", [3, size, size]), 16, 3, 2, name="model.0")
    levels = []
    for i, (out, repeats) in enumerate(((32, 1), (64, 2), (128, 2), (256, 1))):
        x = net.conv_bn(x, out, 3, 2, name=f"model.{2 * i + 1}")
        x = _c2f(net, x, out, repeats, True, f"model.{2 * i + 2}")
        levels.append(x)
    _, p3, p4, p5 = levels
    p5 = _sppf(net, p5, "model.9")
    heads = _neck(net, p3, p4, p5, 10, lambda x, out, last, name: _c2f(net, x, out, 1, False, name))
    _detect(net, heads, size, False, "model.22")
    return net.model()


def yolo11n(tiny: bool, batch: int | str) -> onnx.ModelProto:
    size = 160 if tiny else 640
    net = Net("yolo11n", act="silu", batch=batch)
    x = net.conv_bn(net.input("images", [3, size, size]), 16, 3, 2, name="model.0")
    levels = []
    for i, (down, out, hidden, c3k) in enumerate(((32, 64, 0.25, False), (64, 128, 0.25, False),
                                                  (128, 128, 0.5, True), (256, 256, 0.5, True))):
        x = net.conv_bn(x, down, 3, 2, name=f"model.{2 * i + 1}")
        x = _c2f(net, x, out, 1, True, f"model.{2 * i + 2}", hidden=hidden, expansion=0.5, c3k=c3k)
        levels.append(x)
    _, p3, p4, p5 = levels
    p5 = _c2psa(net, _sppf(net, p5, "model.9"), size // 32, "model.10")
    heads = _neck(net, p3, p4, p5, 11, lambda x, out, last, name: _c2f(
        net, x, out, 1, True, name, expansion=0.5, c3k=last))
    _detect(net, heads, size, True, "model.23")
    return net.model()
