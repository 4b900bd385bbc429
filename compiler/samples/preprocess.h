// How an image becomes an input of a model, in one line of text:
//
//   resize=256,crop=224,mean=0.485:0.456:0.406,std=0.229:0.224:0.225
//   letterbox=640,pad=114,filter=linear,scale=255,layout=nchw,color=rgb
//
// The steps are always: resize or letterbox, crop, colour, (x / scale - mean) / std, layout.
// docs/calibration.md has the words.
#pragma once

#include <string>
#include <vector>

#include "compiler/samples/decoder.h"
#include "ingot/samples.h"

namespace ingot {

struct Size {
  int height = 0, width = 0;
  explicit operator bool() const { return height > 0; }
};

struct Preprocess {
  enum class Filter { kSmooth, kLinear, kNearest };
  enum class Color { kAuto, kRgb, kBgr, kGray };
  enum class Layout { kAuto, kNchw, kNhwc };

  int resize_short = 0;  ///< length of the shorter side
  Size resize, letterbox, crop;
  int pad = 114;  ///< of letterbox, and of a crop larger than the image
  Filter filter = Filter::kSmooth;
  Color color = Color::kAuto;
  Layout layout = Layout::kAuto;
  double scale = 0;  ///< 0: 255 for inputs of floats, 1 for integers
  std::vector<double> mean, std;

  bool has_size() const { return resize_short > 0 || resize || letterbox || crop; }
};

/// Throws Error ("sample.bad_preprocess") with every word that is wrong.
Preprocess parse_preprocess(const std::string& text);

/// The image as `input` wants it, with a batch of 1. Dims that are decided at run time are those of
/// `shape` where it has any. Throws Error ("sample.wrong_shape").
Array image_to_input(const Image& image, const Preprocess& preprocess, const TensorInfo& input,
                     const Shape& shape, const std::string& path, ImagePlacement* placement);

}  // namespace ingot
