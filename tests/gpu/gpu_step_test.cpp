// The fixture's inside, and tests of the fixture itself.
#include "tests/gpu/gpu_step_test.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "compiler/jit/kernel_store.h"
#include "core/base/error.h"
#include "ops/float_tensor.h"
#include "ops/reference.h"
#include "runtime/engine/packing.h"
#include "tests/gpu/emulation/emulated_compiler.h"
#include "tests/gpu/emulation/emulated_device.h"
#include "tests/gpu/kernel_list.h"
#include "tests/gpu/step_run.h"

namespace ingot {
namespace {

bool on_gpu() {
  const char* value = std::getenv("INGOT_TEST_GPU");
  return value && std::string(value) == "1";
}

/// One for all tests of the program. Throws Error if a GPU was asked for and there is none.
std::shared_ptr<Device> test_device() {
  static const std::shared_ptr<Device> device = [] {
    if (!on_gpu()) {
      set_kernel_compiler(kEmulated, compile_emulated);
      return make_emulated_device();
    }
    return backend_for("cuda").open_device(0);
  }();
  return device;
}

Target target_of(const Device& device) {
  const DeviceFacts& facts = device.facts();
  const LibraryFacts& libraries = device.libraries();
  Target target;
  target.device = "cuda";
  target.cpu = cpu_info();
  target.threads = 2;
  target.gpu = {.architecture = facts.architecture,
                .compute_capability = facts.compute_capability,
                .multiprocessors = facts.multiprocessors,
                .l2_bytes = static_cast<int64_t>(facts.l2_bytes),
                .shared_bytes = static_cast<int64_t>(facts.shared_bytes),
                .has_cudnn = !libraries.cudnn.empty(),
                .has_cublaslt = !libraries.cublaslt.empty(),
                .cudnn_missing = libraries.cudnn_missing,
                .cublaslt_missing = libraries.cublaslt_missing};
  return target;
}

/// The kernels that tests compile, each once in the program.
KernelStore& kernels_for(const Target& target) {
  static KernelStore store(target.gpu.architecture, 2);
  return store;
}

/// A graph of one node.
struct OneNode {
  Graph graph;
  NodeId id;

  OneNode(const std::string& op, const Attributes& attributes, const std::vector<GpuInput>& inputs,
          int outputs) {
    std::vector<ValueId> values;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const Tensor& tensor = inputs[i].tensor;
      if (!tensor) {
        values.emplace_back();
      } else if (inputs[i].constant) {
        values.push_back(graph.add_constant(tensor, fmt::format("in{}", i)));
      } else {
        values.push_back(
            graph.add_input(fmt::format("in{}", i), tensor.dtype(),
                            SymbolicShape(tensor.shape().begin(), tensor.shape().end())));
      }
    }
    id = graph.add_node(op_named(op), values, attributes, {}, {}, outputs);
    for (int i = 0; i < outputs; ++i) {
      graph.add_output(graph.node(id).outputs[static_cast<size_t>(i)], fmt::format("out{}", i));
    }
  }
};

/// "jit.conv*wide*" begins with the name jit.conv, "jit.conv_mma" does not.
bool begins_with_name(const std::string& glob, std::string_view name) {
  if (!glob.starts_with(name)) return false;
  const char next = glob.size() > name.size() ? glob[name.size()] : '\0';
  return next != '_' && !std::isalnum(static_cast<unsigned char>(next));
}

/// The tactics of the backend that serve the operator and whose candidates the glob may name.
std::vector<const TacticDef*> tactics_for(const std::string& op, const std::string& glob) {
  const std::string family = glob.substr(0, glob.find('/'));
  std::vector<const TacticDef*> result;
  for (const TacticDef* tactic : all_tactics()) {
    if (tactic->device != "cuda") continue;
    const auto& ops = tactic->ops;
    if (!ops.empty() && std::find(ops.begin(), ops.end(), op) == ops.end()) continue;
    if (glob_match(family, tactic->name) || glob_match(glob, tactic->name) ||
        begins_with_name(family, tactic->name)) {
      result.push_back(tactic);
    }
  }
  return result;
}

float tolerance_of(DType dtype, float given) {
  if (given > 0) return given;
  return dtype == DType::kF16 ? 2e-3F : dtype == DType::kBF16 ? 1e-2F : 1e-5F;
}

/// What is wrong with a result; empty if nothing is.
std::string difference(const Tensor& expected, const Tensor& actual, float tolerance, int quanta) {
  if (!is_float(expected.dtype())) {
    if (same_content(expected, actual)) return {};
    const auto want = expected.to_integers(), got = actual.to_integers();
    for (size_t i = 0; i < want.size(); ++i) {
      if (std::abs(want[i] - got[i]) > (dtype_bytes(expected.dtype()) == 1 ? quanta : 0))
        return fmt::format("element {} of {}: expected {}, got {}", i, want.size(), want[i],
                           got[i]);
    }
    return expected.dtype() == actual.dtype() && expected.shape() == actual.shape()
               ? ""
               : "other dtype or shape";
  }
  const auto want = expected.to_floats(), got = actual.to_floats();
  const float allowed = tolerance_of(expected.dtype(), tolerance);
  size_t wrong = 0;
  std::string first;
  for (size_t i = 0; i < want.size(); ++i) {
    if (want[i] == got[i] || (std::isnan(want[i]) && std::isnan(got[i]))) continue;
    if (std::fabs(want[i] - got[i]) <= allowed * std::max(1.0F, std::fabs(want[i]))) continue;
    if (wrong++ == 0) first = fmt::format("element {}: expected {}, got {}", i, want[i], got[i]);
  }
  return wrong == 0 ? "" : fmt::format("{} of {} are wrong, {}", wrong, want.size(), first);
}

/// All the ways in which a candidate is to be run.
std::vector<RunShape> run_shapes(const Candidate& candidate, const std::vector<GpuInput>& inputs,
                                 const std::vector<Shape>& outputs, bool windows) {
  std::vector<RunShape> shapes = {{}, {.recorded = true}};
  if (candidate.in_place_input >= 0) shapes.push_back({.in_place = true});
  int input_rank = 0, output_rank = 0;
  for (const GpuInput& input : inputs) {
    if (!input.constant) input_rank = std::max(input_rank, input.tensor.shape().rank());
  }
  for (const Shape& shape : outputs) output_rank = std::max(output_rank, shape.rank());
  // Odd offsets break the alignment of wide loads; even ones keep it.
  for (const int64_t around : {3, 16}) {
    for (int axis = 0; windows && candidate.reads_windows && axis < input_rank; ++axis) {
      shapes.push_back({.input_window_axis = axis, .before = around, .after = around - 1});
    }
    for (int axis = 0; windows && candidate.writes_windows && axis < output_rank; ++axis) {
      shapes.push_back({.output_window_axis = axis, .before = around, .after = around - 1});
    }
  }
  return shapes;
}

}  // namespace

GpuStepTest::GpuStepTest() : device_(test_device()), target_(target_of(*device_)) {}

Tensor GpuStepTest::random(const Shape& shape, DType dtype, float scale, float shift) {
  std::normal_distribution<float> normal;
  std::vector<double> numbers(static_cast<size_t>(shape.elements()));
  for (double& x : numbers) {
    if (is_float(dtype)) {
      x = normal(generator_) * scale + shift;
    } else if (dtype == DType::kBool) {
      x = generator_() % 2;
    } else {
      x = static_cast<double>(generator_() % 100) - (is_signed_integer(dtype) ? 50 : 0);
    }
  }
  Tensor tensor = Tensor::allocate(dtype, shape);
  store_elements(numbers.data(), tensor.mutable_view());
  return tensor;
}

Tensor GpuStepTest::random_indices(const Shape& shape, int64_t below, DType dtype) {
  std::vector<double> numbers(static_cast<size_t>(shape.elements()));
  for (double& x : numbers) {
    x = static_cast<double>(generator_() % static_cast<uint64_t>(below));
    if (generator_() % 3 == 0) x -= static_cast<double>(below);
  }
  Tensor tensor = Tensor::allocate(dtype, shape);
  store_elements(numbers.data(), tensor.mutable_view());
  return tensor;
}

Tensor GpuStepTest::values(const Shape& shape, const std::vector<float>& values, DType dtype) {
  EXPECT_EQ(shape.elements(), std::ssize(values));
  Tensor tensor = Tensor::allocate(dtype, shape);
  store_elements(values.data(), tensor.mutable_view());
  return tensor;
}

std::vector<Candidate> GpuStepTest::candidates(const std::string& op, const Attributes& attributes,
                                               const std::vector<GpuInput>& inputs,
                                               const GpuCheck& options) {
  const OneNode one(op, attributes, inputs, options.outputs);
  const TacticNode node(one.graph, one.id);
  std::vector<Candidate> result;
  for (const TacticDef* tactic : tactics_for(op, options.tactic)) {
    const Verdict verdict = tactic->supports(node, target_);
    if (!verdict.ok) {
      if (options.tactic.find('*') >= tactic->name.size()) {
        ADD_FAILURE() << tactic->name << " says no: " << verdict.reason;
      }
      continue;
    }
    for (Candidate& candidate : tactic->candidates(node, target_)) {
      if (options.tactic == "*" || glob_match(options.tactic, candidate.tactic) ||
          glob_match(options.tactic, tactic->name)) {
        result.push_back(std::move(candidate));
      }
    }
  }
  return result;
}

void GpuStepTest::check(const std::string& op, const std::string& attributes,
                        const std::vector<GpuInput>& inputs, const GpuCheck& options) {
  check(op, Attributes::parse(attributes), inputs, options);
}

void GpuStepTest::check(const std::string& op, const Attributes& attributes,
                        const std::vector<GpuInput>& inputs, const GpuCheck& options) {
  SCOPED_TRACE(op + attributes.to_string());
  if (listing_kernels()) {
    for (const Target& target : listed_targets()) {
      target_ = target;
      ran_.clear();
      for (const Candidate& candidate : candidates(op, attributes, inputs, options)) {
        list_kernels(target, candidate.kernels);
        ran_.push_back(candidate.tactic);
      }
    }
    return;
  }
  ran_.clear();
  std::vector<Tensor> tensors;
  std::vector<RunInput> run_inputs;
  for (const GpuInput& input : inputs) {
    tensors.push_back(input.tensor);
    run_inputs.push_back({input.tensor, input.constant});
  }
  const std::vector<Tensor> expected =
      evaluate_op(op_named(op), attributes, tensors, options.outputs);
  std::vector<DType> types;
  std::vector<Shape> shapes;
  for (const Tensor& tensor : expected) {
    types.push_back(tensor.dtype());
    shapes.push_back(tensor.shape());
  }
  const std::vector<Candidate> found = candidates(op, attributes, inputs, options);
  KernelStore& kernels = kernels_for(target_);
  std::vector<KernelSource> sources;
  for (const Candidate& candidate : found) {
    sources.insert(sources.end(), candidate.kernels.begin(), candidate.kernels.end());
  }
  kernels.compile(sources);
  for (const Candidate& candidate : found) {
    bool left_out = false;
    for (const RunShape& shape : run_shapes(candidate, inputs, shapes, options.windows)) {
      SCOPED_TRACE(candidate.tactic + ", " + shape.describe());
      try {
        run_emulated_threads_backwards(shape.recorded);
        const std::vector<Tensor> actual =
            run_candidate(*device_, kernels, candidate, run_inputs, types, shapes, shape);
        for (size_t i = 0; i < expected.size(); ++i) {
          const std::string wrong =
              difference(expected[i], actual[i], options.tolerance, options.quanta);
          if (!wrong.empty()) ADD_FAILURE() << "output " << i << ": " << wrong;
        }
      } catch (const Error& error) {
        left_out = options.some_unsupported && error.problems()[0].id == "step.unsupported";
        if (left_out) break;
        ADD_FAILURE() << error.what();
      }
    }
    if (!left_out) ran_.push_back(candidate.tactic);
  }
  EXPECT_GE(std::ssize(ran_), options.min_candidates)
      << "candidates of \"" << options.tactic << "\" that ran";
}

void GpuStepTest::expect_no(const std::string& op, const std::string& attributes,
                            const std::vector<GpuInput>& inputs, const std::string& tactic,
                            const std::string& reason, int outputs) {
  SCOPED_TRACE(op + attributes);
  const OneNode one(op, Attributes::parse(attributes), inputs, outputs);
  const TacticNode node(one.graph, one.id);
  const auto asked = tactics_for(op, tactic);
  EXPECT_FALSE(asked.empty()) << "no tactic \"" << tactic << "\" serves the operator";
  for (const TacticDef* def : asked) {
    const Verdict verdict = def->supports(node, target_);
    EXPECT_FALSE(verdict.ok) << def->name << " says yes";
    EXPECT_NE(verdict.reason.find(reason), std::string::npos)
        << def->name << " says: " << verdict.reason;
  }
}

}  // namespace ingot
