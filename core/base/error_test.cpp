// Text of problems, and the names that are suggested.
#include "core/base/error.h"

#include <gtest/gtest.h>

namespace ingot {
namespace {

TEST(Problem, PrintsWhatWhereAndFix) {
  const Problem problem{"shape.bad", "axis 2 is 7", "node \"a\"", "use 8"};
  EXPECT_EQ(problem.to_string(),
            "error[shape.bad]: axis 2 is 7\n  where: node \"a\"\n  fix:   use 8");
}

TEST(Problem, LeavesOutAnUnknownPlace) {
  EXPECT_EQ((Problem{"a.b", "what", "", "fix it"}).to_string(),
            "error[a.b]: what\n  fix:   fix it");
}

TEST(Error, CarriesAllProblemsInItsText) {
  const Error error({{"a.first", "one", "", ""}, {"a.second", "two", "", ""}});
  EXPECT_EQ(std::string(error.what()), "error[a.first]: one\nerror[a.second]: two");
  EXPECT_EQ(error.problems().size(), 2U);
}

TEST(Problems, ThrowOnlyIfThereAreSome) {
  Problems problems;
  problems.throw_if_any();
  problems.add({"a.b", "what", "", ""});
  EXPECT_THROW(problems.throw_if_any(), Error);
}

TEST(Check, NamesTheExpressionAndThePlace) {
  try {
    INGOT_CHECK(1 == 2);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.problems()[0].id, "internal.assertion");
    EXPECT_NE(error.problems()[0].what.find("1 == 2"), std::string::npos);
    EXPECT_NE(error.problems()[0].where.find("error_test.cpp"), std::string::npos);
  }
}

TEST(NearestNames, PutTheClosestFirst) {
  const std::vector<std::string> known = {"Softplus", "Softmax", "Softsign", "Conv"};
  EXPECT_EQ(nearest_names("Sofmax", known), (std::vector<std::string>{"Softmax"}));
  EXPECT_EQ(nearest_names("softmax", known).front(), "Softmax");
  EXPECT_EQ(nearest_names("Conv2", known).front(), "Conv");
}

TEST(NearestNames, FindWhatContainsTheName) {
  const std::vector<std::string> known = {"fuse_conv_bias", "remove_identities"};
  EXPECT_EQ(nearest_names("conv_bias", known), (std::vector<std::string>{"fuse_conv_bias"}));
}

TEST(Suggest, ListsKnownNamesWhenNoneIsNear) {
  const std::vector<std::string> known = {"alpha", "beta"};
  EXPECT_EQ(suggest("alhpa", known), "did you mean \"alpha\"?");
  EXPECT_EQ(suggest("xyzxyzxyz", known), "known names: \"alpha\", \"beta\"");
  EXPECT_EQ(suggest("x", {}), "there are no known names");
}

}  // namespace
}  // namespace ingot
