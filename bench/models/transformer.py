"""Attention and feed-forward blocks that the transformer families share."""

import math

from bench.models.blocks import Net

DAMPED = 0.6  # scale of a residual branch's last weights


def heads_apart(net: Net, x: str, heads: int, *perm: int) -> str:
    """[B, S, W] => [B, S, heads, W / heads] => transposed; B and S are read at run time, as exporters do."""
    width = net.width[x]
    return net.transpose(net.reshape(x, net.dim(x, 0), net.dim(x, 1), heads, width // heads), *perm, width=width)


def heads_together(net: Net, x: str, width: int) -> str:
    """[B, heads, S, W / heads] => [B, S, W]."""
    x = net.transpose(x, 0, 2, 1, 3)
    return net.reshape(x, net.dim(x, 0), net.dim(x, 1), width, width=width)


def attention(net: Net, query: str, key: str, value: str, heads: int, mask: str | None = None,
              out: str = "output") -> str:
    """Multi-head attention with three projections: scores divided by sqrt(d), a mask added before the softmax."""
    width = net.width[query]
    q = heads_apart(net, net.linear(query, width, "query"), heads, 0, 2, 1, 3)
    k = heads_apart(net, net.linear(key, width, "key"), heads, 0, 2, 3, 1)
    v = heads_apart(net, net.linear(value, width, "value"), heads, 0, 2, 1, 3)
    scores = net.op("Div", net.op("MatMul", q, k), net.number(math.sqrt(width // heads)))
    if mask:
        scores = net.op("Add", scores, mask)
    y = heads_together(net, net.op("MatMul", net.op("Softmax", scores, axis=-1), v), width)
    return net.linear(y, width, out, gain=DAMPED)


def feed_forward(net: Net, x: str, hidden: int, act: str = "gelu") -> str:
    width = net.width[x]
    y = net.activation(net.linear(x, hidden, "fc1"), act)
    return net.linear(y, width, "fc2", gain=DAMPED)
