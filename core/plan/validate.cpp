// Semantic checks of a plan. Everything that indexes something is checked before it is followed.
#include "core/plan/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>

#include "core/base/error.h"
#include "core/tensor/packed_format.h"

namespace ingot {
namespace {

constexpr size_t kMaxTensorBytes = size_t{1} << 46;  // beyond any address space: a broken size

class Validator {
 public:
  Validator(const Plan& plan, const std::string& where, bool any_border)
      : plan_(plan), where_(where), any_border_(any_border) {}

  void run() {
    check_constants();
    check_kernels();
    check_values();
    check_views();
    check_border();
    check_profiles();
    check_steps();
    check_in_place();
  }

 private:
  [[noreturn]] void malformed(const std::string& what) const {
    fail({"plan.malformed", what,
          where_ + (place_.empty() ? ", section metadata" : ", section metadata, " + place_),
          "build the plan anew"});
  }

  bool is_value(int index) const { return in_range(index, plan_.values.size()); }
  static bool in_range(int index, size_t size) {
    return index >= 0 && static_cast<size_t>(index) < size;
  }
  const PlanValue& value(int index) const { return plan_.values[static_cast<size_t>(index)]; }
  const Dim& dim(int index) const { return plan_.dims[static_cast<size_t>(index)]; }

  // The dims, if all are constant.
  bool static_shape(const PlanValue& value, Shape* shape) const {
    *shape = Shape();
    for (const int index : value.dims) {
      if (!dim(index).is_constant()) return false;
      shape->push_back(dim(index).constant());
    }
    return true;
  }

  size_t checked_bytes(DType dtype, const Shape& shape, Layout layout) const {
    for (const int64_t extent : shape) {
      if (extent < 0) malformed(fmt::format("a dim of {} is negative", shape.to_string()));
    }
    const int64_t elements = shape.elements();
    if (elements > static_cast<int64_t>(kMaxTensorBytes)) malformed("its size overflows");
    const int64_t padded = padded_elements(shape, layout);
    if (padded < elements || padded > static_cast<int64_t>(kMaxTensorBytes)) {
      malformed("its size overflows");
    }
    return is_row_major(layout) ? dense_bytes(dtype, shape)
                                : static_cast<size_t>(padded) * dtype_bytes(dtype);
  }

  // Whether `dims` are the axes of `shape` in order, maybe split: each boundary between axes of
  // `shape` is one between axes of `dims`.
  static bool same_axes(const Shape& dims, const Shape& shape) {
    if (dims.elements() != shape.elements()) return false;
    int axis = 0;
    int64_t inner = 1;
    for (const int64_t extent : shape) {
      inner = 1;
      while (inner < extent && axis < dims.rank()) inner *= dims[axis++];
      if (inner != extent) return false;
    }
    return true;
  }

  void check_kernels() {
    std::set<std::string_view> keys;
    for (size_t i = 0; i < plan_.kernels.size(); ++i) {
      place_ = fmt::format("kernel {}", i);
      if (plan_.kernels[i].key.empty()) malformed("it has no key");
      if (!keys.insert(plan_.kernels[i].key).second) malformed("two kernels have its key");
    }
  }

  void check_constants() {
    for (size_t i = 0; i < plan_.constants.size(); ++i) {
      const PlanConstant& constant = plan_.constants[i];
      place_ = fmt::format("constant {}", i);
      if (dtype_bits(constant.dtype) == 0) malformed("it has no element type");
      size_t needed = checked_bytes(constant.dtype, constant.shape, Layout::kPlain);
      if (!constant.format.empty()) {
        PackedFormat format;
        try {
          format = PackedFormat::parse(constant.format);
        } catch (const Error& error) {
          malformed(error.problems().front().what);
        }
        needed = format.bytes();
        if (needed == 0 || needed > kMaxTensorBytes) {
          malformed(fmt::format("packed format \"{}\" makes no sense", constant.format));
        }
        if (format.dtype != constant.dtype || !same_axes(format.dims, constant.shape)) {
          malformed(fmt::format("packed format \"{}\" does not hold a {} of {}", constant.format,
                                dtype_name(constant.dtype), constant.shape.to_string()));
        }
      }
      if (constant.bytes.size() < needed) {
        malformed(
            fmt::format("it has {} bytes, its shape needs {}", constant.bytes.size(), needed));
      }
    }
  }

  void check_values() {
    for (size_t i = 0; i < plan_.values.size(); ++i) {
      const PlanValue& v = plan_.values[i];
      place_ = fmt::format("value {} \"{}\"", i, v.name);
      if (dtype_bits(v.dtype) == 0) malformed("it has no element type");
      if (v.dims.size() > Shape::kMaxRank) malformed("it has more than 8 axes");
      for (const int index : v.dims) {
        if (!in_range(index, plan_.dims.size()))
          malformed(fmt::format("dim {} does not exist", index));
      }
      if (!is_row_major(v.layout) && (v.dims.size() < 2 || dtype_bytes(v.dtype) == 0)) {
        malformed(fmt::format("layout {} needs two axes and whole bytes", layout_name(v.layout)));
      }
      Shape shape;
      const bool is_static = static_shape(v, &shape);
      if (is_static) checked_bytes(v.dtype, shape, v.layout);
      if ((v.storage == Storage::kConstant) != (v.constant >= 0)) {
        malformed("only a value in constant storage has a constant, and it has one");
      }
      if ((v.storage == Storage::kView) != (v.parent >= 0)) {
        malformed("only a view has a parent, and it has one");
      }
      if (v.in_place_of != -1 && !is_value(v.in_place_of)) {
        malformed("the value that it replaces does not exist");
      }
      if (v.storage == Storage::kConstant) {
        if (!in_range(v.constant, plan_.constants.size())) malformed("its constant does not exist");
        const PlanConstant& constant = plan_.constants[static_cast<size_t>(v.constant)];
        if (!is_static || !(shape == constant.shape) || v.dtype != constant.dtype ||
            v.layout != Layout::kPlain) {
          malformed(fmt::format("it is not of the type of its constant {}", v.constant));
        }
      }
      const bool border = v.storage == Storage::kInput || v.storage == Storage::kOutput;
      if (border && !any_border_ && v.layout != Layout::kPlain)
        malformed("inputs and outputs are plain");
    }
  }

  void check_views() {
    for (size_t i = 0; i < plan_.values.size(); ++i) {
      const PlanValue& v = plan_.values[i];
      place_ = fmt::format("value {} \"{}\"", i, v.name);
      if (v.storage != Storage::kView) continue;
      if (!is_value(v.parent)) malformed(fmt::format("its parent {} does not exist", v.parent));
      size_t hops = 0;
      for (int at = static_cast<int>(i); value(at).storage == Storage::kView;
           at = value(at).parent) {
        if (!is_value(value(at).parent)) malformed("the parent of its parent does not exist");
        if (++hops > plan_.values.size()) malformed("views are parents of each other in a circle");
      }
      const PlanValue& parent = value(v.parent);
      if (v.dtype != parent.dtype) malformed("its element type is not its parent's");
      if ((v.layout == Layout::kHost) != (parent.layout == Layout::kHost)) {
        malformed("it is on the host and its parent is not, or the other way round");
      }
      if (v.axis < 0) {
        check_same_bytes(v, parent);
      } else {
        check_window(v, parent);
      }
    }
  }

  void check_same_bytes(const PlanValue& v, const PlanValue& parent) const {
    Shape shape, parent_shape;
    if (!static_shape(v, &shape) || !static_shape(parent, &parent_shape)) return;
    if (checked_bytes(v.dtype, shape, v.layout) >
        checked_bytes(v.dtype, parent_shape, parent.layout)) {
      malformed(fmt::format("{} does not fit into its parent's {}", shape.to_string(),
                            parent_shape.to_string()));
    }
  }

  void check_window(const PlanValue& v, const PlanValue& parent) const {
    if (static_cast<size_t>(v.axis) >= v.dims.size() || v.dims.size() != parent.dims.size() ||
        v.layout != parent.layout || dtype_bytes(v.dtype) == 0) {
      malformed("a window has its parent's rank and layout, and an axis in it");
    }
    if (!in_range(v.offset, plan_.dims.size())) malformed("its offset does not exist");
    for (size_t axis = 0; axis < v.dims.size(); ++axis) {
      const Dim &own = dim(v.dims[axis]), &whole = dim(parent.dims[axis]);
      const bool is_axis = axis == static_cast<size_t>(v.axis);
      if (own.is_constant() && whole.is_constant() &&
          (is_axis ? own.constant() > whole.constant() : own.constant() != whole.constant())) {
        malformed(
            fmt::format("axis {} is {}, its parent's {}", axis, own.constant(), whole.constant()));
      }
    }
    const Dim &offset = dim(v.offset), &extent = dim(v.dims[static_cast<size_t>(v.axis)]),
              &whole = dim(parent.dims[static_cast<size_t>(v.axis)]);
    if (!offset.is_constant() || !extent.is_constant() || !whole.is_constant()) return;
    if (offset.constant() < 0 || offset.constant() > whole.constant() - extent.constant()) {
      malformed(fmt::format("elements {} to {} along axis {} are outside its parent's {}",
                            offset.constant(), offset.constant() + extent.constant(), v.axis,
                            whole.constant()));
    }
    if (v.axis == 1 && offset.constant() % layout_block(v.layout) != 0) {
      malformed(fmt::format("its offset {} is not a multiple of the block", offset.constant()));
    }
  }

  void check_border() {
    std::set<std::string> names;
    std::set<int> seen;
    for (const PlanTensor& input : plan_.inputs) {
      place_ = fmt::format("input \"{}\"", input.name);
      if (!is_value(input.value) || value(input.value).storage != Storage::kInput) {
        malformed("it is not a value in input storage");
      }
      if (!names.insert(input.name).second) malformed("two inputs have this name");
      if (!seen.insert(input.value).second) malformed("two inputs are one value");
      for (const int index : value(input.value).dims) {
        if (!dim(index).is_constant() && !dim(index).is_symbol()) {
          malformed(fmt::format("dim {} of an input is neither constant nor symbol",
                                dim(index).to_string()));
        }
      }
    }
    names.clear();
    std::set<int> outputs;
    for (const PlanTensor& output : plan_.outputs) {
      place_ = fmt::format("output \"{}\"", output.name);
      if (!is_value(output.value)) malformed(fmt::format("value {} does not exist", output.value));
      if (!any_border_ && !is_row_major(value(output.value).layout)) {
        malformed("an output is plain");
      }
      if (!names.insert(output.name).second) malformed("two outputs have this name");
      outputs.insert(output.value);
    }
    for (size_t i = 0; i < plan_.values.size(); ++i) {
      place_ = fmt::format("value {} \"{}\"", i, plan_.values[i].name);
      const Storage storage = plan_.values[i].storage;
      if (storage == Storage::kInput && !seen.count(static_cast<int>(i))) {
        malformed("it is in input storage, but no input");
      }
      if (storage == Storage::kOutput && !outputs.count(static_cast<int>(i))) {
        malformed("it is in output storage, but no output");
      }
    }
  }

  void check_profiles() {
    for (size_t i = 0; i < std::max<size_t>(plan_.profiles.size(), 1); ++i) {
      place_ = fmt::format("profile {}", i);
      std::set<std::string> symbols;
      if (i < plan_.profiles.size()) {
        for (const PlanRange& range : plan_.profiles[i].symbols) {
          if (range.min < 0 || range.min > range.opt || range.opt > range.max) {
            malformed(fmt::format("\"{}\" has min {}, opt {}, max {}", range.symbol, range.min,
                                  range.opt, range.max));
          }
          if (!symbols.insert(range.symbol).second) {
            malformed(fmt::format("\"{}\" has two ranges", range.symbol));
          }
        }
      }
      for (const PlanTensor& input : plan_.inputs) {
        for (const int index : value(input.value).dims) {
          const Dim& d = dim(index);
          if (d.is_symbol() && !symbols.count(d.to_string())) {
            malformed(fmt::format("input \"{}\" has \"{}\", which has no range", input.name,
                                  d.to_string()));
          }
        }
      }
    }
  }

  // In order, every step reads only what is there, and writes each value once. A view is there as
  // soon as anything of its root is: concatenations are written window by window.
  void check_steps() {
    std::vector<bool> made(plan_.values.size()), written(plan_.values.size());
    for (size_t i = 0; i < made.size(); ++i) {
      const Storage storage = plan_.values[i].storage;
      made[i] = storage == Storage::kInput || storage == Storage::kConstant;
    }
    std::unordered_set<std::string_view> names;
    for (size_t i = 0; i < plan_.steps.size(); ++i) {
      const PlanStep& step = plan_.steps[i];
      place_ = fmt::format("step {} \"{}\"", i, step.name);
      if (step.kind.empty()) malformed("it has no kind");
      if (!names.insert(step.name).second) malformed("two steps have this name");
      for (const int input : step.inputs) {
        if (input == -1) continue;
        if (!is_value(input)) malformed(fmt::format("input value {} does not exist", input));
        if (!made[static_cast<size_t>(root_of(plan_, input))]) {
          malformed(fmt::format("it reads \"{}\" before that is made", value(input).name));
        }
      }
      for (const int output : step.outputs) {
        if (output == -1) continue;
        if (!is_value(output)) malformed(fmt::format("output value {} does not exist", output));
        const int root = root_of(plan_, output);
        if (value(root).storage == Storage::kInput || value(root).storage == Storage::kConstant) {
          malformed(fmt::format("it writes \"{}\", an input or constant", value(root).name));
        }
        if (written[static_cast<size_t>(output)]) {
          malformed(fmt::format("\"{}\" is written twice", value(output).name));
        }
        written[static_cast<size_t>(output)] = true;
        made[static_cast<size_t>(root)] = true;
      }
    }
    for (const PlanTensor& output : plan_.outputs) {
      place_ = fmt::format("output \"{}\"", output.name);
      if (!made[static_cast<size_t>(root_of(plan_, output.value))]) malformed("no step makes it");
    }
  }

  // Memory is taken over from a whole arena value, once, by a value of no more bytes, at the very
  // step that is the last to read it.
  void check_in_place() {
    const auto lifetimes = value_lifetimes(plan_);
    std::vector<int> last_use(plan_.values.size(), -1);
    for (size_t step = 0; step < plan_.steps.size(); ++step) {
      for (const auto* side : {&plan_.steps[step].inputs, &plan_.steps[step].outputs}) {
        for (const int v : *side) {
          if (v >= 0) last_use[static_cast<size_t>(root_of(plan_, v))] = static_cast<int>(step);
        }
      }
    }
    for (const PlanTensor& output : plan_.outputs) {
      last_use[static_cast<size_t>(root_of(plan_, output.value))] =
          static_cast<int>(plan_.steps.size());
    }
    std::unordered_set<int> taken;
    for (size_t i = 0; i < plan_.values.size(); ++i) {
      const PlanValue& v = plan_.values[i];
      if (v.in_place_of == -1) continue;
      place_ = fmt::format("value {} \"{}\"", i, v.name);
      for (int at = v.in_place_of; value(at).storage == Storage::kView; at = value(at).parent) {
        if (value(at).axis >= 0) malformed("it replaces a window, which has no memory of its own");
      }
      const int other = root_of(plan_, v.in_place_of);
      if (v.storage != Storage::kArena || value(other).storage != Storage::kArena ||
          other == static_cast<int>(i)) {
        malformed("only one arena value may replace another");
      }
      if (!taken.insert(other).second) malformed("two values replace the same one");
      const Lifetime &own = lifetimes[i], &old = lifetimes[static_cast<size_t>(other)];
      if (own.first < 0 || old.first < 0 || old.first >= own.first ||
          last_use[static_cast<size_t>(other)] > own.first) {
        malformed(fmt::format("it replaces \"{}\", which is alive beside it", value(other).name));
      }
      Shape shape, old_shape;
      if (static_shape(v, &shape) && static_shape(value(other), &old_shape) &&
          checked_bytes(v.dtype, shape, v.layout) >
              checked_bytes(value(other).dtype, old_shape, value(other).layout)) {
        malformed(fmt::format("it replaces \"{}\", which is smaller", value(other).name));
      }
    }
  }

  const Plan& plan_;
  const std::string& where_;
  bool any_border_;
  std::string place_;
};

}  // namespace

int root_of(const Plan& plan, int value) {
  while (plan.values[static_cast<size_t>(value)].storage == Storage::kView) {
    value = plan.values[static_cast<size_t>(value)].parent;
  }
  return value;
}

void validate_plan(const Plan& plan, const std::string& where, bool any_border) {
  Validator(plan, where, any_border).run();
}

}  // namespace ingot
