// Takes copies out of a plan under construction: pieces of a concat are written where they belong,
// pieces of a split or slice are read where they lie, outputs take over the memory of dead inputs.
#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "compiler/schedule/plan_builder.h"

namespace ingot {
namespace {

/// A window along `axis` lies in one piece if all axes outside it in memory have one element.
bool lies_in_one_piece(const SymbolicShape& dims, Layout layout, int axis) {
  std::vector<int> outside;
  if (layout == Layout::kChannelsLast && axis != 0) {
    outside.push_back(0);
    for (int i = 2; i < static_cast<int>(dims.size()); ++i) {
      if (axis == 1 || i < axis) outside.push_back(i);
    }
  } else {
    for (int i = 0; i < axis; ++i) outside.push_back(i);
  }
  return std::all_of(outside.begin(), outside.end(),
                     [&](int i) { return dims[static_cast<size_t>(i)] == Dim(1); });
}

/// Blocks of channels must not be cut.
bool fits_blocks(Layout layout, int axis, const Dim& offset, const Dim& size) {
  const int block = layout_block(layout);
  if (block == 1 || axis != 1) return true;
  return offset.is_constant() && size.is_constant() && offset.constant() % block == 0 &&
         size.constant() % block == 0;
}

class InPlace {
 public:
  explicit InPlace(PlanDraft* draft) : draft_(*draft) {}

  void run() {
    const size_t count = draft_.plan.steps.size();
    removed_.assign(count, false);
    for (size_t i = 0; i < count; ++i) {
      const std::string op = step(i).attributes.text("op");
      if (op == "Split") split(i);
      if (op == "Slice") slice(i);
    }
    for (size_t i = 0; i < count; ++i) {
      if (!removed_[i] && step(i).attributes.text("op") == "Concat") concat(i);
    }
    compact();
  }

 private:
  PlanStep& step(size_t i) { return draft_.plan.steps[i]; }
  PlanValue& value(int i) { return draft_.plan.values[static_cast<size_t>(i)]; }

  /// Every step that reads the value copes with its lying in a strided window.
  bool readers_cope(int index, bool one_piece, int except_step) {
    if (one_piece) return true;
    if (draft_.is_output(index)) return false;
    for (const PlanValue& other : draft_.plan.values) {
      const bool reshaped = other.storage == Storage::kView && other.parent >= 0 &&
                            other.axis < 0 && &value(other.parent) == &value(index);
      if (reshaped) return false;
    }
    const std::vector<int> readers = draft_.readers(index);
    return std::all_of(readers.begin(), readers.end(), [&](int reader) {
      return reader == except_step || removed_[static_cast<size_t>(reader)] ||
             draft_.facts[static_cast<size_t>(reader)].reads_windows;
    });
  }

  void make_window(int index, int parent, int axis, const Dim& offset) {
    value(index).storage = Storage::kView;
    value(index).parent = parent;
    value(index).axis = axis;
    value(index).offset = draft_.plan.dim_index(offset);
  }

  bool can_hold_windows(int index) {
    const Storage storage = value(index).storage;
    return storage == Storage::kArena || storage == Storage::kInput ||
           storage == Storage::kOutput || (storage == Storage::kView && value(index).axis < 0);
  }

  /// Reads output `index` of a split or slice in place where its readers cope.
  bool read_in_place(int index, int from, int axis, const Dim& offset) {
    if (value(index).storage != Storage::kArena || !can_hold_windows(from)) return false;
    if (value(index).layout != value(from).layout) return false;
    if (!fits_blocks(value(index).layout, axis, offset, draft_.dim(index, axis))) return false;
    const bool one_piece = lies_in_one_piece(draft_.dims(from), value(from).layout, axis);
    if (!readers_cope(index, one_piece, -1)) return false;
    make_window(index, from, axis, offset);
    return true;
  }

  void split(size_t i) {
    const int from = step(i).inputs[0];
    const int rank = static_cast<int>(value(from).dims.size());
    const int64_t given = step(i).attributes.integer("axis", 0);
    const int axis = static_cast<int>(given < 0 ? given + rank : given);
    Dim offset = 0;
    std::vector<bool> placed;
    for (int output : step(i).outputs) {
      if (output < 0) return;
      const Dim size = draft_.dim(output, axis);
      placed.push_back(read_in_place(output, from, axis, offset));
      offset = offset + size;
    }
    if (std::any_of(placed.begin(), placed.end(), [](bool p) { return p; })) {
      copy_rest(i, placed, from, axis);
    }
  }

  /// Replaces a split by copies of the outputs that could not be windows. (A view may also be one of
  /// these: the reshaped name of an output of the graph.)
  void copy_rest(size_t i, const std::vector<bool>& placed, int from, int axis) {
    Dim offset = 0;
    for (size_t k = 0; k < placed.size(); ++k) {
      const int output = step(i).outputs[k];
      const Dim size = draft_.dim(output, axis);
      if (!placed[k]) {
        PlanValue window = value(output);
        window.name += ".window";
        window.in_place_of = -1;
        const int index = draft_.add_value(window);
        make_window(index, from, axis, offset);
        inserted_.push_back(
            {i, copy_step(index, output, step(i).name + " " + value(output).name, step(i).origin)});
      }
      offset = offset + size;
    }
    removed_[i] = true;
  }

  std::optional<std::vector<int64_t>> constant_integers(int index) {
    if (index < 0 || value(index).storage != Storage::kConstant) return std::nullopt;
    const PlanConstant& constant =
        draft_.plan.constants[static_cast<size_t>(value(index).constant)];
    return Tensor(constant.dtype, constant.shape, constant.bytes.data(), constant.owner)
        .to_integers();
  }

  /// A slice along one axis with step 1 is a window.
  void slice(size_t i) {
    const auto& inputs = step(i).inputs;
    const int from = inputs[0], to = step(i).outputs[0];
    const auto starts = constant_integers(inputs[1]);
    const int rank = static_cast<int>(value(from).dims.size());
    std::vector<int64_t> axes;
    if (inputs.size() > 3 && inputs[3] >= 0) {
      const auto given = constant_integers(inputs[3]);
      if (!given) return;
      axes = *given;
    }
    if (inputs.size() > 4 && inputs[4] >= 0) {
      const auto steps = constant_integers(inputs[4]);
      if (!steps || std::any_of(steps->begin(), steps->end(), [](int64_t s) { return s != 1; })) {
        return;
      }
    }
    if (!starts) return;
    int cut = -1;
    Dim offset = 0;
    for (size_t k = 0; k < starts->size(); ++k) {
      int64_t axis = axes.empty() ? static_cast<int64_t>(k) : axes[k];
      if (axis < 0) axis += rank;
      const Dim& whole = draft_.dim(from, static_cast<int>(axis));
      if (draft_.dim(to, static_cast<int>(axis)) == whole) continue;
      if (cut >= 0) return;
      cut = static_cast<int>(axis);
      // With a symbolic size a start may have to be clamped: left to the step.
      if (!whole.is_constant() && (*starts)[k] < 0) return;
      const int64_t start = (*starts)[k];
      offset = start < 0 ? Dim(std::max<int64_t>(start + whole.constant(), 0)) : Dim(start);
    }
    if (cut >= 0 && read_in_place(to, from, cut, offset)) removed_[i] = true;
  }

  /// Writes piece `index` of a concat where it belongs, if its maker and readers cope.
  bool write_in_place(int index, int to, int axis, const Dim& offset, size_t concat_step) {
    if (value(index).storage != Storage::kArena || value(index).layout != value(to).layout) {
      return false;
    }
    const int maker = draft_.maker(index);
    if (maker < 0 || removed_[static_cast<size_t>(maker)]) return false;
    if (!fits_blocks(value(to).layout, axis, offset, draft_.dim(index, axis))) return false;
    const bool one_piece = lies_in_one_piece(draft_.dims(to), value(to).layout, axis);
    if (!one_piece && !draft_.facts[static_cast<size_t>(maker)].writes_windows) return false;
    if (!readers_cope(index, one_piece, static_cast<int>(concat_step))) return false;
    make_window(index, to, axis, offset);
    return true;
  }

  void concat(size_t i) {
    const int to = step(i).outputs[0];
    const Storage storage = value(to).storage;
    if (storage != Storage::kArena && storage != Storage::kOutput) return;
    const int rank = static_cast<int>(value(to).dims.size());
    const int64_t given = step(i).attributes.integer("axis", 0);
    const int axis = static_cast<int>(given < 0 ? given + rank : given);
    std::vector<int> pieces = step(i).inputs;
    std::vector<bool> placed(pieces.size(), false);
    Dim offset = 0;
    for (size_t k = 0; k < pieces.size(); ++k) {
      const bool once = std::count(pieces.begin(), pieces.end(), pieces[k]) == 1;
      placed[k] = once && write_in_place(pieces[k], to, axis, offset, i);
      offset = offset + draft_.dim(pieces[k], axis);
    }
    if (std::none_of(placed.begin(), placed.end(), [](bool p) { return p; })) return;
    removed_[i] = true;
    offset = 0;
    for (size_t k = 0; k < pieces.size(); ++k) {
      if (!placed[k]) {
        PlanValue window = value(to);
        window.name = fmt::format("{}.{}", value(to).name, k);
        window.dims = value(pieces[k]).dims;
        const int index = draft_.add_value(window);
        make_window(index, to, axis, offset);
        inserted_.push_back({i, copy_step(pieces[k], index, fmt::format("{} {}", step(i).name, k),
                                          step(i).origin)});
      }
      offset = offset + draft_.dim(pieces[k], axis);
    }
  }

  /// Drops removed steps and puts the copies where the step was that they replace.
  void compact() {
    PlanDraft& draft = draft_;
    std::vector<PlanStep> steps;
    std::vector<StepFacts> facts;
    for (size_t i = 0; i < removed_.size(); ++i) {
      for (auto& [at, copy] : inserted_) {
        if (at != i) continue;
        steps.push_back(std::move(copy));
        facts.push_back({.reads_windows = true, .writes_windows = true});
      }
      if (removed_[i]) continue;
      steps.push_back(std::move(draft.plan.steps[i]));
      facts.push_back(draft.facts[i]);
    }
    draft.plan.steps = std::move(steps);
    draft.facts = std::move(facts);
  }

  PlanDraft& draft_;
  std::vector<bool> removed_;
  std::vector<std::pair<size_t, PlanStep>> inserted_;
};

}  // namespace

void place_in_place(PlanDraft* draft) { InPlace(draft).run(); }

void reuse_dead_inputs(PlanDraft* draft) {
  Plan& plan = draft->plan;
  const std::vector<Lifetime> lifetimes = value_lifetimes(plan);
  std::vector<bool> taken(plan.values.size(), false);
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const int input = draft->facts[i].in_place_input;
    if (input < 0) continue;
    const int from = plan.steps[i].inputs[static_cast<size_t>(input)];
    const int to = plan.steps[i].outputs[0];
    if (from < 0 || to < 0) continue;
    const PlanValue& source = plan.values[static_cast<size_t>(from)];
    PlanValue& target = plan.values[static_cast<size_t>(to)];
    const bool both_in_arena =
        source.storage == Storage::kArena && target.storage == Storage::kArena;
    const bool same = source.dtype == target.dtype && source.layout == target.layout &&
                      source.dims == target.dims;
    const bool dies_here = lifetimes[static_cast<size_t>(from)].last == static_cast<int>(i);
    if (!both_in_arena || !same || !dies_here || taken[static_cast<size_t>(from)] ||
        draft->has_views(from)) {
      continue;
    }
    target.in_place_of = from;
    taken[static_cast<size_t>(from)] = true;
  }
}

}  // namespace ingot
