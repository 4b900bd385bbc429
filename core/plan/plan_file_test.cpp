// Plans as files: round trip, determinism, and every way in which a file can be bad.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "core/base/error.h"
#include "core/plan/container.h"
#include "core/plan/reader.h"
#include "core/plan/writer.h"

namespace ingot {
namespace {

template <typename T>
std::span<const std::byte> bytes_of(const std::vector<T>& data) {
  return std::as_bytes(std::span(data));
}

// y = add(split0(conv(x, w)), split0(..)) in spirit: one of every feature of the format.
Plan sample_plan() {
  static const std::vector<float> weights(6 * 3, 0.5F), packed(8 * 3, 0.25F);
  Plan plan;
  plan.ingot_version = "0.1.0";
  plan.device = "test device, 1 thread";
  plan.model_hash = "0123456789abcdef0123456789abcdef";
  plan.model_name = "sample";
  const Dim batch = Dim::symbol("batch");
  const auto value = [&](std::string name, const SymbolicShape& shape, Storage storage) {
    PlanValue v;
    v.name = std::move(name);
    v.dtype = DType::kF32;
    v.dims = plan.dim_indices(shape);
    v.storage = storage;
    plan.values.push_back(v);
    return static_cast<int>(plan.values.size()) - 1;
  };
  const int x = value("x", {batch, 3}, Storage::kInput);
  const int w = value("w", {6, 3}, Storage::kConstant);
  const int p = value("p", {6, 3}, Storage::kConstant);
  const int h = value("h", {batch, 6}, Storage::kArena);
  const int half = value("half", {batch, 3}, Storage::kView);
  const int r = value("r", {batch, 3}, Storage::kArena);
  const int y = value("y", {batch, 3}, Storage::kOutput);
  plan.values[static_cast<size_t>(w)].constant = 0;
  plan.values[static_cast<size_t>(p)].constant = 1;
  plan.values[static_cast<size_t>(half)].parent = h;
  plan.values[static_cast<size_t>(half)].axis = 1;
  plan.values[static_cast<size_t>(half)].offset = plan.dim_index(3);
  plan.values[static_cast<size_t>(r)].in_place_of = h;
  plan.constants.push_back({DType::kF32, {6, 3}, "", bytes_of(weights), nullptr});
  plan.constants.push_back({DType::kF32,
                            {6, 3},
                            "f32 dims=6x3 padded=8x3 strides=24x8 blocks=8@0",
                            bytes_of(packed),
                            nullptr});
  Attributes attributes;
  attributes.set("axis", int64_t{-1});
  attributes.set("mode", std::string("li\"near"));
  plan.steps.push_back(
      {"mul", "test.matmul", "test.matmul/f32", attributes, {x, w, -1}, {h}, {"/a", "/b"}});
  plan.steps.push_back({"mix", "test.mix", "test.mix/f32", {}, {half, p}, {r}, {}});
  plan.steps.push_back({"out", "test.add", "test.add/f32", {}, {r, x}, {y, -1}, {"/c"}});
  plan.inputs.push_back({"x", x});
  plan.outputs.push_back({"y", y});
  plan.profiles.push_back({{{"batch", 1, 4, 16}}});
  plan.graph_text = "graph text\n";
  plan.explain_json = "{\"steps\": []}";
  return plan;
}

std::string first_id(const std::vector<std::byte>& file) {
  try {
    read_plan(file, nullptr, "test.plan");
  } catch (const Error& error) {
    return error.problems().front().id;
  }
  return "";
}

TEST(PlanFile, ReadsBackWhatWasWritten) {
  const Plan plan = sample_plan();
  const auto file = write_plan(plan);
  const Plan read = read_plan(file, nullptr, "test.plan");
  EXPECT_EQ(dump_plan(read), dump_plan(plan));
  EXPECT_EQ(read.graph_text, plan.graph_text);
  EXPECT_EQ(read.explain_json, plan.explain_json);
  EXPECT_EQ(read.steps[0].attributes, plan.steps[0].attributes);
  EXPECT_EQ(read.values[4].offset, plan.values[4].offset);
  EXPECT_EQ(read.values[5].in_place_of, plan.values[5].in_place_of);
  EXPECT_TRUE(std::ranges::equal(read.constants[1].bytes, plan.constants[1].bytes));
  EXPECT_EQ(write_plan(read), file);
}

TEST(PlanFile, IsTheSameBytesForTheSamePlan) {
  EXPECT_EQ(write_plan(sample_plan()), write_plan(sample_plan()));
}

TEST(PlanFile, AlignsWeightsToPagesAndConstantsToCacheLines) {
  const auto file = write_plan(sample_plan());
  const auto container = read_container(file, "test.plan");
  EXPECT_EQ(container.find("weights")->offset % 4096, 0U);
  const Plan read = read_plan(file, nullptr, "test.plan");
  for (const auto& constant : read.constants) {
    EXPECT_EQ((constant.bytes.data() - container.find("weights")->bytes.data()) % 64, 0);
  }
}

// docs/plan-format.md, section 7: the parts that do not depend on FlatBuffers' own layout.
TEST(PlanFile, HasTheBytesOfTheWorkedExample) {
  Plan plan;
  plan.ingot_version = "0.1.0";
  plan.device = "cpu";
  const std::vector<float> w = {1, 2, 3};
  plan.constants.push_back({DType::kF32, {3}, "", bytes_of(w), nullptr});
  plan.graph_text = "graph\n";
  const auto file = write_plan(plan);
  const auto hex = [&](size_t at, size_t count) {
    std::string text;
    for (size_t i = at; i < at + count; ++i) {
      text += "0123456789abcdef"[static_cast<int>(file[i]) >> 4];
      text += "0123456789abcdef"[static_cast<int>(file[i]) & 15];
    }
    return text;
  };
  ASSERT_EQ(file.size(), 4108U);
  EXPECT_EQ(hex(0, 24), "494e474f54504c4e01000000040000000c10000000000000");
  EXPECT_EQ(hex(0x20, 8), "302e312e30000000");
  EXPECT_EQ(hex(0x40, 8), "6370750000000000");
  EXPECT_EQ(hex(0x100, 24), "6d657461646174610000000000000000c001000000000000");
  EXPECT_EQ(hex(0x148, 16), "0600000000000000977c40a8e210f5f9");
  EXPECT_EQ(hex(0x190, 40),
            "776569676874730000000000000000000010000000000000"
            "0c000000000000006020d96aad312583");
  EXPECT_EQ(hex(0x1000, 12), "0000803f0000004000004040");
}

TEST(PlanFile, IsRefusedWhereverItIsTruncated) {
  const auto file = write_plan(sample_plan());
  std::vector<size_t> ends = {0, 1, 7, 8, 31, 32, 255, 256, file.size() - 1};
  for (const auto& section : read_container(file, "test.plan").sections) {
    ends.insert(ends.end(), {section.offset - 1, section.offset, section.offset + 1,
                             section.offset + section.bytes.size() - 1});
  }
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) ends.push_back(random() % file.size());
  for (const size_t end : ends) {
    const std::vector<std::byte> part(file.begin(), file.begin() + static_cast<ptrdiff_t>(end));
    EXPECT_EQ(first_id(part), end == 0 ? "plan.not_a_plan" : "plan.truncated") << end;
  }
}

TEST(PlanFile, IsRefusedOrUnchangedWhenAnyByteIsFlipped) {
  const auto file = write_plan(sample_plan());
  for (size_t at = 0; at < file.size(); ++at) {
    // Within the zeros before the weights, some bytes stand for all.
    if (at > 4096 - 1000 && at < 4096 - 8 && file[at] == std::byte{0} && at % 16) continue;
    auto flipped = file;
    flipped[at] ^= std::byte{1} << (at % 8);
    try {
      EXPECT_EQ(write_plan(read_plan(flipped, nullptr, "test.plan")), file) << at;
    } catch (const Error& error) {
      EXPECT_FALSE(error.problems().front().id.empty());
    }
  }
}

TEST(PlanFile, NamesTheDamagedSectionAndItsOffset) {
  auto file = write_plan(sample_plan());
  file.back() ^= std::byte{1};
  try {
    read_plan(file, nullptr, "my.plan");
    FAIL();
  } catch (const Error& error) {
    const Problem& problem = error.problems().front();
    EXPECT_EQ(problem.id, "plan.checksum");
    EXPECT_NE(problem.what.find("weights"), std::string::npos);
    EXPECT_NE(problem.where.find("my.plan, offset 4096"), std::string::npos) << problem.where;
  }
}

TEST(PlanFile, OfANewerFormatIsRefusedWithBothVersions) {
  auto file = write_plan(sample_plan());
  const uint32_t newer = 7;
  std::memcpy(file.data() + 8, &newer, sizeof(newer));
  std::memcpy(file.data() + 32, "9.8.7", 6);
  try {
    read_plan(file, nullptr, "my.plan");
    FAIL();
  } catch (const Error& error) {
    const Problem& problem = error.problems().front();
    EXPECT_EQ(problem.id, "plan.newer_format");
    EXPECT_NE(problem.what.find("version 7"), std::string::npos);
    EXPECT_NE(problem.what.find("9.8.7"), std::string::npos);
    EXPECT_NE(problem.what.find("up to version 1"), std::string::npos);
  }
}

TEST(PlanFile, ThatIsSomethingElseIsNotAPlan) {
  std::vector<std::byte> file(5000, std::byte{'x'});
  EXPECT_EQ(first_id(file), "plan.not_a_plan");
}

// What an attacker writes has right checksums: structure and meaning have to hold it.
TEST(PlanFile, WithMutatedMetadataAndRightChecksumsNeverCrashes) {
  const auto file = write_plan(sample_plan());
  const auto container = read_container(file, "test.plan");
  std::mt19937 random(2);
  int refused = 0;
  for (int round = 0; round < 4000; ++round) {
    std::vector<std::vector<std::byte>> contents;
    std::vector<NewSection> sections;
    for (const auto& section : container.sections) {
      contents.emplace_back(section.bytes.begin(), section.bytes.end());
    }
    auto& metadata = contents[0];
    for (uint32_t changes = 1 + random() % 3; changes > 0; --changes) {
      const size_t at = random() % metadata.size();
      const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff, static_cast<uint8_t>(random())};
      metadata[at] = std::byte{values[random() % 6]};
    }
    for (size_t i = 0; i < contents.size(); ++i) {
      sections.push_back({container.sections[i].name,
                          i == 3 ? size_t{4096} : size_t{64},
                          contents[i].size(),
                          {{0, contents[i]}}});
    }
    try {
      const Plan plan = read_plan(write_container("0", "d", sections), nullptr, "test.plan");
      EXPECT_FALSE(dump_plan(plan).empty());
      EXPECT_EQ(value_lifetimes(plan).size(), plan.values.size());
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace ingot
