"""ResNet-18 (BatchNormalization kept) and ResNet-50 v1.5 (folded; stride in the 3x3), as torchvision exports them."""

import onnx

from bench.models.blocks import Net

DAMPED = 0.5  # scale of a residual branch's last weights


def _join(net: Net, x: str, branch: str, stride: int) -> str:
    """The branch plus its input, which is projected where the shapes differ; then ReLU."""
    kept = 0.9  # of the input's power; it has passed a ReLU before
    if stride != 1 or net.width[x] != net.width[branch]:
        x, kept = net.conv_bn(x, net.width[branch], 1, stride, name="downsample", act="none"), 0.5
    return net.op("Relu", net.add(branch, x), power=kept * net.power[x] + 0.5 * net.power[branch])


def _basic(net: Net, x: str, planes: int, stride: int) -> str:
    y = net.conv_bn(x, planes, 3, stride, name="conv1")
    y = net.conv_bn(y, planes, 3, name="conv2", act="none", gain=DAMPED)
    return _join(net, x, y, stride)


def _bottleneck(net: Net, x: str, planes: int, stride: int) -> str:
    y = net.conv_bn(x, planes, 1, name="conv1")
    y = net.conv_bn(y, planes, 3, stride, name="conv2")
    y = net.conv_bn(y, planes * 4, 1, name="conv3", act="none", gain=DAMPED)
    return _join(net, x, y, stride)


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
