// Samples: data to run a model with, from files. What calibration, the check of an engine's accuracy
// and `ingot eval` read.
//
//   ingot::SampleReader reader(model.inputs(), {.preprocess = "resize=256,crop=224,scale=255"});
//   ingot::Arrays inputs = reader.read("cat.jpg");
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ingot/error.h"
#include "ingot/types.h"

namespace ingot {

/// A dense, row-major array that its owner keeps alive.
struct Array {
  DType dtype = DType::kUndefined;
  Shape shape;
  std::shared_ptr<const void> data;
  size_t bytes() const { return dense_bytes(dtype, shape); }
};

/// Inputs of one run, by name.
using Arrays = std::map<std::string, Array>;

struct SampleOptions {
  /// How images become an input (docs/calibration.md): "resize=256,crop=224,mean=0.485:0.456:0.406".
  /// Empty: resized to the input's height and width, RGB, divided by 255.
  std::string preprocess;
  /// Shapes of inputs with dims that are decided at run time; 1 where nothing is said.
  std::map<std::string, Shape> shapes;
  int batch = 0;  ///< items put together where the first dim is decided at run time; 0: its shape's
  int64_t limit = 0;  ///< at most so many items, spread evenly over a folder; 0: all
};

/// Where an image lies in the input that was made of it: input = image * scale + offset.
struct ImagePlacement {
  int width = 0, height = 0;  ///< of the image
  double scale_x = 1, scale_y = 1, offset_x = 0, offset_y = 0;
};

/// Reads single files as inputs of a model.
class SampleReader {
 public:
  /// Throws Error ("sample.bad_preprocess") for what the preprocessing does not mean.
  SampleReader(std::vector<TensorInfo> inputs, SampleOptions options = {});
  ~SampleReader();
  SampleReader(SampleReader&&) noexcept;
  SampleReader& operator=(SampleReader&&) noexcept;

  /// An image (JPEG, PNG), .npy, .raw or .bin file for the only input, or an .npz file with an array
  /// for each input by name. Images come with a batch of 1, arrays as they lie in the file, with a
  /// batch axis put before them where they lack one. Throws Error ("sample.*") naming the file.
  Arrays read(const std::string& path) const;
  Arrays read(const std::string& path, ImagePlacement* placement) const;
  /// Takes what was looked at of the last file out of this process's resident memory. Its arrays stay
  /// valid: what is looked at again is read again.
  void release_pages() const;

  static bool is_image(const std::string& path);

  struct State;

 private:
  std::unique_ptr<State> state_;
};

/// A sequence of samples, each the inputs of one run.
class SampleSource {
 public:
  virtual ~SampleSource() = default;
  /// The next sample; false at the end. What it gave before stays valid.
  virtual bool next(Arrays* sample) = 0;
  virtual int64_t count() const { return -1; }  ///< samples in all; -1: not known
  virtual std::string description() const = 0;  ///< "500 images of \"val\""
};

/// The samples of a folder (searched with its subfolders, in order of names), of a list (.txt, a path
/// a line, relative to the list), or of one file. Items are put together to the batch of the input
/// where that is fixed or options.batch asks for it; what is left over at the end fills no batch and
/// is left out. Throws Error ("sample.*") where there is nothing to read, now or when it comes up.
std::unique_ptr<SampleSource> open_samples(const std::string& path,
                                           const std::vector<TensorInfo>& inputs,
                                           const SampleOptions& options = {});

}  // namespace ingot
