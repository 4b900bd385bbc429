// The choice among timed candidates: see the header.
#include "compiler/tune/choose_layouts.h"

#include <algorithm>
#include <array>
#include <limits>

#include "core/tensor/views.h"

namespace ingot {
namespace {

/// What conversions cost: microseconds for the step itself, and for the bytes read and written.
struct ConversionCosts {
  double overhead_us, bytes_per_us;
  double transfer_us, transfer_bytes_per_us;  ///< between a GPU and its host
};

/// Measured on two cores: about 6 bytes a nanosecond through the caches.
constexpr ConversionCosts kCpuCosts = {4, 6000, 0, 1};
/// One kernel among others in a graph, at about half of the bandwidth of a large GPU; a copy over
/// PCIe and a call on the host.
constexpr ConversionCosts kGpuCosts = {1.5, 1.5e6, 12, 2e4};

/// One reader's use of a value.
struct Use {
  size_t node;
  int input;
};

struct ValueUses {
  int maker = -1;  ///< index into nodes, -1 for inputs and constants
  int output = 0;
  std::vector<Use> uses;
  bool is_graph_output = false;
  double conversion_us = 0, transfer_us = 0;
};

class Chooser {
 public:
  Chooser(const Graph& graph, const Target& target, std::vector<NodeTuning>* nodes)
      : graph_(graph), nodes_(*nodes), costs_(target.is_gpu() ? kGpuCosts : kCpuCosts) {
    collect_uses();
  }

  void run() {
    double best = std::numeric_limits<double>::infinity();
    std::vector<int> best_choice;
    constexpr std::array kStarts = {Layout::kChannelsLast, Layout::kBlocked8, Layout::kBlocked16,
                                    Layout::kPlain};
    for (Layout start : kStarts) {
      if (!begin_with(start)) continue;
      const double total = descend();
      if (total < best) {
        best = total;
        best_choice.clear();
        for (const NodeTuning& node : nodes_) best_choice.push_back(node.chosen);
      }
    }
    for (size_t i = 0; i < best_choice.size(); ++i) nodes_[i].chosen = best_choice[i];
  }

 private:
  void collect_uses() {
    values_.resize(static_cast<size_t>(graph_.value_count()));
    for (size_t i = 0; i < nodes_.size(); ++i) {
      const Node& node = graph_.node(nodes_[i].node);
      for (size_t k = 0; k < node.outputs.size(); ++k) {
        if (!node.outputs[k]) continue;
        values_[static_cast<size_t>(node.outputs[k].index)].maker = static_cast<int>(i);
        values_[static_cast<size_t>(node.outputs[k].index)].output = static_cast<int>(k);
      }
      for (size_t k = 0; k < node.inputs.size(); ++k) {
        const ValueId input = node.inputs[k];
        if (!input || graph_.value(input).is_constant()) continue;
        values_[static_cast<size_t>(input.index)].uses.push_back({i, static_cast<int>(k)});
      }
    }
    for (ValueId output : graph_.outputs()) {
      values_[static_cast<size_t>(output.index)].is_graph_output = true;
    }
    for (int32_t i = 0; i < graph_.value_count(); ++i) {
      const Value& value = graph_.value({i});
      const auto bytes = static_cast<double>(dense_bytes(value.type.dtype, graph_.opt_shape({i})));
      ValueUses& uses = values_[static_cast<size_t>(i)];
      uses.conversion_us = costs_.overhead_us + bytes / costs_.bytes_per_us;
      uses.transfer_us = costs_.transfer_us + bytes / costs_.transfer_bytes_per_us;
    }
  }

  /// Takes for every node its fastest candidate in the layout, else its fastest; false if no node
  /// has a candidate in that layout.
  bool begin_with(Layout layout) {
    bool any = false;
    for (NodeTuning& node : nodes_) {
      if (node.is_view) continue;
      int chosen = -1;
      bool chosen_fits = false;
      for (size_t i = 0; i < node.candidates.size(); ++i) {
        const auto& outputs = node.candidates[i].candidate.outputs;
        const bool fits = !outputs.empty() && outputs[0] == layout;
        const bool better = chosen < 0 || (fits && !chosen_fits) ||
                            (fits == chosen_fits &&
                             own_time(node, i) < own_time(node, static_cast<size_t>(chosen)));
        if (!better) continue;
        chosen = static_cast<int>(i);
        chosen_fits = fits;
      }
      node.chosen = chosen;
      any = any || chosen_fits;
    }
    return any;
  }

  static double own_time(const NodeTuning& node, size_t candidate) {
    // What was not timed is taken in the order in which the tactics propose.
    const double us = node.candidates[candidate].us;
    return us >= 0 ? us : 1e-3 * static_cast<double>(candidate + 1);
  }

  /// A view is where its bytes are: on the host if they are made there. It is row-major, unless it
  /// leaves the channels of a channels-last tensor alone.
  Layout view_layout(const NodeTuning& view) const {
    const Node& node = graph_.node(view.node);
    const Layout made = made_in(values_[static_cast<size_t>(node.inputs[0].index)]);
    if (made == Layout::kHost) return made;
    const bool keeps = made == Layout::kChannelsLast &&
                       keeps_channels(graph_.dims(node.inputs[0]), graph_.dims(node.outputs[0]));
    return keeps ? made : Layout::kPlain;
  }

  Layout made_in(const ValueUses& value) const {
    if (value.maker < 0) return Layout::kPlain;
    const NodeTuning& node = nodes_[static_cast<size_t>(value.maker)];
    if (node.is_view) return view_layout(node);
    return node.choice().candidate.outputs[static_cast<size_t>(value.output)];
  }

  Layout read_in(const Use& use) const {
    const NodeTuning& node = nodes_[use.node];
    if (node.is_view) return view_layout(node);
    return node.choice().candidate.inputs[static_cast<size_t>(use.input)];
  }

  /// Conversions that this value needs: one for each layout that somebody wants and the maker does
  /// not give.
  double conversions(ValueId id) const {
    const ValueUses& value = values_[static_cast<size_t>(id.index)];
    const Layout made = made_in(value);
    std::array<bool, kLayoutCount> wanted{};
    for (const Use& use : value.uses) wanted[static_cast<size_t>(read_in(use))] = true;
    if (value.is_graph_output) wanted[static_cast<size_t>(Layout::kPlain)] = true;
    double us = 0;
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (!wanted[i] || static_cast<Layout>(i) == made) continue;
      if (same_bytes(graph_.dims(id), made, static_cast<Layout>(i))) continue;
      const bool transfer = (made == Layout::kHost) != (static_cast<Layout>(i) == Layout::kHost);
      us += transfer ? value.transfer_us : value.conversion_us;
    }
    return us;
  }

  double local_cost(size_t index) const {
    const NodeTuning& node = nodes_[index];
    double us = own_time(node, static_cast<size_t>(node.chosen));
    const Node& graph_node = graph_.node(node.node);
    for (ValueId input : graph_node.inputs) {
      if (input && !graph_.value(input).is_constant()) us += conversions(input);
    }
    for (ValueId output : graph_node.outputs) {
      if (output) us += conversions_with_views(output);
    }
    return us;
  }

  /// Those of the value and of its views, whose layouts follow it.
  double conversions_with_views(ValueId id) const {
    double us = conversions(id);
    for (const Use& use : values_[static_cast<size_t>(id.index)].uses) {
      if (!nodes_[use.node].is_view) continue;
      us += conversions_with_views(graph_.node(nodes_[use.node].node).outputs[0]);
    }
    return us;
  }

  double descend() {
    constexpr int kMaxSweeps = 20;
    bool changed = true;
    for (int sweep = 0; changed && sweep < kMaxSweeps; ++sweep) {
      changed = false;
      for (size_t i = 0; i < nodes_.size(); ++i) {
        // Forwards, then backwards: a change must be able to travel both ways.
        const size_t index = sweep % 2 == 0 ? i : nodes_.size() - 1 - i;
        changed = improve(index) || changed;
      }
    }
    double total = 0;
    for (const NodeTuning& node : nodes_) {
      if (!node.is_view) total += own_time(node, static_cast<size_t>(node.chosen));
    }
    for (int32_t i = 0; i < graph_.value_count(); ++i) {
      const ValueUses& value = values_[static_cast<size_t>(i)];
      if (!value.uses.empty() || value.is_graph_output) total += conversions({i});
    }
    return total;
  }

  bool improve(size_t index) {
    NodeTuning& node = nodes_[index];
    if (node.is_view || node.candidates.size() < 2) return false;
    const int before = node.chosen;
    int best = before;
    double best_cost = local_cost(index);
    for (int i = 0; i < static_cast<int>(node.candidates.size()); ++i) {
      node.chosen = i;
      const double cost = local_cost(index);
      if (cost < best_cost - 1e-9) {
        best_cost = cost;
        best = i;
      }
    }
    node.chosen = best;
    return best != before;
  }

  const Graph& graph_;
  std::vector<NodeTuning>& nodes_;
  ConversionCosts costs_;
  std::vector<ValueUses> values_;
};

}  // namespace

void choose_layouts(const Graph& graph, const Target& target, std::vector<NodeTuning>* nodes) {
  Chooser(graph, target, nodes).run();
}

}  // namespace ingot
