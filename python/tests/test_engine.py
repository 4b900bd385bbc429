"""The binding against onnx.reference and NumPy, on engines that trtexec builds from small models."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
from conftest import BUILD, ROOT
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

import ingotrt

CLASSIFIER = ROOT / "tests/data/classifier.onnx"


def build(model: Path, plan: Path, *flags: str) -> ingotrt.Engine:
    command = [BUILD / "bin/trtexec", f"--onnx={model}", f"--saveEngine={plan}", "--skipInference",
               "--builderOptimizationLevel=0", *flags]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return ingotrt.Engine.load(plan, threads=1)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> ingotrt.Engine:
    """A small network with a batch of 1 to 4."""
    return build(CLASSIFIER, tmp_path_factory.mktemp("classifier") / "classifier.plan",
                 *(f"--{bound}Shapes=image:{batch}x3x16x16" for bound, batch in (("min", 1), ("opt", 2), ("max", 4))))


@pytest.fixture(scope="module")
def nonzero(tmp_path_factory: pytest.TempPathFactory) -> ingotrt.Engine:
    """int64 in; out: the indices of what is not zero, and the input negated."""
    folder = tmp_path_factory.mktemp("nonzero")
    graph = helper.make_graph(
        [helper.make_node("NonZero", ["x"], ["where"]), helper.make_node("Neg", ["x"], ["negated"])], "nonzero",
        [helper.make_tensor_value_info("x", TensorProto.INT64, [2, 3])],
        [helper.make_tensor_value_info("where", TensorProto.INT64, [2, "count"]),
         helper.make_tensor_value_info("negated", TensorProto.INT64, [2, 3])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, folder / "nonzero.onnx")
    return build(folder / "nonzero.onnx", folder / "nonzero.plan")


def images(batch: int) -> np.ndarray:
    return np.random.default_rng(batch).standard_normal((batch, 3, 16, 16), np.float32)


def test_an_engine_tells_its_tensors_profiles_and_facts(classifier):
    assert [(t.name, t.dtype, t.shape) for t in classifier.inputs] == [("image", "f32", (-1, 3, 16, 16))]
    assert [(t.name, t.dtype, t.shape) for t in classifier.outputs] == [("scores", "f32", (-1, 10))]
    assert classifier.profiles == [{"image": ((1, 3, 16, 16), (2, 3, 16, 16), (4, 3, 16, 16))}]
    assert classifier.info["ingot_version"] == ingotrt.__version__
    assert classifier.info["steps"] > 0


def test_one_context_runs_the_shapes_of_the_arrays(classifier):
    context, reference = ingotrt.Context(classifier), ReferenceEvaluator(str(CLASSIFIER))
    for batch in (1, 4, 2, 1):
        expected, = reference.run(None, {"image": images(batch)})
        actual = context.run({"image": images(batch)})
        assert list(actual) == ["scores"]
        assert actual["scores"].shape == expected.shape
        np.testing.assert_allclose(actual["scores"], expected, rtol=1e-4, atol=1e-5)


def test_an_array_that_is_not_dense_is_read_in_its_order(classifier):
    last = np.ascontiguousarray(images(2).transpose(0, 2, 3, 1))
    context = ingotrt.Context(classifier)
    np.testing.assert_array_equal(context.run({"image": last.transpose(0, 3, 1, 2)})["scores"],
                                  context.run({"image": images(2)})["scores"])


def test_results_of_earlier_runs_stay_as_they_were(classifier):
    context = ingotrt.Context(classifier)
    first = context.run({"image": images(2)})["scores"]
    before = first.copy()
    context.run({"image": -images(2)})
    np.testing.assert_array_equal(first, before)


def test_contexts_of_one_engine_run_in_threads_of_their_own(classifier):
    expected = ingotrt.Context(classifier).run({"image": images(3)})["scores"]

    def work(_: int) -> np.ndarray:
        context = ingotrt.Context(classifier)
        return [context.run({"image": images(3)})["scores"] for _ in range(5)][-1]

    with ThreadPoolExecutor(4) as pool:
        for actual in pool.map(work, range(4)):
            np.testing.assert_array_equal(actual, expected)


def test_an_output_takes_the_size_that_the_data_decide(nonzero):
    context = ingotrt.Context(nonzero)
    for x in ([[0, 1, 2], [3, 0, 0]], [[0, 0, 0], [0, 0, 0]], [[1, 1, 1], [1, 1, 1]]):
        outputs = context.run({"x": np.array(x, np.int64)})
        np.testing.assert_array_equal(outputs["where"], np.array(np.nonzero(x)))
        np.testing.assert_array_equal(outputs["negated"], -np.array(x))
        assert outputs["where"].dtype == np.int64


def test_lists_of_numbers_become_arrays_of_the_type_wanted(nonzero):
    outputs = ingotrt.Context(nonzero).run({"x": [[5, 0, 0], [0, 0, 6]]})
    np.testing.assert_array_equal(outputs["where"], [[0, 1], [0, 2]])


@pytest.mark.parametrize(("inputs", "message"), [
    ({}, 'no array is given for input "image"'),
    ({"imgae": images(1)}, "image"),
    ({"image": images(1).astype(np.float64)}, r'array.astype\("float32"\)'),
    ({"image": images(5)}, "profile"),
    ({"image": images(1)[0]}, "image"),
    ({"image": np.zeros((1,) * 9, np.float32)}, "9 axes"),
    ({}, "python.missing_input"),
    ({"image": images(1).astype(np.float64)}, "python.dtype"),
    ({"image": np.zeros((1,) * 9, np.float32)}, "python.rank"),
])
def test_a_wrong_input_is_an_error_and_the_context_lives_on(classifier, inputs, message):
    context = ingotrt.Context(classifier)
    with pytest.raises(ingotrt.Error, match=message):
        context.run(inputs)
    assert context.run({"image": images(1)})["scores"].shape == (1, 10)


def test_a_profile_that_is_not_there_is_an_error(classifier):
    with pytest.raises(ingotrt.Error, match="no profile 7"):
        ingotrt.Context(classifier, profile=7)


def test_a_file_that_is_no_engine_is_an_error(tmp_path):
    with pytest.raises(ingotrt.Error, match="file.not_found"):
        ingotrt.Engine.load(tmp_path / "missing.plan")
    (tmp_path / "broken.plan").write_bytes(b"not a plan" * 100)
    with pytest.raises(ingotrt.Error, match="broken.plan"):
        ingotrt.Engine.load(tmp_path / "broken.plan")
