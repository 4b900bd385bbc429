// Arrays in files, and sequences of samples.
#include "ingot/samples.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "compiler/samples/npy.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;

const std::string kImages = std::string(INGOT_SOURCE_DIR) + "/tests/calibration/images/";

class Samples : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() /
              (std::string("ingot_samples_") + test->name() + "_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& content) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
    return folder_ / name;
  }
  /// Items of two floats each, counted on from `first`.
  std::string write_items(const std::string& name, int items, float first) const {
    std::vector<float> values(static_cast<size_t>(items) * 2);
    std::iota(values.begin(), values.end(), first);
    return write(name, {reinterpret_cast<const char*>(values.data()), values.size() * 4});
  }

  fs::path folder_;
};

TensorInfo input(const std::string& name, std::vector<int64_t> dims, DType dtype = DType::kF32) {
  return {name, dtype, std::move(dims), {}, false};
}

std::vector<float> floats(const Array& array) {
  const auto* data = static_cast<const float*>(array.data.get());
  return {data, data + array.shape.elements()};
}

std::vector<float> counted(int count) {
  std::vector<float> values(static_cast<size_t>(count));
  std::iota(values.begin(), values.end(), 0.0F);
  return values;
}

template <typename Action>
Problem problem_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_FALSE(error.problems()[0].fix.empty());
    return error.problems()[0];
  }
  return {};
}

TEST_F(Samples, ArraysOfNumPyAreReadInBothOrders) {
  const Array turned = read_npy(kImages + "fortran.npy");
  EXPECT_EQ(turned.shape, (Shape{2, 3, 4}));
  EXPECT_EQ(floats(turned), counted(24));
}

TEST_F(Samples, ArchivesAreReadStoredAndCompressed) {
  for (const char* name : {"stored.npz", "deflated.npz"}) {
    const Arrays arrays = read_npz(kImages + name);
    ASSERT_EQ(arrays.size(), 2U) << name;
    EXPECT_EQ(floats(arrays.at("a")), counted(24)) << name;
    EXPECT_EQ(arrays.at("b").dtype, DType::kI64);
    EXPECT_EQ(arrays.at("b").shape, (Shape{2}));
  }
}

/// Bytes changed in turn, and the file cut before them: an error or other numbers, but no crash.
TEST_F(Samples, DamagedFilesAreRefusedOrReadButNeverCrash) {
  for (const char* name : {"stored.npz", "deflated.npz", "fortran.npy", "rgb.png", "photo.jpg"}) {
    std::ifstream file(kImages + name, std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(file)), {});
    const std::string ending = fs::path(name).extension();
    const SampleReader reader({input("a", {-1, 3, 4})}, {.preprocess = "layout=nchw"});
    const auto try_one = [&](const std::string& content) {
      const std::string path = write("damaged" + ending, content);
      try {
        reader.read(path);
      } catch (const Error& error) {
        EXPECT_FALSE(error.problems()[0].fix.empty());
      }
    };
    for (size_t i = 0; i < whole.size(); i += 1 + whole.size() / 60) {
      std::string changed = whole;
      changed[i] = static_cast<char>(changed[i] ^ 0xFF);
      try_one(changed);
      if (i > 0) try_one(whole.substr(0, i));
    }
  }
}

TEST_F(Samples, FloatsAndIntegersAreNotTakenForEachOther) {
  const SampleReader floats_wanted({input("b", {2})});
  const Problem problem = problem_of([&] { (void)floats_wanted.read(kImages + "stored.npz"); });
  EXPECT_EQ(problem.id, "sample.wrong_type");
  const SampleReader small_wanted({input("a", {-1, 3, 4}), input("b", {-1}, DType::kI32)});
  EXPECT_EQ(small_wanted.read(kImages + "stored.npz").at("b").dtype, DType::kI32);
}

TEST_F(Samples, RawItemsArePutTogetherToBatches) {
  write_items("1.raw", 3, 0);
  write_items("2.raw", 4, 6);
  write("notes.md", "no sample");
  const auto source = open_samples(folder_, {input("x", {2, 2})});
  Arrays sample;
  std::vector<float> all;
  while (source->next(&sample)) {
    EXPECT_EQ(sample.at("x").shape, (Shape{2, 2}));
    for (const float x : floats(sample.at("x"))) all.push_back(x);
  }
  EXPECT_EQ(all, counted(12)) << "the seventh item fills no batch";
  EXPECT_EQ(source->description(), "2 files of \"" + folder_.string() + "\"");
}

TEST_F(Samples, OneFileMayHoldAllItems) {
  const std::string path = write_items("all.bin", 6, 0);
  const auto source = open_samples(path, {input("x", {-1, 2})}, {.batch = 3});
  Arrays sample;
  ASSERT_TRUE(source->next(&sample));
  EXPECT_EQ(sample.at("x").shape, (Shape{3, 2}));
  ASSERT_TRUE(source->next(&sample));
  EXPECT_EQ(floats(sample.at("x"))[0], 6);
  EXPECT_FALSE(source->next(&sample));
}

TEST_F(Samples, AreSpreadOverTheFolderWhenThereAreMoreThanWanted) {
  for (int i = 0; i < 10; ++i) {
    write_items("class" + std::to_string(i) + "/item.raw", 1, static_cast<float>(i));
  }
  const auto source = open_samples(folder_, {input("x", {1, 2})}, {.limit = 5});
  std::vector<float> firsts;
  for (Arrays sample; source->next(&sample);) firsts.push_back(floats(sample.at("x"))[0]);
  EXPECT_EQ(firsts, (std::vector<float>{0, 2, 4, 6, 8}));
}

TEST_F(Samples, OfAListLieBesideIt) {
  write_items("data/b.raw", 1, 4);
  write_items("data/a.raw", 1, 0);
  const std::string list = write("list.txt", "# two\r\ndata/b.raw\r\n\r\ndata/a.raw");
  const auto source = open_samples(list, {input("x", {1, 2})});
  Arrays sample;
  ASSERT_TRUE(source->next(&sample));
  EXPECT_EQ(floats(sample.at("x"))[0], 4);
  ASSERT_TRUE(source->next(&sample));
  EXPECT_EQ(floats(sample.at("x"))[0], 0);
}

TEST_F(Samples, LinesOfAListThatNameNothingAreToldTogetherAndBeforehand) {
  fs::create_directories(folder_ / "data");
  write_items("good.raw", 1, 0);
  const std::string list = write(
      "list.txt", "good.raw\nmissing.npy\ndata\nlist.txt\n\x01\x02\n" + std::string(5000, 'a'));
  try {
    open_samples(list, {input("x", {1, 2})});
    ADD_FAILURE() << "it was taken";
  } catch (const Error& error) {
    std::vector<std::string> lines;
    for (const Problem& problem : error.problems()) {
      EXPECT_EQ(problem.id, "sample.bad_list");
      lines.push_back(problem.where.substr(problem.where.rfind(':')));
    }
    EXPECT_EQ(lines, (std::vector<std::string>{":2", ":3", ":4", ":5", ":6"}));
  }
}

TEST_F(Samples, ThePagesOfAnArrayThatWasReadCanBeGivenBack) {
  const std::string path = write_items("items.raw", 4, 0);
  const SampleReader reader({input("x", {-1, 2})});
  const Arrays arrays = reader.read(path);
  const std::vector<float> before = floats(arrays.at("x"));
  reader.release_pages();
  EXPECT_EQ(floats(arrays.at("x")), before);
}

TEST_F(Samples, ImagesAreCountedBeforehand) {
  for (const char* name : {"rgb.png", "photo.jpg", "grey.jpg"}) {
    fs::copy(kImages + name, folder_ / name);
  }
  const auto source = open_samples(folder_, {input("x", {-1, 3, 8, 8})});
  EXPECT_EQ(source->count(), 3);
  int count = 0;
  for (Arrays sample; source->next(&sample);) ++count;
  EXPECT_EQ(count, 3);
}

TEST_F(Samples, ThatCannotBeAreRefusedByName) {
  const std::vector<TensorInfo> one = {input("x", {1, 2})};
  const auto id_of = [&](const std::string& path, const std::vector<TensorInfo>& inputs) {
    return problem_of([&] {
             const auto source = open_samples(path, inputs);
             for (Arrays sample; source->next(&sample);) {}
           })
        .id;
  };
  EXPECT_EQ(id_of(folder_ / "nothing", one), "sample.not_found");
  EXPECT_EQ(id_of(folder_, one), "sample.none");
  EXPECT_EQ(id_of(write("text.md", "x"), one), "sample.unknown_kind");
  ASSERT_EQ(::mkfifo((folder_ / "pipe.npy").c_str(), 0600), 0);
  EXPECT_EQ(id_of(folder_ / "pipe.npy", one), "sample.unknown_kind") << "and nobody waits for it";
  EXPECT_EQ(id_of(write("odd.raw", "123"), one), "sample.wrong_size");
  EXPECT_EQ(id_of(write("array.npy", "123"), one), "sample.bad_array");
  EXPECT_EQ(id_of(write("image.png", "123"), {input("x", {1, 3, 8, 8})}), "sample.bad_image");
  EXPECT_EQ(id_of(kImages + "print.jpg", {input("x", {1, 3, 8, 8})}), "sample.bad_image");
  EXPECT_EQ(id_of(kImages + "cut.jpg", {input("x", {1, 3, 8, 8})}), "sample.bad_image");
  EXPECT_EQ(id_of(kImages + "cut.png", {input("x", {1, 3, 8, 8})}), "sample.bad_image");
  EXPECT_EQ(id_of(kImages + "rgb.png", one), "sample.wrong_shape");
  EXPECT_EQ(id_of(kImages + "rgb.png", {input("x", {1, 3, -1, -1})}), "sample.wrong_shape");
  EXPECT_EQ(id_of(kImages + "rgb.png", {input("x", {1, 5, 8, 8})}), "sample.wrong_shape");
  EXPECT_EQ(id_of(kImages + "fortran.npy", {input("x", {-1, 3, 5})}), "sample.wrong_shape");
  EXPECT_EQ(id_of(write_items("few.raw", 3, 0), {input("x", {4, 2})}), "sample.too_few");
  EXPECT_EQ(id_of(kImages + "rgb.png", {input("x", {4, 3, 8, 8})}), "sample.too_few");
  EXPECT_EQ(id_of(kImages + "fortran.npy", {input("a", {-1, 3, 4}), input("b", {2})}),
            "sample.many_inputs");
  EXPECT_EQ(id_of(kImages + "stored.npz", {input("a", {-1, 3, 4}), input("c", {2})}),
            "sample.missing_input");
}

}  // namespace
}  // namespace ingot
