// The built programs trtexec and ingot, from their command lines: exit codes, lines and files.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "compiler/onnx/onnx_writer_test_helper.h"

namespace ingot {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const std::string kBinaries = INGOT_BINARY_DIR;
const std::string kData = std::string(INGOT_SOURCE_DIR) + "/tests/data";

struct Outcome {
  int code = -1;
  std::string text;  ///< stdout and stderr
};

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

Outcome run(const std::string& program, const std::vector<std::string>& arguments,
            const std::string& prefix = "") {
  std::string command = prefix + quoted(kBinaries + "/" + program);
  for (const std::string& argument : arguments) command += " " + quoted(argument);
  Outcome outcome;
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (!pipe) return outcome;
  char buffer[4096];
  while (const size_t got = std::fread(buffer, 1, sizeof buffer, pipe)) {
    outcome.text.append(buffer, got);
  }
  const int status = ::pclose(pipe);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return outcome;
}

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

#define EXPECT_HAS(text, words) \
  EXPECT_NE((text).find(words), std::string::npos) << "no \"" << (words) << "\" in:\n" << (text)

class Programs : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() /
              (std::string("ingot_") + test->name() + "_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ / name; }
  /// trtexec on the small classifier, at batch 2, as quickly as it goes.
  Outcome classify(std::vector<std::string> more) const {
    std::vector<std::string> arguments = {"--onnx=" + kData + "/classifier.onnx",
                                          "--shapes=image:2x3x16x16",
                                          "--avgTiming=1",
                                          "--iterations=3",
                                          "--duration=0",
                                          "--warmUp=0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run("trtexec", arguments);
  }
  /// A plan of the small classifier with batches 1 to 4, at 2.
  std::string plan() const {
    const std::string file = path("classifier.plan");
    const Outcome built =
        run("ingot", {"build", kData + "/classifier.onnx", "-o", file, "--avgTiming=1",
                      "--minShapes=image:1x3x16x16", "--optShapes=image:2x3x16x16",
                      "--maxShapes=image:4x3x16x16"});
    EXPECT_EQ(built.code, 0) << built.text;
    return file;
  }

  fs::path folder_;
};

TEST_F(Programs, TrtexecWithoutArgumentsPrintsHelpAndPasses) {
  const Outcome done = run("trtexec", {});
  EXPECT_EQ(done.code, 0);
  EXPECT_HAS(done.text, "&&&& RUNNING Ingot.trtexec [Ingot v");
  EXPECT_HAS(done.text, "--saveEngine=<file>");
  EXPECT_HAS(done.text, "&&&& PASSED Ingot.trtexec");
}

TEST_F(Programs, TrtexecHelpHasNoVerdict) {
  const Outcome done = run("trtexec", {"--help"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.text.find("&&&& PASSED"), std::string::npos);
}

TEST_F(Programs, TrtexecBuildsSavesRunsAndMeasures) {
  const Outcome done = classify({"--saveEngine=" + path("c.plan")});
  EXPECT_EQ(done.code, 0) << done.text;
  for (const char* words :
       {"=== Model Options ===",
        "=== Build Options ===",
        "=== Device Information ===",
        "The CPU is used",
        "[I] Start parsing network model.",
        "Finished parsing network model.",
        "Set shape of input tensor image for optimization profile 0 to: MIN=2x3x16x16 "
        "OPT=2x3x16x16 MAX=2x3x16x16",
        "Engine built in ",
        "Created engine with size: ",
        "Created execution context with device "
        "memory size: ",
        "Using random values for input image",
        "Input binding for image with dimensions 2x3x16x16 and type fp32 is created.",
        "Output binding for scores with dimensions 2x10 and type fp32 is created.",
        "Starting inference",
        "Warmup completed 0 queries over 0 ms",
        "Timing trace has 3 queries",
        "=== Performance summary ===",
        "Throughput: ",
        "Latency: min = ",
        "GPU Compute Time: min = ",
        "&&&& PASSED Ingot.trtexec"}) {
    EXPECT_HAS(done.text, words);
  }
  const Outcome loaded = run("trtexec", {"--loadEngine=" + path("c.plan"), "--iterations=1",
                                         "--duration=0", "--warmUp=0"});
  EXPECT_EQ(loaded.code, 0) << loaded.text;
  EXPECT_HAS(loaded.text, "Engine loaded in ");
  EXPECT_HAS(loaded.text, "Engine deserialized in ");
  EXPECT_EQ(loaded.text.find("=== Build Options ==="), std::string::npos);
}

TEST_F(Programs, SkipInferenceBuildsOnly) {
  const Outcome done = classify({"--skipInference", "--saveEngine=" + path("c.plan")});
  EXPECT_EQ(done.code, 0) << done.text;
  EXPECT_TRUE(fs::exists(path("c.plan")));
  EXPECT_EQ(done.text.find("Starting inference"), std::string::npos);
}

TEST_F(Programs, StreamsShareTheCores) {
  const Outcome done = classify({"--infStreams=2", "--threads=2"});
  EXPECT_EQ(done.code, 0) << done.text;
  EXPECT_HAS(done.text, "Multiple inference streams are used");
}

TEST_F(Programs, ExportsAreJsonWithTrtexecsFields) {
  const Outcome done =
      classify({"--exportTimes=" + path("t"), "--exportOutput=" + path("o"),
                "--exportProfile=" + path("p"), "--exportLayerInfo=" + path("l"),
                "--separateProfileRun", "--dumpProfile", "--profilingVerbosity=detailed"});
  ASSERT_EQ(done.code, 0) << done.text;
  const Json times = Json::parse(read(path("t")));
  ASSERT_EQ(times.size(), 3U);
  EXPECT_EQ(times[0].size(), 12U);
  EXPECT_GT(times[0]["computeMs"], 0);
  const Json output = Json::parse(read(path("o")));
  EXPECT_EQ(output[0]["name"], "scores");
  EXPECT_EQ(output[0]["dimensions"], "2x10");
  EXPECT_EQ(output[0]["values"].size(), 20U);
  const Json profile = Json::parse(read(path("p")));
  EXPECT_EQ(profile[0]["count"], 3);
  EXPECT_TRUE(profile[1].contains("medianMs"));
  const Json layers = Json::parse(read(path("l")));
  EXPECT_EQ(layers["Bindings"], Json({"image", "scores"}));
  EXPECT_TRUE(layers["Layers"][0].contains("LayerType"));
  EXPECT_HAS(done.text, "=== Profile (3 iterations ) ===");
}

TEST_F(Programs, AProfileInTheSameRunLeavesOutTheSummary) {
  const Outcome done = classify({"--dumpProfile"});
  EXPECT_EQ(done.code, 0) << done.text;
  EXPECT_HAS(done.text, "The e2e network timing is not reported");
  EXPECT_EQ(done.text.find("=== Performance summary ==="), std::string::npos);
}

TEST_F(Programs, LayerNamesAreAllThatLayerNamesOnlyTellsAndNoneTellsNothing) {
  ASSERT_EQ(classify({"--skipInference", "--exportLayerInfo=" + path("names")}).code, 0);
  EXPECT_TRUE(Json::parse(read(path("names")))["Layers"][0].is_string());
  ASSERT_EQ(classify({"--skipInference", "--exportLayerInfo=" + path("none"),
                      "--profilingVerbosity=none"})
                .code,
            0);
  EXPECT_TRUE(Json::parse(read(path("none")))["Layers"].empty());
}

TEST_F(Programs, UnknownAndMissingFlagsFailByName) {
  const Outcome done = run("trtexec", {"--saveEngin=x", "--refit"});
  EXPECT_EQ(done.code, 1);
  EXPECT_HAS(done.text, "[E] Unknown option: --saveEngin x; did you mean --saveEngine?");
  EXPECT_HAS(done.text, "[E] --refit is not supported yet");
  EXPECT_HAS(done.text, "&&&& FAILED Ingot.trtexec");
}

TEST_F(Programs, Int8WithoutRangesBuildsForTheRestAndSaysHowToCalibrate) {
  const Outcome int8 = classify({"--int8", "--skipInference"});
  EXPECT_EQ(int8.code, 0) << int8.text;
  EXPECT_HAS(int8.text, "[W] INT8 is not used");
  EXPECT_HAS(int8.text, "ingot calibrate");
  EXPECT_HAS(int8.text, "Layers by precision: FP32");
}

TEST_F(Programs, StrictVerificationThatFailsLeavesNoFile) {
  // 3727c5ac is 1e-5: far too small a scale.
  std::ofstream(path("bad.cache"))
      << "TRT-8601-EntropyCalibration2\nimage: 3c010a14\nr1: 3727c5ac\n";
  const Outcome done = classify({"--int8", "--forceInt8", "--calib=" + path("bad.cache"),
                                 "--verify=strict", "--saveEngine=" + path("strict.plan")});
  EXPECT_EQ(done.code, 1);
  EXPECT_HAS(done.text, "error[accuracy.not_reached]");
  EXPECT_FALSE(std::filesystem::exists(path("strict.plan")));
  const Outcome good = classify({"--verify", "--skipInference"});
  EXPECT_EQ(good.code, 0);
  EXPECT_HAS(good.text, "Accuracy against FP32 on the CPU on 8 random samples: good");
}

TEST_F(Programs, GpusAreRefusedWithAWayOut) {
  const Outcome gpu = classify({"--device=0"});
  EXPECT_EQ(gpu.code, 1);
  EXPECT_HAS(gpu.text, "error[device.not_available]");
  EXPECT_HAS(gpu.text, "--device=cpu");
}

TEST_F(Programs, OldFlagsWarnAndWork) {
  const Outcome done = classify({"--workspace=64", "--explicitBatch", "--buildOnly"});
  EXPECT_EQ(done.code, 0) << done.text;
  EXPECT_HAS(done.text, "[W] --workspace=64 means --memPoolSize=workspace:64 today");
}

TEST_F(Programs, EveryUnsupportedNodeIsNamedInOneRun) {
  for (const Outcome& done :
       {run("trtexec", {"--onnx=" + kData + "/unsupported.onnx"}),
        run("ingot", {"inspect", "--unsupported", kData + "/unsupported.onnx"})}) {
    EXPECT_EQ(done.code, 1);
    for (const char* node : {"/one", "/three", "/four"}) EXPECT_HAS(done.text, node);
  }
}

TEST_F(Programs, AMisspeltInputBringsTheNearestName) {
  const Outcome done = run("trtexec", {"--onnx=" + kData + "/classifier.onnx", "--shapes=imag:1"});
  EXPECT_EQ(done.code, 1);
  EXPECT_HAS(done.text, "error[shape.unknown_input]");
  EXPECT_HAS(done.text, "did you mean image?");
}

TEST_F(Programs, TheSameTimingCacheGivesTheSamePlan) {
  const std::string cache = "--timingCacheFile=" + path("cache");
  ASSERT_EQ(classify({cache, "--skipInference", "--saveEngine=" + path("a.plan")}).code, 0);
  ASSERT_EQ(classify({cache, "--skipInference", "--saveEngine=" + path("b.plan")}).code, 0);
  const std::string a = read(path("a.plan"));
  EXPECT_FALSE(a.empty());
  EXPECT_TRUE(a == read(path("b.plan")));
}

TEST_F(Programs, ASaveThatFailsLeavesTheOldFileWhole) {
  const std::string folder = path("locked");
  fs::create_directory(folder);
  std::ofstream(folder + "/c.plan") << "the old engine";
  // A limit on the size of files fails also for the superuser, whom permissions do not bind.
  const Outcome done = run("trtexec",
                           {"--onnx=" + kData + "/classifier.onnx", "--skipInference",
                            "--avgTiming=1", "--saveEngine=" + folder + "/c.plan"},
                           "trap '' XFSZ; ulimit -f 1; ");
  EXPECT_EQ(done.code, 1) << done.text;
  EXPECT_HAS(done.text, "error[file.write_failed]");
  EXPECT_EQ(read(folder + "/c.plan"), "the old engine");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator{}), 1);
}

TEST_F(Programs, AFolderThatIsNotThereIsNoticedBeforeTheBuild) {
  const Outcome done = classify({"--saveEngine=" + path("no/c.plan")});
  EXPECT_EQ(done.code, 1);
  EXPECT_HAS(done.text, "error[file.write_failed]");
  EXPECT_EQ(done.text.find("Engine built"), std::string::npos);
}

TEST_F(Programs, RunningOutOfMemoryIsAnErrorWithSizes) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer needs more address space than the limit here";
#endif
  const Outcome done = run("trtexec",
                           {"--onnx=" + kData + "/classifier.onnx", "--avgTiming=1",
                            "--shapes=image:200000x3x16x16", "--threads=1"},
                           "ulimit -v 600000; ");
  EXPECT_EQ(done.code, 1) << done.text;
  EXPECT_HAS(done.text, "out_of_memory");
  EXPECT_HAS(done.text, "MiB");
}

TEST_F(Programs, LittleAddressSpaceEndsInAnErrorWhereverItRunsOut) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer needs more address space than the limit here";
#endif
  // From loading the libraries over compiling oneDNN's kernels to a whole run.
  for (int kib = 60000; kib <= 96000; kib += 3000) {
    const Outcome done = run("trtexec",
                             {"--onnx=" + kData + "/classifier.onnx", "--avgTiming=1",
                              "--threads=1", "--duration=0", "--iterations=1", "--warmUp=0"},
                             "ulimit -v " + std::to_string(kib) + "; ");
    EXPECT_LE(done.code, 1) << kib << " KiB: " << done.text;
    if (done.code == 1) {
      EXPECT_HAS(done.text, "error[");
    }
  }
}

TEST_F(Programs, MoreThreadsThanTheSystemGivesAreAnErrorWithTheLimits) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer needs more address space than the limit here";
#endif
  const Outcome done =
      run("ingot", {"bench", plan(), "--threads=200", "--duration=0"}, "ulimit -v 800000; ");
  EXPECT_EQ(done.code, 1) << done.text;
  EXPECT_HAS(done.text, "error[device.too_many_threads]: 200 threads");
  EXPECT_HAS(done.text, "address space 781 MiB");
}

TEST_F(Programs, RunWritesEveryOutputAndTellsItsShape) {
  const std::string engine = plan();
  std::ofstream(path("image.raw"), std::ios::binary) << std::string(3 * 3 * 16 * 16 * 4, '\0');
  const Outcome done =
      run("ingot", {"run", engine, "--loadInputs=image:" + path("image.raw"),
                    "--shapes=image:3x3x16x16", "--saveOutputs=" + path("out/deep")});
  ASSERT_EQ(done.code, 0) << done.text;
  const Json outputs = Json::parse(read(path("out/deep/outputs.json")));
  ASSERT_EQ(outputs.size(), 1U);
  EXPECT_EQ(outputs[0]["name"], "scores");
  EXPECT_EQ(outputs[0]["dtype"], "f32");
  EXPECT_EQ(outputs[0]["shape"], Json({3, 10}));
  EXPECT_EQ(fs::file_size(path("out/deep/" + outputs[0]["file"].get<std::string>())), 120U);
}

TEST_F(Programs, InputsOfTheWrongSizeAndShapesOutsideTheProfileAreRefused) {
  const std::string engine = plan();
  std::ofstream(path("short.raw")) << "abc";
  const Outcome size = run("ingot", {"run", engine, "--loadInputs=image:" + path("short.raw")});
  EXPECT_EQ(size.code, 1);
  EXPECT_HAS(size.text, "error[input.wrong_size]");
  const Outcome shape = run("ingot", {"run", engine, "--shapes=image:9x3x16x16"});
  EXPECT_EQ(shape.code, 1);
  EXPECT_HAS(shape.text, "error[shape.out_of_profile]");
}

TEST_F(Programs, InputsThatAreNotThereAreRefused) {
  const std::string engine = plan();
  const Outcome name = run("ingot", {"run", engine, "--loadInputs=imag:" + path("x.raw")});
  EXPECT_EQ(name.code, 1);
  EXPECT_HAS(name.text, "error[input.unknown]");
  EXPECT_HAS(name.text, "its inputs: image");
  const Outcome file = run("ingot", {"run", engine, "--loadInputs=image:" + path("x.raw")});
  EXPECT_EQ(file.code, 1);
  EXPECT_HAS(file.text, "error[input.unreadable]");
}

TEST_F(Programs, AnOutputThatIsNoNumberIsNotWrittenAsOne) {
  using namespace onnx::writing;  // NOLINT
  constexpr int kFloat8 = 17;
  std::ofstream(path("small.onnx"), std::ios::binary)
      << model_bytes(GraphWriter()
                         .input("x", {4})
                         .node("Cast", {"x"}, {"y"}, {attribute("to", kFloat8)})
                         .output("y"));
  const Outcome done = run("trtexec", {"--onnx=" + path("small.onnx"), "--iterations=1",
                                       "--exportOutput=" + path("y.json")});
  EXPECT_EQ(done.code, 1) << done.text;
  EXPECT_HAS(done.text, "error[output.unprintable]");
}

TEST_F(Programs, BenchAnswersEachLineOfSecondsWithItsLatencies) {
  const Outcome done = run("ingot", {"bench", plan(), "--chunks"}, "printf '0\\n0.01\\n' | ");
  ASSERT_EQ(done.code, 0) << done.text;
  std::istringstream lines(done.text);
  std::string line;
  std::getline(lines, line);
  EXPECT_TRUE(line.starts_with("ready {\"load_ms\": ")) << line;
  for (int i = 0; i < 2; ++i) {
    std::getline(lines, line);
    EXPECT_GE(Json::parse(line)["ms"].size(), 1U) << line;
  }
}

TEST_F(Programs, InspectAndExplainTellWhatAnEngineIs) {
  const std::string engine = plan();
  const Outcome inspected = run("ingot", {"inspect", engine});
  EXPECT_EQ(inspected.code, 0) << inspected.text;
  EXPECT_HAS(inspected.text, "image: min 1x3x16x16, opt 2x3x16x16, max 4x3x16x16");
  const Outcome explained = run("ingot", {"explain", engine});
  EXPECT_EQ(explained.code, 0) << explained.text;
  EXPECT_HAS(explained.text, "nodes     /conv1, /relu1");
  EXPECT_HAS(explained.text, "candidates:");
  const Outcome json = run("ingot", {"explain", engine, "--json"});
  EXPECT_GE(Json::parse(json.text)["steps"].size(), 3U);
  const Outcome model = run("ingot", {"explain", kData + "/classifier.onnx"});
  EXPECT_EQ(model.code, 0) << model.text;
  EXPECT_HAS(model.text, "epilogue=expr(relu(in0))");
}

TEST_F(Programs, InspectTellsWhatAModelIs) {
  const Outcome done = run("ingot", {"inspect", kData + "/classifier.onnx"});
  EXPECT_EQ(done.code, 0) << done.text;
  EXPECT_HAS(done.text, "opset: ai.onnx 17");
  EXPECT_HAS(done.text, "2  Conv");
  EXPECT_HAS(done.text, "batchx3x16x16");
}

TEST_F(Programs, CheckFindsAFlippedBit) {
  const std::string engine = plan();
  EXPECT_EQ(run("ingot", {"check", engine}).code, 0);
  EXPECT_EQ(run("ingot", {"check", kData + "/classifier.onnx"}).code, 0);
  std::string bytes = read(engine);
  bytes[bytes.size() / 2] ^= 1;
  std::ofstream(engine, std::ios::binary) << bytes;
  const Outcome done = run("ingot", {"check", engine});
  EXPECT_EQ(done.code, 1);
  EXPECT_HAS(done.text, "error[plan.");
}

TEST_F(Programs, IngotListsItsCommandsAndHelpsWithEach) {
  const Outcome overview = run("ingot", {});
  EXPECT_EQ(overview.code, 0);
  for (const char* command : {"build", "run", "bench", "inspect", "explain", "check", "env", "docs",
                              "passes", "tactics"}) {
    EXPECT_HAS(overview.text, std::string("  ") + command);
    const Outcome help = run("ingot", {command, "--help"});
    EXPECT_EQ(help.code, 0);
    EXPECT_HAS(help.text, std::string("ingot ") + command);
  }
  const Outcome unknown = run("ingot", {"biuld"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_HAS(unknown.text, "did you mean build?");
}

TEST_F(Programs, ListsAreNotEmpty) {
  EXPECT_HAS(run("ingot", {"passes"}).text, "fold_constants");
  EXPECT_HAS(run("ingot", {"tactics"}).text, "ref");
  EXPECT_HAS(run("ingot", {"env"}).text, "INGOT_THREADS");
  EXPECT_HAS(run("ingot", {"docs", "ops"}).text, "Softmax");
  EXPECT_EQ(run("ingot", {"--version"}).text.substr(0, 6), "ingot ");
}

TEST_F(Programs, CalibrateWritesACacheThatABuildReads) {
  const Outcome made = run("ingot", {"calibrate", kData + "/classifier.onnx", "--data=random",
                                     "--algo=mse", "--device=cpu", "--cache=" + path("c.cache")});
  EXPECT_EQ(made.code, 0) << made.text;
  EXPECT_HAS(made.text, "Calibrated ");
  EXPECT_HAS(made.text, "calibration.random");
  const Outcome built = run("ingot", {"build", kData + "/classifier.onnx", "--int8", "--device=cpu",
                                      "--calib=" + path("c.cache"), "-o", path("c8.plan")});
  EXPECT_EQ(built.code, 0) << built.text;
  EXPECT_EQ(built.text.find("calibration.missing_range"), std::string::npos) << built.text;
  const Outcome missing = run("ingot", {"calibrate", kData + "/classifier.onnx"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_HAS(missing.text, "--data is missing");
}

}  // namespace
}  // namespace ingot
