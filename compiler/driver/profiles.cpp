// Optimization profiles: see the header.
#include "compiler/driver/profiles.h"

#include <fmt/core.h>

#include <algorithm>

#include "core/base/error.h"

namespace ingot {
namespace {

class Binder {
 public:
  Binder(Graph* graph, const std::vector<Profile>& profiles, std::vector<Problem>* warnings)
      : graph_(*graph), profiles_(profiles), warnings_(warnings) {
    if (profiles_.empty()) profiles_.emplace_back();
  }

  void run() {
    for (size_t i = 0; i < profiles_.size(); ++i) check_names(profiles_[i]);
    problems_.throw_if_any();
    graph_.profiles.assign(profiles_.size(), {});
    for (size_t i = 0; i < profiles_.size(); ++i) collect_ranges(i);
    problems_.throw_if_any();
    substitute();
  }

 private:
  void check_names(const Profile& profile) {
    std::vector<std::string> known;
    for (ValueId id : graph_.inputs()) known.push_back(graph_.value(id).name);
    for (const auto& [name, range] : profile) {
      const auto found = std::find(known.begin(), known.end(), name);
      if (found == known.end()) {
        problems_.add({"shape.unknown_input", fmt::format("the model has no input \"{}\"", name),
                       "shapes", suggest(name, known)});
        continue;
      }
      const ValueId id = graph_.inputs()[static_cast<size_t>(found - known.begin())];
      const int rank = static_cast<int>(graph_.dims(id).size());
      if (range.opt.rank() != rank || range.min.rank() != rank || range.max.rank() != rank) {
        problems_.add(
            {"shape.wrong_rank",
             fmt::format("input \"{}\" has {} axes {}, the shape {} has {}", name, rank,
                         to_string(graph_.dims(id)), range.opt.to_string(), range.opt.rank()),
             "shapes", "give one number for each axis"});
        continue;
      }
      for (int axis = 0; axis < rank; ++axis) {
        const int64_t low = range.min[axis], opt = range.opt[axis], high = range.max[axis];
        if (low >= 0 && low <= opt && opt <= high) continue;
        problems_.add(
            {"shape.bad_range",
             fmt::format("input \"{}\", axis {}: min {} <= opt {} <= max {} does not hold", name,
                         axis, low, opt, high),
             "shapes", "check --minShapes, --optShapes and --maxShapes"});
      }
    }
  }

  void collect_ranges(size_t index) {
    auto& ranges = graph_.profiles[index];
    std::map<std::string, std::string> first_seen;
    for (ValueId id : graph_.inputs()) {
      const std::string& name = graph_.value(id).name;
      const auto given = profiles_[index].find(name);
      if (given == profiles_[index].end()) continue;
      const SymbolicShape& dims = graph_.dims(id);
      for (size_t axis = 0; axis < dims.size(); ++axis) {
        const int a = static_cast<int>(axis);
        const Graph::SymbolRange range{given->second.min[a], given->second.opt[a],
                                       given->second.max[a]};
        const std::string symbol = symbol_of(id, axis, range);
        if (symbol.empty()) continue;
        const auto [it, inserted] = ranges.emplace(symbol, range);
        if (inserted) first_seen[symbol] = name;
        const Graph::SymbolRange& other = it->second;
        if (other.min == range.min && other.opt == range.opt && other.max == range.max) continue;
        problems_.add({"shape.symbol_conflict",
                       fmt::format("\"{}\" and \"{}\" share the dim \"{}\", but give it {}..{} and "
                                   "{}..{}",
                                   first_seen[symbol], name, symbol, other.min, other.max,
                                   range.min, range.max),
                       "shapes", "give both inputs the same range there"});
      }
    }
    for (ValueId id : graph_.inputs()) default_to_one(index, id);
  }

  /// The symbol of an axis; for a static axis that the user overrides, a new one. Empty: static.
  std::string symbol_of(ValueId id, size_t axis, const Graph::SymbolRange& range) {
    const Dim dim = graph_.dims(id)[axis];
    if (dim.is_symbol()) return dim.to_string();
    const int64_t fixed = dim.constant();
    if (range.min == fixed && range.max == fixed) return {};
    const std::string& name = graph_.value(id).name;
    warnings_->push_back(
        {"shape.overridden",
         fmt::format("input \"{}\" declares {} along axis {}; the shape given overrides it", name,
                     fixed, axis),
         "", "make sure that the model does not depend on the declared size"});
    SymbolicShape dims = graph_.dims(id);
    const std::string symbol = fmt::format("{}_d{}", sanitized(name), axis);
    dims[axis] = Dim::symbol(symbol);
    graph_.set_input_dims(id, std::move(dims));
    return symbol;
  }

  static std::string sanitized(std::string name) {
    for (char& c : name) {
      if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_') c = '_';
    }
    if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) name = "_" + name;
    return name;
  }

  void default_to_one(size_t index, ValueId id) {
    auto& ranges = graph_.profiles[index];
    std::string shape;
    bool defaulted = false;
    for (const Dim& dim : graph_.dims(id)) {
      if (dim.is_symbol() && !ranges.count(dim.to_string())) {
        ranges[dim.to_string()] = {1, 1, 1};
        defaulted = true;
      }
      const int64_t size = dim.is_constant() ? dim.constant() : ranges.at(dim.to_string()).opt;
      shape += fmt::format("{}{}", shape.empty() ? "" : "x", size);
    }
    if (!defaulted) return;
    warnings_->push_back(
        {"shape.defaulted",
         fmt::format("Dynamic dimensions required for input: {}, but no shapes were provided. "
                     "Automatically overriding shape to: {}",
                     graph_.value(id).name, shape),
         "", fmt::format("give --shapes={}:...", graph_.value(id).name)});
  }

  void substitute() {
    const auto value_of = [this](const std::string& symbol) -> Dim {
      const auto first = graph_.profiles[0].find(symbol);
      if (first == graph_.profiles[0].end()) return Dim::symbol(symbol);
      for (const auto& profile : graph_.profiles) {
        const auto range = profile.find(symbol);
        if (range == profile.end() || range->second.min != first->second.min ||
            range->second.max != first->second.min) {
          return Dim::symbol(symbol);
        }
      }
      return Dim(first->second.min);
    };
    for (ValueId id : graph_.inputs()) {
      SymbolicShape dims;
      for (const Dim& dim : graph_.dims(id)) dims.push_back(dim.substitute(value_of));
      graph_.set_input_dims(id, std::move(dims));
    }
    for (auto& profile : graph_.profiles) {
      std::erase_if(profile,
                    [&](const auto& entry) { return value_of(entry.first).is_constant(); });
    }
    graph_.reinfer();
  }

  Graph& graph_;
  std::vector<Profile> profiles_;
  std::vector<Problem>* warnings_;
  Problems problems_;
};

}  // namespace

void apply_profiles(Graph* graph, const std::vector<Profile>& profiles,
                    std::vector<Problem>* warnings) {
  Binder(graph, profiles, warnings).run();
}

}  // namespace ingot
