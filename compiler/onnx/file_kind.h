// What a file that is no ONNX model seems to be, so that the message helps.
#pragma once

#include <string>
#include <string_view>

namespace ingot::onnx {

/// A guess from the first bytes; `what` is empty where there is none.
struct FileKind {
  std::string what;  ///< "a Git LFS pointer, not the model itself"
  std::string fix;
};
FileKind guess_file_kind(std::string_view bytes);

}  // namespace ingot::onnx
