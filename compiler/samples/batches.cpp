// Batches: see the header.
#include "compiler/samples/batches.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "core/base/error.h"
#include "core/tensor/tensor.h"

namespace ingot {
namespace {

const std::byte* item(const Array& array, int64_t index) {
  const size_t size = array.bytes() / static_cast<size_t>(array.shape[0]);
  return static_cast<const std::byte*>(array.data.get()) + static_cast<size_t>(index) * size;
}

Shape with_items(Shape shape, int64_t items) {
  shape[0] = items;
  return shape;
}

}  // namespace

void Batches::add(const Arrays& items, const std::string& path) {
  if (size_ == 0) {
    parts_.push_back({items, 0, 1, path});
    items_ += 1;
    return;
  }
  int64_t count = -1;
  for (const auto& [name, array] : items) {
    const int64_t here = array.shape.rank() > 0 ? array.shape[0] : 0;
    if (here == 0 || (count >= 0 && count != here)) {
      fail({"sample.wrong_shape",
            here == 0 ? fmt::format("the array of input \"{}\" is {}: it has no items", name,
                                    array.shape.to_string())
                      : fmt::format("input \"{}\" has {} items, another one {}", name, here, count),
            path, "give as many items of each input along its first axis"});
    }
    count = here;
  }
  if (count <= 0) return;
  parts_.push_back({items, 0, count, path});
  items_ += count;
}

bool Batches::take(Arrays* batch) {
  if (items_ < std::max<int64_t>(size_, 1)) return false;
  if (size_ == 0) {
    *batch = std::move(parts_.front().arrays);
    parts_.pop_front();
    --items_;
    return true;
  }
  Arrays result;
  for (const auto& [name, array] : parts_.front().arrays) result[name] = take_input(name);
  int64_t wanted = size_;
  while (wanted > 0) {
    Part& part = parts_.front();
    const int64_t used = std::min(wanted, part.count);
    part.first += used;
    part.count -= used;
    wanted -= used;
    if (part.count == 0) parts_.pop_front();
  }
  items_ -= size_;
  *batch = std::move(result);
  return true;
}

/// The next items of one input: where they lie in one file, without a copy.
Array Batches::take_input(const std::string& name) {
  const Part& front = parts_.front();
  const Array& first = front.arrays.at(name);
  const Shape shape = with_items(first.shape, size_);
  constexpr size_t kAligned = 16;
  const std::byte* start = item(first, front.first);
  if (front.count >= size_ && reinterpret_cast<uintptr_t>(start) % kAligned == 0) {
    return {first.dtype, shape, {first.data, start}};
  }
  Tensor tensor = Tensor::allocate(first.dtype, shape);
  auto* to = static_cast<std::byte*>(tensor.mutable_view().data);
  int64_t wanted = size_;
  for (const Part& part : parts_) {
    const auto found = part.arrays.find(name);
    if (found == part.arrays.end() || with_items(found->second.shape, size_) != shape) {
      fail({"sample.wrong_shape",
            fmt::format("items of input \"{}\" differ in shape and fill no batch together: {} and "
                        "{}",
                        name, first.shape.to_string(),
                        found == part.arrays.end() ? "none" : found->second.shape.to_string()),
            part.path, "give items of one shape, or build for a batch of 1"});
    }
    const int64_t used = std::min(wanted, part.count);
    const size_t bytes = found->second.bytes() / static_cast<size_t>(found->second.shape[0]) *
                         static_cast<size_t>(used);
    std::memcpy(to, item(found->second, part.first), bytes);
    to += bytes;
    wanted -= used;
    if (wanted == 0) break;
  }
  return {first.dtype, shape, {tensor.owner(), tensor.data()}};
}

}  // namespace ingot
