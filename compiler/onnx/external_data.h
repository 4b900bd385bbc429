// Weights that stand in files beside the model. A location is relative to the model's folder and
// must not leave it: models come from strangers.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "compiler/onnx/wire.h"
#include "core/base/file.h"

namespace ingot::onnx {

/// Bytes of a mapped file, and what keeps them mapped.
struct FileSlice {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

class ExternalData {
 public:
  /// @param directory   where locations start; empty: there is no folder, all are refused
  /// @param model_path  the model's file, or empty. If it is a symbolic link, data files may also
  ///                    be links into the folder of its target (model hubs store files so).
  ExternalData(std::string directory, std::string model_path)
      : directory_(std::move(directory)), model_path_(std::move(model_path)) {}

  /// The bytes of a tensor that takes `size` of them. Throws Error.
  FileSlice open(const TensorProto& tensor, size_t size, const std::string& label,
                 const std::string& where);

 private:
  std::shared_ptr<const MappedFile> map(const std::string& location, const std::string& label,
                                        const std::string& where);

  std::string directory_, model_path_;
  std::map<std::string, std::shared_ptr<const MappedFile>> files_;
};

}  // namespace ingot::onnx
