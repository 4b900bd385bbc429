// Images to other sizes.
#pragma once

#include "compiler/samples/preprocess.h"

namespace ingot {

/// kSmooth is linear, and averages where it makes smaller, as PIL and torchvision do; kLinear takes
/// the nearest four pixels, as OpenCV does.
Image resize_image(const Image& image, Size size, Preprocess::Filter filter);

/// A canvas of this size and colour with the image's upper left corner at (x, y), which may lie
/// outside: what does not fit is cut off.
Image place_image(const Image& image, Size size, int x, int y, int color);

}  // namespace ingot
