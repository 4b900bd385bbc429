// The command line of trtexec: flags of today, flags of old, flags that are not there yet.
#include "apps/trtexec/options.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "apps/common/flags.h"
#include "apps/trtexec/flag_table.h"

namespace ingot::apps {
namespace {

TrtexecOptions parse(std::vector<std::string> flags) {
  flags.insert(flags.begin(), "--onnx=m.onnx");
  return parse_trtexec(flags);
}

std::string complaint(const std::vector<std::string>& flags) {
  try {
    parse_trtexec(flags);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(TrtexecOptions, DefaultsAreThoseOf10_16) {
  const TrtexecOptions options = parse({});
  EXPECT_EQ(options.iterations, 10);
  EXPECT_EQ(options.warm_up_ms, 200);
  EXPECT_EQ(options.duration_s, 3);
  EXPECT_EQ(options.average_runs, 10);
  EXPECT_EQ(options.average_timing, 8);
  EXPECT_EQ(options.optimization_level, 3);
  EXPECT_EQ(options.streams, 1);
  EXPECT_EQ(options.percentiles, (std::vector<double>{90, 95, 99}));
  EXPECT_EQ(options.verbosity, "layer_names_only");
  EXPECT_EQ(options.workspace_bytes, -1);
}

TEST(TrtexecOptions, AnEmptyCommandLineAsksForHelp) { EXPECT_TRUE(parse_trtexec({}).help); }

TEST(TrtexecOptions, AModelIsNeeded) {
  EXPECT_NE(complaint({"--fp16"}).find("--onnx=file or --loadEngine=file"), std::string::npos);
}

TEST(TrtexecOptions, ContradictionsAreRefused) {
  EXPECT_NE(complaint({"--loadEngine=a", "--saveEngine=b"}).find("exclude"), std::string::npos);
  EXPECT_NE(complaint({"--loadEngine=a", "--onnx=b"}).find("exclude"), std::string::npos);
  EXPECT_NE(complaint({"--loadEngine=a", "--skipInference"}).find("nothing to do"),
            std::string::npos);
}

TEST(TrtexecOptions, PoolSizesAreInMebibytesUnlessASuffixSaysElse) {
  EXPECT_EQ(parse({"--memPoolSize=workspace:4096"}).workspace_bytes, int64_t{4096} << 20);
  EXPECT_EQ(parse({"--memPoolSize=workspace:0.5G"}).workspace_bytes, int64_t{512} << 20);
  EXPECT_EQ(parse({"--memPoolSize=workspace:100B"}).workspace_bytes, 100);
  EXPECT_EQ(parse({"--memPoolSize=workspace:2K,dlaSRAM:1M"}).workspace_bytes, 2048);
  EXPECT_NE(complaint({"--onnx=m", "--memPoolSize=workspace:-1"}).find("negative"),
            std::string::npos);
  EXPECT_NE(complaint({"--onnx=m", "--memPoolSize=workspce:1"}).find("did you mean workspace?"),
            std::string::npos);
}

TEST(TrtexecOptions, ShapesBelongToTheProfileThatWasBegunLast) {
  const TrtexecOptions options = parse({"--profile=0", "--optShapes=x:1", "--profile=1",
                                        "--minShapes=x:2", "--optShapes=x:4", "--maxShapes=x:8"});
  ASSERT_EQ(options.profiles.size(), 2U);
  EXPECT_EQ(options.profiles[0].opt[0].second, (Shape{1}));
  EXPECT_EQ(options.profiles[1].max[0].second, (Shape{8}));
}

TEST(TrtexecOptions, ShapesWithoutAProfileAreThoseOfProfileZero) {
  const TrtexecOptions options = parse({"--minShapes=x:2", "--maxShapes=x:8"});
  ASSERT_EQ(options.profiles.size(), 1U);
  EXPECT_EQ(options.profiles[0].min[0].second, (Shape{2}));
}

TEST(TrtexecOptions, ProfilesComeInOrderWithoutGaps) {
  EXPECT_NE(complaint({"--onnx=m", "--profile=1"}).find("the next is 0"), std::string::npos);
  EXPECT_NE(complaint({"--onnx=m", "--profile=0", "--profile=0"}).find("the next is 1"),
            std::string::npos);
}

TEST(TrtexecOptions, PercentilesLieBetweenZeroAndAHundred) {
  EXPECT_EQ(parse({"--percentile=50,99.9"}).percentiles, (std::vector<double>{50, 99.9}));
  EXPECT_NE(complaint({"--onnx=m", "--percentile=101"}), "");
  EXPECT_NE(complaint({"--onnx=m", "--percentile=a"}), "");
}

TEST(TrtexecOptions, DevicesAreTheCpuANumberOrAUuid) {
  EXPECT_EQ(parse({"--device=cpu"}).device, "cpu");
  EXPECT_EQ(parse({"--device=1"}).device, "1");
  EXPECT_NE(complaint({"--onnx=m", "--device=gpu"}).find("cpu, or the number or UUID"),
            std::string::npos);
}

TEST(TrtexecOptions, OldFlagsKeepTheirMeaningWithOneWarningEach) {
  const TrtexecOptions options =
      parse({"--workspace=64", "--explicitBatch", "--buildOnly", "--streams=2", "--heuristic",
             "--nvtxMode=verbose", "--minTiming=1"});
  EXPECT_EQ(options.workspace_bytes, int64_t{64} << 20);
  EXPECT_TRUE(options.skip_inference);
  EXPECT_EQ(options.streams, 2);
  EXPECT_EQ(options.optimization_level, 2);
  EXPECT_EQ(options.verbosity, "detailed");
  EXPECT_EQ(options.warnings.size(), 7U);
}

TEST(TrtexecOptions, TheOldBatchFlagPointsToShapes) {
  EXPECT_NE(complaint({"--onnx=m", "--batch=8"}).find("--shapes=input:8x"), std::string::npos);
}

TEST(TrtexecOptions, FlagsThatAreNotThereYetFailByNameWithOrWithoutAValue) {
  EXPECT_EQ(complaint({"--onnx=m", "--refit", "--sparsity=force", "--safe"}),
            "--refit is not supported yet\n--sparsity is not supported yet\n"
            "--safe is not supported yet");
}

TEST(TrtexecOptions, PrecisionsOfLayersAreReadAsInTensorRT) {
  const auto options =
      parse_trtexec({"--onnx=m", "--int8", "--precisionConstraints=obey",
                     "--layerPrecisions=/head/*:fp16,'a:b':int8", "--layerOutputTypes=c:fp32+fp16",
                     "--verify=strict", "--verifyTolerance=0.5", "--calib=c.cache"});
  EXPECT_TRUE(options.int8);
  EXPECT_EQ(options.calib, "c.cache");
  EXPECT_EQ(options.precision_constraints, PrecisionConstraints::kObey);
  ASSERT_EQ(options.layer_precisions.size(), 2U);
  EXPECT_EQ(options.layer_precisions[0].layer, "/head/*");
  EXPECT_EQ(options.layer_precisions[0].dtype, DType::kF16);
  EXPECT_EQ(options.layer_precisions[1].layer, "a:b");
  EXPECT_EQ(options.layer_precisions[1].dtype, DType::kI8);
  ASSERT_EQ(options.layer_output_types.size(), 1U);
  EXPECT_EQ(options.layer_output_types[0].dtypes, (std::vector{DType::kF32, DType::kF16}));
  EXPECT_EQ(options.verify.mode, VerifyMode::kStrict);
  EXPECT_EQ(options.verify.tolerance, 0.5);
  EXPECT_EQ(parse_trtexec({"--onnx=m", "--verify"}).verify.mode, VerifyMode::kWarn);
}

TEST(TrtexecOptions, MisspeltPrecisionsBringTheNearestWords) {
  EXPECT_EQ(complaint({"--onnx=m", "--precisionConstraints=obay", "--layerPrecisions=a:fp61"}),
            "--precisionConstraints=obay: did you mean obey?\n"
            "--layerPrecisions: \"fp61\" of layer \"a\" is no type; did you mean fp16, fp32?");
  EXPECT_EQ(complaint({"--onnx=m", "--verify=maybe"}).substr(0, 16), "--verify=maybe: ");
}

TEST(TrtexecOptions, NoFlagStandsTwiceInTheTables) {
  TrtexecOptions options;
  std::vector<std::string_view> names;
  for (const auto& flags : {trtexec_flags(&options), missing_flags(), old_flags(&options)}) {
    for (const Flag& flag : flags) names.push_back(flag.name);
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST(TrtexecOptions, BlocksComeInTrtexecsOrder) {
  const std::vector<std::string> lines = option_lines(parse({"--fp16"}));
  std::string headings;
  for (const std::string& line : lines) {
    if (line.starts_with("===")) headings += line;
  }
  EXPECT_EQ(headings,
            "=== Model Options ====== Build Options ====== System Options ==="
            "=== Inference Options ====== Reporting Options ===");
  EXPECT_NE(std::find(lines.begin(), lines.end(), "Precision: FP32+FP16"), lines.end());
}

}  // namespace
}  // namespace ingot::apps
