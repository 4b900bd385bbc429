"""A small RT-DETR: ResNet backbone, hybrid encoder, TopK query selection, deformable attention by GridSample."""

import numpy as np
import onnx

from bench.models.blocks import Net
from bench.models.resnet import basic_features
from bench.models.transformer import attention, feed_forward, DAMPED

HIDDEN, HEADS, POINTS, LEVELS, CLASSES = 128, 8, 4, 3, 80


def _rep_csp(net: Net, x: str, name: str) -> str:
    """Two branches, one through three re-parameterised 3x3 convolutions; their sum."""
    with net.scope(name):
        y = net.conv_bn(x, HIDDEN, 1, name="conv1")
        for i in range(3):
            y = net.conv_bn(y, HIDDEN, 3, name=f"bottlenecks.{i}")
        return net.add(y, net.conv_bn(x, HIDDEN, 1, name="conv2"))


def _sine_positions(side: int) -> np.ndarray:
    """Sine and cosine of both coordinates, [1, side * side, HIDDEN]."""
    frequency = 1.0 / 10000 ** (np.arange(HIDDEN // 4) / (HIDDEN // 4))
    y, x = (grid.reshape(-1, 1) * frequency for grid in np.meshgrid(np.arange(side), np.arange(side), indexing="ij"))
    return np.concatenate([np.sin(x), np.cos(x), np.sin(y), np.cos(y)], 1)[None].astype(np.float32)


def _encode(net: Net, levels: list[str], sides: list[int]) -> list[str]:
    """Self-attention over the coarsest level, then top-down and bottom-up fusion."""
    p3, p4, p5 = (net.conv_bn(x, HIDDEN, 1, name=f"input_proj.{i}", act="none")
                  for i, x in enumerate(levels))
    with net.scope("encoder.0"):
        x = net.transpose(net.reshape(p5, net.dim(p5, 0), HIDDEN, -1), 0, 2, 1)
        q = net.op("Add", x, net.data("pos_embed", _sine_positions(sides[2])))
        x = net.layer_norm(net.add(x, attention(net, q, q, x, HEADS)), "norm1")
        x = net.layer_norm(net.add(x, feed_forward(net, x, 4 * HIDDEN)), "norm2")
        p5 = net.reshape(net.transpose(x, 0, 2, 1), net.dim(x, 0), HIDDEN, sides[2], sides[2], width=HIDDEN)

    def fuse(high: str, low: str, name: str) -> tuple[str, str]:
        lateral = net.conv_bn(high, HIDDEN, 1, name=f"lateral.{name}")
        up = net.op("Resize", lateral, "", net.const([1, 1, 2, 2], np.float32), mode="nearest", nearest_mode="floor",
                    coordinate_transformation_mode="asymmetric")
        return lateral, _rep_csp(net, net.concat(up, low), f"fpn.{name}")

    n5, n4 = fuse(p5, p4, "0")
    n4, n3 = fuse(n4, p3, "1")
    m4 = _rep_csp(net, net.concat(net.conv_bn(n3, HIDDEN, 3, 2, name="down.0"), n4), "pan.0")
    m5 = _rep_csp(net, net.concat(net.conv_bn(m4, HIDDEN, 3, 2, name="down.1"), n5), "pan.1")
    return [n3, m4, m5]


def _mlp(net: Net, x: str, out: int, layers: int, name: str, gain: float = 1.0) -> str:
    with net.scope(name):
        for i in range(layers - 1):
            x = net.op("Relu", net.linear(x, HIDDEN, f"layers.{i}"))
        return net.linear(x, out, f"layers.{layers - 1}", gain=gain)


def _inverse_sigmoid(net: Net, x: str) -> str:
    x = net.op("Clip", x, net.number(0), net.number(1))
    above = net.op("Clip", x, net.number(1e-5))
    below = net.op("Clip", net.op("Sub", net.number(1), x), net.number(1e-5))
    return net.op("Log", net.op("Div", above, below))


def _anchors(sides: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Inverse sigmoid of one box a pixel of each level, and which of them lie well inside the image."""
    boxes = []
    for level, side in enumerate(sides):
        y, x = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
        centre = (np.stack([x, y], -1).reshape(-1, 2) + 0.5) / side
        boxes.append(np.concatenate([centre, np.full_like(centre, 0.05 * 2 ** level)], 1))
    box = np.concatenate(boxes)[None]
    valid = ((box > 0.01) & (box < 0.99)).all(-1, keepdims=True)
    anchors = np.where(valid, np.log(box / (1 - box)), np.finfo(np.float32).max)
    return anchors.astype(np.float32), valid.astype(np.float32)


def _pick(net: Net, x: str, index: str, width: int) -> str:
    """Rows of x [B, N, width] by index [B, Q]."""
    index = net.op("Tile", net.op("Unsqueeze", index, net.const([2])), net.const([1, 1, width]))
    return net.op("GatherElements", x, index, axis=1, width=width)


def _deformable_attention(net: Net, x: str, boxes: str, memory: str, sides: list[int], queries: int) -> str:
    """Each query and head samples POINTS places of each level around its box."""
    batch, depth, samples = net.dim(x, 0), HIDDEN // HEADS, LEVELS * POINTS
    offsets = net.linear(x, HEADS * samples * 2, "sampling_offsets", gain=2.0)
    offsets = net.reshape(offsets, batch, queries, HEADS, LEVELS, POINTS, 2)
    weights = net.reshape(net.linear(x, HEADS * samples, "attention_weights"), batch, queries, HEADS, samples)
    weights = net.op("Softmax", weights, axis=-1)
    box = net.op("Unsqueeze", boxes, net.const([2, 3, 4]))  # [B, Q, 1, 1, 1, 4]
    reach = net.op("Mul", net.op("Mul", net.op("Div", offsets, net.number(POINTS)), net.slice(box, 2, 4, 5)),
                   net.number(0.5))
    places = net.op("Add", net.slice(box, 0, 2, 5), reach)
    places = net.op("Sub", net.op("Mul", places, net.number(2)), net.number(1))
    value = net.reshape(net.linear(memory, HIDDEN, "value_proj"), batch, -1, HEADS, depth)
    by_level = net.op("Split", value, net.const([s * s for s in sides]), outputs=LEVELS, axis=1)
    sampled = []
    for level, (part, side) in enumerate(zip(by_level, sides)):
        image = net.transpose(net.reshape(part, batch, side * side, HIDDEN), 0, 2, 1)
        image = net.reshape(image, -1, depth, side, side)
        grid = net.op("Squeeze", net.slice(places, level, level + 1, 3), net.const([3]))
        grid = net.reshape(net.transpose(grid, 0, 2, 1, 3, 4), -1, queries, POINTS, 2)
        sampled.append(net.op("GridSample", image, grid, mode="bilinear", padding_mode="zeros", align_corners=0))
    stacked = net.op("Concat", *(net.op("Unsqueeze", s, net.const([3])) for s in sampled), axis=3)
    stacked = net.reshape(stacked, -1, depth, queries, samples)
    weights = net.reshape(net.transpose(weights, 0, 2, 1, 3), -1, 1, queries, samples)
    y = net.op("ReduceSum", net.op("Mul", stacked, weights), net.const([-1]), keepdims=0)
    y = net.transpose(net.reshape(y, batch, HIDDEN, queries), 0, 2, 1, width=HIDDEN)
    return net.linear(y, HIDDEN, "output_proj", gain=2.0)


def _decode(net: Net, levels: list[str], sides: list[int], queries: int, depth: int) -> tuple[str, str]:
    """Selects the best pixels as queries, then refines their boxes layer by layer."""
    flat = [net.transpose(net.reshape(x, net.dim(x, 0), HIDDEN, -1), 0, 2, 1) for x in levels]
    memory = net.op("Concat", *flat, axis=1)
    anchors, valid = _anchors(sides)
    with net.scope("enc_output"):
        found = net.layer_norm(net.linear(net.op("Mul", net.data("valid", valid), memory, width=HIDDEN), HIDDEN,
                                          "proj"), "norm")
    scores = net.linear(found, CLASSES, "enc_score_head", gain=2.0)
    boxes = net.op("Add", _mlp(net, found, 4, 3, "enc_bbox_head", 0.5), net.data("anchors", anchors))
    best = net.op("ReduceMax", scores, axes=[-1], keepdims=0)
    _, index = net.op("TopK", best, net.const([queries]), outputs=2, axis=1, largest=1, sorted=1)
    boxes = net.op("Sigmoid", _pick(net, boxes, index, 4))
    x = _pick(net, found, index, HIDDEN)
    for i in range(depth):
        with net.scope(f"decoder.{i}"):
            q = net.op("Add", x, _mlp(net, net.op("Identity", boxes, width=4), HIDDEN, 2, "query_pos_head"))
            with net.scope("self_attn"):
                y = attention(net, q, q, x, HEADS)
            x = net.layer_norm(net.add(x, y), "norm1")
            with net.scope("cross_attn"):
                y = _deformable_attention(net, net.op("Add", x, q), boxes, memory, sides, queries)
            x = net.layer_norm(net.add(x, y), "norm2")
            x = net.layer_norm(net.add(x, feed_forward(net, x, 4 * HIDDEN, "relu")), "norm3")
            step = _mlp(net, x, 4, 3, "bbox_head", DAMPED)
            boxes = net.op("Sigmoid", net.op("Add", step, _inverse_sigmoid(net, boxes)))
    return net.linear(x, CLASSES, "score_head", gain=2.0), boxes


def rtdetr(tiny: bool, batch: int | str) -> onnx.ModelProto:
    size, queries, depth, layers = (128, 30, 1, [1, 1, 1, 1]) if tiny else (320, 100, 3, [2, 2, 2, 2])
    net = Net("rtdetr", batch=batch)
    image = net.input("images", [3, size, size])
    sides = [size // 8, size // 16, size // 32]
    with net.scope("backbone"):
        levels = basic_features(net, image, layers, width=16 if tiny else 32)[1:]
    net.act = "silu"
    with net.scope("encoder"):
        levels = _encode(net, levels, sides)
    with net.scope("decoder"):
        logits, boxes = _decode(net, levels, sides, queries, depth)
    net.output(logits, "pred_logits", [queries, CLASSES])
    net.output(boxes, "pred_boxes", [queries, 4])
    return net.model()
