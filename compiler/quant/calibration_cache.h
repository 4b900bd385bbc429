// The calibration cache of TensorRT 7 to 10, a text file:
//
//   TRT-8601-EntropyCalibration2
//   images: 3c010a14
//   (Unnamed Layer* 64) [Shuffle]_output: 3c56713e
//
// A line is a tensor and its scale (largest magnitude / 127) as the bits of a 32-bit float in
// hexadecimal digits, without zeros before them. A name may hold anything but a line break, colons
// too: the last one counts.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace ingot {

struct CalibrationCache {
  int version = 0;        ///< as in the first line: 8601 is TensorRT 8.6.1, 101601 is 10.16.1
  std::string algorithm;  ///< "EntropyCalibration2", "MinMaxCalibration", ...
  std::map<std::string, float> scales;  ///< finite, not negative; 0: the tensor has no range

  std::string version_text() const;  ///< "8.6.1"
};

/// Whether a file's text begins as a cache does.
bool is_calibration_cache(std::string_view text);

/// Throws Error ("calibration.bad_cache") with all lines that are wrong (the first twenty).
/// @param path  named in the problems
CalibrationCache parse_calibration_cache(std::string_view text, std::string_view path);

/// Reads a file. Throws also what MappedFile::open does.
CalibrationCache read_calibration_cache(const std::string& path);

/// The text of a cache, names in order. A name with a line break cannot be told apart and is left
/// out.
std::string to_text(const CalibrationCache& cache);

}  // namespace ingot
