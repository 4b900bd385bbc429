// Output sizes and padding of windows, against counting the windows one by one.
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "ops/infer.h"

namespace ingot {
namespace {

SpatialWindow window(int64_t kernel, int64_t stride, int64_t dilation, int64_t begin, int64_t end,
                     const std::string& auto_pad = "NOTSET", bool ceil_mode = false) {
  return {{kernel}, {stride}, {dilation}, {begin, end}, auto_pad, ceil_mode};
}

/// Windows that begin before the end of the padded input, counted; ceil_mode lets one reach over
/// the end if it begins inside the input or its leading padding.
int64_t count_windows(const SpatialWindow& w, int64_t input) {
  const int64_t extent = (w.kernel[0] - 1) * w.dilations[0] + 1;
  const int64_t padded = input + w.pads[0] + w.pads[1];
  int64_t count = 0;
  for (int64_t start = 0;; start += w.strides[0]) {
    const bool fits = start + extent <= padded;
    const bool starts_inside = start < input + w.pads[0];
    const bool previous_short = start - w.strides[0] + extent < padded;
    if (!fits && !(w.ceil_mode && starts_inside && previous_short)) break;
    ++count;
  }
  return count;
}

TEST(SpatialWindow, GivesAsManyWindowsAsFit) {
  for (const bool ceil_mode : {false, true}) {
    for (int64_t kernel = 1; kernel <= 4; ++kernel) {
      for (int64_t stride = 1; stride <= 3; ++stride) {
        for (int64_t dilation = 1; dilation <= 2; ++dilation) {
          for (int64_t pad = 0; pad < kernel; ++pad) {
            const SpatialWindow w =
                window(kernel, stride, dilation, pad, pad / 2, "NOTSET", ceil_mode);
            const Dim symbolic = w.output_size(0, Dim::symbol("h"));
            for (int64_t input = (kernel - 1) * dilation + 1; input < 14; ++input) {
              const int64_t expected = count_windows(w, input);
              EXPECT_EQ(w.output_size(0, input), Dim(expected));
              EXPECT_EQ(symbolic.evaluate([&](const std::string&) { return input; }), expected);
            }
          }
        }
      }
    }
  }
}

TEST(SpatialWindow, SameKeepsTheSizeOverTheStride) {
  for (const char* mode : {"SAME_UPPER", "SAME_LOWER"}) {
    const SpatialWindow w = window(3, 2, 1, 9, 9, mode);
    EXPECT_EQ(w.output_size(0, 7), Dim(4));
    EXPECT_EQ(w.output_size(0, Dim::symbol("h")), Dim::ceil_div(Dim::symbol("h"), 2));
  }
  EXPECT_EQ(window(4, 1, 1, 0, 0, "SAME_UPPER").begin_pad(0, 7), 1);  // 3 in all
  EXPECT_EQ(window(4, 1, 1, 0, 0, "SAME_LOWER").begin_pad(0, 7), 2);
  EXPECT_EQ(window(1, 2, 1, 0, 0, "SAME_UPPER").begin_pad(0, 7), 0);
}

TEST(SpatialWindow, ValidIgnoresPads) {
  const SpatialWindow w = window(3, 1, 1, 5, 5, "VALID");
  EXPECT_EQ(w.output_size(0, 7), Dim(5));
  EXPECT_EQ(w.begin_pad(0, 7), 0);
  EXPECT_EQ(window(3, 1, 1, 5, 5).begin_pad(0, 7), 5);
}

TEST(SpatialWindow, RefusesAWindowLargerThanTheInput) {
  EXPECT_THROW(window(5, 1, 1, 0, 0).output_size(0, 4), Error);
  EXPECT_EQ(window(5, 1, 1, 0, 0).output_size(0, 0), Dim(0));
}

OpDef pool() {
  return {.name = "Pool",
          .summary = "For tests.",
          .outputs = {{"y", "any"}},
          .attributes = {{"auto_pad", "NOTSET", "padding"},
                         {"pads", std::vector<int64_t>{}, "padding"},
                         {"strides", std::vector<int64_t>{}, "steps"}},
          .infer = nullptr,
          .evaluate = nullptr};
}

TEST(SpatialWindow, TakesDefaultsForWhatIsAbsentOrNotDefined) {
  const OpDef op = pool();
  const Attributes attributes = Attributes::parse("{strides=[2,3]}");
  const SpatialWindow w = spatial_window(NodeAttributes(op, attributes), {3, 5});
  EXPECT_EQ(w.kernel, (std::vector<int64_t>{3, 5}));
  EXPECT_EQ(w.strides, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(w.dilations, (std::vector<int64_t>{1, 1}));
  EXPECT_EQ(w.pads, (std::vector<int64_t>{0, 0, 0, 0}));
  EXPECT_EQ(w.auto_pad, "NOTSET");
  EXPECT_FALSE(w.ceil_mode);
}

TEST(SpatialWindow, RefusesAttributesThatMakeNoSense) {
  const OpDef op = pool();
  for (const char* text :
       {"{strides=[0,1]}", "{strides=[1]}", "{pads=[1,1]}", "{auto_pad=\"SAME\"}"}) {
    const Attributes attributes = Attributes::parse(text);
    EXPECT_THROW(spatial_window(NodeAttributes(op, attributes), {3, 3}), Error) << text;
  }
}

}  // namespace
}  // namespace ingot
