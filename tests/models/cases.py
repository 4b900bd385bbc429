"""What compare.py runs: a case is a model with inputs for each batch size. Here: the generated models."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench.models.catalog import MODELS, file_name
from bench.models.inputs import random_inputs, shapes_at

STORE = ROOT / ".models"


@dataclass(frozen=True)
class Case:
    """One model to compare."""

    name: str
    source: str  # where it comes from, for the page
    path: Path
    inputs: Callable[[int], dict[str, np.ndarray]]  # batch size => inputs
    batches: tuple[int, ...] = (1, 8)
    needs: tuple[str, ...] = ()  # files of scripts/fetch_models.py
    rows_any_order: bool = False  # axis 1 holds selected queries: near ties may swap them
    split: int = 0  # axis 1 is compared in two parts, [:split] and [split:], as they differ in range
    note: str = ""
    means_in_double: bool = False  # the model amplifies what ONNX Runtime loses in its means (oracle.py)


NOTES = {
    "resnet18": "BatchNormalization kept",
    "resnet50": "v1.5, folded",
    "mobilenetv2": "BatchNormalization and Clip kept",
    "mobilenetv3": "Large; HardSwish, squeeze-excite",
    "efficientnet_b0": "SiLU, squeeze-excite",
    "yolov8n": "C2f, SPPF, DFL head",
    "yolo11n": "C3k2, C2PSA attention, DFL head",
    "vit_b16": "LayerNormalization, scaled dot product attention",
    "swin_t": "shifted windows, relative position bias",
    "bert_base": "128 tokens; LayerNorm and GELU decomposed",
    "unet": "BatchNormalization kept, ConvTranspose",
    "deeplabv3": "MobileNetV3-Large; dilation, ASPP, Resize",
    "rtdetr": "TopK query selection, deformable attention by GridSample",
}


def generated(tiny: bool) -> list[Case]:
    """The models of bench/models, written on first use."""
    return [_generated(name, tiny) for name in MODELS]


def _generated(name: str, tiny: bool) -> Case:
    path = STORE / "generated" / file_name(name, tiny)

    def inputs(batch: int) -> dict[str, np.ndarray]:
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(f".{os.getpid()}.part")  # whole or not there, for those who run beside us
            onnx.save(MODELS[name](tiny, "batch"), part, format="protobuf")
            part.replace(path)
        model = onnx.load(path, load_external_data=False)
        return random_inputs(model, shapes_at(model, batch))

    return Case(path.stem, "generated", path, inputs, note=NOTES[name], rows_any_order=name == "rtdetr",
                split=4 if name.startswith("yolo") else 0)
