// Attributes and programs: text that reads back, typed access, comparison.
#include "core/node/attributes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/node/program.h"

namespace ingot {
namespace {

void expect_reads_back(const AttributeValue& value, const std::string& text) {
  EXPECT_EQ(attribute_to_string(value), text);
  Attributes attributes;
  attributes.set("x", value);
  const Attributes back = Attributes::parse(attributes.to_string());
  EXPECT_TRUE(back == attributes) << back.to_string();
  EXPECT_EQ(back.find("x")->index(), value.index()) << text;
}

TEST(Attributes, EveryTypeReadsBack) {
  expect_reads_back(int64_t{3}, "3");
  expect_reads_back(std::numeric_limits<int64_t>::min(), "-9223372036854775808");
  expect_reads_back(0.5F, "0.5");
  expect_reads_back(2.F, "2.0");
  expect_reads_back(1e-5F, "1e-05");
  expect_reads_back(1e20F, "1e+20");
  expect_reads_back(-0.F, "-0.0");
  expect_reads_back(INFINITY, "inf");
  expect_reads_back(-INFINITY, "-inf");
  expect_reads_back(NAN, "nan");
  expect_reads_back(std::string("a \"b\" \\ \n c"), R"("a \"b\" \\ \n c")");
  expect_reads_back(std::vector<int64_t>{1, -2}, "[1,-2]");
  expect_reads_back(std::vector<int64_t>{}, "[]");
  expect_reads_back(std::vector<float>{0.5F, 1}, "[0.5,1.0]");
  expect_reads_back(std::vector<float>{}, "floats[]");
  expect_reads_back(std::vector<std::string>{"a", "]"}, R"(["a","]"])");
  expect_reads_back(std::vector<std::string>{}, "strings[]");
  expect_reads_back(DType::kF16, "f16");
  expect_reads_back(DType::kUndefined, "?");
  expect_reads_back(Expression::parse("relu(add(in0,in1))"), "expr(relu(add(in0,in1)))");
  expect_reads_back(Expression(), "expr()");
  expect_reads_back(std::vector<Dim>{Dim::symbol("batch"), 2 * Dim::symbol("a,b"),
                                     Dim::floor_div(Dim::symbol("h"), 2)},
                    R"(dims[batch,2*"a,b",floor_div(h,2)])");
  expect_reads_back(std::vector<Dim>{}, "dims[]");
}

TEST(Attributes, TensorsOfEveryTypeReadBack) {
  expect_reads_back(Tensor::from_floats(std::vector<float>{1, 0.1F, NAN, -INFINITY}, {2, 2}),
                    "tensor f32[2,2]{1,0.1,nan,-inf}");
  expect_reads_back(Tensor::scalar_i64(-7), "tensor i64[]{-7}");
  expect_reads_back(Tensor::allocate(DType::kF32, {0, 3}), "tensor f32[0,3]{}");
  for (int i = 1; i <= static_cast<int>(DType::kU4); ++i) {
    const auto dtype = static_cast<DType>(i);
    Tensor tensor = Tensor::allocate(dtype, {6});
    auto* bytes = static_cast<uint8_t*>(tensor.mutable_view().data);
    for (size_t k = 0; k < tensor.bytes(); ++k) {
      bytes[k] = static_cast<uint8_t>(dtype == DType::kBool ? k % 2 : 37 * k + 11);
    }
    Attributes attributes;
    attributes.set("t", tensor);
    EXPECT_TRUE(Attributes::parse(attributes.to_string()) == attributes) << attributes.to_string();
  }
}

TEST(Attributes, PrintSortedByName) {
  Attributes attributes;
  EXPECT_EQ(attributes.to_string(), "{}");
  attributes.set("pads", std::vector<int64_t>{1, 1});
  attributes.set("axis", int64_t{-1});
  EXPECT_EQ(attributes.to_string(), "{axis=-1, pads=[1,1]}");
  attributes.erase("axis");
  attributes.erase("never there");
  EXPECT_EQ(attributes.to_string(), "{pads=[1,1]}");
}

TEST(Attributes, PrefixStopsBehindTheBrace) {
  size_t length = 0;
  const Attributes attributes = Attributes::parse_prefix("{mode=\"}\"}  # origin: a", &length);
  EXPECT_EQ(attributes.text("mode"), "}");
  EXPECT_EQ(length, 10U);
}

TEST(Attributes, TypedAccessFallsBackOnlyWhereNothingIs) {
  const Attributes a = Attributes::parse("{i=2, f=0.5, s=\"x\", v=[1,2]}");
  EXPECT_EQ(a.integer("i"), 2);
  EXPECT_EQ(a.integer("none", 7), 7);
  EXPECT_EQ(a.number("f"), 0.5F);
  EXPECT_EQ(a.number("i"), 2.F);  // written without a point
  EXPECT_EQ(a.numbers("v"), (std::vector<float>{1, 2}));
  EXPECT_EQ(a.text("s"), "x");
  EXPECT_EQ(a.expression("i"), nullptr);
  EXPECT_THROW(a.integer("s"), Error);
  EXPECT_THROW(a.integers("i"), Error);
}

TEST(Attributes, RefusesOtherText) {
  for (const char* text :
       {"", "{", "{a}", "{a=}", "{a=1", "{a=1,}", "{a=1} b", "{a=1, a=2}", "{a=[1}", "{a=\"x}",
        "{a=f99}", "{a=expr(relu(in0)}", "{a=tensor f32[2]{1}}", "{a=tensor f32[1]{1,2}}",
        "{a=tensor f32[-1]{}}", "{a=tensor f32[99999999999]{}}", "{a=dims[h,]}",
        "{a=program(1) { return %5", "{a=99999999999999999999}"}) {
    EXPECT_THROW(Attributes::parse(text), Error) << text;
  }
}

TEST(Attributes, ComparisonSeesEveryDifference) {
  const auto parse = Attributes::parse;
  EXPECT_TRUE(parse("{a=1, b=nan}") == parse("{b=nan, a=1}"));
  EXPECT_FALSE(parse("{a=1}") == parse("{a=1.0}"));
  EXPECT_FALSE(parse("{a=1}") == parse("{a=1, b=2}"));
  EXPECT_FALSE(parse("{a=expr(in0)}") == parse("{a=expr(in1)}"));
  EXPECT_FALSE(parse("{a=tensor f32[1]{1}}") == parse("{a=tensor f32[1]{2}}"));
}

TEST(Program, ReadsBack) {
  const std::string text =
      "program(3) { %3 = Add(%0, %1) {}; %4, _ = Split(%3, _, %2) {axis=0}; "
      "%5 = Constant() {value=tensor f32[1]{0.5}}; return %4, %5 }";
  const Program program = Program::parse(text);
  EXPECT_EQ(program.to_string(), text);
  EXPECT_EQ(program.input_count, 3);
  EXPECT_EQ(program.slot_count, 6);
  EXPECT_EQ(program.nodes[1].inputs, (std::vector<int>{3, -1, 2}));
  EXPECT_EQ(program.nodes[1].outputs, (std::vector<int>{4, -1}));
  expect_reads_back(std::make_shared<const Program>(program), text);
  EXPECT_EQ(Program::parse("program(0) { return }").to_string(), "program(0) { return }");
}

TEST(Program, NestsInAttributes) {
  const std::string text =
      "program(1) { %1 = If(%0) {else_branch=program(0) { return }, then_branch=program(1) { "
      "return %0 }}; return %1 }";
  EXPECT_EQ(Program::parse(text).to_string(), text);
}

TEST(Program, RefusesOtherText) {
  for (const char* text :
       {"program", "program() { return }", "program(1) { return %0", "program(1) { %1 = (%0) {}; }",
        "program(1) { %1 = Relu(%0); return %1 }", "program(-1) { return }",
        "program(0) { return %-3 }", "program(0) { return %2000000000 }",
        "program(9999999999) { return }"}) {
    EXPECT_THROW(Program::parse(text), Error) << text;
  }
}

}  // namespace
}  // namespace ingot
