// Images against what PIL and OpenCV make of them (tests/calibration/make_images.py).
#include <gtest/gtest.h>

#include <cmath>

#include "compiler/samples/npy.h"
#include "compiler/samples/preprocess.h"
#include "compiler/samples/resize.h"
#include "core/base/file.h"
#include "ingot/samples.h"

namespace ingot {
namespace {

std::string path_of(const std::string& name) {
  return std::string(INGOT_SOURCE_DIR) + "/tests/calibration/images/" + name;
}

Image load(const std::string& name) {
  return decode_image(MappedFile::open(path_of(name))->bytes(), name);
}

std::vector<uint8_t> pixels_of(const Array& array) {
  const auto* data = static_cast<const uint8_t*>(array.data.get());
  return {data, data + array.shape.elements()};
}

/// The largest difference between pixels; 256 if there are not as many.
int difference(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  if (a.size() != b.size()) return 256;
  int most = 0;
  for (size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(int{a[i]} - int{b[i]}));
  return most;
}

std::vector<uint8_t> expected(const std::string& name) {
  return pixels_of(read_npy(path_of(name + ".npy")));
}

TEST(Images, OfAllKindsAreThePixelsThatOthersRead) {
  for (const char* name : {"rgb.png", "palette.png", "alpha.png", "deep.png"}) {
    EXPECT_EQ(load(name).pixels, expected(name)) << name;
  }
  // Decoders of JPEG may round differently.
  for (const char* name : {"photo.jpg", "grey.jpg"}) {
    EXPECT_LE(difference(load(name).pixels, expected(name)), 2) << name;
  }
}

TEST(Images, AreResizedAsPilAndOpenCvDo) {
  const Image image = load("rgb.png");
  const std::pair<std::string, Preprocess::Filter> kFilters[] = {
      {"smooth", Preprocess::Filter::kSmooth},
      {"linear", Preprocess::Filter::kLinear},
      {"nearest", Preprocess::Filter::kNearest}};
  for (const auto& [name, filter] : kFilters) {
    for (const Size size : {Size{48, 64}, Size{9, 13}, Size{23, 50}}) {
      const std::string file =
          name + "_" + std::to_string(size.height) + "x" + std::to_string(size.width);
      const Image resized = resize_image(image, size, filter);
      EXPECT_EQ(resized.width, size.width);
      EXPECT_LE(difference(resized.pixels, expected(file)), 1) << file;
    }
  }
}

TEST(Images, OfOnePixelBecomeAnySize) {
  const Image dot{1, 1, 3, {10, 20, 30}};
  for (const auto filter :
       {Preprocess::Filter::kSmooth, Preprocess::Filter::kLinear, Preprocess::Filter::kNearest}) {
    const Image grown = resize_image(dot, {3, 2}, filter);
    ASSERT_EQ(grown.pixels.size(), 18U);
    EXPECT_EQ(grown.pixels[15], 10);
    EXPECT_EQ(grown.pixels[17], 30);
    EXPECT_EQ(resize_image(grown, {1, 1}, filter).pixels, dot.pixels);
  }
}

TensorInfo input(std::vector<int64_t> dims, DType dtype = DType::kF32) {
  return {"x", dtype, std::move(dims), {}, false};
}

Arrays read(const TensorInfo& info, const std::string& preprocess, const std::string& file,
            ImagePlacement* placement = nullptr) {
  return SampleReader({info}, {.preprocess = preprocess}).read(path_of(file), placement);
}

std::vector<float> floats(const Array& array) {
  const auto* data = static_cast<const float*>(array.data.get());
  return {data, data + array.shape.elements()};
}

TEST(Preprocess, GivesPlanesThatAreScaledAndShifted) {
  const Arrays arrays = read(input({1, 3, 23, 37}), "mean=0.5:0.25:0,std=0.5:1:2", "rgb.png");
  const std::vector<uint8_t> pixels = expected("rgb.png");
  const std::vector<float> values = floats(arrays.at("x"));
  ASSERT_EQ(arrays.at("x").shape, (Shape{1, 3, 23, 37}));
  const size_t plane = size_t{23} * 37;
  for (size_t i = 0; i < plane; ++i) {
    EXPECT_NEAR(values[i], (pixels[3 * i] / 255.0 - 0.5) / 0.5, 1e-7);
    EXPECT_NEAR(values[plane + i], pixels[3 * i + 1] / 255.0 - 0.25, 1e-7);
    EXPECT_NEAR(values[2 * plane + i], pixels[3 * i + 2] / 255.0 / 2, 1e-7);
  }
}

TEST(Preprocess, KeepsPixelsOfIntegerInputsInAnyLayout) {
  EXPECT_EQ(pixels_of(read(input({1, 23, 37, 3}, DType::kU8), "", "rgb.png").at("x")),
            expected("rgb.png"));
  std::vector<uint8_t> reversed = expected("rgb.png");
  for (size_t i = 0; i < reversed.size(); i += 3) std::swap(reversed[i], reversed[i + 2]);
  EXPECT_EQ(pixels_of(read(input({-1, 23, 37, 3}, DType::kU8), "color=bgr", "rgb.png").at("x")),
            reversed);
}

TEST(Preprocess, MakesGreyOfColoursWhereTheInputHasOneChannel) {
  const auto grey = pixels_of(read(input({1, 1, 23, 37}, DType::kU8), "", "rgb.png").at("x"));
  EXPECT_LE(difference(grey, expected("rgb.png.grey")), 1);
}

TEST(Preprocess, ResizesTheShorterSideAndCropsTheCentre) {
  ImagePlacement placement;
  const Arrays arrays = read(input({-1, 3, -1, -1}), "resize=46,crop=40x44", "rgb.png", &placement);
  EXPECT_EQ(arrays.at("x").shape, (Shape{1, 3, 40, 44}));
  EXPECT_EQ(placement.width, 37);
  EXPECT_DOUBLE_EQ(placement.scale_x, 2);
  EXPECT_DOUBLE_EQ(placement.scale_y, 2);
  EXPECT_DOUBLE_EQ(placement.offset_x, -15);
  EXPECT_DOUBLE_EQ(placement.offset_y, -3);
}

TEST(Preprocess, PutsTheWholeImageIntoALetterbox) {
  ImagePlacement placement;
  const Arrays arrays = read(input({1, 3, 74, 74}, DType::kU8), "letterbox=74,pad=114,layout=nchw",
                             "rgb.png", &placement);
  const std::vector<uint8_t> pixels = pixels_of(arrays.at("x"));
  EXPECT_DOUBLE_EQ(placement.scale_x, 2);
  EXPECT_DOUBLE_EQ(placement.offset_x, 0);
  EXPECT_DOUBLE_EQ(placement.offset_y, 14);
  EXPECT_EQ(pixels[13 * 74], 114);
  EXPECT_EQ(pixels[60 * 74], 114);
  EXPECT_NE(pixels[14 * 74], 114);
}

TEST(Preprocess, IsTheSizeOfTheInputWhereNothingIsSaid) {
  EXPECT_EQ(read(input({1, 3, 10, 12}), "", "photo.jpg").at("x").shape, (Shape{1, 3, 10, 12}));
}

std::vector<Problem> problems_of(const std::string& text) {
  try {
    parse_preprocess(text);
  } catch (const Error& error) {
    return error.problems();
  }
  return {};
}

TEST(Preprocess, TellsAllWordsThatItDoesNotKnow) {
  const auto problems = problems_of("rezize=256,crop=0,mean=a,std=0,scale=-1,color=red,pad=256,x");
  ASSERT_EQ(problems.size(), 8U);
  EXPECT_NE(problems[0].fix.find("\"resize\""), std::string::npos) << problems[0].fix;
  for (const Problem& problem : problems) EXPECT_EQ(problem.id, "sample.bad_preprocess");
}

TEST(Preprocess, DoesNotTakeTheMeanOfPixelsForThatOfFractions) {
  ASSERT_EQ(problems_of("mean=123.7:116.3:103.5").size(), 1U);
  EXPECT_TRUE(problems_of("mean=123.7:116.3:103.5,scale=1").empty());
  EXPECT_EQ(problems_of("resize=256,letterbox=640").size(), 1U);
}

}  // namespace
}  // namespace ingot
