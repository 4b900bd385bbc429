// Runs ONNX models by the reference evaluations of their operators, node by node, without passes,
// tactics or plans: what check_against_onnx.py compares with ONNX's own test cases.
//
// Reads names of folders from standard input. For each, runs model.onnx on the tensors of the file
// `inputs`, writes `outputs`, and answers with one line: "ok", or "error <id> <what>".
// A tensor is a line "f32 2,3" and its bytes.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include "compiler/graph/interpret.h"
#include "compiler/onnx/import.h"

namespace {

using namespace ingot;

std::vector<Tensor> read_tensors(const std::string& path) {
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

void write_tensors(const std::string& path, const std::vector<Tensor>& tensors) {
  std::ofstream file(path, std::ios::binary);
  for (const Tensor& tensor : tensors) {
    const auto dims = tensor.shape().dims();
    file << dtype_name(tensor.dtype()) << ' ' << fmt::format("{}", fmt::join(dims, ",")) << '\n';
    file.write(static_cast<const char*>(tensor.data()),
               static_cast<std::streamsize>(tensor.bytes()));
  }
}

}  // namespace

int main() {
  for (std::string folder; std::getline(std::cin, folder);) {
    std::string answer = "ok";
    try {
      const Graph graph = import_onnx(folder + "/model.onnx", nullptr);
      write_tensors(folder + "/outputs", interpret(graph, read_tensors(folder + "/inputs")));
    } catch (const Error& error) {
      const Problem& problem = error.problems().front();
      answer = fmt::format("error {} {}", problem.id, problem.what);
    } catch (const std::exception& error) {
      answer = fmt::format("error exception {}", error.what());
    }
    for (char& c : answer) c = c == '\n' ? ' ' : c;
    std::cout << answer << std::endl;
  }
}
