// Buffers, the step's context, and a run: see the header.
#include "tests/gpu/step_run.h"

#include <fmt/format.h>

#include <cstring>
#include <map>

#include "core/base/error.h"
#include "core/tensor/packed_format.h"
#include "runtime/cuda/step_table.h"
#include "runtime/engine/step.h"

namespace ingot {
namespace {

constexpr unsigned char kAround = 0x5a;  ///< what lies around windows, and no kernel may touch
constexpr size_t kTail = 64;             ///< bytes after a buffer, checked too

/// A tensor in memory of the device (or the host's, for Layout::kHost).
struct Buffer {
  StepTensor tensor;
  std::shared_ptr<void> memory;
  size_t bytes = 0;
  int64_t offset = 0;  ///< elements, of the window
  std::vector<unsigned char> image;

  size_t element() const { return dtype_bytes(tensor.dtype); }
  char* data() const {
    return static_cast<char*>(memory.get()) + static_cast<size_t>(offset) * element();
  }
};

/// Calls visit(plain index, offset in the window) for every element.
template <typename Visit>
void for_each_element(const StepTensor& t, Visit&& visit) {
  for (int64_t i = 0; i < t.elements(); ++i) {
    int64_t rest = i, offset = 0;
    for (int axis = t.shape.rank() - 1; axis >= 0; --axis) {
      offset += rest % t.shape[axis] * t.strides[axis];
      rest /= t.shape[axis];
    }
    visit(static_cast<size_t>(i), static_cast<size_t>(offset));
  }
}

Buffer make_buffer(Device& device, DType dtype, const Shape& shape, Layout layout, int window_axis,
                   const RunShape& run) {
  Buffer buffer;
  Shape parent = shape;
  const bool window = window_axis >= 0 && window_axis < shape.rank() && layout != Layout::kHost;
  if (window) parent[window_axis] += run.before + run.after;
  buffer.tensor = {.dtype = dtype,
                   .shape = shape,
                   .layout = layout,
                   .buffer_shape = parent,
                   .strides = layout_strides(parent, layout)};
  if (window) buffer.offset = window_offset(parent, layout, window_axis, run.before);
  buffer.bytes = static_cast<size_t>(parent.elements()) * buffer.element();
  buffer.image.assign(buffer.bytes + kTail, kAround);
  buffer.memory = layout == Layout::kHost ? device.allocate_host(buffer.image.size())
                                          : device.allocate(buffer.image.size());
  return buffer;
}

void fill(Buffer* buffer, const Tensor& from) {
  const size_t size = buffer->element();
  unsigned char* to = buffer->image.data() + static_cast<size_t>(buffer->offset) * size;
  const auto* bytes = static_cast<const unsigned char*>(from.data());
  for_each_element(buffer->tensor, [&](size_t i, size_t offset) {
    std::memcpy(to + offset * size, bytes + i * size, size);
  });
}

Tensor plain_tensor(const Buffer& buffer, const std::vector<unsigned char>& image,
                    const std::string& name) {
  const size_t size = buffer.element();
  Tensor result = Tensor::allocate(buffer.tensor.dtype, buffer.tensor.shape);
  auto* to = static_cast<unsigned char*>(result.mutable_view().data);
  std::vector<bool> written(buffer.bytes / size, false);
  for_each_element(buffer.tensor, [&](size_t i, size_t offset) {
    const size_t at = offset + static_cast<size_t>(buffer.offset);
    std::memcpy(to + i * size, image.data() + at * size, size);
    written[at] = true;
  });
  for (size_t i = 0; i < image.size(); ++i) {
    if (i < buffer.bytes && written[i / size]) continue;
    if (image[i] == kAround) continue;
    fail({"test.memory", fmt::format("byte {} outside of {} was written", i, name), "", ""});
  }
  return result;
}

class RunContext : public StepContext {
 public:
  RunContext(Device& device, const KernelStore& kernels, const Candidate& candidate)
      : device_(device), kernels_(kernels), candidate_(candidate) {}
  std::vector<StepTensor> step_inputs, step_outputs;

  const std::string& name() const override { return candidate_.tactic; }
  const Attributes& attributes() const override { return candidate_.attributes; }
  const std::vector<StepTensor>& inputs() const override { return step_inputs; }
  const std::vector<StepTensor>& outputs() const override { return step_outputs; }
  int threads() const override { return 1; }
  Device* device() const override { return &device_; }
  std::span<const std::byte> kernel(const std::string& key) const override {
    const Cubin cubin = kernels_.find(key);
    if (cubin) return *cubin;
    const std::string why = kernels_.failure(key);
    fail({"plan.malformed", why.empty() ? "the candidate names no kernel \"" + key + "\"" : why,
          name(), ""});
  }
  const void* packed_constant(int input, const std::string& format, size_t bytes,
                              const std::function<void(const void*, void*)>& pack) const override {
    auto& memory = packed_[{input, format}];
    if (!memory) {
      std::vector<std::byte> image(bytes);
      const StepTensor& plain = step_inputs[static_cast<size_t>(input)];
      pack(plain.constant, image.data());
      check_unpacks(format, image, plain);
      memory = device_.allocate(bytes);
      device_.upload(memory.get(), image.data(), bytes);
    }
    return memory.get();
  }

 private:
  // Another machine must be able to have the plain constant back from what a plan carries.
  static void check_unpacks(const std::string& text, const std::vector<std::byte>& image,
                            const StepTensor& plain) {
    const PackedFormat format = PackedFormat::parse(text);
    const size_t bytes = dense_bytes(plain.dtype, plain.shape);
    std::vector<std::byte> back(bytes);
    const bool holds = format.bytes() > 0 && format.bytes() <= image.size() &&
                       format.dtype == plain.dtype &&
                       format.dims.elements() == plain.shape.elements();
    if (holds) format.unpack(image.data(), {format.dtype, format.dims, back.data()});
    if (!holds || std::memcmp(back.data(), plain.constant, bytes) != 0) {
      fail({"test.packed_format", "the format \"" + text + "\" does not give the constant back", "",
            "describe what pack() writes"});
    }
  }

  Device& device_;
  const KernelStore& kernels_;
  const Candidate& candidate_;
  mutable std::map<std::pair<int, std::string>, std::shared_ptr<void>> packed_;
};

const StepDef& step_named(std::string_view kind) {
  for (const StepDef* step : all_cuda_steps()) {
    if (step->kind == kind) return *step;
  }
  fail({"test.no_step", fmt::format("the backend has no step \"{}\"", kind), "", ""});
}

/// Puts the images of the buffers where the step finds them.
void upload(Device& device, const std::vector<Buffer>& buffers) {
  for (const Buffer& buffer : buffers) {
    if (!buffer.memory) continue;
    if (buffer.tensor.layout == Layout::kHost) {
      std::memcpy(buffer.memory.get(), buffer.image.data(), buffer.image.size());
    } else {
      device.upload(buffer.memory.get(), buffer.image.data(), buffer.image.size());
    }
  }
}

std::vector<Buffer> input_buffers(Device& device, const Candidate& candidate,
                                  const std::vector<RunInput>& inputs, const RunShape& shape) {
  std::vector<Buffer> buffers(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto& [tensor, constant] = inputs[i];
    if (!tensor) continue;
    buffers[i] = make_buffer(device, tensor.dtype(), tensor.shape(),
                             constant ? Layout::kPlain : candidate.inputs[i],
                             constant ? -1 : shape.input_window_axis, shape);
    fill(&buffers[i], tensor);
    if (constant) {
      buffers[i].tensor.constant = tensor.data();
      buffers[i].tensor.is_constant = true;
    }
  }
  return buffers;
}

}  // namespace

std::string RunShape::describe() const {
  std::string text = "dense";
  if (input_window_axis >= 0) text = fmt::format("inputs in windows of axis {}", input_window_axis);
  if (output_window_axis >= 0)
    text = fmt::format("outputs in windows of axis {}", output_window_axis);
  if (before) text += fmt::format(" behind {}", before);
  if (in_place) text += ", in place";
  if (recorded) text += ", recorded";
  return text;
}

std::vector<Tensor> run_candidate(Device& device, const KernelStore& kernels,
                                  const Candidate& candidate, const std::vector<RunInput>& inputs,
                                  const std::vector<DType>& output_types,
                                  const std::vector<Shape>& output_shapes, const RunShape& shape) {
  RunContext context(device, kernels, candidate);
  std::vector<Buffer> in = input_buffers(device, candidate, inputs, shape);
  std::vector<Buffer> out(output_types.size());
  for (size_t i = 0; i < out.size(); ++i) {
    if (output_types[i] == DType::kUndefined) continue;
    out[i] = make_buffer(device, output_types[i], output_shapes[i], candidate.outputs[i],
                         shape.output_window_axis, shape);
  }
  if (shape.in_place) {
    out[0].memory = in[static_cast<size_t>(candidate.in_place_input)].memory;
    out[0].image = in[static_cast<size_t>(candidate.in_place_input)].image;
  }
  for (const Buffer& buffer : in) context.step_inputs.push_back(buffer.tensor);
  for (const Buffer& buffer : out) context.step_outputs.push_back(buffer.tensor);

  const StepDef& def = step_named(candidate.kind);
  const auto step = def.prepare(context);
  std::vector<const void*> sources;
  std::vector<void*> targets;
  for (const Buffer& buffer : in) sources.push_back(buffer.memory ? buffer.data() : nullptr);
  for (const Buffer& buffer : out) targets.push_back(buffer.memory ? buffer.data() : nullptr);
  const size_t scratch_bytes = step->scratch_bytes();
  const auto scratch = device.allocate(scratch_bytes + kTail);
  const std::vector<unsigned char> garbage(scratch_bytes + kTail, 0xfb);
  device.upload(scratch.get(), garbage.data(), garbage.size());

  const auto queue = device.make_queue();
  StepMemory memory{sources.data(), targets.data(), scratch.get(), nullptr, queue->stream()};
  if (shape.recorded && !def.on_host) {
    queue->begin_recording();
    step->run(memory);
    const auto recording = queue->end_recording();
    // Twice, with everything as it was before: a run may leave nothing that the next one trips on.
    for (int i = 0; i < 2; ++i) {
      upload(device, in);
      upload(device, out);
      queue->replay(*recording);
      queue->synchronize();
    }
  } else {
    upload(device, in);
    upload(device, out);
    step->run(memory);
    queue->synchronize();
  }

  std::vector<Tensor> results(out.size());
  for (size_t i = 0; i < out.size(); ++i) {
    if (!out[i].memory) continue;
    std::vector<unsigned char> image(out[i].image.size());
    queue->copy(image.data(), out[i].memory.get(), image.size());
    queue->synchronize();
    results[i] = plain_tensor(out[i], image, fmt::format("output {}", i));
  }
  return results;
}

}  // namespace ingot
