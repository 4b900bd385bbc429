// JSON words, and writes that fail.
#include "apps/common/files.h"

#include <gtest/gtest.h>

#include <cmath>

#include "ingot/error.h"

namespace ingot::apps {
namespace {

TEST(Json, StringsEscapeWhatMustNotStandInThem) {
  EXPECT_EQ(json_string("a\"b\\c\n\t\x01"), "\"a\\\"b\\\\c\\n\\t\\u0001\"");
}

TEST(Json, Utf8StaysAndOtherBytesAreReplaced) {
  EXPECT_EQ(json_string("\xC3\xA4"), "\"\xC3\xA4\"");
  EXPECT_EQ(json_string("\xFFz"), "\"\xEF\xBF\xBDz\"");
  EXPECT_EQ(json_string("\xC3"), "\"\xEF\xBF\xBD\"");
}

TEST(Json, NumbersKeepTheDigitsOfAFloatAndNanIsNull) {
  EXPECT_EQ(json_number(0.1F), "0.100000001");
  EXPECT_EQ(json_number(3), "3");
  EXPECT_EQ(json_number(NAN), "null");
  EXPECT_EQ(json_number(-INFINITY), "null");
}

TEST(Files, AWriteThatFailsNamesThePathAndTheReason) {
  try {
    write_file("/nonexistent/folder/x.json", "{}");
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.problems()[0].id, "file.write_failed");
    EXPECT_NE(error.problems()[0].what.find("No such file"), std::string::npos);
  }
}

TEST(Files, AFullDeviceIsNoticed) { EXPECT_THROW(write_file("/dev/full", "{}"), Error); }

}  // namespace
}  // namespace ingot::apps
