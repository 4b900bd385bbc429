// Generated code and layouts of image kernels, and the tactics of pools, Resize, GridSample and
// RoiAlign.
#include "compiler/tactics/jit_image.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/jit/expression_code.h"
#include "kernels/params/resize.h"
#include "kernels/params/window.h"

namespace ingot {

std::string kernel_preamble(const std::string& code, std::string_view header) {
  return fmt::format("{}namespace ingot::kernels {{\n{}}}\n", header, code);
}

Verdict image_epilogue_fits(const TacticNode& node, int first_extra) {
  const int extras = node.input_count() - first_extra;
  if (extras > kernels::kMaxExtras) return Verdict::no("an epilogue with more than 8 inputs");
  for (int i = first_extra; i < node.input_count(); ++i) {
    if (!is_kernel_result(node.input_dtype(i))) {
      return Verdict::no(
          fmt::format("an epilogue with an input of {}", dtype_name(node.input_dtype(i))));
    }
  }
  return Verdict::yes();
}

std::string image_epilogue_code(const TacticNode& node, int first_extra) {
  const Expression* expression = node.attributes().expression("epilogue");
  const bool given = expression != nullptr && !expression->empty();
  const int extras = given ? std::max(0, node.input_count() - first_extra) : 0;
  std::string loads, values;
  for (int i = 0; i < extras; ++i) {
    loads += fmt::format("  extras.template load<{}>({});\n",
                         kernel_type(node.input_dtype(first_extra + i)), i);
    values += fmt::format(", extras.values[{}][i]", i);
  }
  const std::string function = given ? expression_code(*expression, "epilogue") : "";
  return fmt::format(
      "{}constexpr int kExtraCount = {};\n"
      "template <typename Extras>\n__device__ inline void load_extras(Extras& extras) {{\n{}}}\n"
      "template <typename Extras>\n"
      "__device__ inline float finish(float sum, const Extras& extras, int i) {{\n{}}}\n",
      function, extras, loads,
      given ? fmt::format("  const float in[] = {{sum{}}};\n  return epilogue(in);\n", values)
            : "  return sum;\n");
}

int64_t vector_of(DType dtype, int64_t count) {
  int64_t vector = 16 / static_cast<int64_t>(dtype_bytes(dtype));
  while (vector > 1 && count % vector != 0) vector /= 2;
  return vector;
}

void set_image_layouts(Candidate* candidate, const TacticNode& node, Layout layout) {
  for (int i = 0; i < node.input_count(); ++i) {
    const bool image =
        i == 0 || (i >= 3 && node.has_input(i) && node.input_shape(i) == node.output_shape());
    candidate->inputs[static_cast<size_t>(i)] =
        image && !node.is_constant(i) ? layout : Layout::kPlain;
  }
  candidate->reads_windows = true;
  candidate->writes_windows = true;
}

namespace {

std::string_view boolean(bool value) { return value ? "true" : "false"; }

/// Images of a type that kernels compute with, with one to three spatial axes.
Verdict spatial_axes_fit(const TacticNode& node) {
  const int rank = node.input_shape(0).rank();
  if (rank < 3 || rank > 5) return Verdict::no(fmt::format("{} spatial axes", rank - 2));
  return Verdict::yes();
}
Verdict float_image(const TacticNode& node) {
  if (!is_kernel_float(node.input_dtype(0))) {
    return Verdict::no(fmt::format("images of {}", dtype_name(node.input_dtype(0))));
  }
  return spatial_axes_fit(node);
}

Verdict supports_pool(const TacticNode& node, const Target&) {
  if (node.output_count() > 1 && node.node().outputs[1]) return Verdict::no("indices are wanted");
  // Maxima of quantised numbers stay such, means become floats.
  if (is_kernel_byte(node.input_dtype(0)) && node.op() != "LpPool") return spatial_axes_fit(node);
  if (node.input_dtype(0) == DType::kF8E4M3 && node.op() == "MaxPool")
    return spatial_axes_fit(node);
  return float_image(node);
}

constexpr int64_t kMostPooled = 8;  // channels of a thread

std::vector<Candidate> pool_candidates(const TacticNode& node, const Target& target) {
  const char pool = node.op() == "MaxPool" ? 'm' : node.op() == "AveragePool" ? 'a' : 'l';
  std::vector<Candidate> result;
  for (const Layout layout : {Layout::kChannelsLast, Layout::kPlain}) {
    const bool planes = layout == Layout::kPlain;
    const int64_t widest = vector_of(node.input_dtype(0), node.input_shape(0)[1]);
    const int64_t vector = planes ? 1 : std::min(widest, kMostPooled);
    const KernelSource source{"ops/pool.cuh", kernel_preamble(fmt::format(
                                                  "using X = {};\nusing Y = {};\n"
                                                  "constexpr int kVector = {};\n"
                                                  "constexpr char kPool = '{}';\n",
                                                  kernel_type(node.input_dtype(0)),
                                                  kernel_type(node.output_dtype()), vector, pool))};
    Candidate candidate = make_jit_candidate("jit.pool", node, target, layout, source);
    set_image_layouts(&candidate, node, layout);
    candidate.attributes.set("vector", vector);
    result.push_back(std::move(candidate));
  }
  return result;
}

bool is_crop(const TacticNode& node) {
  return node.attributes().text("coordinate_transformation_mode", "half_pixel") ==
         "tf_crop_and_resize";
}

bool is_nearest(const TacticNode& node) {
  return node.attributes().text("mode", "nearest") == "nearest";
}

Verdict supports_resize(const TacticNode& node, const Target&) {
  const DType dtype = node.input_dtype(0);
  const bool sized = node.has_input(3) && node.input_shape(3).elements() > 0;
  if (sized && node.attributes().text("keep_aspect_ratio_policy", "stretch") != "stretch") {
    return Verdict::no("the aspect ratio is kept");
  }
  if (!sized && !node.is_constant(2)) return Verdict::no("scales computed at run time");
  if (is_crop(node) && !node.is_constant(1)) return Verdict::no("a crop computed at run time");
  if (node.input_shape(0).rank() > kernels::kMaxResizeAxes) return Verdict::no("too many axes");
  if (is_nearest(node) && !is_crop(node)) {
    if (kernel_type(dtype).empty()) {
      return Verdict::no(fmt::format("elements of {}", dtype_name(dtype)));
    }
    return Verdict::yes();
  }
  if (!is_kernel_result(dtype)) {
    return Verdict::no(fmt::format("interpolation of {}", dtype_name(dtype)));
  }
  return Verdict::yes();
}

/// Elements that are only copied are told apart by their size.
std::string_view copied_type(DType dtype) {
  switch (dtype_bytes(dtype)) {
    case 1:
      return "unsigned char";
    case 2:
      return "unsigned short";
    case 4:
      return "unsigned";
    default:
      return "unsigned long long";
  }
}

std::vector<Candidate> resize_candidates(const TacticNode& node, const Target& target) {
  const Shape x = node.input_shape(0), y = node.output_shape();
  const DType dtype = node.input_dtype(0);
  const bool nearest = is_nearest(node), crops = is_crop(node);
  std::vector<Layout> layouts = gpu_layouts(x.rank());
  std::reverse(layouts.begin(), layouts.end());
  std::vector<Candidate> result;
  for (const Layout layout : layouts) {
    // Channels that keep their size are moved as vectors.
    const bool vectors = layout == Layout::kChannelsLast && x[1] == y[1] && !crops;
    const int64_t vector = vectors ? vector_of(dtype, x[1]) : 1;
    const KernelSource source{
        "ops/resize.cuh",
        kernel_preamble(fmt::format("using X = {};\nconstexpr int kVector = {};\n"
                                    "constexpr bool kNearest = {};\nconstexpr bool kCrops = {};\n",
                                    nearest && !crops ? copied_type(dtype) : kernel_type(dtype),
                                    vector, boolean(nearest), boolean(crops)))};
    Candidate candidate = make_jit_candidate("jit.resize", node, target, layout, source);
    set_image_layouts(&candidate, node, layout);
    for (size_t i = 1; i < candidate.inputs.size(); ++i) candidate.inputs[i] = Layout::kPlain;
    candidate.attributes.set("vector", vector);
    result.push_back(std::move(candidate));
  }
  return result;
}

Verdict supports_grid_sample(const TacticNode& node, const Target&) {
  if (!is_kernel_float(node.input_dtype(1))) {
    return Verdict::no(fmt::format("a grid of {}", dtype_name(node.input_dtype(1))));
  }
  return float_image(node);
}

/// Channels that one thread computes: a vector, or a few planes that share the taps.
int64_t sampled_channels(const TacticNode& node, Layout layout) {
  const int64_t channels = node.input_shape(0)[1];
  if (layout == Layout::kChannelsLast) return vector_of(node.input_dtype(0), channels);
  return channels >= 4 ? 4 : 1;
}

/// Windows of input 0 and output 0 are read and written; the other inputs must be dense.
std::vector<Candidate> sampling_candidates(std::string_view kind, const std::string& file,
                                           const TacticNode& node, const Target& target,
                                           const std::string& code) {
  std::vector<Candidate> result;
  for (const Layout layout : {Layout::kPlain, Layout::kChannelsLast}) {
    const int64_t vector = sampled_channels(node, layout);
    const KernelSource source{
        file, kernel_preamble(fmt::format("using X = {};\nconstexpr int kVector = {};\n"
                                          "constexpr bool kChannelsLast = {};\n{}",
                                          kernel_type(node.input_dtype(0)), vector,
                                          boolean(layout == Layout::kChannelsLast), code))};
    Candidate candidate = make_jit_candidate(kind, node, target, layout, source);
    set_image_layouts(&candidate, node, layout);
    candidate.reads_windows = false;
    candidate.attributes.set("vector", vector);
    result.push_back(std::move(candidate));
  }
  return result;
}

std::vector<Candidate> grid_sample_candidates(const TacticNode& node, const Target& target) {
  const Attributes& attributes = node.attributes();
  return sampling_candidates(
      "jit.grid_sample", "ops/grid_sample.cuh", node, target,
      fmt::format("using Grid = {};\nconstexpr int kAxes = {};\nconstexpr char kMode = '{}';\n"
                  "constexpr char kPadding = '{}';\nconstexpr bool kAlignCorners = {};\n",
                  kernel_type(node.input_dtype(1)), node.input_shape(0).rank() - 2,
                  attributes.text("mode", "linear")[0], attributes.text("padding_mode", "zeros")[0],
                  boolean(attributes.integer("align_corners", 0) != 0)));
}

Verdict supports_roi_align(const TacticNode& node, const Target&) {
  if (node.input_dtype(2) != DType::kI64) return Verdict::no("batch indices that are not i64");
  return float_image(node);
}

std::vector<Candidate> roi_align_candidates(const TacticNode& node, const Target& target) {
  return sampling_candidates("jit.roi_align", "ops/roi_align.cuh", node, target,
                             fmt::format("constexpr bool kMax = {};\n",
                                         boolean(node.attributes().text("mode", "avg") == "max")));
}

}  // namespace

extern const TacticDef kJitPoolTactic = {
    .name = "jit.pool",
    .summary = "Max, average and p-norm pools by our own kernel.",
    .ops = {"MaxPool", "AveragePool", "LpPool"},
    .supports = supports_pool,
    .candidates = pool_candidates,
    .device = "cuda",
};

extern const TacticDef kJitResizeTactic = {
    .name = "jit.resize",
    .summary = "Resize in any mode, by tables of taps and weights.",
    .ops = {"Resize"},
    .supports = supports_resize,
    .candidates = resize_candidates,
    .device = "cuda",
};

extern const TacticDef kJitGridSampleTactic = {
    .name = "jit.grid_sample",
    .summary = "GridSample of images by our own kernel.",
    .ops = {"GridSample"},
    .supports = supports_grid_sample,
    .candidates = grid_sample_candidates,
    .device = "cuda",
};

extern const TacticDef kJitRoiAlignTactic = {
    .name = "jit.roi_align",
    .summary = "RoiAlign by our own kernel.",
    .ops = {"RoiAlign"},
    .supports = supports_roi_align,
    .candidates = roi_align_candidates,
    .device = "cuda",
};

}  // namespace ingot
