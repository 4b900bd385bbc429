// Items put together to batches, or taken apart: files hold any number of them along the first axis.
#pragma once

#include <deque>

#include "ingot/samples.h"

namespace ingot {

/// Takes arrays as files have them, gives them in batches of a fixed size.
class Batches {
 public:
  /// @param size  items of a batch; 0: what is added is given as it is
  explicit Batches(int64_t size) : size_(size) {}

  /// Throws Error ("sample.wrong_shape") where the inputs have different numbers of items.
  void add(const Arrays& items, const std::string& path);
  /// Whether there was enough for another batch.
  bool take(Arrays* batch);
  int64_t left() const { return items_; }  ///< items that fill no batch yet

 private:
  struct Part {
    Arrays arrays;
    int64_t first = 0, count = 0;
    std::string path;
  };
  Array take_input(const std::string& name);

  int64_t size_;
  std::deque<Part> parts_;
  int64_t items_ = 0;
};

}  // namespace ingot
