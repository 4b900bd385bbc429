// Strided moves: axes are sorted, merged and widened, then the two innermost ones go to a kernel.
#include "runtime/cpu/move.h"

#include <algorithm>
#include <cstdlib>

#include "runtime/cpu/kernels/move_table.h"
#include "runtime/cpu/parallel.h"

namespace ingot {
namespace {

constexpr int64_t kNoAxis = -1;

/// An axis of single steps in both tensors that is as long as a wider element: [.., 4] floats move
/// as one element of 16 bytes.
bool can_widen(int element_bytes, const std::vector<MoveAxis>& axes) {
  const MoveAxis& inner = axes.back();
  const int64_t width = element_bytes * inner.extent;
  if (inner.from != 1 || inner.to != 1 || axes.size() < 2) return false;
  if (width != 2 && width != 4 && width != 8 && width != 16) return false;
  return std::all_of(axes.begin(), axes.end() - 1, [&](const MoveAxis& axis) {
    return axis.from % inner.extent == 0 && axis.to % inner.extent == 0;
  });
}

}  // namespace

StridedMove::StridedMove(size_t element_bytes, std::vector<MoveAxis> axes)
    : element_bytes_(static_cast<int>(element_bytes)), axes_(std::move(axes)) {
  elements_ = 1;
  for (const MoveAxis& axis : axes_) elements_ *= axis.extent;
  if (elements_ == 0) return;
  simplify();
  choose_form();
}

void StridedMove::simplify() {
  std::erase_if(axes_, [](const MoveAxis& axis) { return axis.extent == 1; });
  std::stable_sort(axes_.begin(), axes_.end(), [](const MoveAxis& x, const MoveAxis& y) {
    return std::abs(x.to) > std::abs(y.to);
  });
  std::vector<MoveAxis> merged;
  for (const MoveAxis& axis : axes_) {
    if (!merged.empty() && merged.back().from == axis.from * axis.extent &&
        merged.back().to == axis.to * axis.extent) {
      merged.back() = {merged.back().extent * axis.extent, axis.from, axis.to};
    } else {
      merged.push_back(axis);
    }
  }
  axes_ = std::move(merged);
  if (axes_.empty()) axes_.push_back({1, 1, 1});
  if (can_widen(element_bytes_, axes_)) {
    const int64_t factor = axes_.back().extent;
    element_bytes_ *= static_cast<int>(factor);
    axes_.pop_back();
    for (MoveAxis& axis : axes_) {
      axis.from /= factor;
      axis.to /= factor;
    }
  }
}

void StridedMove::choose_form() {
  a_ = axes_.back();
  axes_.pop_back();
  int64_t other = kNoAxis;
  if (a_.from == 1 && a_.to == 1) {
    form_ = Form::kRows;
    if (!axes_.empty()) other = static_cast<int64_t>(axes_.size()) - 1;
  } else {
    form_ = Form::kStrided;
    for (size_t i = 0; a_.to == 1 && i < axes_.size(); ++i) {
      if (axes_[i].from == 1) other = static_cast<int64_t>(i);
    }
    if (other != kNoAxis) form_ = Form::kTranspose;
  }
  if (form_ == Form::kRows && other == kNoAxis) {
    // One long row: pieces of it are the rows.
    constexpr int64_t kPiece = 16384;
    if (a_.extent > 2 * kPiece) {
      const int64_t pieces = a_.extent / kPiece;
      const int64_t rest = a_.extent % kPiece;
      if (rest == 0) {
        b_ = {pieces, kPiece, kPiece};
        a_.extent = kPiece;
      }
    }
  } else if (other != kNoAxis) {
    b_ = axes_[static_cast<size_t>(other)];
    axes_.erase(axes_.begin() + other);
  }
  if (form_ == Form::kRows && b_.extent < 64 && !axes_.empty()) {
    c_ = axes_.back();
    axes_.pop_back();
  }
  for (const MoveAxis& axis : axes_) outer_ *= axis.extent;
  // A piece of work has some thousand elements, so that many small planes still share a call.
  const MoveAxis& shared = c_.extent > 1 ? c_ : b_;
  const int64_t others = a_.extent * (c_.extent > 1 ? b_.extent : 1);
  const int64_t wanted = std::max<int64_t>(16, 8192 / std::max<int64_t>(others, 1));
  chunk_ = std::min(shared.extent, (wanted + 15) / 16 * 16);
  chunks_ = (shared.extent + chunk_ - 1) / chunk_;
}

void StridedMove::run_range(const char* from, char* to, int64_t begin, int64_t end) const {
  const MoveTable& table = moves();
  const int64_t size = element_bytes_;
  int64_t index[Shape::kMaxRank * 2 + 2];
  int64_t from_offset = 0, to_offset = 0;
  int64_t rest = begin / chunks_, chunk = begin % chunks_;
  const int outer = static_cast<int>(axes_.size());
  for (int i = outer - 1; i >= 0; --i) {
    const MoveAxis& axis = axes_[static_cast<size_t>(i)];
    index[i] = rest % axis.extent;
    rest /= axis.extent;
    from_offset += index[i] * axis.from;
    to_offset += index[i] * axis.to;
  }
  for (int64_t item = begin; item < end; ++item) {
    const int64_t first = chunk * chunk_;
    const MoveAxis& shared = c_.extent > 1 ? c_ : b_;
    const int64_t count = std::min(chunk_, shared.extent - first);
    const char* x = from + (from_offset + first * shared.from) * size;
    char* y = to + (to_offset + first * shared.to) * size;
    switch (form_) {
      case Form::kRows:
        table.copy_rows(x, y,
                        {.outer = c_.extent > 1 ? count : 1,
                         .outer_from = c_.from * size,
                         .outer_to = c_.to * size,
                         .rows = c_.extent > 1 ? b_.extent : count,
                         .from = b_.from * size,
                         .to = b_.to * size,
                         .bytes = a_.extent * size});
        break;
      case Form::kTranspose:
        table.transpose(element_bytes_, x, a_.from, y, b_.to, a_.extent, count);
        break;
      case Form::kStrided:
        table.copy_strided(element_bytes_, x, a_.from, y, a_.to, a_.extent);
        break;
      case Form::kNothing:
        break;
    }
    if (++chunk < chunks_) continue;
    chunk = 0;
    for (int i = outer - 1; i >= 0; --i) {
      const MoveAxis& axis = axes_[static_cast<size_t>(i)];
      if (++index[i] < axis.extent) {
        from_offset += axis.from;
        to_offset += axis.to;
        break;
      }
      index[i] = 0;
      from_offset -= (axis.extent - 1) * axis.from;
      to_offset -= (axis.extent - 1) * axis.to;
    }
  }
}

void StridedMove::run(const void* from, void* to, int threads) const {
  // Output and input in one place are offered only where nothing moves.
  if (form_ == Form::kNothing || from == to) return;
  const double per_element = form_ == Form::kStrided ? 1.0 : 0.05 * element_bytes_;
  const auto count = static_cast<double>(outer_ * a_.extent * b_.extent * c_.extent);
  parallel_ranges(worthwhile_threads(threads, per_element * count), outer_ * chunks_,
                  [&](int64_t begin, int64_t end) {
                    run_range(static_cast<const char*>(from), static_cast<char*>(to), begin, end);
                  });
}

}  // namespace ingot
