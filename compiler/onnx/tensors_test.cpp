// Tensors of every storage form, and the checks of sizes, types and external files.
#include "compiler/onnx/tensors.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "compiler/onnx/onnx_writer_test_helper.h"
#include "core/base/error.h"

namespace ingot::onnx {
namespace {

using namespace writing;
namespace fs = std::filesystem;

/// The first initializer of a model of one; `bytes` must outlive it.
TensorProto proto_of(const Bytes& model) {
  ParseFailure failure;
  auto parsed = parse_model(model, &failure);
  return parsed.value().graph.value().initializers.at(0);
}

TensorReader reader(const std::string& directory = "", const std::string& model_path = "") {
  return {nullptr, ExternalData(directory, model_path)};
}

std::string id_of(const Bytes& tensor, const std::string& directory = "",
                  const std::string& model_path = "") {
  const Bytes model = model_bytes(GraphWriter().initializer(tensor));
  try {
    reader(directory, model_path).read(proto_of(model), "initializer \"w\"", "m.onnx");
  } catch (const Error& error) {
    EXPECT_NE(error.problems()[0].what.find("initializer \"w\""), std::string::npos);
    return error.problems()[0].id;
  }
  return "";
}

Bytes typed(int32_t type, const std::vector<int64_t>& dims) {
  Bytes bytes;
  protozero::pbf_writer writer(bytes);
  for (const int64_t dim : dims) writer.add_int64(1, dim);
  writer.add_int32(2, type);
  return bytes;
}

std::vector<float> read_typed(const Bytes& tensor) {
  const Bytes model = model_bytes(GraphWriter().initializer(tensor));
  return reader().read(proto_of(model), "w", "").to_floats();
}

template <typename T>
Bytes with_packed(Bytes bytes, uint32_t field, const std::vector<T>& values) {
  protozero::pbf_writer writer(bytes);
  if constexpr (std::is_same_v<T, float>) {
    writer.add_packed_float(field, values.begin(), values.end());
  } else if constexpr (std::is_same_v<T, double>) {
    writer.add_packed_double(field, values.begin(), values.end());
  } else {
    writer.add_packed_int64(field, values.begin(), values.end());
  }
  return bytes;
}

TEST(Tensors, ViewAlignedRawDataAndCopyTheRest) {
  bool viewed = false, copied = false;
  for (const char* name : {"w", "wx", "wxy", "wxyz"}) {  // shifts the data by one byte each
    const Bytes model = model_bytes(GraphWriter().initializer(floats(name, {3}, {1, -2, 0.5})));
    const Tensor tensor = reader().read(proto_of(model), "w", "");
    EXPECT_EQ(tensor.to_floats(), (std::vector<float>{1, -2, 0.5}));
    const auto* data = static_cast<const char*>(tensor.data());
    const bool inside = data >= model.data() && data < model.data() + model.size();
    viewed |= inside;
    copied |= !inside;
    EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % alignof(float), 0U);
  }
  EXPECT_TRUE(viewed);
  EXPECT_TRUE(copied);
}

TEST(Tensors, DecodeEveryTypedField) {
  using V = std::vector<float>;
  const std::vector<int64_t> small = {1, 2};
  EXPECT_EQ(read_typed(with_packed<float>(typed(kFloat, {2}), 4, {1.5, -2})), (V{1.5, -2}));
  EXPECT_EQ(read_typed(with_packed<double>(typed(kDouble, {2}), 10, {1.5, -2})), (V{1.5, -2}));
  EXPECT_EQ(read_typed(with_packed<int64_t>(typed(kInt64, {2}), 7, {5, -6})), (V{5, -6}));
  EXPECT_EQ(read_typed(with_packed<int64_t>(typed(kInt32, {2}), 5, {5, -6})), (V{5, -6}));
  EXPECT_EQ(read_typed(with_packed<int64_t>(typed(kInt8, {2}), 5, {5, -6})), (V{5, -6}));
  EXPECT_EQ(read_typed(with_packed<int64_t>(typed(kUint16, {2}), 5, {5, 60000})), (V{5, 60000}));
  EXPECT_EQ(read_typed(with_packed<int64_t>(typed(kUint32, {2}), 11, small)), (V{1, 2}));
  EXPECT_EQ(read_typed(with_packed<int64_t>(typed(kUint64, {2}), 11, small)), (V{1, 2}));
  EXPECT_EQ(read_typed(with_packed<int64_t>(typed(kBool, {2}), 5, {0, 1})), (V{0, 1}));
  EXPECT_EQ(read_typed(with_packed<int64_t>(typed(kFloat16, {2}), 5, {0x3c00, 0xc000})),
            (V{1, -2}));
  EXPECT_EQ(read_typed(with_packed<int64_t>(typed(kBfloat16, {1}), 5, {0x3fc0})), V{1.5});
  EXPECT_EQ(read_typed(with_packed<int64_t>(typed(kInt4, {3}), 5, {0xf1, 0x07})), (V{1, -1, 7}));
  EXPECT_EQ(read_typed(typed(kFloat, {0, 3})), V{});
}

TEST(Tensors, MakeBoolsZeroOrOne) {
  const Bytes model =
      model_bytes(GraphWriter().initializer(raw_tensor<uint8_t>("w", kBool, {3}, {0, 7, 1})));
  const Tensor tensor = reader().read(proto_of(model), "w", "");
  EXPECT_EQ(tensor.to_integers(), (std::vector<int64_t>{0, 1, 1}));
}

TEST(Tensors, RefuseSizesThatDisagreeWithTheShape) {
  EXPECT_EQ(id_of(floats("w", {4}, {1, 2, 3})), "onnx.size_mismatch");
  EXPECT_EQ(id_of(with_packed<float>(typed(kFloat, {3}), 4, {1, 2})), "onnx.size_mismatch");
  EXPECT_EQ(id_of(typed(kFloat, {})), "onnx.size_mismatch");
  EXPECT_EQ(id_of(floats("w", {-1}, {1})), "onnx.bad_shape");
  EXPECT_EQ(id_of(floats("w", {1LL << 40, 1LL << 40}, {1})), "onnx.bad_shape");
  EXPECT_EQ(id_of(floats("w", {1, 1, 1, 1, 1, 1, 1, 1, 1}, {1})), "onnx.bad_shape");
}

TEST(Tensors, RefuseDataThatIsDamaged) {
  Bytes tensor = typed(kInt64, {1});
  protozero::pbf_writer(tensor).add_string(7, std::string(1, '\xff'));  // a number without an end
  EXPECT_EQ(id_of(tensor), "onnx.malformed");
}

TEST(Tensors, RefuseElementsThatAreNoNumbers) {
  EXPECT_EQ(id_of(typed(kString, {1})), "onnx.unsupported_type");
  EXPECT_EQ(id_of(typed(kComplex64, {1})), "onnx.unsupported_type");
  EXPECT_EQ(id_of(typed(99, {1})), "onnx.unsupported_type");
  EXPECT_EQ(element_type_name(99), "type 99");
}

TEST(Tensors, CountNaNAndInfinity) {
  const float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor bad = Tensor::from_floats(std::vector<float>{1, nan, -inf, inf, 3e38F}, {5});
  EXPECT_EQ(count_non_finite(bad).nan, 1);
  EXPECT_EQ(count_non_finite(bad).plus_infinity, 1);
  EXPECT_EQ(count_non_finite(bad).minus_infinity, 1);
  const Tensor good = Tensor::from_floats(std::vector<float>{1, -3.4e38F, 1e-45F}, {3});
  EXPECT_EQ(count_non_finite(good).nan + count_non_finite(good).plus_infinity, 0);
  Tensor half = Tensor::allocate(DType::kF16, {2});
  half.mutable_view().as<Half>()[1] = Half(inf);
  EXPECT_EQ(count_non_finite(half).plus_infinity, 1);
}

class ExternalTensors : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("ingot_external_" + std::to_string(::getpid()));
    fs::create_directories(root_ / "model" / "sub");
    std::ofstream(root_ / "secret", std::ios::binary) << std::string(64, 's');
    std::ofstream(root_ / "model" / "w.bin", std::ios::binary)
        << std::string(4, '\0') << std::string("\0\0\x80\x3f\0\0\0\x40", 8);
    fs::create_symlink("../secret", root_ / "model" / "link");
  }
  void TearDown() override { fs::remove_all(root_); }
  std::string folder() const { return (root_ / "model").string(); }
  std::string id(const std::string& location, const std::string& offset = "0",
                 const std::string& length = "8") const {
    return id_of(
        external_tensor("w", {2}, {{"location", location}, {"offset", offset}, {"length", length}}),
        folder());
  }
  fs::path root_;
};

TEST_F(ExternalTensors, AreReadAtTheirOffset) {
  const Bytes model = model_bytes(GraphWriter().initializer(
      external_tensor("w", {2}, {{"location", "w.bin"}, {"offset", "4"}})));
  const Tensor tensor = reader(folder()).read(proto_of(model), "w", "");
  EXPECT_EQ(tensor.to_floats(), (std::vector<float>{1, 2}));
}

TEST_F(ExternalTensors, MustStayInTheModelsFolder) {
  EXPECT_EQ(id("../secret"), "onnx.external_data_outside");
  EXPECT_EQ(id("sub/../../secret"), "onnx.external_data_outside");
  EXPECT_EQ(id((root_ / "secret").string()), "onnx.external_data_outside");
  EXPECT_EQ(id("link"), "onnx.external_data_outside");
  EXPECT_EQ(id_of(external_tensor("w", {2}, {{"location", "w.bin"}})),
            "onnx.external_data_outside");
}

TEST_F(ExternalTensors, MayBeLinksIntoTheFolderOfALinkedModel) {
  std::ofstream(root_ / "real.onnx") << "x";
  fs::create_symlink("../real.onnx", root_ / "model" / "m.onnx");
  EXPECT_EQ(id_of(external_tensor("w", {2}, {{"location", "link"}, {"length", "8"}}), folder(),
                  folder() + "/m.onnx"),
            "");
}

TEST_F(ExternalTensors, MustBeThereAndLongEnough) {
  EXPECT_EQ(id("absent.bin"), "onnx.external_data_missing");
  EXPECT_EQ(id("sub"), "file.is_directory");
  EXPECT_EQ(id("w.bin", "8"), "onnx.external_data_short");
  EXPECT_EQ(id("w.bin", "18446744073709551615"), "onnx.external_data_short");
  EXPECT_EQ(id("w.bin", "0", "12"), "onnx.size_mismatch");
  EXPECT_EQ(id("w.bin", "-4"), "onnx.bad_external_data");
  EXPECT_EQ(id(""), "onnx.bad_external_data");
}

}  // namespace
}  // namespace ingot::onnx
