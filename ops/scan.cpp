// Scan: a subgraph over the slices of some tensors, one after the other. Some values are carried
// from one slice to the next, others are stacked. Values that the body reads from outside are the
// last inputs; `captures` says how many.
#include "core/base/error.h"
#include "ops/elementwise.h"
#include "ops/infer_program.h"
#include "ops/subgraph.h"

namespace ingot {
namespace {

/// Inputs and body inputs: carried, scanned, captured. Outputs and body outputs: carried, stacked.
struct Layout {
  int carried, scanned, captured;

  template <typename Node>
  explicit Layout(const Node& node)
      : carried(node.input_count() - static_cast<int>(node.integer("num_scan_inputs")) -
                static_cast<int>(node.integer("captures"))),
        scanned(static_cast<int>(node.integer("num_scan_inputs"))),
        captured(static_cast<int>(node.integer("captures"))) {}
};

/// Entry i of a list attribute, 0 where the list is absent.
int64_t entry(const NodeAttributes& node, std::string_view name, int i) {
  const std::vector<int64_t> list = node.integers(name);
  return static_cast<size_t>(i) < list.size() ? list[static_cast<size_t>(i)] : 0;
}

int scan_axis(const NodeAttributes& node, int i, int rank) {
  return normalize_axis(entry(node, "scan_input_axes", i), rank, node.op().name);
}

void infer(InferContext& node) {
  const Layout layout(node);
  if (layout.carried < 0 || layout.scanned < 1 || layout.captured < 0) {
    node.fail("op.bad_attribute", "num_scan_inputs and captures do not fit the number of inputs",
              "correct them");
  }
  const Program& body = subgraph_of(node, "body");
  std::vector<ValueType> carried, slices(static_cast<size_t>(layout.scanned));
  for (int i = 0; i < layout.carried; ++i) {
    carried.push_back(node.input(i));
    carried.back().constant = {};
    carried.back().contents.reset();
  }
  std::vector<const ValueType*> after;
  Dim length;
  for (int i = 0; i < layout.scanned; ++i) {
    const ValueType& whole = node.input(layout.carried + i);
    ValueType& slice = slices[static_cast<size_t>(i)];
    const int axis = scan_axis(node, i, static_cast<int>(whole.dims.size()));
    const Dim& own = whole.dims[static_cast<size_t>(axis)];
    if (i == 0 || !length.is_constant()) length = own;
    slice.dtype = whole.dtype;
    slice.dims = whole.dims;
    slice.dims.erase(slice.dims.begin() + axis);
    after.push_back(&slice);
  }
  for (int i = 0; i < layout.captured; ++i) {
    after.push_back(&node.input(layout.carried + layout.scanned + i));
  }
  const std::vector<ValueType> results = infer_carried(node, body, {}, &carried, after, 0);
  if (static_cast<int>(results.size()) != node.output_count()) {
    node.fail("op.bad_subgraph", "the body has another number of outputs than the node",
              "export the model again");
  }
  for (int i = 0; i < node.output_count(); ++i) {
    const bool is_carried = i < layout.carried;
    const ValueType& type =
        is_carried ? carried[static_cast<size_t>(i)] : results[static_cast<size_t>(i)];
    SymbolicShape dims = type.dims;
    if (!is_carried) {
      const int64_t given = entry(node, "scan_output_axes", i - layout.carried);
      const int axis = normalize_axis(given, static_cast<int>(dims.size()) + 1, node.op().name);
      dims.insert(dims.begin() + axis, length);
    }
    node.set_output(i, type.dtype, std::move(dims));
  }
}

void evaluate(Reference& node) {
  const Layout layout(node);
  const Program& body = subgraph_of(node, "body");
  std::vector<Tensor> values;
  for (int i = 0; i < layout.carried; ++i) values.push_back(borrowed_input(node, i));
  int64_t length = 0;
  std::vector<int> axes;
  for (int i = 0; i < layout.scanned; ++i) {
    const Shape& shape = node.input(layout.carried + i).shape;
    axes.push_back(scan_axis(node, i, shape.rank()));
    const int64_t own = shape[axes.back()];
    if (i > 0 && own != length) {
      fail({"op.bad_shape",
            "Scan: scanned axes have the sizes " + std::to_string(length) + " and " +
                std::to_string(own),
            "", "make them equal"});
    }
    length = own;
  }
  const auto carried = static_cast<size_t>(layout.carried);
  std::vector<std::vector<Tensor>> stacks(static_cast<size_t>(node.output_count()) - carried);
  for (int64_t step = 0; step < length; ++step) {
    std::vector<Tensor> inputs = values;
    for (int i = 0; i < layout.scanned; ++i) {
      const bool backwards = entry(node, "scan_input_directions", i) != 0;
      inputs.push_back(slice_of(node.input(layout.carried + i), axes[static_cast<size_t>(i)],
                                backwards ? length - 1 - step : step));
    }
    for (int i = 0; i < layout.captured; ++i) {
      inputs.push_back(borrowed_input(node, layout.carried + layout.scanned + i));
    }
    std::vector<Tensor> results = evaluate_program(body, std::move(inputs));
    for (size_t i = 0; i < stacks.size(); ++i) stacks[i].push_back(std::move(results[carried + i]));
    results.resize(carried);
    values = std::move(results);
  }
  for (int i = 0; i < layout.carried; ++i) {
    write_output(node, i, values[static_cast<size_t>(i)]);
  }
  for (size_t i = 0; length != 0 && i < stacks.size(); ++i) {
    const int at = static_cast<int>(i);
    write_stacked(node, layout.carried + at, stacks[i], entry(node, "scan_output_axes", at),
                  entry(node, "scan_output_directions", at) != 0, stacks[i].front().dtype(), {});
  }
}

}  // namespace

extern const OpDef kScan = {
    .name = "Scan",
    .summary = "Runs a subgraph over the slices of tensors.",
    .inputs = {{"initial_state_and_scan_inputs",
                "carried values, scanned tensors, then what the body reads from outside",
                OpPort::kVariadic}},
    .outputs = {{"final_state_and_scan_outputs", "carried values, then stacked ones",
                 OpPort::kVariadic}},
    .attributes =
        {{"body", std::make_shared<const Program>(),
          "(carried, slices, captured) to (carried, slices to be stacked)", true},
         {"num_scan_inputs", 0, "how many tensors are scanned", true},
         {"scan_input_axes", std::vector<int64_t>{}, "axis of each scanned tensor; default 0"},
         {"scan_input_directions", std::vector<int64_t>{}, "1: from the end; default 0"},
         {"scan_output_axes", std::vector<int64_t>{}, "axis to stack each output along; default 0"},
         {"scan_output_directions", std::vector<int64_t>{}, "1: the last first; default 0"},
         captures_attribute()},
    .infer = infer,
    .evaluate = evaluate,
    .traits = {.data_dependent_shape = true},
};

}  // namespace ingot
