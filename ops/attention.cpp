// Attention: softmax(Q K^T * scale + mask) V for many heads, with grouped key/value heads, causal
// masks, a soft cap and a key/value cache.
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "ops/blocks.h"
#include "ops/float_tensor.h"
#include "ops/matrix_multiply.h"
#include "ops/softmax_rows.h"

namespace ingot {
namespace {

constexpr int kMask = 3, kPastKey = 4, kPastValue = 5, kValidLengths = 6;
constexpr int64_t kRowBlock = 64;  // queries at a time: memory stays linear in the keys

void infer(InferContext& node) {
  require_float(node, 0);
  node.require_rank(0, 3, 4);
  const bool packed = node.rank(0) == 3;
  for (int i = 1; i < 3; ++i) node.require_rank(i, node.rank(0), node.rank(0));
  const int64_t q_heads = node.integer("q_num_heads"), kv_heads = node.integer("kv_num_heads");
  if (packed && (q_heads < 1 || kv_heads < 1)) {
    node.fail("op.bad_attribute", "3-D inputs need q_num_heads and kv_num_heads",
              "set both attributes");
  }
  const SymbolicShape& q = node.dims(0);
  const SymbolicShape& k = node.dims(1);
  const SymbolicShape& v = node.dims(2);
  const Dim heads = packed ? Dim(q_heads) : q[1];
  const Dim groups = packed ? Dim(kv_heads) : k[1];
  if (heads.is_constant() && groups.is_constant() &&
      (groups.constant() < 1 || heads.constant() % groups.constant() != 0)) {
    node.fail("op.bad_shape",
              fmt::format("{} query heads cannot be shared out among {} key heads",
                          heads.constant(), groups.constant()),
              "the number of query heads must be a multiple");
  }
  const Dim queries = packed ? q[1] : q[2];
  const Dim keys = packed ? k[1] : k[2];
  const auto head_size = [&](const SymbolicShape& dims, const Dim& parts) {
    return packed ? Dim::floor_div(dims[2], parts) : dims[3];
  };
  const Dim value_size = head_size(v, groups);
  require_equal(node, head_size(q, heads), head_size(k, groups), "head sizes of Q and K");
  const Dim total = node.has_input(kPastKey) ? node.dims(kPastKey)[2] + keys : keys;

  const DType dtype = node.input(0).dtype;
  node.set_output(0, dtype,
                  packed ? SymbolicShape{q[0], queries, heads * value_size}
                         : SymbolicShape{q[0], heads, queries, value_size});
  if (node.output_count() > 1) {
    node.set_output(1, node.input(1).dtype, {q[0], groups, total, head_size(k, groups)});
  }
  if (node.output_count() > 2) {
    node.set_output(2, node.input(2).dtype, {q[0], groups, total, value_size});
  }
  if (node.output_count() > 3) node.set_output(3, dtype, {q[0], heads, queries, total});
}

/// One of Q, K, V, or the result: heads of [sequence, size] matrices in either layout.
struct Heads {
  int64_t batch, heads, length, size;
  bool packed;  // [batch, length, heads * size] instead of [batch, heads, length, size]

  Heads(const Shape& shape, int64_t head_count)
      : batch(shape[0]),
        heads(shape.rank() == 3 ? head_count : shape[1]),
        length(shape.rank() == 3 ? shape[1] : shape[2]),
        size(shape.rank() == 3 ? shape[2] / head_count : shape[3]),
        packed(shape.rank() == 3) {}
  int64_t offset(int64_t b, int64_t head) const {
    return packed ? (b * length * heads + head) * size : (b * heads + head) * length * size;
  }
  int64_t row_stride() const { return packed ? heads * size : size; }
};

/// K or V with its cached past before it, always [batch, heads, length, size].
template <typename T>
struct Cached {
  std::vector<T> data;
  int64_t past = 0, length = 0, size = 0;

  Cached(const Reference& node, int input, int past_input, int64_t head_count) {
    const Elements<T> fresh(node.input(input));
    const Heads heads(node.input(input).shape, head_count);
    const bool has_past = node.has_input(past_input);
    const Elements<T> old(has_past ? node.input(past_input) : TensorView{});
    past = has_past ? node.input(past_input).shape[2] : 0;
    length = past + heads.length;
    size = heads.size;
    for (int64_t i = 0; i < heads.batch * heads.heads; ++i) {
      if (past)
        data.insert(data.end(), old.data() + i * past * size, old.data() + (i + 1) * past * size);
      const T* rows = fresh.data() + heads.offset(i / heads.heads, i % heads.heads);
      for (int64_t row = 0; row < heads.length; ++row, rows += heads.row_stride()) {
        data.insert(data.end(), rows, rows + size);
      }
    }
  }
};

/// What is added to the score of a query and a key: 0 or a mask's value; -inf where not allowed.
template <typename T>
class Bias {
 public:
  Bias(const Reference& node, int64_t queries, int64_t keys, int64_t past)
      : mask_(node.has_input(kMask) ? node.input(kMask) : TensorView{}),
        causal_(node.integer("is_causal") != 0),
        queries_(queries),
        past_(past) {
    if (node.has_input(kValidLengths)) valid_ = load_all<int64_t>(node.input(kValidLengths));
    if (!node.has_input(kMask)) return;
    const TensorView& mask = node.input(kMask);
    boolean_ = mask.dtype == DType::kBool;
    // A mask may be shorter than the keys; what it does not cover is masked.
    const int rank = mask.shape.rank();
    covered_ = rank && mask.shape[rank - 1] > 1 ? mask.shape[rank - 1] : keys;
    int64_t stride = 1;
    for (int axis = rank - 1; axis >= 0; --axis) {
      strides_[4 - rank + axis] = mask.shape[axis] == 1 ? 0 : stride;
      stride *= mask.shape[axis];
    }
  }

  T operator()(int64_t b, int64_t head, int64_t query, int64_t key) const {
    constexpr T kForbidden = -std::numeric_limits<T>::infinity();
    if (!valid_.empty() && key >= valid_[static_cast<size_t>(b)]) return kForbidden;
    if (causal_) {
      const int64_t offset = valid_.empty() ? past_ : valid_[static_cast<size_t>(b)] - queries_;
      if (key > query + offset) return kForbidden;
    }
    if (!mask_.data()) return 0;
    if (key >= covered_) return kForbidden;
    const T value =
        mask_[b * strides_[0] + head * strides_[1] + query * strides_[2] + key * strides_[3]];
    return boolean_ ? (value != 0 ? T{0} : kForbidden) : value;
  }

 private:
  Elements<T> mask_;
  bool causal_, boolean_ = false;
  int64_t queries_, past_, covered_ = 0;
  int64_t strides_[4] = {0, 0, 0, 0};
  std::vector<int64_t> valid_;
};

template <typename T>
void evaluate_as(const Reference& node) {
  const Heads q(node.input(0).shape, node.integer("q_num_heads"));
  const int64_t kv_heads = Heads(node.input(1).shape, node.integer("kv_num_heads")).heads;
  const Cached<T> k(node, 1, kPastKey, kv_heads), v(node, 2, kPastValue, kv_heads);
  if (node.has_output(1)) store_elements(k.data.data(), node.output(1));
  if (node.has_output(2)) store_elements(v.data.data(), node.output(2));

  const Elements<T> queries(node.input(0));
  ElementsToStore<T> y(node.output(0));
  ElementsToStore<T> scores_out(node.has_output(3) ? node.output(3) : TensorView{});
  const Heads out(node.output(0).shape, q.heads);
  const Bias<T> bias(node, q.length, k.length, k.past);
  const int64_t keys = k.length, mode = node.integer("qk_matmul_output_mode");
  const T cap = node.number("softcap");
  const T scale = node.given("scale") ? static_cast<T>(node.number("scale"))
                                      : T{1} / std::sqrt(static_cast<T>(q.size));

  std::vector<T> scores(static_cast<size_t>(std::min(kRowBlock, q.length) * keys));
  for (int64_t i = 0; i < q.batch * q.heads; ++i) {
    const int64_t b = i / q.heads, head = i % q.heads;
    const int64_t kv = b * kv_heads + head / (q.heads / kv_heads);
    for (int64_t first = 0; first < q.length; first += kRowBlock) {
      const int64_t rows = std::min(kRowBlock, q.length - first);
      std::fill(scores.begin(), scores.end(), T{0});
      multiply_add({queries.data() + q.offset(b, head) + first * q.row_stride(), q.row_stride(), 1},
                   {k.data.data() + kv * keys * k.size, 1, k.size}, scores.data(), keys, rows,
                   k.size, keys);
      for (int64_t row = 0; row < rows; ++row) {
        T* line = scores.data() + row * keys;
        const auto report = [&](int64_t stage) {
          if (mode != stage || !node.has_output(3)) return;
          std::copy(line, line + keys, scores_out.data() + (i * q.length + first + row) * keys);
        };
        for (int64_t key = 0; key < keys; ++key) line[key] *= scale;
        report(0);
        if (cap > 0) {
          for (int64_t key = 0; key < keys; ++key) line[key] = cap * std::tanh(line[key] / cap);
        }
        report(1);
        bool any = false;
        for (int64_t key = 0; key < keys; ++key) {
          const T term = bias(b, head, first + row, key);
          line[key] += term;
          any = any || term != -std::numeric_limits<T>::infinity();
        }
        report(2);
        if (any) {
          softmax_row(line, line, keys, 1, false);
        } else {
          std::fill_n(line, keys, T{0});  // a query without any key gives zeros
        }
        report(3);
      }
      multiply_add({scores.data(), keys, 1}, {v.data.data() + kv * keys * v.size, v.size, 1},
                   y.data() + out.offset(b, head) + first * out.row_stride(), out.row_stride(),
                   rows, keys, v.size);
    }
  }
}

void evaluate(Reference& node) {
  with_compute_type(node.input(0).dtype, [&]<typename T>() { evaluate_as<T>(node); });
}

}  // namespace

extern const OpDef kAttention = {
    .name = "Attention",
    .summary = "Scaled dot-product attention of many heads: softmax(Q K^T * scale + mask) V.",
    .inputs = {{"Q", "float, [batch, heads, queries, size] or [batch, queries, heads * size]"},
               {"K", "type of Q, [batch, kv heads, keys, size] or [batch, keys, kv heads * size]"},
               {"V", "float, like K with a size of its own"},
               {"attn_mask", "bool (true: attend) or float (added), broadcasts to the scores",
                OpPort::kOptional},
               {"past_key", "type of K, [batch, kv heads, past, size]", OpPort::kOptional},
               {"past_value", "type of V, [batch, kv heads, past, size]", OpPort::kOptional},
               {"nonpad_kv_seqlen", "i64, [batch]: keys that are no padding", OpPort::kOptional}},
    .outputs = {{"Y", "type of Q, layout of Q with the size of V"},
                {"present_key", "past_key and K joined", OpPort::kOptional},
                {"present_value", "past_value and V joined", OpPort::kOptional},
                {"qk_matmul_output", "type of Q, [batch, heads, queries, keys]: the scores",
                 OpPort::kOptional}},
    .attributes = {{"is_causal", 0, "1: a query sees the keys up to its own position only"},
                   {"kv_num_heads", 0, "heads of K and V; needed for 3-D inputs"},
                   {"q_num_heads", 0, "heads of Q; needed for 3-D inputs"},
                   {"qk_matmul_output_mode", 0,
                    "scores to give: 0 scaled, 1 after the soft cap, 2 with mask, 3 after softmax"},
                   {"scale", 0.0F, "factor of the scores; 1 / sqrt(size) if absent"},
                   {"softcap", 0.0F, "scores become softcap * tanh(score / softcap); 0: they stay"},
                   {"softmax_precision", 0, "type of the softmax; at least 32 bits here"}},
    .infer = infer,
    .evaluate = evaluate,
};

}  // namespace ingot
