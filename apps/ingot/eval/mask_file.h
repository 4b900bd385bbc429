// A picture of classes, one a pixel.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ingot::apps {

/// The class of each pixel, row by row: from a grey image whose values are the classes, which is
/// brought to this size by nearest neighbours, or from a .npy of integers, [height, width]. Throws
/// Error ("sample.*") naming the file.
std::vector<int64_t> read_mask(const std::string& path, int64_t height, int64_t width);

}  // namespace ingot::apps
