// See the header.
#include "runtime/cuda/indexed.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/engine/step_inputs.h"

namespace ingot {
namespace {

constexpr int64_t kMaxElements = (int64_t{1} << 31) - 1;

bool wide(const StepContext& context, const StepTensor& indices) {
  if (indices.dtype == DType::kI64) return true;
  if (indices.dtype == DType::kI32) return false;
  unsupported(context, fmt::format("indices of type {}", dtype_name(indices.dtype)));
}

}  // namespace

void IndexedWalk::simplify() {
  std::stable_sort(axes.begin(), axes.end(),
                   [](const IndexedAxis& a, const IndexedAxis& b) { return a.walked > b.walked; });
  std::vector<IndexedAxis> merged;
  for (const IndexedAxis& axis : axes) {
    if (axis.size == 1) continue;
    const auto runs_on = [&](int64_t outer, int64_t inner) { return outer == inner * axis.size; };
    if (!merged.empty() && runs_on(merged.back().walked, axis.walked) &&
        runs_on(merged.back().placed, axis.placed) && runs_on(merged.back().index, axis.index)) {
      const int64_t size = merged.back().size * axis.size;
      merged.back() = axis;
      merged.back().size = size;
    } else {
      merged.push_back(axis);
    }
  }
  if (merged.empty()) merged.emplace_back();
  axes = std::move(merged);
}

int64_t IndexedWalk::elements() const {
  int64_t elements = 1;
  for (const IndexedAxis& axis : axes) elements *= axis.size;
  return elements;
}

bool IndexedWalk::widen(int64_t factor) {
  if (factor == 1) return true;
  const auto fits = [factor](int64_t n) { return n % factor == 0; };
  IndexedAxis& row = axes.back();
  if (row.walked != 1 || row.placed != 1 || row.index != 0 || !fits(row.size)) return false;
  row.size /= factor;
  for (size_t i = 0; i + 1 < axes.size(); ++i) {
    if (!fits(axes[i].walked) || !fits(axes[i].placed)) return false;
    axes[i].walked /= factor;
    axes[i].placed /= factor;
  }
  for (NamedAxis& named : tuple) {
    if (!fits(named.stride)) return false;
    named.stride /= factor;
  }
  return true;
}

kernels::IndexedParams IndexedWalk::params(const StepContext& context) const {
  if (axes.size() > kernels::kMaxIndexedAxes || tuple.size() > kernels::kMaxIndexedAxes) {
    unsupported(context, fmt::format("more than {} axes", kernels::kMaxIndexedAxes));
  }
  if (elements() > kMaxElements) unsupported(context, "2^31 elements and more");
  kernels::IndexedParams params{};
  for (size_t i = 0; i < axes.size(); ++i) {
    params.extents[i] = kernels::make_divisor(static_cast<unsigned>(axes[i].size));
    params.walked_strides[i] = axes[i].walked;
    params.placed_strides[i] = axes[i].placed;
    params.index_strides[i] = axes[i].index;
  }
  for (size_t k = 0; k < tuple.size(); ++k) {
    params.lengths[k] = tuple[k].length;
    params.tuple_strides[k] = tuple[k].stride;
  }
  params.tuple_step = tuple_step;
  params.axes = static_cast<int>(axes.size());
  params.tuple = static_cast<int>(tuple.size());
  params.elements = static_cast<unsigned>(elements());
  params.wide_indices = wide_indices ? 1 : 0;
  return params;
}

IndexedWalk walk_gather(const StepContext& context, const StepTensor& placed,
                        const StepTensor& indices, const StepTensor& walked, int axis) {
  IndexedWalk walk;
  walk.wide_indices = wide(context, indices);
  walk.tuple = {{placed.shape[axis], placed.strides[axis]}};
  const int more = indices.shape.rank() - 1;  // axes that walked has beyond placed's
  for (int k = 0; k < walked.shape.rank(); ++k) {
    IndexedAxis here{walked.shape[k], walked.strides[k], 0, 0};
    if (k < axis) here.placed = placed.strides[k];
    if (k >= axis && k <= axis + more) here.index = indices.strides[k - axis];
    if (k > axis + more) here.placed = placed.strides[k - more];
    walk.axes.push_back(here);
  }
  return walk;
}

IndexedWalk walk_elements(const StepContext& context, const StepTensor& placed,
                          const StepTensor& indices, const StepTensor& walked, int axis) {
  IndexedWalk walk;
  walk.wide_indices = wide(context, indices);
  walk.tuple = {{placed.shape[axis], placed.strides[axis]}};
  for (int k = 0; k < walked.shape.rank(); ++k) {
    walk.axes.push_back({walked.shape[k], walked.strides[k], k == axis ? 0 : placed.strides[k],
                         indices.strides[k]});
  }
  return walk;
}

IndexedWalk walk_tuples(const StepContext& context, const StepTensor& placed,
                        const StepTensor& indices, const StepTensor& walked, int batch_dims) {
  IndexedWalk walk;
  walk.wide_indices = wide(context, indices);
  const int last = indices.shape.rank() - 1;
  const auto named = static_cast<int>(indices.shape[last]);
  walk.tuple_step = indices.strides[last];
  for (int k = 0; k < named; ++k) {
    walk.tuple.push_back({placed.shape[batch_dims + k], placed.strides[batch_dims + k]});
  }
  for (int k = 0; k < walked.shape.rank(); ++k) {
    IndexedAxis here{walked.shape[k], walked.strides[k], 0, 0};
    if (k < batch_dims) here.placed = placed.strides[k];
    if (k < last) here.index = indices.strides[k];
    if (k >= last) here.placed = placed.strides[batch_dims + named + k - last];
    walk.axes.push_back(here);
  }
  return walk;
}

IndexedKernels::IndexedKernels(const StepContext& context, const IndexedWalk& walk,
                               size_t element_bytes, const std::string& name) {
  if (walk.elements() == 0) return;
  constexpr int64_t kWidest = 16;
  const auto narrow = static_cast<int64_t>(element_bytes);
  for (int64_t bytes = kWidest; bytes >= narrow; bytes /= 2) {
    IndexedWalk wider = walk;
    wider.simplify();
    if (!wider.widen(bytes / narrow)) continue;
    variants_.push_back({bytes, wider.params(context),
                         std::make_unique<JitKernel<kernels::IndexedParams>>(
                             context, fmt::format("{}_{}", name, bytes))});
  }
}

void IndexedKernels::run(void* placed, const void* indices, void* walked,
                         const StepMemory& memory) const {
  if (variants_.empty()) return;
  const auto aligned = [&](const Variant& variant) {
    const auto bytes = static_cast<uintptr_t>(variant.bytes);
    return reinterpret_cast<uintptr_t>(placed) % bytes == 0 &&
           reinterpret_cast<uintptr_t>(walked) % bytes == 0;
  };
  const auto found = std::find_if(variants_.begin(), variants_.end() - 1, aligned);
  kernels::IndexedParams params = found->params;
  params.placed = placed;
  params.indices = indices;
  params.walked = walked;
  const LaunchShape shape{{blocks_for(params.elements, kernels::kIndexedThreads)},
                          {kernels::kIndexedThreads},
                          0,
                          /*overlaps=*/true};
  found->kernel->launch(memory, shape, params);
}

std::string IndexedKernels::implementation() const {
  return variants_.empty() ? "nothing" : fmt::format("{} bytes", variants_.front().bytes);
}

}  // namespace ingot
