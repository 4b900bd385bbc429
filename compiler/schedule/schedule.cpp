// Placing: see the header. One walk over the nodes makes values, steps, conversions and reshaped
// views; place_in_place and reuse_dead_inputs then take out what need not be copied.
#include "compiler/schedule/schedule.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "compiler/schedule/plan_builder.h"
#include "core/base/error.h"
#include "core/tensor/views.h"

namespace ingot {
namespace {

/// Copies and conversions take any strides, but for transfers between host and device.
const StepFacts kCopyFacts{.reads_windows = true, .writes_windows = true};

class Scheduler {
 public:
  Scheduler(const Graph& graph, const std::vector<ScheduledNode>& nodes)
      : graph_(graph), nodes_(nodes) {}

  ScheduledPlan run() {
    add_profiles();
    for (ValueId id : graph_.inputs()) {
      PlanValue value = describe(id, Layout::kPlain);
      value.storage = Storage::kInput;
      const std::string name = value.name;
      const int index = draft_.add_value(std::move(value));
      primary_[id.index] = index;
      draft_.plan.inputs.push_back({name, index});
    }
    for (const ScheduledNode& node : nodes_) node.is_view ? add_view(node) : add_node(node);
    add_outputs();
    place_in_place(&draft_);
    reuse_dead_inputs(&draft_);
    ScheduledPlan result{std::move(draft_.plan), {}};
    for (const StepFacts& facts : draft_.facts) result.step_nodes.push_back(facts.node);
    return result;
  }

 private:
  void add_profiles() {
    for (const auto& symbols : graph_.profiles) {
      PlanProfile profile;
      for (const auto& [name, range] : symbols) {
        profile.symbols.push_back({name, range.min, range.opt, range.max});
      }
      draft_.plan.profiles.push_back(std::move(profile));
    }
    if (draft_.plan.profiles.empty()) draft_.plan.profiles.emplace_back();
  }

  PlanValue describe(ValueId id, Layout layout) {
    PlanValue value;
    value.name = graph_.value(id).name;
    value.dtype = graph_.dtype(id);
    value.dims = draft_.plan.dim_indices(graph_.dims(id));
    value.layout = layout;
    value.storage = depends_on_data(graph_.dims(id)) ? Storage::kDynamic : Storage::kArena;
    return value;
  }

  /// The value in this layout, converted where it is not there yet.
  int read(ValueId id, Layout layout) {
    if (graph_.value(id).is_constant()) return constant(id);
    int primary = primary_.at(id.index);
    Layout there = draft_.plan.values[static_cast<size_t>(primary)].layout;
    if (there == layout) return primary;
    if (const auto known = converted_.find({id.index, layout}); known != converted_.end()) {
      return known->second;
    }
    const bool transfer = (there == Layout::kHost) != (layout == Layout::kHost);
    if (transfer && there != Layout::kPlain && layout != Layout::kPlain) {
      // Bytes cross between host and device as they are: another order is made on the device.
      primary = read(id, Layout::kPlain);
      there = Layout::kPlain;
    }
    PlanValue value = describe(id, layout);
    value.name += fmt::format(".{}", layout_name(layout));
    const bool view = same_bytes(graph_.dims(id), there, layout);
    if (view) {
      value.storage = Storage::kView;
      value.parent = primary;
    }
    const int made = draft_.add_value(std::move(value));
    if (!view) {
      const NodeId maker = graph_.producer(id);
      draft_.add_step(copy_step(primary, made, unique_name("reorder " + graph_.value(id).name),
                                maker ? graph_.node(maker).origin : std::vector<std::string>{}),
                      there == Layout::kHost || layout == Layout::kHost ? StepFacts{} : kCopyFacts);
    }
    converted_[{id.index, layout}] = made;
    return made;
  }

  int constant(ValueId id) {
    const auto [it, inserted] = primary_.try_emplace(id.index, -1);
    if (!inserted) return it->second;
    const Tensor tensor = graph_.value(id).type.constant.aligned();
    PlanValue value = describe(id, Layout::kPlain);
    value.storage = Storage::kConstant;
    value.constant = static_cast<int>(draft_.plan.constants.size());
    draft_.plan.constants.push_back({tensor.dtype(),
                                     tensor.shape(),
                                     "",
                                     {static_cast<const std::byte*>(tensor.data()), tensor.bytes()},
                                     tensor.owner()});
    it->second = draft_.add_value(std::move(value));
    return it->second;
  }

  void add_view(const ScheduledNode& scheduled) {
    const Node& node = graph_.node(scheduled.node);
    // On the host where the input was made there.
    const auto made = primary_.find(node.inputs[0].index);
    const bool on_host = made != primary_.end() && layout_of(made->second) == Layout::kHost;
    const bool keeps_last =
        made != primary_.end() && layout_of(made->second) == Layout::kChannelsLast &&
        keeps_channels(graph_.dims(node.inputs[0]), graph_.dims(node.outputs[0]));
    const Layout layout = on_host      ? Layout::kHost
                          : keeps_last ? Layout::kChannelsLast
                                       : Layout::kPlain;
    PlanValue value = describe(node.outputs[0], layout);
    const int parent = read(node.inputs[0], layout);
    if (value.storage == Storage::kArena || value.storage == Storage::kDynamic) {
      value.storage = Storage::kView;
      value.parent = parent;
    }
    primary_[node.outputs[0].index] = draft_.add_value(std::move(value));
  }

  /// Output 0 as a view of input 0 in another layout; false where it is to be a step all the same.
  bool add_same_bytes(const ScheduledNode& scheduled) {
    const Node& node = graph_.node(scheduled.node);
    PlanValue value = describe(node.outputs[0], scheduled.outputs[0]);
    if (value.storage != Storage::kArena) return false;
    value.storage = Storage::kView;
    value.parent = read(node.inputs[0], scheduled.inputs[0]);
    primary_[node.outputs[0].index] = draft_.add_value(std::move(value));
    return true;
  }

  void add_node(const ScheduledNode& scheduled) {
    if (scheduled.same_bytes && add_same_bytes(scheduled)) return;
    const Node& node = graph_.node(scheduled.node);
    PlanStep step;
    step.name = unique_name(node.origin.empty() ? std::string(node.op->name) : joined(node.origin));
    step.kind = scheduled.kind;
    step.tactic = scheduled.tactic;
    step.attributes = scheduled.attributes;
    step.origin = node.origin;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      step.inputs.push_back(node.inputs[i] ? read(node.inputs[i], scheduled.inputs[i]) : -1);
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (!node.outputs[i]) {
        step.outputs.push_back(-1);
        continue;
      }
      const int made = draft_.add_value(describe(node.outputs[i], scheduled.outputs[i]));
      primary_[node.outputs[i].index] = made;
      step.outputs.push_back(made);
    }
    draft_.add_step(std::move(step), {scheduled.reads_windows, scheduled.writes_windows,
                                      scheduled.in_place_input, scheduled.node});
  }

  Layout layout_of(int index) const {
    return draft_.plan.values[static_cast<size_t>(index)].layout;
  }

  /// A value in plain layout that may become an output: made by a step, and not given away yet.
  bool may_become_output(int index) const {
    const PlanValue& value = draft_.plan.values[static_cast<size_t>(index)];
    return value.storage == Storage::kArena && draft_.maker(index) >= 0;
  }

  /// The arena value at the root of a chain of reshaped views, or -1.
  int root_of_views(int index) const {
    while (draft_.plan.values[static_cast<size_t>(index)].storage == Storage::kView) {
      index = draft_.plan.values[static_cast<size_t>(index)].parent;
    }
    return index;
  }

  void add_outputs() {
    for (size_t i = 0; i < graph_.outputs().size(); ++i) {
      const ValueId id = graph_.outputs()[i];
      const std::string& name = graph_.output_name(static_cast<int>(i));
      // What only a run decides stays on the host, where it was decided.
      const auto made = primary_.find(id.index);
      const bool on_host = made != primary_.end() && layout_of(made->second) == Layout::kHost &&
                           depends_on_data(graph_.dims(id));
      const int plain = read(id, on_host ? Layout::kHost : Layout::kPlain);
      auto& values = draft_.plan.values;
      int output = plain;
      if (on_host || values[static_cast<size_t>(plain)].storage == Storage::kDynamic) {
        // The runtime hands out the memory that the step allocated.
      } else if (may_become_output(plain)) {
        values[static_cast<size_t>(plain)].storage = Storage::kOutput;
      } else if (const int root = root_of_views(plain);
                 root != plain && may_become_output(root) &&
                 (values[static_cast<size_t>(root)].layout == Layout::kPlain ||
                  values[static_cast<size_t>(root)].layout == Layout::kChannelsLast)) {
        // The maker writes through the reshaped name: the output owns the memory.
        make_root(plain, root);
      } else {
        PlanValue copy = describe(id, Layout::kPlain);
        copy.name = name;
        copy.storage = Storage::kOutput;
        output = draft_.add_value(std::move(copy));
        draft_.add_step(copy_step(plain, output, unique_name("output " + name), {}), kCopyFacts);
      }
      draft_.plan.outputs.push_back({name, output});
    }
  }

  /// Turns a chain of views round: `view` gets the memory, the old root becomes a view of it.
  void make_root(int view, int root) {
    auto& values = draft_.plan.values;
    values[static_cast<size_t>(view)].storage = Storage::kOutput;
    values[static_cast<size_t>(view)].parent = -1;
    for (PlanValue& value : values) {
      if (value.storage == Storage::kView && value.axis < 0 && value.parent >= 0 &&
          root_of_views_from(value.parent, view) == root) {
        value.parent = view;
      }
    }
    values[static_cast<size_t>(root)].storage = Storage::kView;
    values[static_cast<size_t>(root)].parent = view;
  }

  int root_of_views_from(int index, int stop) const {
    const auto& values = draft_.plan.values;
    while (index != stop && values[static_cast<size_t>(index)].storage == Storage::kView) {
      index = values[static_cast<size_t>(index)].parent;
    }
    return index;
  }

  static std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : " + ") + name;
    return text;
  }

  std::string unique_name(const std::string& wanted) {
    const int count = names_[wanted]++;
    return count == 0 ? wanted : fmt::format("{} ({})", wanted, count + 1);
  }

  const Graph& graph_;
  const std::vector<ScheduledNode>& nodes_;
  PlanDraft draft_;
  std::map<int32_t, int> primary_;
  std::map<std::pair<int32_t, Layout>, int> converted_;
  std::map<std::string, int> names_;
};

}  // namespace

ScheduledPlan schedule(const Graph& graph, const std::vector<ScheduledNode>& nodes) {
  return Scheduler(graph, nodes).run();
}

}  // namespace ingot
