// Epilogues as code, and the menu of tiles.
#include "compiler/tactics/jit_matrix.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/jit/expression_code.h"
#include "kernels/params/matrix.h"

namespace ingot {
namespace {

/// Biases of integers are added to the sums.
bool has_float_bias(const TacticNode& node, int bias) {
  return bias >= 0 && node.has_input(bias) && !multiplies_integers(node);
}

/// Node inputs that the kernel reads as extras, in its order.
std::vector<int> extras_of(const TacticNode& node, int first_extra, int bias) {
  std::vector<int> result;
  if (has_float_bias(node, bias)) result.push_back(bias);
  for (int i = first_extra; i < node.input_count(); ++i) result.push_back(i);
  return result;
}

int64_t parts(int64_t whole, int64_t part) { return (whole + part - 1) / part; }

/// Cycles that a product takes: what tensor cores or the caches need for the tiles, as often as the
/// GPU must go round, what a warp waits for its own steps, and what begins and ends each block.
double estimate(const MatrixTile& tile, int64_t products, int64_t rows, int64_t columns,
                int64_t inner, size_t element_bytes, const GpuTarget& gpu) {
  const int64_t blocks = products * parts(rows, tile.rows) * parts(columns, tile.columns);
  const double rounds = static_cast<double>(parts(blocks, std::max(1, gpu.multiprocessors)));
  const auto bytes = static_cast<double>(element_bytes);
  const auto depth = static_cast<double>(inner);
  const double multiply = tile.rows * tile.columns * bytes / 2000;
  const double load = (tile.rows + tile.columns) * bytes / 32;
  const double step = 30.0 / 16 / tile.warp_splits;
  const double barrier = 50 * bytes / tile.depth_bytes;
  return rounds * depth * std::max(multiply, load) + depth * (step + barrier) / (rounds + 1) + 1500;
}

/// Blocks that a multiprocessor shall hold at a time: registers are limited to 128 a thread, but
/// where half of them are sums.
int blocks_at_a_time(const MatrixTile& tile) {
  if (tile.rows * tile.columns * tile.warp_splits / tile.threads() >= 64) return 1;
  return std::max(1, 512 / tile.threads());
}

/// Extra is a constant vector along the columns.
bool is_vector(const TacticNode& node, int input, bool pixels) {
  if (!node.is_constant(input)) return false;
  const Shape y = node.output_shape(), own = node.input_shape(input);
  if (pixels && input == 2) return true;  // the bias
  if (!pixels && node.input_shape(1).rank() < 2) return false;
  const int column = (pixels ? 1 : y.rank() - 1) - (y.rank() - own.rank());
  return column >= 0 && y.rank() >= own.rank() && own[column] == own.elements() &&
         own.elements() == y[pixels ? 1 : y.rank() - 1];
}

}  // namespace

std::string matrix_epilogue_code(const TacticNode& node, int first_extra, int bias) {
  const std::vector<int> extras = extras_of(node, first_extra, bias);
  const bool biased = has_float_bias(node, bias);
  Expression expression = Expression::input(0);
  if (const Expression* own = node.attributes().expression("epilogue"); own && !own->empty()) {
    expression = *own;
  }
  std::string visits;
  unsigned vectors = 0;
  for (size_t i = 0; i < extras.size(); ++i) {
    if (is_vector(node, extras[i], bias >= 0)) vectors |= 1U << i;
    visits += fmt::format("  {{ {} type{{}}; f({}, type); }}\n",
                          kernel_type(node.input_dtype(extras[i])), i);
  }
  // The expression numbers its inputs without the bias.
  std::string gather = biased ? "  float values[kExtras + 1];\n  values[0] = in[0] + in[1];\n"
                                "  for (int i = 2; i <= kExtras; ++i) values[i - 1] = in[i];\n"
                                "  return expression(values);\n"
                              : "  return expression(in);\n";
  return fmt::format(
      "{}namespace ingot::kernels {{\nconstexpr int kExtras = {};\n"
      "constexpr unsigned kVectorExtras = {};\ntemplate <typename F>\n__device__ inline void "
      "visit_extras(F f) {{\n{}}}\n{}"
      "__device__ inline float epilogue(const float* in) {{\n{}}}\n}}\n",
      kExpressionHeader, extras.size(), vectors, visits, expression_code(expression, "expression"),
      gather);
}

Verdict supports_matrix_epilogue(const TacticNode& node, int first_extra, int bias) {
  const std::vector<int> extras = extras_of(node, first_extra, bias);
  if (std::ssize(extras) > kernels::kMaxMatrixExtras) {
    return Verdict::no(fmt::format("the epilogue reads {} tensors", extras.size()));
  }
  for (const int i : extras) {
    if (!is_kernel_result(node.input_dtype(i)) && node.input_dtype(i) != DType::kBool) {
      return Verdict::no(fmt::format("input {} is {}", i, dtype_name(node.input_dtype(i))));
    }
  }
  return Verdict::yes();
}

bool on_tensor_cores(DType dtype, const Target& target) {
  const int capability = target.gpu.compute_capability;
  if (dtype == DType::kF16 || is_kernel_byte(dtype)) return capability >= 75;
  if (dtype == DType::kBF16) return capability >= 80;
  if (dtype == DType::kF8E4M3) return capability >= 89;
  return dtype == DType::kF32 && capability >= 80 && target.gpu.allow_tf32;
}

std::string MatrixTile::name(DType dtype) const {
  const int depth = depth_bytes / static_cast<int>(dtype_bytes(dtype));
  return fmt::format("{}x{}x{}_w{}x{}x{}_s{}{}", rows, columns, depth, warp_rows, warp_columns,
                     warp_splits, stages, dtype == DType::kF32 ? "_tf32" : "");
}

std::vector<MatrixTile> tiles_for(int64_t products, int64_t rows, int64_t columns, int64_t inner,
                                  DType dtype, const GpuTarget& gpu, size_t count) {
  std::vector<MatrixTile> menu = {
      {128, 128, 128, 2, 4, 1, 3}, {128, 128, 64, 2, 4, 1, 4}, {128, 64, 64, 4, 2, 1, 4},
      {64, 128, 128, 2, 4, 1, 3},  {64, 64, 128, 2, 2, 1, 4},  {64, 64, 64, 2, 2, 1, 4},
      {64, 64, 256, 2, 2, 2, 3},   {32, 64, 64, 2, 2, 1, 4},   {32, 64, 128, 1, 2, 2, 6},
      {32, 64, 256, 1, 2, 4, 4},   {32, 32, 256, 1, 1, 4, 4},  {16, 128, 128, 1, 4, 1, 4},
      {16, 64, 128, 1, 2, 2, 6},   {16, 64, 256, 1, 2, 4, 4},  {16, 32, 256, 1, 1, 4, 6},
  };
  for (MatrixTile& tile : menu) {
    // Without asynchronous copies more stages bring nothing.
    if (gpu.compute_capability < 80) tile.stages = 2;
  }
  std::erase_if(menu, [&](const MatrixTile& tile) {
    const int bytes = kernels::tiled_shared_bytes(tile.rows, tile.columns, tile.depth_bytes,
                                                  tile.stages, tile.warp_splits);
    return bytes > gpu.shared_bytes || (tile.rows > 16 && tile.rows >= 2 * rows) ||
           (tile.columns > 64 && tile.columns >= 2 * columns);
  });
  const auto cost = [&](const MatrixTile& tile) {
    return estimate(tile, products, rows, columns, inner, dtype_bytes(dtype), gpu);
  };
  std::stable_sort(menu.begin(), menu.end(),
                   [&](const MatrixTile& a, const MatrixTile& b) { return cost(a) < cost(b); });
  if (menu.size() > count) menu.resize(count);
  return menu;
}

std::string product_types_code(const TacticNode& node) {
  return fmt::format("using Element = {};\nusing Out = {};\n", kernel_type(node.input_dtype(0)),
                     kernel_type(node.output_dtype()));
}

std::string tile_code(const MatrixTile& tile, DType dtype) {
  // Hopper converts 8-bit floats to FP16 before it multiplies them, which takes registers.
  const int blocks = blocks_at_a_time(tile);
  const int resident = dtype == DType::kF8E4M3 ? std::max(1, blocks / 2) : blocks;
  return fmt::format(
      "constexpr int kTileRows = {}, kTileColumns = {}, kDepthBytes = {};\n"
      "constexpr int kWarpRows = {}, kWarpColumns = {}, kWarpSplits = {}, kStages = {};\n"
      "constexpr int kMinBlocks = {};\n",
      tile.rows, tile.columns, tile.depth_bytes, tile.warp_rows, tile.warp_columns,
      tile.warp_splits, tile.stages, resident);
}

void set_tile(Candidate* candidate, const MatrixTile& tile) {
  Attributes& attributes = candidate->attributes;
  attributes.set("tile_rows", int64_t{tile.rows});
  attributes.set("tile_columns", int64_t{tile.columns});
  attributes.set("threads", int64_t{tile.threads()});
  attributes.set("shared_bytes",
                 int64_t{kernels::tiled_shared_bytes(tile.rows, tile.columns, tile.depth_bytes,
                                                     tile.stages, tile.warp_splits)});
}

}  // namespace ingot
