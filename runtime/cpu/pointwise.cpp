// Pointwise kernels: axes that lie alike in all tensors are merged, what is left is walked tile by
// tile, and each tile runs through the instructions of the expression.
#include "runtime/cpu/pointwise.h"

#include <fmt/core.h>

#include "core/base/error.h"
#include "runtime/cpu/loop_nest.h"
#include "runtime/cpu/parallel.h"
#include "runtime/cpu/pointwise_program.h"

namespace ingot {
namespace {

[[noreturn]] void unsupported(std::string what) {
  fail({"step.unsupported", std::move(what), "", "use the reference tactic"});
}

bool can_load(DType dtype) {
  switch (dtype) {
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16:
    case DType::kI8:
    case DType::kU8:
    case DType::kBool:
    case DType::kI32:
    case DType::kI64:
      return true;
    default:
      return false;
  }
}

bool can_store(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16 ||
         dtype == DType::kBool || dtype == DType::kI8 || dtype == DType::kU8;
}

/// Floats that the tiles of one thread take together: they stay in the first-level cache.
constexpr int kWorkspaceFloats = 8192;
constexpr int kMostTile = 1024;
constexpr int kMostValues = 256;
constexpr int kMostInputs = 64;

}  // namespace

struct PointwiseKernel::Plan {
  struct Input {
    DType dtype;
    size_t element_bytes;
    InputClass kind;
    bool lanes_limited;  ///< plain along the channels of a blocked output: has no padding to read
    bool present;
  };

  PointwiseProgram program;
  std::vector<Input> inputs;
  DType output_dtype;
  size_t output_bytes;
  bool output_direct;
  LoopNest nest;          ///< tensors: the inputs, then the output
  int64_t columns, rows;  ///< the innermost two loops
  int64_t tile_rows, tile_columns, row_tiles, column_tiles;
  int64_t outer_loops = 1;
  int padded_loop = -1;  ///< the loop over channel blocks whose last one is partly padding
  int block = 1, last_lanes = 0;
  int tile = kMostTile;
  int threads = 1;

  int output_index() const { return static_cast<int>(inputs.size()); }
  void run_range(const void* const* in, void* out, int64_t begin, int64_t end) const;
  void zero_padding(char* out, int64_t rows, int64_t columns, const TileBlock& block) const;
};

PointwiseKernel::PointwiseKernel(const Expression& expression,
                                 const std::vector<StepTensor>& inputs, const StepTensor& output,
                                 int threads)
    : plan_(std::make_unique<Plan>()) {
  Plan& plan = *plan_;
  if (expression.empty()) unsupported("an empty expression");
  if (!can_store(output.dtype)) {
    unsupported(fmt::format("a pointwise result of type {}", dtype_name(output.dtype)));
  }
  if (inputs.size() > kMostInputs) unsupported("a pointwise expression of more than 64 inputs");
  std::vector<const StepTensor*> tensors;
  std::vector<bool> read(inputs.size(), false);
  for (const ExpressionNode& node : expression.nodes()) {
    if (node.op != ScalarOp::kInput) continue;
    if (static_cast<size_t>(node.index) >= inputs.size() ||
        !inputs[static_cast<size_t>(node.index)].present()) {
      unsupported(fmt::format("expression input {} is absent", node.index));
    }
    read[static_cast<size_t>(node.index)] = true;
  }
  // An input that the expression does not read takes no part in the loops: a scalar stands for it.
  static const StepTensor kUnread{.dtype = DType::kF32};
  for (size_t i = 0; i < inputs.size(); ++i) {
    tensors.push_back(read[i] ? &inputs[i] : &kUnread);
    if (!can_load(tensors.back()->dtype)) {
      unsupported(fmt::format("a pointwise input of type {}", dtype_name(inputs[i].dtype)));
    }
  }
  plan.nest = LoopNest(tensors, output);
  if (plan.nest.total() == 0) return;  // nothing to plan, and run does nothing
  plan.block = layout_block(output.layout);
  plan.padded_loop = plan.nest.padded_loop();
  plan.last_lanes = plan.padded_loop >= 0 ? static_cast<int>(output.shape[1] % plan.block) : 0;

  const LoopNest& nest = plan.nest;
  const int loops = nest.loop_count();
  plan.columns = nest.extent(loops - 1);
  const bool has_rows = loops > 1 && loops - 2 != plan.padded_loop;
  plan.rows = has_rows ? nest.extent(loops - 2) : 1;
  const bool single_rows = plan.rows == 1 || plan.columns > kMostTile / 2;

  const auto row_stride = [&](int tensor) { return has_rows ? nest.stride(loops - 2, tensor) : 0; };
  const auto lies_dense = [&](int tensor) {
    return nest.stride(loops - 1, tensor) == 1 &&
           (single_rows || row_stride(tensor) == plan.columns);
  };
  std::vector<InputClass> classes;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const int t = static_cast<int>(i);
    const StepTensor& tensor = *tensors[i];
    const bool limited = plan.padded_loop >= 0 && nest.lane_limited(t);
    InputClass kind = InputClass::kLoaded;
    if (nest.stride(loops - 1, t) == 0 && (single_rows || row_stride(t) == 0)) {
      kind = InputClass::kScalar;
    } else if (tensor.dtype == DType::kF32 && lies_dense(t) && !limited) {
      kind = InputClass::kDirect;
    }
    classes.push_back(kind);
    plan.inputs.push_back({tensor.dtype, dtype_bytes(tensor.dtype), kind, limited, read[i]});
  }
  plan.output_dtype = output.dtype;
  plan.output_bytes = dtype_bytes(output.dtype);
  plan.output_direct = output.dtype == DType::kF32 && lies_dense(plan.output_index());

  plan.program = compile_pointwise(expression, classes);
  const int slots = plan.program.slot_count + (plan.output_direct ? 0 : 1);
  while (plan.tile > 64 && plan.tile * slots > kWorkspaceFloats) plan.tile /= 2;
  if (plan.tile * slots > kWorkspaceFloats || plan.program.output() >= kMostValues) {
    unsupported("a pointwise expression with too many values alive at once");
  }
  plan.tile_rows = single_rows ? 1 : std::clamp<int64_t>(plan.tile / plan.columns, 1, plan.rows);
  plan.tile_columns = std::min<int64_t>(plan.columns, plan.tile);
  plan.row_tiles = (plan.rows + plan.tile_rows - 1) / plan.tile_rows;
  plan.column_tiles = (plan.columns + plan.tile_columns - 1) / plan.tile_columns;
  for (int loop = 0; loop < loops - (has_rows ? 2 : 1); ++loop)
    plan.outer_loops *= nest.extent(loop);

  const double per_element =
      plan.program.nanoseconds_per_element + 0.06 * static_cast<double>(inputs.size() + 1);
  plan.threads = worthwhile_threads(threads, per_element * static_cast<double>(nest.total()));
}

PointwiseKernel::~PointwiseKernel() = default;

/// Zeroes the lanes past the last channel in a block of the output.
void PointwiseKernel::Plan::zero_padding(char* out, int64_t tile_rows, int64_t tile_columns,
                                         const TileBlock& layout) const {
  for (int64_t row = 0; row < tile_rows; ++row) {
    for (int64_t i = 0; i < tile_columns; i += block) {
      const int64_t at = row * layout.row_stride + i * layout.column_stride + last_lanes;
      std::fill_n(out + static_cast<size_t>(at) * output_bytes,
                  static_cast<size_t>(block - last_lanes) * output_bytes, char{0});
    }
  }
}

void PointwiseKernel::Plan::run_range(const void* const* in, void* out, int64_t begin,
                                      int64_t end) const {
  alignas(64) float workspace[kWorkspaceFloats];
  const float* values[kMostValues];
  float scalars[kMostInputs];
  const char* loaded_from[kMostInputs];
  int64_t loaded_rows[kMostInputs];
  const PointwiseTable& table = pointwise();

  const int input_count = static_cast<int>(inputs.size());
  std::fill_n(loaded_from, input_count, nullptr);
  for (size_t i = 0; i < program.constants.size(); ++i) {
    values[program.first_constant() + static_cast<int>(i)] = &program.constants[i];
  }
  for (int slot = 0; slot <= program.slot_count; ++slot) {  // the last one is the output's
    values[program.first_slot() + slot] = workspace + slot * tile;
  }

  const int last = nest.loop_count() - 1;
  const bool has_rows = last > 0 && last - 1 != padded_loop;
  const int outer_count = has_rows ? last - 1 : last;
  const auto strided = [&](int tensor) {
    return TileBlock{0, 0, has_rows ? nest.stride(last - 1, tensor) : 0, nest.stride(last, tensor)};
  };

  const int64_t tiles = row_tiles * column_tiles;
  LoopNest::Position position = nest.position(begin / tiles, outer_count);
  int64_t inner = begin % tiles;
  for (int64_t i = begin; i < end; ++i) {
    const int64_t row = inner / column_tiles * tile_rows;
    const int64_t column = inner % column_tiles * tile_columns;
    const int64_t row_count = std::min(tile_rows, rows - row);
    const int64_t column_count = std::min(tile_columns, columns - column);
    const bool padded =
        padded_loop >= 0 && position.index[padded_loop] == nest.extent(padded_loop) - 1;

    for (int k = 0; k < input_count; ++k) {
      const Input& input = inputs[static_cast<size_t>(k)];
      if (!input.present) continue;
      TileBlock from = strided(k);
      const int64_t offset =
          position.offset[k] + row * from.row_stride + column * from.column_stride;
      const char* p =
          static_cast<const char*>(in[k]) + offset * static_cast<int64_t>(input.element_bytes);
      if (input.kind == InputClass::kDirect) {
        values[k] = reinterpret_cast<const float*>(p);
        continue;
      }
      const bool still_there =
          p == loaded_from[k] &&
          (input.kind == InputClass::kScalar || (loaded_rows[k] >= row_count && column_tiles == 1));
      if (still_there) continue;
      loaded_from[k] = p;
      loaded_rows[k] = row_count;
      if (input.kind == InputClass::kScalar) {
        table.load(input.dtype, p, {1, 1, 0, 0}, &scalars[k], 1);
        values[k] = &scalars[k];
        continue;
      }
      float* slot = workspace + program.input_slots[static_cast<size_t>(k)] * tile;
      from.rows = row_count;
      from.columns = column_count;
      if (padded && input.lanes_limited) {
        // Only here are the columns one block, and the tensor ends within it.
        from.columns = last_lanes;
        std::fill_n(slot, row_count * column_count, 0.0F);
      }
      table.load(input.dtype, p, from, slot, column_count);
    }

    TileBlock to = strided(input_count);
    to.rows = row_count;
    to.columns = column_count;
    const int64_t offset =
        position.offset[input_count] + row * to.row_stride + column * to.column_stride;
    char* target = static_cast<char*>(out) + offset * static_cast<int64_t>(output_bytes);
    if (output_direct) values[program.output()] = reinterpret_cast<float*>(target);
    const int64_t n = row_count * column_count;
    for (const PointwiseProgram::Instruction& x : program.instructions) {
      x.function(values[x.a], values[x.b], values[x.c], const_cast<float*>(values[x.result]), n);
    }
    if (!output_direct) {
      table.store(output_dtype, values[program.output()], column_count, to, target);
    }
    if (padded) zero_padding(target, row_count, column_count, to);

    if (++inner == tiles) {
      inner = 0;
      nest.advance(position, outer_count);
    }
  }
}

void PointwiseKernel::run(const void* const* inputs, void* output) const {
  const Plan& plan = *plan_;
  if (plan.nest.total() == 0) return;
  parallel_ranges(plan.threads, plan.outer_loops * plan.row_tiles * plan.column_tiles,
                  [&](int64_t begin, int64_t end) { plan.run_range(inputs, output, begin, end); });
}

}  // namespace ingot
