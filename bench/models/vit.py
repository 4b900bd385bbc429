"""ViT-B/16: LayerNormalization nodes, one QKV projection, attention scaled by run-time shapes as SDPA exports."""

import onnx
from onnx import TensorProto

from bench.models.blocks import Net
from bench.models.transformer import DAMPED, feed_forward, heads_together


def _attention(net: Net, x: str, heads: int) -> str:
    width = net.width[x]
    qkv = net.linear(x, 3 * width, "qkv")
    qkv = net.reshape(qkv, net.dim(qkv, 0), net.dim(qkv, 1), 3, heads, width // heads)
    qkv = net.transpose(qkv, 2, 0, 3, 1, 4)
    q, k, v = (net.op("Gather", qkv, net.const(i), axis=0) for i in range(3))
    size = net.op("Cast", net.slice(net.op("Shape", q), -1, 2**63 - 1, 0), to=TensorProto.FLOAT)
    scale = net.op("Sqrt", net.op("Div", net.number([1.0]), net.op("Sqrt", size)))  # applied to both q and k
    scores = net.op("MatMul", net.op("Mul", q, scale), net.op("Mul", net.transpose(k, 0, 1, 3, 2), scale))
    y = heads_together(net, net.op("MatMul", net.op("Softmax", scores, axis=-1), v), width)
    return net.linear(y, width, "proj", gain=DAMPED)


def vit_b16(tiny: bool, batch: int | str) -> onnx.ModelProto:
    size, width, heads, depth = (64, 192, 3, 2) if tiny else (224, 768, 12, 12)
    net = Net("vit_b16", act="none", batch=batch)
    x = net.input("input", [3, size, size])
    with net.scope("patch_embed"):
        with net.scope("proj"):
            weight, bias = net.weight("weight", (width, 3, 16, 16), 0.036), net.weight("bias", (width,), 0.1)
        x = net.op("Conv", x, weight, bias, width=width, dilations=[1, 1], group=1, kernel_shape=[16, 16],
                   pads=[0] * 4, strides=[16, 16])
        x = net.transpose(net.reshape(x, net.dim(x, 0), width, -1), 0, 2, 1)
    shape = net.op("Concat", net.dim(x, 0), net.const([-1]), net.const([-1]), axis=0)
    shape = net.op("Where", net.op("Equal", shape, net.const([-1, -1, -1])), net.const([1, 1, 1]), shape)
    token = net.op("Expand", net.weight("cls_token", (1, 1, width), 0.5), shape, width=width)
    x = net.op("Concat", token, x, axis=1)
    x = net.op("Add", x, net.weight("pos_embed", (1, (size // 16) ** 2 + 1, width), 0.5))
    for i in range(depth):
        with net.scope("blocks"), net.scope(str(i)):
            with net.scope("attn"):
                x = net.add(x, _attention(net, net.layer_norm(x, "norm1", epsilon=1e-6), heads))
            with net.scope("mlp"):
                x = net.add(x, feed_forward(net, net.layer_norm(x, "norm2", epsilon=1e-6), 4 * width))
    x = net.op("Gather", net.layer_norm(x, "norm", epsilon=1e-6), net.const(0), axis=1)
    net.output(net.gemm(x, 1000, "head"), "output", [1000])
    return net.model()
