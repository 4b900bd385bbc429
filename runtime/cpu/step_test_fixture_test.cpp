// The fixture's inside, and a test of the fixture itself.
#include "runtime/cpu/step_test_fixture.h"

#include <cmath>
#include <cstring>

#include "core/base/error.h"
#include "ops/registry.h"
#include "runtime/cpu/step_table.h"

namespace ingot {
namespace {

class TestContext : public StepContext {
 public:
  std::string step_name = "test";
  Attributes step_attributes;
  std::vector<StepTensor> step_inputs, step_outputs;
  int thread_count = 1;
  mutable std::map<int, std::shared_ptr<void>> packed;

  const std::string& name() const override { return step_name; }
  const Attributes& attributes() const override { return step_attributes; }
  const std::vector<StepTensor>& inputs() const override { return step_inputs; }
  const std::vector<StepTensor>& outputs() const override { return step_outputs; }
  int threads() const override { return thread_count; }
  const void* packed_constant(int input, const std::string&, size_t bytes,
                              const std::function<void(const void*, void*)>& pack) const override {
    auto& memory = packed[input];
    memory = allocate_aligned(bytes);
    pack(step_inputs[static_cast<size_t>(input)].constant, memory.get());
    return memory.get();
  }
};

/// A tensor's buffer, with what lies around a window filled by a pattern that no kernel may touch.
struct Buffer {
  StepTensor tensor;
  std::shared_ptr<void> memory;
  size_t bytes = 0;
  int64_t offset = 0;  ///< elements, of the window
  std::vector<unsigned char> before;

  char* data() const {
    return static_cast<char*>(memory.get()) +
           static_cast<size_t>(offset) * dtype_bytes(tensor.dtype);
  }
};

/// Calls visit(plain index, offset in the buffer) for every element.
template <typename Visit>
void for_each_element(const StepTensor& t, Visit&& visit) {
  const int block = t.shape.rank() >= 2 ? layout_block(t.layout) : 1;
  std::vector<int64_t> index(static_cast<size_t>(t.shape.rank()), 0);
  for (int64_t i = 0; i < t.elements(); ++i) {
    int64_t rest = i, offset = 0;
    for (int axis = t.shape.rank() - 1; axis >= 0; --axis) {
      const int64_t at = rest % t.shape[axis];
      rest /= t.shape[axis];
      offset +=
          axis == 1 && block > 1 ? at / block * t.strides[axis] + at % block : at * t.strides[axis];
    }
    visit(i, offset);
  }
}

Buffer make_buffer(DType dtype, const Shape& shape, const Lies& lies) {
  Buffer buffer;
  Shape parent = shape;
  if (lies.window_axis >= 0) parent[lies.window_axis] += lies.before + lies.after;
  buffer.tensor = {.dtype = dtype,
                   .shape = shape,
                   .layout = lies.layout,
                   .buffer_shape = parent,
                   .strides = layout_strides(parent, lies.layout)};
  if (lies.window_axis >= 0) {
    buffer.offset = window_offset(parent, lies.layout, lies.window_axis, lies.before);
  }
  buffer.bytes = static_cast<size_t>(padded_elements(parent, lies.layout)) * dtype_bytes(dtype);
  buffer.memory = allocate_aligned(buffer.bytes + 64);
  std::memset(buffer.memory.get(), 0x5a, buffer.bytes + 64);
  return buffer;
}

void fill(Buffer* buffer, const Tensor& from) {
  const size_t size = dtype_bytes(from.dtype());
  // Padding of blocked layouts is zero by contract.
  if (layout_block(buffer->tensor.layout) > 1) std::memset(buffer->memory.get(), 0, buffer->bytes);
  for_each_element(buffer->tensor, [&](int64_t i, int64_t offset) {
    std::memcpy(buffer->data() + static_cast<size_t>(offset) * size,
                static_cast<const char*>(from.data()) + static_cast<size_t>(i) * size, size);
  });
}

/// The plain tensor in a buffer. Checks that nothing around the window was written and that the
/// padding is zero.
Tensor read(const Buffer& buffer) {
  const size_t size = dtype_bytes(buffer.tensor.dtype);
  Tensor result = Tensor::allocate(buffer.tensor.dtype, buffer.tensor.shape);
  std::vector<bool> written(buffer.bytes / size, false);
  for_each_element(buffer.tensor, [&](int64_t i, int64_t offset) {
    std::memcpy(static_cast<char*>(result.mutable_view().data) + static_cast<size_t>(i) * size,
                buffer.data() + static_cast<size_t>(offset) * size, size);
    written[static_cast<size_t>(offset + buffer.offset)] = true;
  });
  const auto* bytes = static_cast<const unsigned char*>(buffer.memory.get());
  const bool padded = buffer.tensor.shape.rank() >= 2 &&
                      buffer.tensor.shape[1] % layout_block(buffer.tensor.layout) != 0;
  for (size_t i = 0; i < buffer.bytes; ++i) {
    if (written[i / size]) continue;
    const bool untouched = bytes[i] == 0x5a;
    const bool zero = padded && bytes[i] == 0;
    EXPECT_TRUE(untouched || zero) << "byte " << i << " outside of the output was written";
    if (padded && buffer.tensor.dense()) {
      EXPECT_TRUE(zero) << "padding byte " << i << " is not zero";
    }
    if (testing::Test::HasFailure()) break;
  }
  for (size_t i = 0; i < 64; ++i) {
    EXPECT_EQ(bytes[buffer.bytes + i], 0x5a) << "byte " << i << " after the output was written";
  }
  return result;
}

Lies lies_of(const std::vector<Lies>& lies, size_t i) { return i < lies.size() ? lies[i] : Lies{}; }

const StepDef& step_named(std::string_view kind) {
  for (const StepDef* step : all_cpu_steps()) {
    if (step->kind == kind) return *step;
  }
  fail_internal(kind, __FILE__, __LINE__);
}

}  // namespace

Tensor StepTest::random(const Shape& shape, DType dtype, float scale, float shift) {
  Tensor tensor = Tensor::allocate(dtype, shape);
  std::normal_distribution<float> normal;
  const TensorView view = tensor.mutable_view();
  for (int64_t i = 0; i < shape.elements(); ++i) {
    const float x = normal(generator_) * scale + shift;
    const auto at = static_cast<size_t>(i);
    const auto integer = static_cast<int64_t>(generator_() % 100);
    switch (dtype) {
      case DType::kF32:
        view.as<float>()[at] = x;
        break;
      case DType::kF16:
        view.as<Half>()[at] = Half(x);
        break;
      case DType::kBF16:
        view.as<BFloat16>()[at] = BFloat16(x);
        break;
      case DType::kF64:
        view.as<double>()[at] = x;
        break;
      case DType::kBool:
        view.as<uint8_t>()[at] = integer % 2;
        break;
      case DType::kI8:
        view.as<int8_t>()[at] = static_cast<int8_t>(integer - 50);
        break;
      case DType::kU8:
        view.as<uint8_t>()[at] = static_cast<uint8_t>(integer);
        break;
      case DType::kI16:
        view.as<int16_t>()[at] = static_cast<int16_t>(integer - 50);
        break;
      case DType::kI32:
        view.as<int32_t>()[at] = static_cast<int32_t>(integer - 50);
        break;
      case DType::kI64:
        view.as<int64_t>()[at] = integer - 50;
        break;
      default:
        fail_internal("a dtype that tests do not use", __FILE__, __LINE__);
    }
  }
  return tensor;
}

Tensor StepTest::random_bytes(const Shape& shape, DType dtype, int low, int high) {
  Tensor tensor = Tensor::allocate(dtype, shape);
  auto* bytes = static_cast<uint8_t*>(tensor.mutable_view().data);
  std::uniform_int_distribution<int> any(low, high);
  const int64_t count = shape.elements();
  for (int64_t i = 0; i < count; ++i) {
    const int x = i == 0 ? low : i == count - 1 ? high : any(generator_);
    bytes[i] = static_cast<uint8_t>(x);
  }
  return tensor;
}

Tensor StepTest::random_indices(const Shape& shape, int64_t below, DType dtype) {
  Tensor tensor = Tensor::allocate(dtype, shape);
  for (int64_t i = 0; i < shape.elements(); ++i) {
    // A third of them counted from the end.
    int64_t x = static_cast<int64_t>(generator_() % static_cast<uint64_t>(below));
    if (generator_() % 3 == 0) x -= below;
    const auto at = static_cast<size_t>(i);
    if (dtype == DType::kI32)
      tensor.mutable_view().as<int32_t>()[at] = static_cast<int32_t>(x);
    else
      tensor.mutable_view().as<int64_t>()[at] = x;
  }
  return tensor;
}

std::vector<Tensor> StepTest::run(std::string_view kind, const std::string& op,
                                  const Attributes& attributes, const std::vector<Tensor>& inputs,
                                  const std::vector<Lies>& lies,
                                  const std::vector<Lies>& outputs_lie, int output_count) {
  TestContext context;
  context.step_attributes = attributes;
  context.step_attributes.set("op", op);
  for (const auto& [name, value] : step_attributes_) context.step_attributes.set(name, value);
  context.thread_count = threads_;

  std::vector<const ValueType*> types;
  std::vector<ValueType> type_storage(inputs.size());
  std::vector<Buffer> buffers(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    types.push_back(nullptr);
    if (!inputs[i]) continue;
    type_storage[i] = {inputs[i].dtype(),
                       SymbolicShape(inputs[i].shape().begin(), inputs[i].shape().end()),
                       contents_of(inputs[i]), inputs[i]};
    types.back() = &type_storage[i];
    buffers[i] = make_buffer(inputs[i].dtype(), inputs[i].shape(), lies_of(lies, i));
    fill(&buffers[i], inputs[i]);
    if (lies_of(lies, i).constant) {
      buffers[i].tensor.constant = inputs[i].data();
      buffers[i].tensor.is_constant = true;
    }
  }
  for (const Buffer& buffer : buffers) context.step_inputs.push_back(buffer.tensor);

  const auto results = infer_types(op_named(op), attributes, types, output_count, "test");
  std::vector<Buffer> outputs;
  std::vector<Tensor> allocated(results.size());
  for (size_t i = 0; i < results.size(); ++i) {
    if (!is_static(results[i].dims)) {
      outputs.emplace_back();
      outputs.back().tensor.dtype = results[i].dtype;
      outputs.back().tensor.shape_known = false;
    } else {
      Shape shape;
      for (const Dim& dim : results[i].dims) shape.push_back(dim.constant());
      outputs.push_back(make_buffer(results[i].dtype, shape, lies_of(outputs_lie, i)));
    }
    context.step_outputs.push_back(outputs.back().tensor);
  }
  if (in_place_input_ >= 0)
    outputs[0].memory = buffers[static_cast<size_t>(in_place_input_)].memory;

  const auto step = step_named(kind).prepare(context);
  implementation_ = step->implementation();
  std::vector<const void*> in;
  std::vector<void*> out;
  for (const Buffer& buffer : buffers) in.push_back(buffer.memory ? buffer.data() : nullptr);
  for (const Buffer& buffer : outputs) out.push_back(buffer.memory ? buffer.data() : nullptr);
  const auto scratch = allocate_aligned(step->scratch_bytes() + 64);
  std::memset(scratch.get(), 0x7f, step->scratch_bytes());
  const std::function<void*(int, DType, const Shape&)> allocate = [&](int output, DType dtype,
                                                                      const Shape& shape) {
    Tensor& tensor = allocated[static_cast<size_t>(output)];
    tensor = Tensor::allocate(dtype, shape);
    return tensor.mutable_view().data;
  };
  step->run({in.data(), out.data(), scratch.get(), &allocate});

  std::vector<Tensor> tensors;
  for (size_t i = 0; i < outputs.size(); ++i) {
    tensors.push_back(outputs[i].memory ? read(outputs[i]) : allocated[i]);
  }
  return tensors;
}

void StepTest::check(std::string_view kind, const std::string& op, const Attributes& attributes,
                     const std::vector<Tensor>& inputs, const std::vector<Lies>& lies,
                     const std::vector<Lies>& outputs_lie, int output_count) {
  SCOPED_TRACE(std::string(kind) + " " + op + attributes.to_string());
  const auto expected = evaluate_op(op_named(op), attributes, inputs, output_count);
  const auto actual = run(kind, op, attributes, inputs, lies, outputs_lie, output_count);
  ASSERT_EQ(expected.size(), actual.size());
  for (size_t i = 0; i < expected.size(); ++i) expect_near(expected[i], actual[i]);
}

void StepTest::expect_near(const Tensor& expected, const Tensor& actual) {
  ASSERT_EQ(expected.dtype(), actual.dtype());
  ASSERT_EQ(expected.shape(), actual.shape());
  const bool bytes = expected.dtype() == DType::kI8 || expected.dtype() == DType::kU8;
  if (bytes && off_by_one_ > 0) {
    const auto want = expected.to_integers(), got = actual.to_integers();
    size_t off = 0;
    for (size_t i = 0; i < want.size(); ++i) {
      off += want[i] != got[i];
      ASSERT_LE(std::abs(want[i] - got[i]), 1)
          << "element " << i << ": expected " << want[i] << ", got " << got[i];
    }
    EXPECT_LE(off, 1 + want.size() * static_cast<size_t>(off_by_one_) / 1000);
    return;
  }
  if (!is_float(expected.dtype())) {
    EXPECT_TRUE(same_content(expected, actual));
    return;
  }
  const auto want = expected.to_floats(), got = actual.to_floats();
  for (size_t i = 0; i < want.size(); ++i) {
    if (std::isnan(want[i]) && std::isnan(got[i])) continue;
    if (want[i] == got[i]) continue;
    const float error = std::fabs(want[i] - got[i]);
    ASSERT_LE(error, tolerance_ * std::max(1.0F, std::fabs(want[i])))
        << "element " << i << " of " << want.size() << ": expected " << want[i] << ", got "
        << got[i];
  }
}

}  // namespace ingot
