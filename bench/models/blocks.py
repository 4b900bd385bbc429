"""A small builder for ONNX graphs, and the building blocks that the families share.

Values are named as torch.onnx names them ("/layer1/0/conv1/Conv_output_0"), weights as PyTorch does
("layer1.0.conv1.weight"). Weights depend on the seed and on their name only. Their scale is chosen so that
activations stay of order 1 through any depth: the mean square of each value is estimated along the way.
"""

import math
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

BATCH = "batch"
# about E[f(x)^2] / E[x^2] of x ~ N(0, 1 to 2)
MEAN_SQUARES = {"none": 1.0, "relu": 0.5, "relu6": 0.5, "silu": 0.39, "hardswish": 0.4, "gelu": 0.43}


class Net:
    """One model under construction. Every method adds nodes and returns the name of their output."""

    def __init__(self, name: str, *, act: str = "relu", folded: bool = True, batch: int | str = BATCH,
                 opset: int = 17, seed: int = 0) -> None:
        self.name, self.act, self.folded, self.batch_dim, self.opset, self.seed = name, act, folded, batch, opset, seed
        self.width: dict[str, int] = {}  # channels of an image, features of a sequence
        self.power: dict[str, float] = {}  # the mean square that a value is estimated to have
        self._scope: list[str] = []
        self._nodes: list[onnx.NodeProto] = []
        self._weights: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._used: dict[str, int] = {}

    # -- the graph -------------------------------------------------------------------------------------------------

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Puts what is added inside below `name`, as a PyTorch module does."""
        self._scope.append(name)
        yield
        self._scope.pop()

    def input(self, name: str, shape: Sequence[int], dtype: int = TensorProto.FLOAT) -> str:
        """Declares an input of `shape` behind the batch dimension."""
        self._inputs.append(helper.make_tensor_value_info(name, dtype, [self.batch_dim, *shape]))
        self.width[name], self.power[name] = shape[0], 1.0
        return name

    def output(self, x: str, name: str, shape: Sequence[int], dtype: int = TensorProto.FLOAT) -> None:
        """Makes `x` an output called `name`, of `shape` behind the batch dimension."""
        for node in self._nodes:
            for names in (node.input, node.output):
                names[:] = [name if n == x else n for n in names]
        self._outputs.append(helper.make_tensor_value_info(name, dtype, [self.batch_dim, *shape]))

    def op(self, op_type: str, *inputs: str, outputs: int = 1, width: int | None = None, power: float | None = None,
           **attributes: Any) -> Any:
        """Adds a node; its output keeps the width and power of its first input unless they are given."""
        path = "/".join(["", *self._scope, op_type])
        count = self._used[path] = self._used.get(path, -1) + 1
        name = f"{path}_{count}" if count else path
        results = [f"{name}_output_{i}" for i in range(outputs)]
        self._nodes.append(helper.make_node(op_type, list(inputs), results, name=name, **attributes))
        for result in results:
            self.width[result] = width or self.width.get(inputs[0] if inputs else "", 0)
            self.power[result] = power or self.power.get(inputs[0] if inputs else "", 1.0)
        return results[0] if outputs == 1 else results

    def const(self, value: Any, dtype: Any = np.int64) -> str:
        """A Constant node, as exporters write numbers that come from code."""
        return self.op("Constant", value=numpy_helper.from_array(np.asarray(value, dtype)))

    def number(self, value: float) -> str:
        return self.const(value, np.float32)

    def data(self, name: str, array: np.ndarray) -> str:
        """An initializer with the content given."""
        name = ".".join([*self._scope, name])
        self._weights[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def weight(self, name: str, shape: Sequence[int], std: float, mean: float = 0.0) -> str:
        """An initializer of random numbers ~ N(mean, std)."""
        full_name = ".".join([*self._scope, name])
        random = np.random.default_rng([self.seed, zlib.crc32(full_name.encode())])
        return self.data(name, random.standard_normal(shape, np.float32) * np.float32(std) + np.float32(mean))

    def model(self) -> onnx.ModelProto:
        """The finished model."""
        graph = helper.make_graph(self._nodes, self.name, self._inputs, self._outputs, list(self._weights.values()))
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8,
                                 producer_name="ingot bench.models")

    # -- shapes ----------------------------------------------------------------------------------------------------

    def dim(self, x: str, axis: int) -> str:
        """One dimension of `x` as a vector of one, read at run time: x.shape[axis] in PyTorch."""
        picked = self.op("Gather", self.op("Shape", x), self.const(axis), axis=0)
        return self.op("Unsqueeze", picked, self.const([0]))

    def reshape(self, x: str, *dims: int | str, width: int | None = None) -> str:
        """x.view(dims); a string among the dims is a vector of one that holds the dimension."""
        if any(isinstance(d, str) for d in dims):
            target = self.op("Concat", *(d if isinstance(d, str) else self.const([d]) for d in dims), axis=0)
        else:
            target = self.const(dims)
        return self.op("Reshape", x, target, width=width)

    def transpose(self, x: str, *perm: int, width: int | None = None) -> str:
        return self.op("Transpose", x, perm=perm, width=width)

    def concat(self, *xs: str) -> str:
        """Concatenation of channels."""
        width = sum(self.width[x] for x in xs)
        return self.op("Concat", *xs, axis=1, width=width,
                       power=sum(self.power[x] * self.width[x] for x in xs) / width)

    def add(self, x: str, y: str) -> str:
        """The sum of two values that are correlated a little."""
        return self.op("Add", x, y, power=1.1 * (self.power[x] + self.power[y]))

    def split(self, x: str, *sizes: int, axis: int = 1) -> list[str]:
        parts = self.op("Split", x, self.const(sizes), outputs=len(sizes), axis=axis)
        self.width.update(zip(parts, sizes))
        return parts

    def slice(self, x: str, start: int, end: int, axis: int, step: int = 1) -> str:
        return self.op("Slice", x, *(self.const([v]) for v in (start, end, axis, step)))

    # -- layers ----------------------------------------------------------------------------------------------------

    def activation(self, x: str, kind: str) -> str:
        """relu, relu6, silu, hardswish, gelu or none, in the nodes that exporters write for them."""
        power = self.power[x] * MEAN_SQUARES[kind]
        if kind == "relu":
            return self.op("Relu", x, power=power)
        if kind == "relu6":
            return self.op("Clip", x, self.number(0), self.number(6), power=power)
        if kind == "silu":
            return self.op("Mul", x, self.op("Sigmoid", x), power=power)
        if kind == "hardswish":
            return self.op("HardSwish", x, power=power)
        if kind == "gelu":
            erf = self.op("Erf", self.op("Div", x, self.number(math.sqrt(2))))
            return self.op("Mul", self.op("Mul", x, self.op("Add", erf, self.number(1))), self.number(0.5), power=power)
        return x

    def conv(self, x: str, out: int, kernel: int, stride: int = 1, *, name: str, groups: int = 1, dilation: int = 1,
             bias: bool = True, bias_mean: float = 0.0, gain: float = 1.0) -> str:
        """A convolution with "same" padding; its results have a mean square of gain^2."""
        channels = self.width[x]
        pad = dilation * (kernel - 1) // 2
        with self.scope(name):
            shape = (out, channels // groups, kernel, kernel)
            operands = [self.weight("weight", shape, gain / math.sqrt(math.prod(shape[1:]) * self.power[x]))]
            if bias:
                operands.append(self.weight("bias", (out,), 0.1, bias_mean))
            return self.op("Conv", x, *operands, width=out, power=gain**2, dilations=[dilation] * 2, group=groups,
                           kernel_shape=[kernel] * 2, pads=[pad] * 4, strides=[stride] * 2)

    def batch_norm(self, x: str, name: str) -> str:
        channels = self.width[x]
        with self.scope(name):
            operands = [self.weight(part, (channels,), 0.1, mean) for part, mean in
                        (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0))]
            return self.op("BatchNormalization", x, *operands, epsilon=1e-5, momentum=0.9)

    def conv_bn(self, x: str, out: int, kernel: int = 1, stride: int = 1, *, name: str = "conv", act: str | None = None,
                groups: int = 1, dilation: int = 1, gain: float = 1.0) -> str:
        """Convolution, batch normalisation (or a bias where it is folded) and activation."""
        with self.scope(name):
            y = self.conv(x, out, kernel, stride, name="conv", groups=groups, dilation=dilation, bias=self.folded,
                          gain=gain)
            if not self.folded:
                y = self.batch_norm(y, "bn")
            with self.scope("act"):
                return self.activation(y, self.act if act is None else act)

    def linear(self, x: str, out: int, name: str, gain: float = 1.0, bias: bool = True) -> str:
        """A fully connected layer on a sequence: MatMul and Add, the bias first as torch.onnx writes it."""
        features = self.width[x]
        with self.scope(name):
            weight = self.weight("weight", (features, out), gain / math.sqrt(features * self.power[x]))
            y = self.op("MatMul", x, weight, width=out, power=gain**2)
            return self.op("Add", self.weight("bias", (out,), 0.1), y, width=out, power=gain**2) if bias else y

    def gemm(self, x: str, out: int, name: str, gain: float = 1.0) -> str:
        """A fully connected layer on vectors."""
        features = self.width[x]
        with self.scope(name):
            weight = self.weight("weight", (out, features), gain / math.sqrt(features * self.power[x]))
            bias = self.weight("bias", (out,), 0.1)
            return self.op("Gemm", x, weight, bias, width=out, power=gain**2, alpha=1.0, beta=1.0, transB=1)

    def layer_norm(self, x: str, name: str, decomposed: bool = False, epsilon: float = 1e-5) -> str:
        """One LayerNormalization, or the nine nodes that exporters wrote before opset 17."""
        features = self.width[x]
        with self.scope(name):
            scale, bias = self.weight("weight", (features,), 0.1, 1.0), self.weight("bias", (features,), 0.1)
            if not decomposed:
                return self.op("LayerNormalization", x, scale, bias, axis=-1, epsilon=epsilon, power=1.0)
            centred = self.op("Sub", x, self.op("ReduceMean", x, axes=[-1]))
            variance = self.op("ReduceMean", self.op("Pow", centred, self.number(2)), axes=[-1])
            deviation = self.op("Sqrt", self.op("Add", variance, self.number(epsilon)))
            return self.op("Add", self.op("Mul", self.op("Div", centred, deviation), scale), bias, power=1.0)

    def squeeze_excite(self, x: str, squeezed: int, act: str, gate: str, name: str = "se") -> str:
        """Scales each channel by a gate ("Sigmoid" or "HardSigmoid") computed from the channels' means."""
        with self.scope(name):
            y = self.global_average(x)
            y = self.activation(self.conv(y, squeezed, 1, name="fc1"), act)
            y = self.conv(y, self.width[x], 1, name="fc2", bias_mean=1.5)
            return self.op("Mul", self.op(gate, y, **({"alpha": 1 / 6} if gate == "HardSigmoid" else {})), x,
                           width=self.width[x], power=0.6 * self.power[x])

    def max_pool(self, x: str, kernel: int, stride: int) -> str:
        power = {2: 1.7, 3: 2.5, 5: 3.5}[kernel] * self.power[x]
        return self.op("MaxPool", x, power=power, ceil_mode=0, kernel_shape=[kernel] * 2,
                       pads=[(kernel - 1) // 2] * 4, strides=[stride] * 2)

    def global_average(self, x: str) -> str:
        return self.op("GlobalAveragePool", x, power=0.4 * self.power[x])

    def classifier(self, x: str, classes: int, name: str = "fc", output: str = "output") -> None:
        """Global average, one fully connected layer, the model's output."""
        x = self.op("Flatten", self.global_average(x), axis=1)
        self.output(self.gemm(x, classes, name, gain=2.0), output, [classes])
