"""BERT-base in PyTorch: the encoder of the paper, ids in, hidden states of the last layer out."""

import torch
from torch import nn


class Layer(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-12), nn.LayerNorm(width, eps=1e-12)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        heads = (x.shape[0], x.shape[1], self.heads, -1)
        q, k, v = (linear(x).reshape(heads).transpose(1, 2) for linear in (self.query, self.key, self.value))
        attended = nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        x = self.norm1(x + self.output(attended))
        return self.norm2(x + self.down(nn.functional.gelu(self.up(x))))


class BertBase(nn.Module):
    """All tokens are attended to and belong to one sentence: what a server sees that packs by length."""

    def __init__(self, layers: int = 12, width: int = 768, heads: int = 12, tokens: int = 384) -> None:
        super().__init__()
        self.words, self.kinds = nn.Embedding(30522, width), nn.Embedding(2, width)
        self.positions = nn.Embedding(512, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.layers = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.register_buffer("places", torch.arange(tokens)[None])

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        x = self.words(input_ids) + self.positions(self.places) + self.kinds.weight[0]
        x = self.norm(x)
        for layer in self.layers:
            x = layer(x)
        return x
