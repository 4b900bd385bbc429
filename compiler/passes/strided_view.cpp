// Views of tensors, followed backwards. Inside, an axis may still be several, outer ones first: what a
// Reshape joined, another may take apart.
#include "compiler/passes/strided_view.h"

#include <algorithm>

namespace ingot {
namespace {

using Axes = std::vector<std::vector<ViewAxis>>;

struct View {
  ValueId source;
  Axes axes;
  int64_t offset = 0;
};

View whole(const Graph& graph, ValueId value) {
  View view{value, {}, 0};
  Dim stride = 1;
  const SymbolicShape& dims = graph.dims(value);
  for (size_t i = dims.size(); i-- > 0;) {
    view.axes.insert(view.axes.begin(), {{dims[i], stride}});
    stride = stride * dims[i];
  }
  return view;
}

/// The same elements in other axes; false if one would lie across two strides.
bool regroup(const SymbolicShape& to, Axes* axes) {
  std::vector<ViewAxis> left;
  for (const auto& parts : *axes) left.insert(left.end(), parts.begin(), parts.end());
  std::reverse(left.begin(), left.end());
  Axes result;
  for (const Dim& extent : to) {
    result.emplace_back();
    Dim missing = extent, quotient;
    while (!(missing == Dim(1))) {
      if (left.empty()) return false;
      ViewAxis& next = left.back();
      if (Dim::divides_exactly(missing, next.extent, &quotient)) {
        result.back().push_back(next);
        missing = quotient;
        left.pop_back();
      } else if (Dim::divides_exactly(next.extent, missing, &quotient)) {
        result.back().push_back({missing, next.stride * quotient});
        next.extent = quotient;
        missing = 1;
      } else {
        return false;
      }
    }
  }
  const bool rest = std::any_of(left.begin(), left.end(),
                                [](const ViewAxis& axis) { return !(axis.extent == Dim(1)); });
  *axes = std::move(result);
  return !rest;
}

/// Neighbours that one stride serves are joined.
std::vector<ViewAxis> joined(const std::vector<ViewAxis>& parts) {
  std::vector<ViewAxis> result;
  for (const ViewAxis& part : parts) {
    if (part.extent == Dim(1)) continue;
    if (!result.empty() && result.back().stride == part.extent * part.stride) {
      result.back() = {result.back().extent * part.extent, part.stride};
    } else {
      result.push_back(part);
    }
  }
  return result;
}

class Follower {
 public:
  explicit Follower(const Graph& graph) : graph_(graph) {}

  View follow(ValueId value, int depth = 0) const {
    const NodeId id = graph_.producer(value);
    if (!id || depth > 16) return whole(graph_, value);
    const Node& node = graph_.node(id);
    const bool known = node.is("Reshape") || node.is("Squeeze") || node.is("Unsqueeze") ||
                       node.is("Transpose") || node.is("Gather") || node.is("Split");
    if (!known) return whole(graph_, value);
    View view = follow(node.inputs[0], depth + 1);
    const bool through = node.is("Transpose") ? permute(id, &view)
                         : node.is("Gather")  ? pick(id, &view)
                         : node.is("Split")   ? cut(id, value, &view)
                                              : regroup(graph_.dims(value), &view.axes);
    return through ? view : whole(graph_, value);
  }

 private:
  bool permute(NodeId id, View* view) const {
    const auto perm = attributes_of(graph_, id).integers("perm");
    if (perm.size() != view->axes.size()) return false;
    Axes moved;
    for (const int64_t axis : perm) moved.push_back(view->axes[static_cast<size_t>(axis)]);
    view->axes = std::move(moved);
    return true;
  }

  /// Moves the view to element `index` of an axis. False unless the axis has one constant stride.
  static bool shift(View* view, size_t axis, int64_t index) {
    const std::vector<ViewAxis> parts = joined(view->axes[axis]);
    if (parts.empty()) return index == 0;
    if (parts.size() != 1 || !parts[0].stride.is_constant()) return false;
    view->axes[axis] = parts;
    view->offset += index * parts[0].stride.constant();
    return true;
  }

  bool pick(NodeId id, View* view) const {
    const Node& node = graph_.node(id);
    const auto index = known_integers(graph_, node.inputs[1]);
    if (!index || index->size() != 1 || !graph_.dims(node.inputs[1]).empty()) return false;
    const SymbolicShape& dims = graph_.dims(node.inputs[0]);
    const auto axis =
        static_cast<size_t>(attributes_of(graph_, id).axis("axis", static_cast<int>(dims.size())));
    if (!dims[axis].is_constant()) return false;
    const int64_t at = (*index)[0] + ((*index)[0] < 0 ? dims[axis].constant() : 0);
    // Its stride may be symbolic where the one element of interest is the first.
    if (at != 0 && !shift(view, axis, at)) return false;
    view->axes.erase(view->axes.begin() + static_cast<std::ptrdiff_t>(axis));
    return true;
  }

  bool cut(NodeId id, ValueId value, View* view) const {
    const Node& node = graph_.node(id);
    const auto axis = static_cast<size_t>(
        attributes_of(graph_, id).axis("axis", static_cast<int>(view->axes.size())));
    int64_t before = 0;
    for (const ValueId output : node.outputs) {
      const Dim& extent = graph_.dims(value)[axis];
      if (output == value) {
        if (!shift(view, axis, before)) return false;
        if (!view->axes[axis].empty()) view->axes[axis][0].extent = extent;
        return true;
      }
      if (!output || !graph_.dims(output)[axis].is_constant()) return false;
      before += graph_.dims(output)[axis].constant();
    }
    return false;
  }

  const Graph& graph_;
};

}  // namespace

StridedView strided_view(const Graph& graph, ValueId value) {
  const View view = Follower(graph).follow(value);
  StridedView result{view.source, {}, view.offset};
  for (const auto& parts : view.axes) {
    const std::vector<ViewAxis> one = joined(parts);
    if (one.size() > 1) return {};
    result.axes.push_back(one.empty() ? ViewAxis{1, 0} : one[0]);
  }
  return result;
}

}  // namespace ingot
