// Tactics of operators over images by our own vector code: Resize, depthwise convolution,
// GridSample.
#include <fmt/core.h>

#include "compiler/tactics/cpu_support.h"

namespace ingot {
namespace {

bool is_narrow(const TacticNode& node) {
  const DType dtype = node.input_dtype(0);
  return dtype == DType::kI8 || dtype == DType::kU8 || dtype == DType::kF16 ||
         dtype == DType::kBF16;
}

Verdict supports_resize(const TacticNode& node, const Target&) {
  const Attributes& attributes = node.attributes();
  const std::string mode = attributes.text("mode", "nearest");
  const std::string coordinates = attributes.text("coordinate_transformation_mode", "half_pixel");
  const Shape x = node.input_shape(0), y = node.output_shape();
  if (x.rank() != 4) return Verdict::no("not an image of rank 4");
  if (mode == "cubic") return Verdict::no("cubic interpolation");
  if (coordinates == "tf_crop_and_resize") return Verdict::no("tf_crop_and_resize");
  if (attributes.integer("antialias", 0) != 0) return Verdict::no("antialias");
  if (attributes.integer("exclude_outside", 0) != 0) return Verdict::no("exclude_outside");
  if (attributes.text("keep_aspect_ratio_policy", "stretch") != "stretch") {
    return Verdict::no("the aspect ratio is kept");
  }
  if (x[0] != y[0] || x[1] != y[1]) return Verdict::no("the batch or the channels are resized");
  const bool sized = node.has_input(3);
  if (!sized && !node.is_constant(2)) return Verdict::no("scales computed at run time");
  if (is_narrow(node)) return sizes_known(node);
  return only_f32(node);
}

Verdict supports_depthwise(const TacticNode& node, const Target&) {
  if (!node.is_constant(1)) return Verdict::no("weights computed at run time");
  const Shape x = node.input_shape(0), w = node.constant(1).shape();
  if (node.input_dtype(1) == DType::kI8) {
    if (!is_depthwise(node)) return Verdict::no("not one filter per channel");
    if (w.elements() > 128 * w[0]) return Verdict::no("a window of more than 128 elements");
    return sizes_known(node);
  }
  if (w.rank() != 4) return Verdict::no("not a 2-D convolution");
  if (node.attributes().integer("group", 1) != x[1] || w[0] != x[1] || w[1] != 1) {
    return Verdict::no("not one filter per channel");
  }
  const std::vector<int64_t> strides = node.attributes().integers("strides", {1, 1});
  if (strides.size() == 2 && strides[0] != strides[1]) return Verdict::no("different strides");
  if (node.input_dtype(1) != DType::kF32) return Verdict::no("weights are not f32");
  if (node.has_input(2) && node.input_dtype(2) != DType::kF32)
    return Verdict::no("bias is not f32");
  return only_f32(node);
}

Verdict supports_grid_sample(const TacticNode& node, const Target&) {
  if (node.input_shape(0).rank() != 4) return Verdict::no("not an image of rank 4");
  if (node.attributes().text("mode", "linear") == "cubic")
    return Verdict::no("cubic interpolation");
  if (node.attributes().text("padding_mode", "zeros") == "reflection") {
    return Verdict::no("reflection at the border");
  }
  if (node.input_dtype(1) != DType::kF32) return Verdict::no("the grid is not f32");
  return only_f32(node);
}

/// Input 0 and output 0 in the layout, everything else plain.
std::vector<Candidate> image_in(std::string_view kind, const TacticNode& node, const Target& target,
                                const std::vector<Layout>& layouts) {
  std::vector<Candidate> result = windowed_candidates(kind, node, target, layouts);
  for (Candidate& candidate : result) {
    for (size_t i = 1; i < candidate.inputs.size(); ++i) candidate.inputs[i] = Layout::kPlain;
  }
  return result;
}

std::vector<Candidate> resize_candidates(const TacticNode& node, const Target& target) {
  if (is_narrow(node)) {
    return image_in("cpu.resize", node, target, {Layout::kChannelsLast, Layout::kPlain});
  }
  return image_in("cpu.resize", node, target,
                  {Layout::kPlain, Layout::kChannelsLast, Layout::kBlocked8, Layout::kBlocked16});
}

std::vector<Candidate> depthwise_candidates(const TacticNode& node, const Target& target) {
  // A block narrower than a vector would leave half of it idle.
  const Layout blocks = target.cpu.avx512 ? Layout::kBlocked16 : Layout::kBlocked8;
  std::vector<Layout> layouts = {Layout::kChannelsLast};
  if (node.input_dtype(1) != DType::kI8) layouts.push_back(blocks);
  std::vector<Candidate> result = windowed_candidates("cpu.depthwise", node, target, layouts);
  for (Candidate& candidate : result) {
    for (int i = 1; i < node.input_count(); ++i) {
      // Residuals of the epilogue come like the output; smaller extras are plain.
      const bool full = i >= 3 && node.has_input(i) && node.input_shape(i) == node.output_shape() &&
                        !node.is_constant(i);
      candidate.inputs[static_cast<size_t>(i)] = full ? candidate.outputs[0] : Layout::kPlain;
    }
  }
  return result;
}

std::vector<Candidate> grid_sample_candidates(const TacticNode& node, const Target& target) {
  std::vector<Candidate> result =
      image_in("cpu.grid_sample", node, target, {Layout::kPlain, Layout::kChannelsLast});
  // The grid is read as it lies, dense.
  for (Candidate& candidate : result) candidate.reads_windows = false;
  return result;
}

}  // namespace

extern const TacticDef kCpuResizeTactic = {
    .name = "cpu.resize",
    .summary = "Nearest and linear Resize of images, by tables.",
    .ops = {"Resize"},
    .supports = supports_resize,
    .candidates = resize_candidates,
};

extern const TacticDef kCpuDepthwiseTactic = {
    .name = "cpu.depthwise",
    .summary = "Depthwise convolution over vectors of channels.",
    .ops = {"Conv"},
    .supports = supports_depthwise,
    .candidates = depthwise_candidates,
};

extern const TacticDef kCpuGridSampleTactic = {
    .name = "cpu.grid_sample",
    .summary = "Nearest and linear GridSample of images.",
    .ops = {"GridSample"},
    .supports = supports_grid_sample,
    .candidates = grid_sample_candidates,
};

}  // namespace ingot
