"""BERT-base over 128 tokens: int64 ids and mask, LayerNorm and Erf-GELU decomposed, as Hugging Face exports it."""

import numpy as np
import onnx
from onnx import TensorProto

from bench.models.blocks import Net
from bench.models.transformer import attention, feed_forward


def bert_base(tiny: bool, batch: int | str) -> onnx.ModelProto:
    length, width, heads, depth, words = (16, 128, 2, 2, 1000) if tiny else (128, 768, 12, 12, 30522)
    net = Net("bert_base", act="none", batch=batch, opset=14)
    ids, mask, types = (net.input(name, [length], TensorProto.INT64)
                        for name in ("input_ids", "attention_mask", "token_type_ids"))
    mask = net.op("Unsqueeze", net.op("Unsqueeze", mask, net.const([1])), net.const([2]))
    mask = net.op("Sub", net.number(1), net.op("Cast", mask, to=TensorProto.FLOAT))
    mask = net.op("Mul", mask, net.number(np.finfo(np.float32).min))
    with net.scope("embeddings"):
        x = net.op("Gather", net.weight("word_embeddings.weight", (words, width), 0.7), ids, width=width)
        x = net.op("Add", x, net.op("Gather", net.weight("token_type_embeddings.weight", (2, width), 0.3), types))
        positions = net.data("position_ids", np.arange(512, dtype=np.int64)[None])
        positions = net.op("Slice", positions, net.const([0]), net.dim(ids, 1), net.const([1]), net.const([1]))
        table = net.weight("position_embeddings.weight", (512, width), 0.7)
        x = net.layer_norm(net.op("Add", x, net.op("Gather", table, positions)), "LayerNorm", True, 1e-12)
    for i in range(depth):
        with net.scope("encoder"), net.scope(f"layer.{i}"):
            with net.scope("attention"):
                y = attention(net, x, x, x, heads, mask)
                x = net.layer_norm(net.add(y, x), "LayerNorm", True, 1e-12)
            with net.scope("output"):
                y = feed_forward(net, x, 4 * width)
                x = net.layer_norm(net.add(y, x), "LayerNorm", True, 1e-12)
    with net.scope("pooler"):
        pooled = net.op("Tanh", net.gemm(net.op("Gather", x, net.const(0), axis=1), width, "dense"))
    net.output(x, "last_hidden_state", [length, width])
    net.output(pooled, "pooler_output", [width])
    return net.model()
