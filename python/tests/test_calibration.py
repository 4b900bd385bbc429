"""ingotrt.calibrate: arrays, files and mistakes."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import ingotrt


@pytest.fixture
def model(tmp_path):
    """y = relu(2 * x) for x of [n, 3]."""
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "two"], ["doubled"]), helper.make_node("Relu", ["doubled"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])],
        [helper.make_tensor("two", TensorProto.FLOAT, [1], [2.0])],
    )
    path = tmp_path / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=10), path)
    return path


SHAPES = {"x": ((1, 3), (1, 3), (8, 3))}


def arrays():
    yield np.array([[1, -2, 12.7]], np.float32)
    yield np.zeros((4, 3))  # float64, another batch


def test_takes_an_iterator_of_arrays(model):
    result = ingotrt.calibrate(model, arrays(), shapes=SHAPES, algorithm="minmax")
    assert result.samples == 2
    assert result.algorithm == "MinMaxCalibration"
    assert result.scales == pytest.approx({"x": 0.1, "doubled": 0.2, "y": 0.2})


def test_takes_a_list_of_inputs_by_name_and_lets_go_of_the_arrays(model):
    samples = [{"x": np.full((1, 3), i, np.float32)} for i in range(4)]
    stages = []
    result = ingotrt.calibrate(model, samples, shapes=SHAPES, progress=lambda stage, done, total: stages.append(stage))
    assert result.samples == 4
    assert stages[0] == "build" and "run" in stages
    assert [name for name, _ in result.errors]


def test_writes_a_cache_and_reads_it(model, tmp_path):
    first = ingotrt.calibrate(model, arrays(), shapes=SHAPES, algorithm="minmax")
    first.save_cache(tmp_path / "c.cache")
    assert (tmp_path / "c.cache").read_text().startswith("TRT-101601-MinMaxCalibration\n")
    assert ingotrt.calibrate(model, tmp_path / "c.cache").scales == first.scales


def test_reads_files(model, tmp_path):
    np.save(tmp_path / "a.npy", np.arange(6, dtype=np.float32).reshape(2, 3))
    result = ingotrt.calibrate(model, tmp_path / "a.npy", shapes={"x": (2, 3)}, algorithm="minmax")
    assert result.scales["x"] == pytest.approx(5 / 127)


def test_an_error_of_the_iterator_comes_through(model):
    def broken():
        yield np.zeros((1, 3), np.float32)
        raise KeyError("lost file")

    with pytest.raises(KeyError, match="lost file"):
        ingotrt.calibrate(model, broken(), shapes=SHAPES)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([{"z": np.zeros((1, 3), np.float32)}], "sample.unknown_input"),
        ([np.zeros((1, 3), np.int32)], "sample.wrong_type"),
        ([np.zeros((1, 4), np.float32)], "calibration.run_failed"),
        ([np.zeros((1, 3), np.complex64)], "python.dtype"),
        ([np.zeros((1,) * 9, np.float32)], "python.rank"),
        ([], "calibration.no_samples"),
        ("nowhere", "sample.not_found"),
    ],
)
def test_mistakes_are_named(model, data, words):
    with pytest.raises(ingotrt.Error, match=words):
        ingotrt.calibrate(model, data, shapes=SHAPES)


def test_an_unknown_algorithm_brings_the_nearest(model):
    with pytest.raises(ingotrt.Error, match="entropy"):
        ingotrt.calibrate(model, arrays(), algorithm="entropie")
