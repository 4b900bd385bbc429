"""UNet (BatchNormalization kept, ConvTranspose) and DeepLabV3 on MobileNetV3-Large (dilation, ASPP, Resize)."""

import onnx

from bench.models.blocks import Net
from bench.models.mobilenet import v3_large_features


def _twice(net: Net, x: str, out: int, name: str) -> str:
    with net.scope(name):
        return net.conv_bn(net.conv_bn(x, out, 3, name="0"), out, 3, name="1")


def unet(tiny: bool, batch: int | str) -> onnx.ModelProto:
    """Five levels, 32 to 512 channels, at 256x256."""
    size, width = (64, 8) if tiny else (256, 32)
    net = Net("unet", folded=False, batch=batch)
    levels = [_twice(net, net.input("input", [3, size, size]), width, "inc")]
    for i in range(1, 5):
        levels.append(_twice(net, net.max_pool(levels[-1], 2, 2), width << i, f"down{i}"))
    x = levels.pop()
    for i in range(1, 5):
        skip, inputs = levels.pop(), net.width[x]
        with net.scope(f"up{i}"):
            bias = net.weight("bias", (inputs // 2,), 0.1)
            weight = net.weight("weight", (inputs, inputs // 2, 2, 2), (inputs * net.power[x]) ** -0.5)
            x = net.op("ConvTranspose", x, weight, bias, width=inputs // 2, power=1.0,
                       dilations=[1, 1], group=1, kernel_shape=[2, 2], pads=[0] * 4, strides=[2, 2])
        x = _twice(net, net.concat(skip, x), inputs // 2, f"conv{i}")
    net.output(net.conv(x, 2, 1, name="outc"), "output", [2, size, size])
    return net.model()


def _resize(net: Net, x: str, height: str, width: str) -> str:
    """Bilinear to a size read at run time; batch and channels are taken from x."""
    kept = net.slice(net.op("Shape", x), 0, 2, 0)
    sizes = net.op("Concat", kept, height, width, axis=0)
    return net.op("Resize", x, "", "", sizes, mode="linear", coordinate_transformation_mode="half_pixel",
                  cubic_coeff_a=-0.75, nearest_mode="floor", width=net.width[x])


def deeplabv3_mobilenetv3(tiny: bool, batch: int | str) -> onnx.ModelProto:
    size = 128 if tiny else 512
    net = Net("deeplabv3_mobilenetv3", act="hardswish", batch=batch)
    image = net.input("input", [3, size, size])
    with net.scope("backbone"):
        x = v3_large_features(net, image, dilated=True)
    net.act = "relu"
    with net.scope("classifier"):
        parts = [net.conv_bn(x, 256, 1, name="convs.0")]
        for i, rate in enumerate((12, 24, 36)):
            parts.append(net.conv_bn(x, 256, 3, name=f"convs.{i + 1}", dilation=rate))
        with net.scope("convs.4"):
            pooled = net.conv_bn(net.global_average(x), 256, 1, name="1")
            parts.append(_resize(net, pooled, net.dim(x, 2), net.dim(x, 3)))
        y = net.conv_bn(net.concat(*parts), 256, 1, name="project")
        y = net.conv(net.conv_bn(y, 256, 3, name="1"), 21, 1, name="4")
    net.output(_resize(net, y, net.dim(image, 2), net.dim(image, 3)), "out", [21, size, size])
    return net.model()
