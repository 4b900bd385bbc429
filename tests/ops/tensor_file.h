// Tensors in a file, as the Python side of a test writes and reads them: a line "f32 2,3" and its
// bytes for each.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"

namespace ingot {

inline std::vector<Tensor> read_tensors(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<Tensor> tensors;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string dtype, dims;
    words >> dtype >> dims;
    Shape shape;
    std::istringstream numbers(dims);
    for (std::string number; std::getline(numbers, number, ',');) {
      shape.push_back(std::stoll(number));
    }
    Tensor tensor = Tensor::allocate(dtype_from_name(dtype), shape);
    file.read(static_cast<char*>(tensor.mutable_view().data),
              static_cast<std::streamsize>(tensor.bytes()));
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

inline void write_tensors(const std::string& path, const std::vector<Tensor>& tensors) {
  std::ofstream file(path, std::ios::binary);
  for (const Tensor& tensor : tensors) {
    const auto dims = tensor.shape().dims();
    file << dtype_name(tensor.dtype()) << ' ' << fmt::format("{}", fmt::join(dims, ",")) << '\n';
    file.write(static_cast<const char*>(tensor.data()),
               static_cast<std::streamsize>(tensor.bytes()));
  }
}

}  // namespace ingot
