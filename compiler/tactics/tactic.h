// What a tactic is: one way to run a kind of node on a target. It says yes or why not, proposes
// configurations, and each configuration is the step of the plan that would run it.
//
// Names follow docs/tactic-names.md: <provider>.<op>[.<variant>]/<dtypes>/<arch>/<params>.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/jit/kernel_source.h"
#include "compiler/tactics/target.h"
#include "core/tensor/layout.h"

namespace ingot {

/// A node with everything concrete: shapes are those of profile 0's opt.
class TacticNode {
 public:
  TacticNode(const Graph& graph, NodeId id) : graph_(graph), id_(id) {}
  const Graph& graph() const { return graph_; }
  NodeId id() const { return id_; }
  const Node& node() const { return graph_.node(id_); }
  std::string_view op() const { return node().op->name; }
  const Attributes& attributes() const { return node().attributes; }
  int input_count() const { return static_cast<int>(node().inputs.size()); }
  int output_count() const { return static_cast<int>(node().outputs.size()); }
  bool has_input(int i) const { return graph_.has_input(id_, i); }
  bool is_constant(int i) const { return has_input(i) && graph_.input(id_, i).is_constant(); }
  const Tensor& constant(int i) const { return graph_.input(id_, i).type.constant; }
  DType input_dtype(int i) const { return graph_.input(id_, i).type.dtype; }
  /// An output that nobody wants is kUndefined, and a scalar.
  DType output_dtype(int i = 0) const;
  Shape input_shape(int i) const { return graph_.opt_shape(node().inputs[static_cast<size_t>(i)]); }
  Shape output_shape(int i = 0) const;
  /// The size follows from those of the inputs: no symbol that this very node's data decides.
  bool output_size_known(int i = 0) const;

 private:
  const Graph& graph_;
  NodeId id_;
};

/// Yes, or the reason why not, in a sentence that `ingot explain` prints as it stands.
struct Verdict {
  bool ok = true;
  std::string reason;
  static Verdict yes() { return {}; }
  static Verdict no(std::string reason) { return {false, std::move(reason)}; }
};

/// yes() if nobody wants more than the first output, else the reason.
Verdict first_output_only(const TacticNode& node);

/// yes() if scale and bias of a LayerNormalization or RMSNormalization have the elements of the
/// normalised axes, else the reason.
Verdict vectors_of_normalized_axes(const TacticNode& node);

/// One configuration of a tactic: the step that it would be.
struct Candidate {
  std::string tactic;          ///< full name
  std::string kind;            ///< step family of the runtime
  Attributes attributes;       ///< of the step: the node's own, and the tuning choice
  std::vector<Layout> inputs;  ///< layout in which each input must come
  std::vector<Layout> outputs;
  // Windows that lie in one piece count as dense and are always fine; these are for strided ones.
  bool reads_windows = false;   ///< inputs may be strided windows of larger buffers
  bool writes_windows = false;  ///< so may outputs: concats are then written in place
  int in_place_input = -1;      ///< output 0 may take over this input's memory
  bool same_bytes = false;      ///< output 0 is input 0 seen otherwise: no step is needed
  bool slow = false;            ///< a reference step: the log says so
  bool searches = false;        ///< the step looks for a kernel of a library: what it found is kept
  std::vector<KernelSource> kernels;  ///< device code that the step launches
};

struct TacticDef {
  std::string_view name;              ///< "dnnl.conv": begins the names of its candidates
  std::string_view summary;           ///< one sentence
  std::vector<std::string_view> ops;  ///< operators it serves; empty: all
  Verdict (*supports)(const TacticNode& node, const Target& target);
  /// Best guess first. Every candidate is fit to run.
  std::vector<Candidate> (*candidates)(const TacticNode& node, const Target& target);
  std::string_view device = "cpu";  ///< the backend that has its steps: "cpu", "cuda", "any"
};

/// Whether the tactic is for this operator and device; `supports` then says more.
bool serves(const TacticDef& tactic, const TacticNode& node, const Target& target);

/// All tactics, in the order in which they are tried; the reference is last (registry.cpp).
std::span<const TacticDef* const> all_tactics();

/// A candidate with this layout for all non-constant inputs and all outputs, and the node's own
/// attributes. `kind` is the step family, which is the tactic's name too: the candidate's name is
/// made by the grammar from it, the dtypes, the target's ISA and `params`.
Candidate make_candidate(std::string_view kind, const TacticNode& node, const Target& target,
                         Layout layout, std::string_view params = "");

/// Glob match with * and ?, for --tactics=-dnnl.* and --disable patterns.
bool glob_match(std::string_view pattern, std::string_view text);

/// Applies "+pattern" / "-pattern" in order; everything is allowed at first.
bool tactic_allowed(std::string_view name, const std::vector<std::string>& filters);

}  // namespace ingot
