// Merging of axes, and the odometer that walks the rest.
#include "ops/broadcast_iteration.h"

#include "core/base/error.h"

namespace ingot {
namespace {

[[noreturn]] void fail_broadcast(const Shape& from, const Shape& to) {
  fail({"op.not_broadcastable",
        "the shape " + from.to_string() + " does not broadcast to " + to.to_string(), "",
        "make the sizes equal, or one of them 1"});
}

}  // namespace

BroadcastRows::BroadcastRows(const Shape& out, std::span<const Shape> inputs)
    : offsets_(inputs.size(), 0), steps_(inputs.size(), 0) {
  const size_t count = inputs.size();
  for (const Shape& input : inputs) {
    if (input.rank() > out.rank()) fail_broadcast(input, out);
  }
  // Sizes and strides of the merged axes, innermost first.
  std::vector<int64_t> sizes;
  std::vector<std::vector<int64_t>> strides;
  std::vector<int64_t> running(count, 1);
  for (int axis = out.rank() - 1; axis >= 0; --axis) {
    const int64_t size = out[axis];
    std::vector<int64_t> stride(count, 0);
    for (size_t i = 0; i < count; ++i) {
      const int own = axis - (out.rank() - inputs[i].rank());
      if (own < 0 || inputs[i][own] == 1) continue;
      if (inputs[i][own] != size) fail_broadcast(inputs[i], out);
      stride[i] = running[i];
      running[i] *= inputs[i][own];
    }
    if (size == 1) continue;
    bool merges = !sizes.empty();
    for (size_t i = 0; merges && i < count; ++i) {
      merges = stride[i] == strides.back()[i] * sizes.back();
    }
    if (merges) {
      sizes.back() *= size;
    } else {
      sizes.push_back(size);
      strides.push_back(std::move(stride));
    }
  }
  if (!sizes.empty()) {
    length_ = sizes.front();
    steps_ = strides.front();
    sizes_.assign(sizes.begin() + 1, sizes.end());
    jumps_.assign(strides.begin() + 1, strides.end());
  }
  index_.assign(sizes_.size(), 0);
  for (const int64_t size : sizes_) rows_ *= size;
  if (length_ == 0) rows_ = 0;
}

void BroadcastRows::next() {
  ++row_;
  for (size_t axis = 0; axis < sizes_.size(); ++axis) {
    const bool carry = ++index_[axis] == sizes_[axis];
    const int64_t by = carry ? 1 - sizes_[axis] : 1;
    for (size_t i = 0; i < offsets_.size(); ++i) offsets_[i] += by * jumps_[axis][i];
    if (!carry) return;
    index_[axis] = 0;
  }
}

Shape broadcast_shape(std::span<const Shape> shapes) {
  int rank = 0;
  for (const Shape& shape : shapes) rank = std::max(rank, shape.rank());
  std::vector<int64_t> dims(static_cast<size_t>(rank), 1);
  for (const Shape& shape : shapes) {
    for (int axis = 0; axis < shape.rank(); ++axis) {
      int64_t& dim = dims[static_cast<size_t>(axis + rank - shape.rank())];
      if (shape[axis] == 1 || shape[axis] == dim) continue;
      if (dim != 1) {
        fail({"op.not_broadcastable",
              "shapes do not broadcast: axis " + std::to_string(axis) + " of " + shape.to_string() +
                  " is neither 1 nor " + std::to_string(dim),
              "", "make the sizes equal, or one of them 1"});
      }
      dim = shape[axis];
    }
  }
  return Shape(std::span<const int64_t>(dims));
}

}  // namespace ingot
