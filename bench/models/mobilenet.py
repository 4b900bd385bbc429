"""MobileNetV2 (BatchNormalization and Clip kept), MobileNetV3-Large (HardSwish, squeeze-excite), EfficientNet-B0."""

import onnx

from bench.models.blocks import Net

DAMPED = 0.5


def _inverted_residual(net: Net, x: str, out: int, expanded: int, kernel: int, stride: int, *, act: str,
                       squeezed: int = 0, gate: str = "HardSigmoid", se_act: str = "relu", dilation: int = 1) -> str:
    """1x1 expansion, depthwise convolution, squeeze-excite, 1x1 projection; residual where shapes allow it."""
    y = x
    if expanded != net.width[x]:
        y = net.conv_bn(y, expanded, 1, name="expand", act=act)
    y = net.conv_bn(y, expanded, kernel, stride, name="depthwise", groups=expanded, act=act, dilation=dilation)
    if squeezed:
        y = net.squeeze_excite(y, squeezed, se_act, gate)
    residual = stride == 1 and out == net.width[x]
    y = net.conv_bn(y, out, 1, name="project", act="none", gain=DAMPED if residual else 1.0)
    return net.add(x, y) if residual else y


def mobilenetv2(tiny: bool, batch: int | str) -> onnx.ModelProto:
    net = Net("mobilenetv2", act="relu6", folded=False, batch=batch)
    x = net.conv_bn(net.input("input", [3, *[64 if tiny else 224] * 2]), 32, 3, 2, name="stem")
    index = 1
    for expansion, out, repeats, stride in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
                                            (6, 160, 3, 2), (6, 320, 1, 1)):
        for i in range(repeats):
            with net.scope("features"), net.scope(str(index)):
                x = _inverted_residual(net, x, out, net.width[x] * expansion, 3, 1 if i else stride, act="relu6")
            index += 1
    net.classifier(net.conv_bn(x, 1280, 1, name="head"), 1000, "classifier")
    return net.model()


# kernel, expanded, out, squeeze-excite, activation, stride
V3_LARGE = ((3, 16, 16, False, "relu", 1), (3, 64, 24, False, "relu", 2), (3, 72, 24, False, "relu", 1),
            (5, 72, 40, True, "relu", 2), (5, 120, 40, True, "relu", 1), (5, 120, 40, True, "relu", 1),
            (3, 240, 80, False, "hardswish", 2), (3, 200, 80, False, "hardswish", 1),
            (3, 184, 80, False, "hardswish", 1), (3, 184, 80, False, "hardswish", 1),
            (3, 480, 112, True, "hardswish", 1), (3, 672, 112, True, "hardswish", 1),
            (5, 672, 160, True, "hardswish", 2), (5, 960, 160, True, "hardswish", 1),
            (5, 960, 160, True, "hardswish", 1))


def _round8(value: float) -> int:
    rounded = max(8, int(value + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * value else rounded


def v3_large_features(net: Net, x: str, dilated: bool = False) -> str:
    """MobileNetV3-Large up to its last convolution; `dilated` trades the last stride for dilation (segmentation)."""
    x = net.conv_bn(x, 16, 3, 2, name="stem")
    for i, (kernel, expanded, out, squeeze, act, stride) in enumerate(V3_LARGE):
        last_stage = dilated and out == 160
        with net.scope("features"), net.scope(str(i + 1)):
            x = _inverted_residual(net, x, out, expanded, kernel, 1 if last_stage else stride, act=act,
                                   squeezed=_round8(expanded / 4) if squeeze else 0, dilation=2 if last_stage else 1)
    return net.conv_bn(x, 960, 1, name="last")


def mobilenetv3(tiny: bool, batch: int | str) -> onnx.ModelProto:
    net = Net("mobilenetv3", act="hardswish", batch=batch)
    x = v3_large_features(net, net.input("input", [3, *[64 if tiny else 224] * 2]))
    x = net.op("Flatten", net.global_average(x), axis=1)
    x = net.activation(net.gemm(x, 1280, "classifier.0"), "hardswish")
    net.output(net.gemm(x, 1000, "classifier.3", gain=2.0), "output", [1000])
    return net.model()


def efficientnet_b0(tiny: bool, batch: int | str) -> onnx.ModelProto:
    net = Net("efficientnet_b0", act="silu", batch=batch)
    x = net.conv_bn(net.input("input", [3, *[64 if tiny else 224] * 2]), 32, 3, 2, name="stem")
    for stage, (expansion, out, repeats, stride, kernel) in enumerate((
            (1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5),
            (6, 192, 4, 2, 5), (6, 320, 1, 1, 3))):
        for i in range(repeats):
            with net.scope("blocks"), net.scope(f"{stage}.{i}"):
                width = net.width[x]
                x = _inverted_residual(net, x, out, width * expansion, kernel, 1 if i else stride, act="silu",
                                       squeezed=width // 4, gate="Sigmoid", se_act="silu")
    net.classifier(net.conv_bn(x, 1280, 1, name="head"), 1000, "classifier")
    return net.model()
