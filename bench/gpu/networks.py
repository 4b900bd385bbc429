"""The networks that are measured, with weights from a fixed seed, and their export to ONNX.

Untrained weights are as slow as trained ones, but their numbers may explode or vanish on the way, which would make a
comparison of outputs worthless: BatchNorms take the statistics of random images, and parameters that start at zero
(the heads of transformers) get values.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

SEED = 20260101


def _torchvision(name: str) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        import torchvision
        return getattr(torchvision.models, name)(weights=None)
    return make


def _yolov8n() -> nn.Module:
    from bench.gpu.yolov8 import YoloV8n
    return YoloV8n()


def _bert() -> nn.Module:
    from bench.gpu.bert import BertBase
    return BertBase()


@dataclass(frozen=True)
class Network:
    make: Callable[[], nn.Module]
    shape: tuple[int, ...]  # of the input, without the batch
    batches: tuple[int, ...] = (1, 8, 128)
    input: str = "input"

    @property
    def takes_ids(self) -> bool:
        return len(self.shape) == 1


NETWORKS = {
    "resnet50": Network(_torchvision("resnet50"), (3, 224, 224)),
    "mobilenetv3": Network(_torchvision("mobilenet_v3_large"), (3, 224, 224)),
    "efficientnet_b0": Network(_torchvision("efficientnet_b0"), (3, 224, 224)),
    "yolov8n": Network(_yolov8n, (3, 640, 640)),
    "vit_b16": Network(_torchvision("vit_b_16"), (3, 224, 224)),
    "swin_b": Network(_torchvision("swin_b"), (3, 224, 224), (1, 8)),
    "bert_base": Network(_bert, (384,), (1, 8), "input_ids"),
}


def input_for(network: Network, batch: int, seed: int = 0) -> torch.Tensor:
    """On the CPU: float32 images with structure, or ids."""
    random = torch.Generator().manual_seed(SEED + seed)
    if network.takes_ids:
        return torch.randint(1, 30000, (batch, *network.shape), generator=random)
    channels, height, width = network.shape
    coarse = torch.randn(batch, channels, 7, 7, generator=random)
    fine = torch.randn(batch, channels, height, width, generator=random)
    return 0.9 * nn.functional.interpolate(coarse, size=(height, width)) + 0.5 * fine


def build(name: str, device: str) -> nn.Module:
    """In float32, for inference."""
    network = NETWORKS[name]
    torch.manual_seed(SEED)
    model = network.make().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1 and not parameter.any():
                parameter.normal_(0, 0.02)
    model.to(device)
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    if norms:
        for norm in norms:
            norm.momentum = 1.0
            norm.train()
        with torch.no_grad():
            model(input_for(network, 8, seed=1).to(device))
        model.eval()
    return model.requires_grad_(False)


def export(name: str, model: nn.Module, path: Path) -> None:
    """Writes ONNX with a dynamic batch, the way users do."""
    network = NETWORKS[name]
    torch.backends.mha.set_fastpath_enabled(False)  # a fused operator that ONNX does not have
    example = input_for(network, 2).to(next(model.parameters()).device)
    names = {"input_names": [network.input], "output_names": ["output"], "opset_version": 17}
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        torch.onnx.export(model, (example,), str(path), dynamo=False,
                          dynamic_axes={network.input: {0: "batch"}, "output": {0: "batch"}}, **names)
    except Exception as error:  # the older exporter goes first, as it needs no other package
        print(f"{name}: torch.onnx.export(dynamo=False) failed ({_first_line(error)}); dynamo=True is tried")
        names["opset_version"] = 18
        torch.onnx.export(model, (example,), str(path), dynamo=True, external_data=False,
                          dynamic_shapes=({0: torch.export.Dim("batch")},), **names)


def operations(model: nn.Module, example: torch.Tensor) -> int:
    """Two a multiply-add, of convolutions, matrix products and attention."""
    from torch.utils.flop_counter import FlopCounterMode
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(example)
    return counter.get_total_flops()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
