// Rectangles brought to the form that moves fastest: see the header.
#include "runtime/cuda/move_step.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "core/base/error.h"

namespace ingot {
namespace {

using kernels::MovePiece;

constexpr int64_t kMaxElements = int64_t{1} << 30;
/// Smaller sides than this do not pay for the way through shared memory.
constexpr int64_t kLeastTransposed = 8;

/// Outermost first in the target; axes of one element dropped, axes that run on alike merged.
void simplify(std::vector<CopyAxis>* axes) {
  std::erase_if(*axes, [](const CopyAxis& axis) { return axis.size == 1; });
  std::stable_sort(axes->begin(), axes->end(),
                   [](const CopyAxis& a, const CopyAxis& b) { return a.to_stride > b.to_stride; });
  std::vector<CopyAxis> merged;
  for (const CopyAxis& axis : *axes) {
    if (!merged.empty() && merged.back().from_stride == axis.size * axis.from_stride &&
        merged.back().to_stride == axis.size * axis.to_stride) {
      merged.back() = {merged.back().size * axis.size, axis.from_stride, axis.to_stride};
    } else {
      merged.push_back(axis);
    }
  }
  if (merged.empty()) merged.push_back({1, 0, 0});
  *axes = std::move(merged);
}

int64_t elements_of(const Rectangle& rectangle) {
  int64_t elements = 1;
  for (const CopyAxis& axis : rectangle.axes) elements *= axis.size;
  return elements;
}

/// The same rectangle in elements that are `factor` times as wide; false if it cannot be.
bool widen(Rectangle* rectangle, int64_t factor) {
  if (factor == 1) return true;
  const bool fills = rectangle->input < 0;
  const auto fits = [factor](int64_t n) { return n % factor == 0; };
  bool has_row = false;
  for (CopyAxis& axis : rectangle->axes) {
    const bool row = !has_row && axis.to_stride == 1 && (fills || axis.from_stride == 1);
    if (row) {
      has_row = true;
      if (!fits(axis.size)) return false;
      axis.size /= factor;
    } else if (fits(axis.to_stride) && (fills || fits(axis.from_stride))) {
      axis.to_stride /= factor;
      axis.from_stride /= factor;
    } else {
      return false;
    }
  }
  if (!has_row || !fits(rectangle->from) || !fits(rectangle->to)) return false;
  rectangle->from /= factor;
  rectangle->to /= factor;
  return true;
}

/// Halves along the outermost axis until the kernel's 32-bit indices suffice.
void split(const Rectangle& whole, std::vector<Rectangle>* parts) {
  if (elements_of(whole) <= kMaxElements) {
    parts->push_back(whole);
    return;
  }
  Rectangle first = whole, second = whole;
  const CopyAxis& outer = whole.axes.front();
  first.axes.front().size = outer.size / 2;
  second.axes.front().size = outer.size - outer.size / 2;
  second.from += outer.size / 2 * outer.from_stride;
  second.to += outer.size / 2 * outer.to_stride;
  simplify(&first.axes);
  simplify(&second.axes);
  split(first, parts);
  split(second, parts);
}

/// If the axis that is contiguous in the source is another one than that of the target, and both
/// are long enough, moves it to the place before the last. True then.
bool order_for_tiles(Rectangle* rectangle, int64_t bytes) {
  auto& axes = rectangle->axes;
  if (rectangle->input < 0 || bytes > 8 || axes.size() < 2) return false;
  const CopyAxis last = axes.back();
  if (last.to_stride != 1 || last.from_stride == 1 || last.from_stride == 0) return false;
  const auto across = std::find_if(axes.begin(), axes.end() - 1,
                                   [](const CopyAxis& axis) { return axis.from_stride == 1; });
  if (across == axes.end() - 1) return false;
  if (last.size < kLeastTransposed || across->size < kLeastTransposed) return false;
  std::rotate(across, across + 1, axes.end() - 1);
  return true;
}

int log2_at_least(int64_t size) {
  int log2 = 0;
  while ((int64_t{1} << log2) < size) ++log2;
  return log2;
}

uint32_t set_tiles(MovePiece* piece, const Rectangle& rectangle, int64_t bytes) {
  const CopyAxis& last = rectangle.axes.back();
  const CopyAxis& across = rectangle.axes[rectangle.axes.size() - 2];
  const int area = bytes <= 2 ? kernels::kMoveTileLog2Small : kernels::kMoveTileLog2Large;
  // No side is longer than a block has threads. Square, unless one side is shorter than that.
  constexpr int kLog2Threads = 8;
  static_assert(1 << kLog2Threads == kernels::kMoveThreads);
  const int least = std::max(3, area - kLog2Threads), most = area - least;
  const int most_to = std::clamp(log2_at_least(last.size), least, most);
  const int most_from = std::clamp(log2_at_least(across.size), least, most);
  piece->tile_to_log2 = std::min(most_to, std::max(area / 2, area - most_from));
  piece->tile_from_log2 = area - piece->tile_to_log2;
  const auto tiles = [](int64_t size, int log2) {
    return static_cast<unsigned>((size + (int64_t{1} << log2) - 1) >> log2);
  };
  const unsigned tiles_to = tiles(last.size, piece->tile_to_log2);
  const unsigned tiles_from = tiles(across.size, piece->tile_from_log2);
  piece->tiles_to = kernels::make_divisor(tiles_to);
  piece->tiles_from = kernels::make_divisor(tiles_from);
  const auto planes = static_cast<unsigned>(elements_of(rectangle) / (last.size * across.size));
  return planes * tiles_to * tiles_from;
}

/// One element each until the device is full, then up to four.
int items_of_thread(int64_t elements, int multiprocessors) {
  constexpr int64_t kBlocksOfMultiprocessor = 8;
  const int64_t full = multiprocessors * kBlocksOfMultiprocessor * kernels::kMoveThreads;
  return elements >= 4 * full ? 4 : elements >= 2 * full ? 2 : 1;
}

}  // namespace

Rectangle copy_of(const StepTensor& from, const StepTensor& to) {
  Rectangle rectangle;
  for (int axis = 0; axis < to.shape.rank(); ++axis) {
    rectangle.axes.push_back({to.shape[axis], from.strides[axis], to.strides[axis]});
  }
  return rectangle;
}

size_t movable_bytes_on_gpu(DType dtype) {
  const size_t bytes = dtype_bytes(dtype);
  if (bytes == 0) {
    fail({"step.unsupported", fmt::format("moving elements of type {}", dtype_name(dtype)), "",
          "use the reference tactic"});
  }
  return bytes;
}

JitMoveStep::JitMoveStep(const StepContext& context, size_t element_bytes,
                         std::vector<Rectangle> rectangles, const std::string& attribute) {
  std::erase_if(rectangles, [](const Rectangle& r) { return elements_of(r) == 0; });
  for (Rectangle& rectangle : rectangles) simplify(&rectangle.axes);
  if (rectangles.size() == 1) {
    const Rectangle& only = rectangles[0];
    keeps_places_ = only.input >= 0 && only.from == only.to &&
                    std::ranges::all_of(only.axes, [](const CopyAxis& axis) {
                      return axis.from_stride == axis.to_stride;
                    });
  }
  if (rectangles.empty()) return;
  const auto cubin = context.kernel(context.attributes().text(attribute));
  const int multiprocessors = std::max(1, context.device()->facts().multiprocessors);
  constexpr int64_t kWidest = 16;
  const auto narrow = static_cast<int64_t>(element_bytes);
  for (int64_t bytes = kWidest; bytes >= narrow; bytes /= 2) {
    std::vector<Rectangle> wide = rectangles;
    const bool fits = std::ranges::all_of(
        wide, [&](Rectangle& rectangle) { return widen(&rectangle, bytes / narrow); });
    if (!fits) continue;
    Variant variant = make_variant(std::move(wide), bytes, multiprocessors);
    for (Piece& piece : variant.pieces) {
      auto* fill = reinterpret_cast<unsigned char*>(piece.params.fill);
      for (size_t i = element_bytes; i < sizeof(piece.params.fill); ++i) {
        fill[i] = fill[i - element_bytes];
      }
    }
    variant.one = context.device()->load_kernel(cubin, fmt::format("move_one_{}", bytes));
    variant.many = context.device()->load_kernel(cubin, fmt::format("move_many_{}", bytes));
    variants_.push_back(std::move(variant));
  }
}

JitMoveStep::Variant JitMoveStep::make_variant(std::vector<Rectangle> rectangles, int64_t bytes,
                                               int multiprocessors) {
  Variant variant;
  variant.bytes = bytes;
  std::vector<Rectangle> parts;
  int64_t elements = 0;
  for (Rectangle& rectangle : rectangles) {
    simplify(&rectangle.axes);
    elements += elements_of(rectangle);
    split(rectangle, &parts);
  }
  const int items = items_of_thread(elements, multiprocessors);
  uint32_t blocks = 0;
  for (Rectangle& part : parts) {
    const bool tiles = order_for_tiles(&part, bytes);
    if (part.axes.size() > kernels::kMaxMoveAxes) {
      fail({"step.unsupported", fmt::format("a move along {} axes", part.axes.size()), "",
            "use the reference tactic"});
    }
    if (variant.pieces.size() % kernels::kMaxMovePieces == 0) {
      blocks = 0;
      variant.blocks.push_back(0);
    }
    Piece piece{{}, part.input, part.output, part.from * bytes, part.to * bytes};
    MovePiece& params = piece.params;
    params.axes = static_cast<int>(part.axes.size());
    for (size_t i = 0; i < part.axes.size(); ++i) {
      params.extents[i] = kernels::make_divisor(static_cast<unsigned>(part.axes[i].size));
      params.from_strides[i] = part.axes[i].from_stride;
      params.to_strides[i] = part.axes[i].to_stride;
    }
    params.elements = static_cast<unsigned>(elements_of(part));
    std::memcpy(params.fill, part.fill.data(), part.fill.size());
    params.items = tiles ? 0 : items;
    blocks += tiles ? set_tiles(&params, part, bytes)
                    : blocks_for(params.elements, int64_t{kernels::kMoveThreads} * items);
    params.end_block = blocks;
    variant.blocks.back() = blocks;
    variant.pieces.push_back(piece);
  }
  return variant;
}

bool JitMoveStep::aligned(const Variant& variant, const StepMemory& memory) {
  const auto fits = [&](const void* address) {
    return reinterpret_cast<uintptr_t>(address) % static_cast<uintptr_t>(variant.bytes) == 0;
  };
  return std::ranges::all_of(variant.pieces, [&](const Piece& piece) {
    return fits(memory.outputs[piece.output]) &&
           (piece.input < 0 || fits(memory.inputs[piece.input]));
  });
}

void JitMoveStep::launch(const Variant& variant, size_t first, size_t count, uint32_t blocks,
                         const StepMemory& memory) {
  const auto place = [&](const Piece& piece, MovePiece* params) {
    *params = piece.params;
    params->to = static_cast<char*>(memory.outputs[piece.output]) + piece.to;
    if (piece.input >= 0) {
      params->from = static_cast<const char*>(memory.inputs[piece.input]) + piece.from;
    }
  };
  const LaunchShape shape{.grid = {blocks}, .block = {kernels::kMoveThreads}, .overlaps = true};
  if (count == 1) {
    kernels::MoveParams<1> params{.count = 1};
    place(variant.pieces[first], params.piece);
    variant.one->launch(memory.stream, shape, &params, sizeof(params));
    return;
  }
  kernels::MoveParams<kernels::kMaxMovePieces> params{.count = static_cast<int>(count)};
  for (size_t i = 0; i < count; ++i) place(variant.pieces[first + i], &params.piece[i]);
  variant.many->launch(memory.stream, shape, &params, sizeof(params));
}

void JitMoveStep::run(const StepMemory& memory) {
  if (variants_.empty()) return;
  if (keeps_places_ && memory.inputs[variants_[0].pieces[0].input] ==
                           memory.outputs[variants_[0].pieces[0].output]) {
    return;
  }
  size_t number = 0;
  while (number + 1 < variants_.size() && !aligned(variants_[number], memory)) ++number;
  const Variant& variant = variants_[number];
  constexpr size_t kMost = kernels::kMaxMovePieces;
  for (size_t i = 0; i < variant.blocks.size(); ++i) {
    const size_t first = i * kMost;
    launch(variant, first, std::min(kMost, variant.pieces.size() - first), variant.blocks[i],
           memory);
  }
}

std::string JitMoveStep::implementation() const {
  if (variants_.empty()) return "nothing";
  const Variant& widest = variants_.front();
  const bool tiles = std::ranges::any_of(
      widest.pieces, [](const Piece& piece) { return piece.params.items == 0; });
  return fmt::format("{}:{}", tiles ? "tiles" : "rows", widest.bytes);
}

}  // namespace ingot
