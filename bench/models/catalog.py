"""The names of the generated models and the functions that build them."""

from collections.abc import Callable

import onnx

from bench.models import bert, mobilenet, resnet, rtdetr, segmentation, swin, vit, yolo

MODELS: dict[str, Callable[[bool, int | str], onnx.ModelProto]] = {
    "resnet18": resnet.resnet18,
    "resnet50": resnet.resnet50,
    "mobilenetv2": mobilenet.mobilenetv2,
    "mobilenetv3": mobilenet.mobilenetv3,
    "efficientnet_b0": mobilenet.efficientnet_b0,
    "yolov8n": yolo.yolov8n,
    "yolo11n": yolo.yolo11n,
    "vit_b16": vit.vit_b16,
    "swin_t": swin.swin_t,
    "bert_base": bert.bert_base,
    "unet": segmentation.unet,
    "deeplabv3": segmentation.deeplabv3_mobilenetv3,
    "rtdetr": rtdetr.rtdetr,
}


def file_name(name: str, tiny: bool) -> str:
    return f"{name}-tiny.onnx" if tiny else f"{name}.onnx"
