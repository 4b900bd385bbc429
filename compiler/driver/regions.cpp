// Regions of two compilations: see the header.
#include "compiler/driver/regions.h"

#include <algorithm>
#include <map>

#include "compiler/driver/computing_type.h"

namespace ingot {
namespace {

/// Names that belong together, by union of sets.
class Sets {
 public:
  const std::string& root(const std::string& name) {
    std::string* parent = &parents_.try_emplace(name, name).first->second;
    if (*parent == name) return *parent;
    const std::string& found = root(*parent);
    parents_[name] = found;
    return parents_[name];
  }
  void join(const std::string& a, const std::string& b) {
    const std::string root_a = root(a), root_b = root(b);
    if (root_a != root_b) parents_[root_a] = root_b;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& [name, parent] : parents_) result.push_back(name);
    return result;
  }

 private:
  std::map<std::string, std::string> parents_;
};

bool is_quantising(const Node& node) {
  return node.is("QuantizeLinear") || node.is("DequantizeLinear") ||
         node.is("DynamicQuantizeLinear");
}

bool is_product(const Node& node) {
  return node.is("Conv") || node.is("ConvTranspose") || node.is("MatMul");
}

class Comparison {
 public:
  Comparison(const Graph& source, DType type, const Compilation& without, const Compilation& with)
      : type_(type), without_(without), with_(with) {
    for (NodeId id : source.nodes()) {
      const Node& node = source.node(id);
      if (is_quantising(node)) quantising_.insert(node.origin.begin(), node.origin.end());
    }
  }

  std::vector<Region> run() {
    join(without_);
    join(with_);
    for (const std::string& name : sets_.names()) regions_[sets_.root(name)].layers.insert(name);
    add_times(without_, &Region::us_without);
    add_times(with_, &Region::us_with);
    std::vector<Region> result;
    for (auto& [root, region] : regions_) result.push_back(std::move(region));
    return result;
  }

 private:
  std::vector<std::string> layers_of(const Node& node) const {
    std::vector<std::string> layers;
    for (const std::string& name : node.origin) {
      if (!quantising_.contains(name)) layers.push_back(name);
    }
    return layers;
  }

  void join(const Compilation& compilation) {
    for (const NodeTuning& tuning : compilation.tuning.nodes) {
      const auto layers = layers_of(compilation.graph.node(tuning.node));
      for (const std::string& name : layers) sets_.join(layers[0], name);
    }
  }

  /// A conversion that came from no node of the model is its reader's, else its maker's.
  std::string home_of(const Graph& graph, NodeId id) {
    for (NodeId at = id; at;) {
      const auto layers = layers_of(graph.node(at));
      if (!layers.empty()) return sets_.root(layers[0]);
      const auto readers = graph.readers(graph.node(at).outputs[0]);
      at = readers.empty() ? NodeId{} : readers[0];
    }
    for (ValueId input : graph.node(id).inputs) {
      const NodeId maker = input ? graph.producer(input) : NodeId{};
      if (!maker) continue;
      const auto layers = layers_of(graph.node(maker));
      if (!layers.empty()) return sets_.root(layers[0]);
    }
    return "";
  }

  void add_times(const Compilation& compilation, double Region::* time) {
    const Graph& graph = compilation.graph;
    for (const NodeTuning& tuning : compilation.tuning.nodes) {
      if (tuning.is_view) continue;
      const std::string home = home_of(graph, tuning.node);
      if (home.empty()) continue;
      Region& region = regions_[home];
      region.*time += std::max(tuning.choice().us, 0.0);
      if (time == &Region::us_with && is_product(graph.node(tuning.node)) &&
          is_lowered(computing_type(graph, tuning.node))) {
        region.lowered = true;
        const auto layers = layers_of(graph.node(tuning.node));
        if (tuning.choice().us >= region.us_product && !layers.empty()) {
          region.us_product = tuning.choice().us;
          region.name = layers[0];
        }
      }
    }
  }

  bool is_lowered(DType type) const {
    return is_quantised(type_) ? is_quantised(type) : type == type_;
  }

  const DType type_;
  const Compilation& without_;
  const Compilation& with_;
  std::set<std::string> quantising_;
  Sets sets_;
  std::map<std::string, Region> regions_;
};

}  // namespace

std::vector<Region> compare_regions(const Graph& source, DType type, const Compilation& without,
                                    const Compilation& with) {
  return Comparison(source, type, without, with).run();
}

}  // namespace ingot
