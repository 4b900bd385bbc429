// What a SampleReader holds, and what tells its files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compiler/samples/preprocess.h"
#include "core/base/file.h"
#include "ingot/samples.h"

namespace ingot {

struct SampleReader::State {
  std::vector<TensorInfo> inputs;
  SampleOptions options;
  Preprocess preprocess;
  std::weak_ptr<const MappedFile> last;  ///< of the files whose arrays lie in place

  /// The array with a batch axis and the elements of the input.
  Array fitted(Array array, const TensorInfo& input, const std::string& path) const;
  void check_shape(const TensorInfo& input, const Shape& shape, const std::string& path) const;
  Array read_raw(const TensorInfo& input, const std::string& path);
  Arrays read_archive(const std::string& path) const;
  /// Throws Error ("sample.many_inputs").
  const TensorInfo& only_input(const std::string& path) const;
};

/// Told by the ending of its name.
bool is_sample_file(const std::string& path);

}  // namespace ingot
