// The graphs that convolutions become find engines of cuDNN on GPUs that are described, not there.
#ifdef INGOT_HAVE_CUDNN
#include <dlfcn.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/nvidia_library.h"
#include "ops/reference.h"
#include "ops/registry.h"
#include "runtime/cuda/cudnn/convolution.h"
#include "runtime/cuda/cudnn/plan.h"

namespace ingot {
namespace {

/// An H100, as far as cuDNN asks.
CudnnDescriptor h100() {
  const std::string json =
      R"({"maxGridSize":[2147483647,65535,65535],"maxBlockSize":[1024,1024,64],)"
      R"("regsPerBlock":65536,"multiProcessorCount":132,"warpSize":32,)"
      R"("maxSharedMemoryPerBlock":49152,"maxSharedMemoryPerBlockOptin":232448,)"
      R"("reservedSharedMemoryPerBlock":1024,"maxRegistersPerSM":65536,"maxCtasPerSM":32,)"
      R"("maxThreadsPerBlock":1024,"maxThreadsPerSM":2048,"pciDeviceId":0,"isTccDriver":0,)"
      R"("supportCoopLaunch":1,"deviceName":"NVIDIA H100 80GB HBM3",)"
      R"("totalGlobalMem":85899345920,"smClockRateKHz":1980000,"memClockRateKHz":2619000,)"
      R"("l2CacheSize":52428800,"cudaDeviceId":0,"deviceVer":900,"driverVer":13000})";
  CudnnDescriptor properties(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  properties.set_all(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION,
                     std::vector<char>(json.begin(), json.end()));
  properties.finalize();
  return properties;
}

/// A step of an operator with inputs X, W, B and extras (scalars stand for absent ones), all of one
/// type, or of `types`. `choice` are the attributes that the tactic adds.
class OneStep : public StepContext {
 public:
  OneStep(const std::string& op, const std::string& attributes, const std::string& choice,
          const std::vector<Shape>& inputs, DType dtype = DType::kF16,
          Layout layout = Layout::kChannelsLast, std::vector<DType> dtypes = {})
      : op_(op), attributes_(Attributes::parse(attributes)) {
    dtypes.resize(inputs.size(), dtype);
    std::vector<ValueType> types(3);
    std::vector<const ValueType*> given(3, nullptr);
    for (size_t i = 0; i < 3 && i < inputs.size(); ++i) {
      types[i].dtype = dtypes[i];
      types[i].dims = SymbolicShape(inputs[i].begin(), inputs[i].end());
      if (inputs[i].rank() > 0) given[i] = &types[i];
    }
    const auto results = infer_types(op_named(op), attributes_, given, 1, op);
    Shape result;
    for (const Dim& dim : results[0].dims) result.push_back(dim.constant());
    outputs_.push_back(tensor(results[0].dtype, result, layout));
    for (size_t i = 0; i < inputs.size(); ++i) {
      const bool laid_out = i == 0 || inputs[i] == result;
      inputs_.push_back(inputs[i].rank() == 0
                            ? StepTensor{}
                            : tensor(dtypes[i], inputs[i], laid_out ? layout : Layout::kPlain));
    }
    for (const auto& [name, value] : Attributes::parse(choice)) attributes_.set(name, value);
  }
  const std::string& name() const override { return name_; }
  const Attributes& attributes() const override { return attributes_; }
  const std::vector<StepTensor>& inputs() const override { return inputs_; }
  const std::vector<StepTensor>& outputs() const override { return outputs_; }
  int threads() const override { return 1; }
  bool transposed() const { return op_ == "ConvTranspose"; }
  const void* packed_constant(int, const std::string&, size_t,
                              const std::function<void(const void*, void*)>&) const override {
    return nullptr;
  }

 private:
  static StepTensor tensor(DType dtype, const Shape& shape, Layout layout) {
    return {.dtype = dtype,
            .shape = shape,
            .layout = layout,
            .buffer_shape = shape,
            .strides = layout_strides(shape, layout)};
  }
  std::string name_ = "step", op_;
  Attributes attributes_;
  std::vector<StepTensor> inputs_, outputs_;
};

class CudnnGraphTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string& missing = cudnn_library().missing;
    if (!missing.empty()) GTEST_SKIP() << missing;
  }

  template <typename Use>
  static auto with_graph(const OneStep& step, const Use& use) {
    const CudnnDescriptor properties = h100();
    const CudnnTarget target{nullptr, &properties};
    const bool transposed = step.transposed();
    const CudnnGraph graph = cudnn_convolution_graph(
        step, transposed ? transposed_geometry(step) : convolution_geometry(step), target);
    return use(graph, target);
  }

  /// The texts of the configurations for a step. Throws where cuDNN has no engine.
  static std::vector<std::string> engines(const OneStep& step, const CudnnLimits& limits = {}) {
    return with_graph(step, [&](const CudnnGraph& graph, const CudnnTarget& target) {
      return cudnn_configurations(graph, target, limits);
    });
  }
};

const std::vector<Shape> kResidualBlock = {{2, 64, 28, 28}, {64, 64, 3, 3}, {64}, {2, 64, 28, 28}};

TEST_F(CudnnGraphTest, SumsAndReluHaveManyEnginesCompiledBeforehand) {
  for (const char* choice : {"{residual=1, relu=1}", "{residual=1}", "{relu=1}", "{}"}) {
    for (const DType dtype : {DType::kF16, DType::kBF16}) {
      const OneStep step("Conv", "{pads=[1,1,1,1]}", choice, kResidualBlock, dtype);
      EXPECT_GE(engines(step).size(), 8U) << choice;
    }
  }
}

TEST_F(CudnnGraphTest, ConvolutionsOfManyShapesHaveEngines) {
  const struct {
    const char* attributes;
    std::vector<Shape> inputs;
  } cases[] = {
      {"{strides=[2,2], pads=[3,3,3,3]}", {{1, 3, 224, 224}, {64, 3, 7, 7}, {64}}},
      {"{strides=[2,2], pads=[0,0,1,1]}", {{1, 32, 57, 57}, {64, 32, 3, 3}, {64}}},
      {"{pads=[2,2,2,2], dilations=[2,2]}", {{1, 64, 33, 33}, {64, 64, 3, 3}, {64}}},
      {"{group=32, pads=[1,1,1,1]}", {{1, 128, 28, 28}, {128, 4, 3, 3}, {128}}},
      {"{group=64, pads=[1,1,1,1]}", {{1, 64, 28, 28}, {64, 1, 3, 3}, {64}}},
      {"{auto_pad=\"SAME_UPPER\", strides=[2,2]}", {{1, 16, 31, 30}, {24, 16, 3, 3}, {24}}},
      {"{strides=[3,3]}", {{2, 63, 20, 20}, {65, 63, 2, 2}, {65}}},
      {"{pads=[1,1]}", {{2, 64, 100}, {64, 64, 3}, {64}}},
      {"{pads=[1,1,1,1,1,1]}", {{1, 16, 8, 16, 16}, {32, 16, 3, 3, 3}, {32}}},
  };
  for (const auto& [attributes, inputs] : cases) {
    SCOPED_TRACE(attributes);
    for (const char* choice : {"{relu=1}", "{}"}) {
      EXPECT_FALSE(engines(OneStep("Conv", attributes, choice, inputs)).empty());
      std::vector<Shape> without_bias = inputs;
      without_bias[2] = Shape{};
      EXPECT_FALSE(engines(OneStep("Conv", attributes, choice, without_bias)).empty());
    }
  }
}

TEST_F(CudnnGraphTest, FloatsHaveEnginesInBothLayouts) {
  for (const Layout layout : {Layout::kPlain, Layout::kChannelsLast}) {
    const OneStep step("Conv", "{pads=[1,1,1,1]}", "{residual=1, relu=1}", kResidualBlock,
                       DType::kF32, layout);
    CudnnLimits limits;
    limits.is_f32 = true;
    const size_t with_tf32 = engines(step, limits).size();
    limits.allow_tf32 = false;
    const size_t exact = engines(step, limits).size();
    EXPECT_GE(exact, 1U) << layout_name(layout);
    EXPECT_GT(with_tf32, exact) << layout_name(layout);
  }
}

TEST_F(CudnnGraphTest, TransposedConvolutionsHaveEngines) {
  const std::pair<const char*, std::vector<Shape>> cases[] = {
      {"{strides=[2,2]}", {{1, 64, 14, 14}, {64, 32, 2, 2}}},
      {"{strides=[2,2], pads=[1,1,1,1], output_padding=[1,1]}", {{2, 32, 9, 9}, {32, 16, 3, 3}}},
      {"{strides=[2,2], pads=[1,1,1,1]}", {{1, 64, 14, 14}, {64, 64, 4, 4}}},
      {"{group=2, strides=[2,2]}", {{1, 32, 8, 8}, {32, 8, 2, 2}}},
  };
  for (const auto& [attributes, inputs] : cases) {
    EXPECT_FALSE(engines(OneStep("ConvTranspose", attributes, "{}", inputs)).empty()) << attributes;
  }
}

TEST_F(CudnnGraphTest, APlanIsHadBackFromItsText) {
  const OneStep step("Conv", "{pads=[1,1,1,1]}", "{residual=1, relu=1}", kResidualBlock);
  with_graph(step, [](const CudnnGraph& graph, const CudnnTarget& target) {
    for (const int rank : {0, 1, 5}) {
      const CudnnPlan plan = CudnnPlan::ranked(graph, target, {}, rank);
      const CudnnPlan again = CudnnPlan::from_text(graph, target, plan.text());
      EXPECT_EQ(again.text(), plan.text());
      EXPECT_EQ(again.workspace_bytes(), plan.workspace_bytes());
    }
    EXPECT_NE(CudnnPlan::ranked(graph, target, {}, 0).text(),
              CudnnPlan::ranked(graph, target, {}, 1).text());
    return 0;
  });
}

std::string id_of_error(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.problems()[0].id;
  }
  return "none";
}

TEST_F(CudnnGraphTest, RanksBeyondTheLastAndTextsOfNoEngineAreRefused) {
  const OneStep step("Conv", "{pads=[1,1,1,1]}", "{relu=1}", kResidualBlock);
  with_graph(step, [](const CudnnGraph& graph, const CudnnTarget& target) {
    EXPECT_EQ(id_of_error([&] { CudnnPlan::ranked(graph, target, {}, 1000); }), "step.unsupported");
    EXPECT_EQ(id_of_error([&] { CudnnPlan::from_text(graph, target, "eng9999"); }),
              "step.unsupported");
    for (const char* text : {"", "41", "eng", "eng41{2=", "eng41{2=3", "eng41{2=3}x"}) {
      EXPECT_EQ(id_of_error([&] { CudnnPlan::from_text(graph, target, text); }), "plan.malformed")
          << text;
    }
    return 0;
  });
}

TEST_F(CudnnGraphTest, WorkspaceStaysWithinItsLimit) {
  // Odd channels are copied to a padded layout first.
  const OneStep step("Conv", "{}", "{}", {{8, 63, 56, 56}, {65, 63, 3, 3}, {65}});
  with_graph(step, [](const CudnnGraph& graph, const CudnnTarget& target) {
    CudnnLimits limits;
    limits.workspace_bytes = 0;
    EXPECT_EQ(CudnnPlan::ranked(graph, target, limits, 0).workspace_bytes(), 0);
    return 0;
  });
}

// cuDNN offers engines that it compiles itself only where it finds a driver; CUDA's stub of one is
// enough to be offered them. In a process of its own, which others must not share.
TEST_F(CudnnGraphTest, FusedActivationsHaveEngines) {
  const auto look = [] {
    NvidiaLibrary driver({"libcuda.so.1"});
    for (const std::string& folder : nvidia_library_folders()) {
      if (!driver.loaded()) dlopen((folder + "/stubs/libcuda.so").c_str(), RTLD_NOW | RTLD_GLOBAL);
      driver = NvidiaLibrary({"libcuda.so.1"});
    }
    if (!driver.loaded()) _exit(77);
    const std::vector<Shape> inputs = {
        {1, 64, 28, 28}, {64, 64, 3, 3}, {64}, {1, 64, 28, 28}, {64, 1, 1}};
    constexpr DType kI8 = DType::kI8, kF32 = DType::kF32;
    const char* const scaled = "mul(relu(add(mul(in0,in1),in2)),31.5)";
    const char* const residual =
        "min(mul(max(add(add(mul(in0,in1),in2),mul(in3,0.02)),0),31.5),127)";
    const struct {
      const char *attributes, *fused;
      std::vector<Shape> inputs;
      std::vector<DType> dtypes;
    } integers[] = {
        {"{pads=[1,1,1,1], dtype=i8}",
         scaled,
         {{1, 64, 28, 28}, {64, 64, 3, 3}, {}, {64, 1, 1}, {64, 1, 1}},
         {kI8, kI8, kI8, kF32, kF32}},
        {"{dtype=u8}",
         residual,
         {{8, 64, 56, 56}, {256, 64, 1, 1}, {}, {256, 1, 1}, {256, 1, 1}, {8, 256, 56, 56}},
         {DType::kU8, kI8, kI8, kF32, kF32, DType::kU8}},
        {"{dtype=f16, strides=[2,2], pads=[1,1,1,1]}",
         "silu(add(mul(in0,in1),in2))",
         {{8, 64, 57, 57}, {128, 64, 3, 3}, {}, {128, 1, 1}, {128, 1, 1}},
         {kI8, kI8, kI8, kF32, kF32}},
        {"{dtype=i8, pads=[3,3,3,3], strides=[2,2]}",
         scaled,
         {{1, 4, 64, 64}, {64, 4, 7, 7}, {}, {64, 1, 1}, {64, 1, 1}},
         {kI8, kI8, kI8, kF32, kF32}},
    };
    for (const auto& [attributes, fused, shapes, dtypes] : integers) {
      const OneStep step("Conv", attributes, fmt::format("{{fused=expr({})}}", fused), shapes, kI8,
                         Layout::kChannelsLast, dtypes);
      try {
        if (!engines(step).empty()) continue;
      } catch (const Error& error) {
        fmt::print(stderr, "{} {}\n", attributes, error.what());
      }
      _exit(1);
    }
    for (const char* fused :
         {"silu(in0)", "clip(in0,0,6)", "hard_swish(in0)", "gelu(in0)", "sigmoid(in0)",
          "prelu(in0,0.1)", "add(silu(in0),in1)", "mul(in0,in2)", "mish(in0)",
          "hard_sigmoid(in0,0.2,0.5)", "elu(in0,1)", "div(in0,add(1,exp(neg(in0))))"}) {
      for (const char* op : {"Conv", "ConvTranspose"}) {
        const OneStep step(op, "{pads=[1,1,1,1]}", fmt::format("{{fused=expr({})}}", fused),
                           inputs);
        try {
          if (!engines(step).empty()) continue;
        } catch (const Error& error) {
          fmt::print(stderr, "{}\n", error.what());
        }
        fmt::print(stderr, "no engine for {} of {}\n", fused, op);
        _exit(1);
      }
    }
    _exit(0);
  };
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(look(), [](int status) { return WIFEXITED(status) && WEXITSTATUS(status) != 1; }, "");
}

}  // namespace
}  // namespace ingot
#endif
