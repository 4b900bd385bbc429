// RotaryEmbedding: turns pairs of elements of each head by angles that depend on the position.
#include "ops/blocks.h"
#include "ops/float_tensor.h"

namespace ingot {
namespace {

void infer(InferContext& node) {
  infer_same_float(node);
  node.require_rank(0, 3, 4);
  if (node.rank(0) == 3 && node.integer("num_heads") < 1) {
    node.fail("op.bad_attribute", "3-D inputs need num_heads", "set the attribute");
  }
  const int cache_rank = node.has_input(3) ? 2 : 3;
  node.require_rank(1, cache_rank, cache_rank);
  node.require_rank(2, cache_rank, cache_rank);
}

template <typename T>
void evaluate_as(const Reference& node) {
  const Shape& shape = node.input(0).shape;
  const bool packed = shape.rank() == 3;  // [batch, length, heads * size]
  const int64_t heads = packed ? node.integer("num_heads") : shape[1];
  const int64_t length = packed ? shape[1] : shape[2];
  const int64_t size = packed ? shape[2] / heads : shape[3];
  const int64_t turned =
      node.integer("rotary_embedding_dim") ? node.integer("rotary_embedding_dim") : size;
  const int64_t half = turned / 2;
  const bool interleaved = node.integer("interleaved") != 0;
  const Elements<T> x(node.input(0)), cosines(node.input(1)), sines(node.input(2));
  std::vector<int64_t> positions;
  if (node.has_input(3)) positions = load_all<int64_t>(node.input(3));
  ElementsToStore<T> y(node.output(0));

  const int64_t rows = shape.elements() / std::max<int64_t>(1, size);
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t batch = row / (heads * length);
    const int64_t at = packed ? row / heads % length : row % length;
    const int64_t angle_row = batch * length + at;
    const int64_t angles =
        (positions.empty() ? angle_row : positions[static_cast<size_t>(angle_row)]) * half;
    const T* from = x.data() + row * size;
    T* to = y.data() + row * size;
    for (int64_t i = 0; i < half; ++i) {
      const int64_t first = interleaved ? 2 * i : i, second = interleaved ? 2 * i + 1 : i + half;
      const T cosine = cosines[angles + i], sine = sines[angles + i];
      to[first] = cosine * from[first] - sine * from[second];
      to[second] = sine * from[first] + cosine * from[second];
    }
    std::copy(from + turned, from + size, to + turned);
  }
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() { evaluate_as<T>(node); });
}

}  // namespace

extern const OpDef kRotaryEmbedding = {
    .name = "RotaryEmbedding",
    .summary = "Turns pairs of elements of each head by angles that depend on the position.",
    .inputs = {{"X", "float, [batch, heads, length, size] or [batch, length, heads * size]"},
               {"cos_cache", "type of X, [positions, pairs], or [batch, length, pairs]"},
               {"sin_cache", "type of X, shape of cos_cache"},
               {"position_ids", "i64, [batch, length]: rows of the caches", OpPort::kOptional}},
    .outputs = {{"Y", "type and shape of X"}},
    .attributes = {{"interleaved", 0, "1: pairs are neighbours; 0: halves of the head"},
                   {"num_heads", 0, "heads; needed for 3-D inputs"},
                   {"rotary_embedding_dim", 0, "elements of a head that are turned; 0: all"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
