// Signatures of the files that are given instead of an ONNX model.
#include "compiler/onnx/file_kind.h"

#include <algorithm>
#include <cctype>

namespace ingot::onnx {
namespace {

struct Signature {
  size_t offset;
  std::string_view bytes;
  std::string_view what, fix;
};

constexpr std::string_view kExport = "export it to ONNX first (torch.onnx.export)";
constexpr std::string_view kUnpack = "unpack it first";
constexpr std::string_view kFetch = "fetch the model again and look at what the server sent";
constexpr std::string_view kConvert = "convert it to ONNX first (tf2onnx)";

constexpr Signature kSignatures[] = {
    {0, "version https://git-lfs", "a Git LFS pointer, not the model itself", "run: git lfs pull"},
    {0, "INGOTPLN", "an engine file of Ingot", "load it with --loadEngine, not --onnx"},
    {0, "ftrt", "a TensorRT engine", "give the ONNX model that the engine was built from"},
    {0, "ptrt", "a TensorRT engine", "give the ONNX model that the engine was built from"},
    {0, "PK\x03\x04", "a zip archive, as PyTorch's .pt and .pth files are", kExport},
    {0, "\x80\x02", "a Python pickle, as old PyTorch files are", kExport},
    {0, "\x80\x03", "a Python pickle", kExport},
    {0, "\x80\x04", "a Python pickle", kExport},
    {4, "TFL3", "a TensorFlow Lite model", kConvert},
    {4, "ORTM", "an ONNX Runtime .ort model", "give the .onnx model that it was made from"},
    {0, "\x89HDF", "an HDF5 file, as Keras writes them", kConvert},
    {0, "GGUF", "a GGUF model", "give an ONNX model"},
    {0, "\x1f\x8b", "a gzip archive", kUnpack},
    {0, "\x28\xb5\x2f\xfd", "a zstd archive", kUnpack},
    {0, "BZh", "a bzip2 archive", kUnpack},
    {0,
     "\xfd"
     "7zXZ",
     "an xz archive", kUnpack},
    {257, "ustar", "a tar archive", kUnpack},
    {0,
     "\x7f"
     "ELF",
     "a program or library", "give an ONNX model"},
    {0, "\x89PNG", "a PNG image", "give an ONNX model"},
    {0, "\xff\xd8\xff", "a JPEG image", "give an ONNX model"},
    {0, "%PDF", "a PDF document", "give an ONNX model"},
    {0, "<?xml", "an XML file, as OpenVINO's .xml models are", "give the ONNX model"},
};

bool starts_with_word(std::string_view bytes, std::string_view lower_case) {
  return bytes.size() >= lower_case.size() &&
         std::equal(lower_case.begin(), lower_case.end(), bytes.begin(), [](char a, char b) {
           return a == std::tolower(static_cast<unsigned char>(b));
         });
}

bool is_text(std::string_view bytes) {
  const std::string_view start = bytes.substr(0, 256);
  return std::all_of(start.begin(), start.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 32 && byte < 127) || c == '\n' || c == '\r' || c == '\t';
  });
}

}  // namespace

FileKind guess_file_kind(std::string_view bytes) {
  for (const Signature& known : kSignatures) {
    if (bytes.size() >= known.offset && bytes.substr(known.offset).starts_with(known.bytes)) {
      return {std::string(known.what), std::string(known.fix)};
    }
  }
  std::string_view text = bytes;
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text[0]))) text.remove_prefix(1);
  if (starts_with_word(text, "<!doctype html") || starts_with_word(text, "<html")) {
    return {"a web page, as a failed download leaves", std::string(kFetch)};
  }
  if (bytes.size() > 9 && bytes[8] == '{' &&
      bytes.substr(2, 6) == std::string_view("\0\0\0\0\0\0", 6)) {
    return {"a safetensors file: weights without a graph", std::string(kExport)};
  }
  if (!text.empty() && is_text(bytes)) {
    if (text[0] == '{') return {"a JSON file", "give an ONNX model"};
    if (text[0] == '<' || text.starts_with("ir_version")) {
      return {"ONNX in its text form", "convert it to the binary form (onnx.parser, onnx.save)"};
    }
    return {"a text file", "give an ONNX model"};
  }
  return {};
}

}  // namespace ingot::onnx
