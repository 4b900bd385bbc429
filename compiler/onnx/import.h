// Reading ONNX: a mapped file becomes a Graph in which every operator has its newest meaning and
// every value a type. All problems of a model are reported at once.
//
//   std::vector<Problem> warnings;
//   Graph graph = import_onnx("yolo.onnx", &warnings);
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "ingot/error.h"

namespace ingot {

/// Reads the model in the file `path`, and the data files beside it that it names. Constants view
/// the mapped files, which stay mapped while a tensor of the graph lives.
/// @param warnings  findings that do not stop the import (NaN weights, an unknown opset); may be null
/// Throws Error with every problem of the file ("file.*", "onnx.*") and of its nodes ("onnx.*",
/// "op.*"); each names the node as: model.onnx, node 214 "/up/Resize_1", opset 19.
Graph import_onnx(const std::string& path, std::vector<Problem>* warnings);

/// A model in memory.
struct OnnxBytes {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;  ///< keeps `bytes` alive as long as the graph's constants
  std::string name;                   ///< in messages, instead of a file name
  std::string directory;              ///< of external data; empty: external data is refused
};
Graph import_onnx(const OnnxBytes& model, std::vector<Problem>* warnings);

}  // namespace ingot
