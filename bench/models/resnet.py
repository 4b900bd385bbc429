"""ResNet-18 (BatchNormalization kept) and ResNet-50 v1.5 (folded; stride in the 3x3), as torchvision exports them."""

import onnx

from bench.models.blocks import Net

DAMPED = 0.5  # scale of a residual branch's last weights


def _shortcut(net: Net, x: str, out: int, stride: int) -> str:
    if stride == 1 and net.width[x] == out:
        return x
    return net.conv_bn(x, out, 1, stride, name="downsample", act="none", gain=1.0)


def _basic(net: Net, x: str, planes: int, stride: int) -> str:
    y = net.conv_bn(x, planes, 3, stride, name="conv1")
    y = net.conv_bn(y, planes, 3, name="conv2", act="none", gain=DAMPED)
    return net.op("Relu", net.op("Add", y, _shortcut(net, x, planes, stride)))


def _bottleneck(net: Net, x: str, planes: int, stride: int) -> str:
    y = net.conv_bn(x, planes, 1, name="conv1")
    y = net.conv_bn(y, planes, 3, stride, name="conv2")
    y = net.conv_bn(y, planes * 4, 1, name="conv3", act="none", gain=DAMPED)
    return net.op("Relu", net.op("Add", y, _shortcut(net, x, planes * 4, stride)))


def features(net: Net, x: str, block, depths: list[int], width: int = 64) -> list[str]:
    """The four stages' outputs."""
    x = net.max_pool(net.conv_bn(x, width, 7, 2, name="conv1"), 3, 2)
    stages = []
    for stage, depth in enumerate(depths):
        for i in range(depth):
            with net.scope(f"layer{stage + 1}"), net.scope(str(i)):
                x = block(net, x, width << stage, 2 if stage and not i else 1)
        stages.append(x)
    return stages


def basic_features(net: Net, x: str, depths: list[int], width: int = 64) -> list[str]:
    return features(net, x, _basic, depths, width)


def resnet18(tiny: bool, batch: int | str) -> onnx.ModelProto:
    net = Net("resnet18", folded=False, batch=batch)
    x = net.input("input", [3, *[64 if tiny else 224] * 2])
    net.classifier(features(net, x, _basic, [2, 2, 2, 2])[-1], 1000)
    return net.model()


def resnet50(tiny: bool, batch: int | str) -> onnx.ModelProto:
    net = Net("resnet50", batch=batch)
    x = net.input("input", [3, *[64 if tiny else 224] * 2])
    depths = [1, 1, 2, 1] if tiny else [3, 4, 6, 3]
    net.classifier(features(net, x, _bottleneck, depths)[-1], 1000)
    return net.model()
