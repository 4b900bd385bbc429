// Labelled data: the formats, and what is said of files that are wrong.
#include "apps/ingot/eval/dataset.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "apps/ingot/eval/report.h"
#include "ingot/error.h"

namespace ingot::apps {
namespace {

namespace fs = std::filesystem;

class DatasetTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() /
              (std::string("ingot_data_") + test->name() + "_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    const fs::path path = folder_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path;
  }
  std::string path(const std::string& name) const { return folder_ / name; }

  fs::path folder_;
};

/// The first problem that reading throws; empty if it throws none.
template <typename Action>
Problem problem_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.problems().front();
  }
  return {};
}

TEST_F(DatasetTest, ClassFoldersCountInOrderOfTheirNames) {
  for (const char* name : {"cat/2.npy", "cat/1.npy", "ant/a.npy", ".hidden/x.npy"}) write(name, "");
  const Dataset data = read_classes(folder_);
  ASSERT_EQ(data.samples.size(), 3U);
  EXPECT_EQ(data.classes, 2);
  EXPECT_EQ(data.samples[0].path, path("ant/a.npy"));
  EXPECT_EQ(data.samples[0].label, 0);
  EXPECT_EQ(data.samples[1].path, path("cat/1.npy"));
  EXPECT_EQ(data.samples[2].label, 1);
}

TEST_F(DatasetTest, FoldersThatAreNumbersAreTheClasses) {
  for (const char* name : {"10/a.npy", "2/b.npy"}) write(name, "");
  const Dataset data = read_classes(folder_);
  EXPECT_EQ(data.samples[0].label, 10);
  EXPECT_EQ(data.samples[1].label, 2);
  EXPECT_EQ(data.classes, 11);
}

TEST_F(DatasetTest, ListsHavePathsBesideThemAndMayNameTheirColumns) {
  const std::string list = write("l.csv", "path,label\r\na,b.npy, 3\r\n\r\n/abs/c.npy,0\r\n");
  const Dataset data = read_classes(list);
  ASSERT_EQ(data.samples.size(), 2U);
  EXPECT_EQ(data.samples[0].path, path("a,b.npy"));
  EXPECT_EQ(data.samples[0].label, 3);
  EXPECT_EQ(data.samples[1].path, "/abs/c.npy");
  EXPECT_EQ(data.classes, 4);
}

TEST_F(DatasetTest, WrongListsAreRefusedWithTheLine) {
  const std::string words = write("words.csv", "a.npy,1\nb.npy,cat\n");
  Problem problem = problem_of([&] { read_classes(words); });
  EXPECT_EQ(problem.id, "eval.bad_list");
  EXPECT_EQ(problem.where, words + ", line 2");
  const std::string negative = write("negative.csv", "a.npy,1\nb.npy,-1\n");
  EXPECT_EQ(problem_of([&] { read_classes(negative); }).id, "eval.bad_list");
  const std::string bare = write("bare.csv", "a.npy\n");
  EXPECT_EQ(problem_of([&] { read_masks(bare); }).id, "eval.bad_list");
  EXPECT_EQ(problem_of([&] { read_classes(path("none.csv")); }).id, "eval.unreadable");
  const std::string empty = write("empty.csv", "path,label\n");
  EXPECT_EQ(problem_of([&] { read_classes(empty); }).id, "eval.no_samples");
  EXPECT_EQ(problem_of([&] { read_objects(path("none.json"), ""); }).id, "eval.unreadable");
}

TEST_F(DatasetTest, MasksStandBesideTheirList) {
  const std::string list = write("l.csv", "path,mask\na.npy,m/a.png\n");
  const Dataset data = read_masks(list);
  ASSERT_EQ(data.samples.size(), 1U);
  EXPECT_EQ(data.samples[0].mask, path("m/a.png"));
}

constexpr const char* kAnnotations = R"({
  "images": [{"id": 7, "file_name": "a.npy"}, {"id": 9, "file_name": "b.npy"}],
  "categories": [{"id": 90, "name": "z"}, {"id": 3, "name": "a"}],
  "annotations": [
    {"image_id": 9, "category_id": 90, "bbox": [1, 2, 10, 20]},
    {"image_id": 9, "category_id": 3, "bbox": [0, 0, 5, 5], "iscrowd": 1}]})";

TEST_F(DatasetTest, AnnotationsAreCocos) {
  const Dataset data = read_objects(write("a.json", kAnnotations), "");
  ASSERT_EQ(data.samples.size(), 2U);
  EXPECT_TRUE(data.samples[0].truths.empty());
  ASSERT_EQ(data.samples[1].truths.size(), 2U);
  const Truth& first = data.samples[1].truths[0];
  EXPECT_EQ(first.class_index, 1);  // categories in order of their ids
  EXPECT_DOUBLE_EQ(first.box.x2, 11);
  EXPECT_DOUBLE_EQ(first.box.y2, 22);
  EXPECT_TRUE(data.samples[1].truths[1].crowd);
  EXPECT_EQ(read_objects(path("a.json"), "/photos").samples[0].path, "/photos/a.npy");
}

TEST_F(DatasetTest, WrongAnnotationsAreRefused) {
  const auto refused = [&](const std::string& text) {
    return problem_of([&] { read_objects(write("a.json", text), ""); }).id;
  };
  EXPECT_EQ(refused("{"), "eval.bad_annotations");
  EXPECT_EQ(refused("[]"), "eval.bad_annotations");
  EXPECT_EQ(refused(R"({"images": [], "categories": [], "annotations": []})"),
            "eval.bad_annotations");
  EXPECT_EQ(refused(R"({"images": [{"id": 1, "file_name": "a"}], "categories": [{"id": 1}],
                        "annotations": [{"image_id": 2, "category_id": 1, "bbox": [0,0,1,1]}]})"),
            "eval.bad_annotations");
  EXPECT_EQ(refused(R"({"images": [{"id": 1, "file_name": "a"}], "categories": [{"id": 1}],
                        "annotations": [{"image_id": 1, "category_id": 1, "bbox": [0,0,1]}]})"),
            "eval.bad_annotations");
}

TEST_F(DatasetTest, FewerSamplesAreSpreadEvenly) {
  std::vector<LabelledSample> samples;
  for (int64_t i = 0; i < 10; ++i) samples.push_back({"", i, {}, {}});
  keep_evenly(4, &samples);
  ASSERT_EQ(samples.size(), 4U);
  EXPECT_EQ(samples[0].label, 0);
  EXPECT_EQ(samples[1].label, 2);
  EXPECT_EQ(samples[3].label, 7);
}

EvalResult two_engines() {
  EvalResult result = {"top1", "100 samples", 100, {}};
  result.engines.push_back({"fp32.plan", "FP32", "a CPU", {{"top-1", 0.75}}, 2.0, 2.5, 4 << 20});
  result.engines.push_back({"int8.plan", "INT8", "a CPU", {{"top-1", 0.74}}, 1.0, 1.5, 1 << 20});
  return result;
}

TEST(EvalReport, ComparesWithTheFirstEngine) {
  const EvalResult result = two_engines();
  EXPECT_NEAR(loss_in_points(result, 1), 1, 1e-9);
  const std::string table = eval_table(result);
  EXPECT_NE(table.find("74.00"), std::string::npos) << table;
  EXPECT_NE(table.find("1.00  1.000 ms  2.00x  1"), std::string::npos) << table;
  const std::string json = eval_json(result);
  EXPECT_NE(json.find("\"speedup\": 2.0"), std::string::npos) << json;
  EXPECT_NE(json.find("\"top-1\": 0.74"), std::string::npos) << json;
}

}  // namespace
}  // namespace ingot::apps
