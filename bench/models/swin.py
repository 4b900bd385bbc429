"""Swin-T: windows by reshape and transpose, cyclic shift by Slice and Concat, relative position bias and masks."""

import numpy as np
import onnx

from bench.models.blocks import Net
from bench.models.transformer import DAMPED, feed_forward

WINDOW = 7


def _windows(net: Net, x: str, side: int) -> str:
    """[B, side, side, W] => [B * windows, 49, W]."""
    count, width = side // WINDOW, net.width[x]
    x = net.reshape(x, net.dim(x, 0), count, WINDOW, count, WINDOW, width)
    return net.reshape(net.transpose(x, 0, 1, 3, 2, 4, 5), -1, WINDOW * WINDOW, width)


def _unwindow(net: Net, x: str, side: int) -> str:
    """[B * windows, 49, W] => [B, side, side, W]."""
    count, width = side // WINDOW, net.width[x]
    x = net.reshape(x, -1, count, count, WINDOW, WINDOW, width)
    return net.reshape(net.transpose(x, 0, 1, 3, 2, 4, 5), -1, side, side, width)


def _roll(net: Net, x: str, shift: int) -> str:
    for axis in (1, 2):
        parts = net.slice(x, -shift, 2**63 - 1, axis), net.slice(x, 0, -shift, axis)
        x = net.op("Concat", *parts, axis=axis)
    return x


def _relative_index() -> np.ndarray:
    """For each pair of a window's pixels, the row of the bias table."""
    grid = np.stack(np.meshgrid(np.arange(WINDOW), np.arange(WINDOW), indexing="ij")).reshape(2, -1)
    offset = grid[:, :, None] - grid[:, None, :] + WINDOW - 1
    return (offset[0] * (2 * WINDOW - 1) + offset[1]).reshape(-1)


def _shift_mask(side: int, shift: int) -> np.ndarray:
    """-100 between pixels that the shift brought together from different borders; [windows, 1, 49, 49]."""
    region = np.digitize(np.arange(side), [side - WINDOW, side - shift])
    image = (region[:, None] * 3 + region[None, :]).reshape(side // WINDOW, WINDOW, side // WINDOW, WINDOW)
    image = image.transpose(0, 2, 1, 3).reshape(-1, WINDOW * WINDOW)
    return np.where(image[:, None, :] == image[:, :, None], 0, -100).astype(np.float32)[:, None]


def _attention(net: Net, x: str, heads: int, mask: np.ndarray | None) -> str:
    width, pixels = net.width[x], WINDOW * WINDOW
    qkv = net.linear(x, 3 * width, "qkv")
    qkv = net.transpose(net.reshape(qkv, net.dim(x, 0), pixels, 3, heads, width // heads), 2, 0, 3, 1, 4)
    q, k, v = (net.op("Gather", qkv, net.const(i), axis=0) for i in range(3))
    scores = net.op("MatMul", net.op("Mul", q, net.number((width // heads) ** -0.5)), net.transpose(k, 0, 1, 3, 2))
    table = net.weight("relative_position_bias_table", ((2 * WINDOW - 1) ** 2, heads), 0.5)
    bias = net.op("Gather", table, net.data("relative_position_index", _relative_index()), axis=0)
    bias = net.transpose(net.reshape(bias, pixels, pixels, -1), 2, 0, 1)
    scores = net.op("Add", scores, net.op("Unsqueeze", bias, net.const([0])))
    if mask is not None:
        by_window = net.reshape(scores, -1, len(mask), heads, pixels, pixels)
        masked = net.op("Add", by_window, net.op("Unsqueeze", net.data("attn_mask", mask), net.const([0])))
        scores = net.reshape(masked, -1, heads, pixels, pixels)
    y = net.transpose(net.op("MatMul", net.op("Softmax", scores, axis=-1), v), 0, 2, 1, 3)
    return net.linear(net.reshape(y, net.dim(x, 0), pixels, width, width=width), width, "proj", gain=DAMPED)


def _block(net: Net, x: str, side: int, heads: int, shift: int) -> str:
    with net.scope("attn"):
        y = net.layer_norm(x, "norm1")
        y = _windows(net, _roll(net, y, -shift) if shift else y, side)
        y = _unwindow(net, _attention(net, y, heads, _shift_mask(side, shift) if shift else None), side)
        x = net.add(x, _roll(net, y, shift) if shift else y)
    with net.scope("mlp"):
        return net.add(x, feed_forward(net, net.layer_norm(x, "norm2"), 4 * net.width[x]))


def _merge(net: Net, x: str) -> str:
    """Four neighbours become one pixel of twice the width."""
    width, corners = net.width[x], []
    for column in range(2):
        for row in range(2):
            corners.append(net.slice(net.slice(x, row, 2**63 - 1, 1, 2), column, 2**63 - 1, 2, 2))
    x = net.op("Concat", *corners, axis=-1, width=4 * width)
    return net.linear(net.layer_norm(x, "norm"), 2 * width, "reduction", bias=False)


def swin_t(tiny: bool, batch: int | str) -> onnx.ModelProto:
    size, width, depths, heads = (112, 48, [2, 2, 2], 2) if tiny else (224, 96, [2, 2, 6, 2], 3)
    net = Net("swin_t", act="none", batch=batch)
    x, side = net.input("input", [3, size, size]), size // 4
    with net.scope("patch_embed"):
        weight, bias = net.weight("weight", (width, 3, 4, 4), 0.15), net.weight("bias", (width,), 0.1)
        x = net.op("Conv", x, weight, bias, width=width, dilations=[1, 1], group=1, kernel_shape=[4, 4], pads=[0] * 4,
                   strides=[4, 4])
        x = net.layer_norm(net.transpose(x, 0, 2, 3, 1), "norm")
    for stage, depth in enumerate(depths):
        with net.scope(f"layers.{stage}"):
            if stage:
                x, side = _merge(net, x), side // 2
            for i in range(depth):
                with net.scope(f"blocks.{i}"):
                    x = _block(net, x, side, heads << stage, WINDOW // 2 if i % 2 and side > WINDOW else 0)
    x = net.transpose(net.layer_norm(x, "norm"), 0, 3, 1, 2)
    net.classifier(x, 1000, "head")
    return net.model()
