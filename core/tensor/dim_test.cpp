// Symbolic dims: equal expressions are equal, folding keeps the value, text reads back.
#include "core/tensor/dim.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "core/base/error.h"

namespace ingot {
namespace {

const Dim h = Dim::symbol("h"), w = Dim::symbol("w"), batch = Dim::symbol("batch");
constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();

TEST(Dim, EqualExpressionsAreEqual) {
  EXPECT_EQ(2 * (h + 1) - 2, 2 * h);
  EXPECT_EQ((h + w) * (h - w), h * h - w * w);
  EXPECT_EQ(h - h, Dim(0));
  EXPECT_TRUE((h - h).is_constant());
  EXPECT_FALSE(h == w);
  EXPECT_TRUE(h.is_symbol());
  EXPECT_FALSE((h + 1).is_symbol());
  EXPECT_FALSE((h * h).is_symbol());
}

TEST(Dim, DivisionsFold) {
  EXPECT_EQ(Dim::floor_div(4 * h, 2), 2 * h);
  EXPECT_EQ(Dim::floor_div(2 * h + 1, 2), h);
  EXPECT_EQ(Dim::ceil_div(2 * h + 1, 2), h + 1);
  EXPECT_EQ(Dim::floor_div(3 * h, 2), h + Dim::floor_div(h, 2));
  EXPECT_EQ(Dim::floor_div(-7, 2), Dim(-4));
  EXPECT_EQ(Dim::ceil_div(-7, 2), Dim(-3));
  EXPECT_EQ(Dim::ceil_div(h, 2), Dim::floor_div(h + 1, 2));
  EXPECT_EQ(Dim::floor_div(6 * h + 3, 9), Dim::floor_div(2 * h + 1, 3));
  EXPECT_EQ(Dim::floor_div(h, -2), Dim::floor_div(Dim(0) - h, 2));
}

TEST(Dim, ChainsOfStridesBecomeOneDivision) {
  const Dim once = Dim::floor_div(h - 1, 2) + 1;
  EXPECT_EQ(Dim::floor_div(once - 1, 2) + 1, Dim::floor_div(h - 1, 4) + 1);
}

TEST(Dim, DivisionBySymbolsFoldsWhereItIsExact) {
  EXPECT_EQ(Dim::floor_div(batch * h * w, batch * w), h);
  EXPECT_EQ(Dim::floor_div(h * h - w * w, h + w), h - w);
  EXPECT_EQ(Dim::floor_div(4 * h, 2 * h), Dim(2));
  EXPECT_EQ(Dim::floor_div(h * w + w, 2 * w), Dim::floor_div(h + 1, 2));
  EXPECT_EQ(Dim::floor_div(h * batch, w * batch), Dim::floor_div(h, w));
  Dim quotient;
  EXPECT_TRUE(Dim::divides_exactly(3 * batch * h, batch, &quotient));
  EXPECT_EQ(quotient, 3 * h);
  EXPECT_FALSE(Dim::divides_exactly(h + 1, h, &quotient));
  EXPECT_FALSE(Dim::divides_exactly(h, 2, &quotient));
  EXPECT_FALSE(Dim::divides_exactly(h, 0, &quotient));
  EXPECT_TRUE(Dim::divides_exactly(0, h, &quotient));
  EXPECT_EQ(quotient, Dim(0));
}

TEST(Dim, DivisionByZeroIsAnError) {
  EXPECT_THROW(Dim::floor_div(h, 0), Error);
  EXPECT_THROW(Dim::ceil_div(4, 0), Error);
  EXPECT_THROW(Dim::floor_div(h, w).evaluate([](const std::string&) { return 0; }), Error);
}

TEST(Dim, MinAndMaxFoldWhatIsKnown) {
  EXPECT_EQ(Dim::min(h, h), h);
  EXPECT_EQ(Dim::min(h, h + 2), h);
  EXPECT_EQ(Dim::max(h, h + w), h + w);  // a size is not negative
  EXPECT_EQ(Dim::min(3, 5), Dim(3));
  EXPECT_EQ(Dim::max(h, 0), h);
  EXPECT_EQ(Dim::min(Dim::min(h, w), h), Dim::min(w, h));
  EXPECT_EQ(Dim::max(Dim::max(h, w), batch), Dim::max(batch, Dim::max(w, h)));
  EXPECT_EQ(Dim::min(Dim::min(h, 7), 5), Dim::min(h, 5));
}

TEST(Dim, ToTheEndIsTheEnd) {
  EXPECT_EQ(Dim::min(h, kLargest), h);
  EXPECT_EQ(Dim::min(std::numeric_limits<int32_t>::max(), h), h);
  EXPECT_EQ(Dim::max(std::numeric_limits<int64_t>::min(), h), h);
}

TEST(Dim, ComparesDivisionsThroughTheirDividends) {
  EXPECT_EQ(Dim::min(Dim::floor_div(h, 2), Dim::floor_div(h + 1, 2)), Dim::floor_div(h, 2));
  EXPECT_EQ(Dim::max(Dim::floor_div(h, 2), h), h);
  EXPECT_EQ(Dim::min(h, Dim::floor_div(h, 3)), Dim::floor_div(h, 3));
}

TEST(Dim, NumbersSaturate) {
  EXPECT_EQ(Dim(kLargest) + 1, Dim(kLargest));
  EXPECT_EQ(Dim(kLargest) * -2, Dim(std::numeric_limits<int64_t>::min()));
  EXPECT_EQ(Dim::floor_div(std::numeric_limits<int64_t>::min(), -1), Dim(kLargest));
}

TEST(Dim, SubstitutesAndCollectsSymbols) {
  const Dim dim = Dim::floor_div(h * w + 1, 2) + Dim::min(batch, w);
  std::vector<std::string> names;
  dim.collect_symbols(&names);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"batch", "h", "w"}));
  const Dim with_numbers = dim.substitute([](const std::string& name) {
    return name == "h" ? Dim(3) : name == "w" ? Dim(5) : Dim::symbol(name);
  });
  EXPECT_EQ(with_numbers, Dim::min(batch, 5) + 8);
}

TEST(Dim, TextReadsBackForAnyName) {
  for (const std::string name :
       {"batch", "nms_7.0", "batch size", "a-b", "9", "say \"x\\y\"", ""}) {
    const Dim dim = 2 * Dim::symbol(name) + 1;
    EXPECT_EQ(Dim::parse(dim.to_string()), dim) << dim.to_string();
  }
  EXPECT_EQ((2 * batch + 1).to_string(), "2*batch+1");
  EXPECT_EQ((Dim(0) - h * h).to_string(), "-h*h");
  EXPECT_EQ(Dim::floor_div(h + 1, 2).to_string(), "floor_div(h+1,2)");
  EXPECT_EQ(to_string(SymbolicShape{batch, 3, h}), "[batch,3,h]");
}

TEST(Dim, ParsesWithBlanksAndParentheses) {
  EXPECT_EQ(Dim::parse(" 2 * ( h - 1 ) + min( h , w , 3 )"),
            2 * h - 2 + Dim::min(Dim::min(h, w), 3));
  EXPECT_EQ(Dim::parse("-9223372036854775808"), Dim(std::numeric_limits<int64_t>::min()));
  EXPECT_EQ(Dim::parse("--3"), Dim(3));
}

TEST(Dim, RefusesOtherText) {
  for (const char* text : {"", "2*", "h h", "foo(h)", "floor_div(h)", "\"open", "(h", "h)", "2h",
                           "99999999999999999999", "floor_div(h,0)"}) {
    EXPECT_THROW(Dim::parse(text), Error) << text;
  }
  EXPECT_THROW(Dim::parse(std::string(100000, '(')), Error);
  std::string explosive = "1";
  for (int i = 0; i < 60; ++i) explosive += fmt::format("*(a{}+b{})", i, i);
  EXPECT_THROW(Dim::parse(explosive), Error);
}

TEST(SymbolicShape, KnowsItsElements) {
  EXPECT_EQ(elements({batch, 3, h}), 3 * batch * h);
  EXPECT_TRUE(is_static({1, 2}));
  EXPECT_FALSE(is_static({1, h}));
}

/// Random expressions, with what they must give beside them.
struct Sample {
  Dim dim;
  int64_t value;
};

class RandomDims : public testing::TestWithParam<int> {
 protected:
  int64_t number(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random_);
  }

  Sample sample(int depth) {
    if (depth == 0 || number(0, 5) == 0) {
      if (number(0, 1) == 0) {
        const int64_t constant = number(-6, 9);
        return {constant, constant};
      }
      const auto& [name, value] = *std::next(values_.begin(), number(0, 2));
      return {Dim::symbol(name), value};
    }
    const Sample a = sample(depth - 1), b = sample(depth - 1);
    switch (number(0, 6)) {
      case 0:
        return {a.dim + b.dim, a.value + b.value};
      case 1:
        return {a.dim - b.dim, a.value - b.value};
      case 2:
        return {a.dim * b.dim, a.value * b.value};
      case 3:
        return {Dim::min(a.dim, b.dim), std::min(a.value, b.value)};
      case 4:
        return {Dim::max(a.dim, b.dim), std::max(a.value, b.value)};
      default:
        break;
    }
    // A divisor that is not zero for these values, sometimes symbolic.
    Sample divisor = b;
    if (b.value == 0 || number(0, 2) > 0) divisor.dim = divisor.value = number(1, 7);
    const double quotient = static_cast<double>(a.value) / static_cast<double>(divisor.value);
    if (number(0, 1) == 0) {
      return {Dim::floor_div(a.dim, divisor.dim), static_cast<int64_t>(std::floor(quotient))};
    }
    return {Dim::ceil_div(a.dim, divisor.dim), static_cast<int64_t>(std::ceil(quotient))};
  }

  std::mt19937 random_{static_cast<unsigned>(GetParam())};
  std::map<std::string, int64_t> values_ = {
      {"a", number(1, 40)}, {"b", number(1, 40)}, {"c", number(1, 40)}};
};

TEST_P(RandomDims, FoldingKeepsTheValueAndTextReadsBack) {
  const auto lookup = [&](const std::string& name) { return values_.at(name); };
  for (int i = 0; i < 300; ++i) {
    const Sample s = sample(4);
    if (std::abs(s.value) > int64_t{1} << 50) continue;  // doubles are exact below
    ASSERT_EQ(s.dim.evaluate(lookup), s.value) << s.dim.to_string();
    ASSERT_EQ(Dim::parse(s.dim.to_string()), s.dim) << s.dim.to_string();
    const Dim constant =
        s.dim.substitute([&](const std::string& name) { return Dim(lookup(name)); });
    ASSERT_EQ(constant, Dim(s.value)) << s.dim.to_string();
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, RandomDims, testing::Range(0, 20));

}  // namespace
}  // namespace ingot
