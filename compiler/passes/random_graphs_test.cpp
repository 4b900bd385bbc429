// The whole pipeline on random small graphs made of the blocks of real models: what comes out must
// compute what went in, and pass the verifier after every pass.
#include <gtest/gtest.h>

#include <random>

#include "compiler/graph/match.h"
#include "compiler/passes/equivalence.h"
#include "compiler/passes/pass_runner.h"

namespace ingot {
namespace {

class Maker {
 public:
  explicit Maker(uint32_t seed) : random_(seed) {}

  Graph images() {
    const Dim batch = Dim::symbol("batch");
    std::vector<ValueId> pool = {graph_.add_input("x", DType::kF32, {batch, 3, 6, 6})};
    for (int i = 0; i < 12; ++i) {
      const ValueId x = pool[pick(static_cast<int>(pool.size()))];
      pool.push_back(image_block(x, pool));
    }
    return finished();
  }

  /// Images whose convolutions, moves and sums lie between roundings to 8 bits.
  Graph quantized_images() {
    const Dim batch = Dim::symbol("batch");
    std::vector<ValueId> pool = {graph_.add_input("x", DType::kF32, {batch, 3, 6, 6})};
    for (int i = 0; i < 10; ++i) {
      const ValueId x = pool[pick(static_cast<int>(pool.size()))];
      const ValueId y = pick(3) ? quantized_block(x, pool) : image_block(x, pool);
      pool.push_back(pick(3) ? rounded(y) : y);
    }
    return finished();
  }

  Graph quantized_sequences() {
    std::vector<ValueId> pool = {
        graph_.add_input("x", DType::kF32, {Dim::symbol("batch"), Dim::symbol("length"), 8})};
    for (int i = 0; i < 6; ++i) {
      const ValueId x = rounded(pool[pick(static_cast<int>(pool.size()))]);
      pool.push_back(pick(2) ? quantized_linear(x) : sequence_block(x, pool));
    }
    return finished();
  }

  Graph sequences() {
    const Dim batch = Dim::symbol("batch"), length = Dim::symbol("length");
    std::vector<ValueId> pool = {graph_.add_input("x", DType::kF32, {batch, length, 8})};
    for (int i = 0; i < 8; ++i) {
      pool.push_back(sequence_block(pool[pick(static_cast<int>(pool.size()))], pool));
    }
    return finished();
  }

 private:
  size_t pick(int count) {
    return std::uniform_int_distribution<size_t>(0, static_cast<size_t>(count) - 1)(random_);
  }

  ValueId constant(const Shape& shape, float low = -0.5F, float high = 0.5F) {
    std::uniform_real_distribution<float> number(low, high);
    std::vector<float> values(static_cast<size_t>(shape.elements()));
    for (float& value : values) value = number(random_);
    return graph_.add_constant(Tensor::from_floats(values, shape));
  }
  ValueId scalar(float value) { return add_scalar(&graph_, value, DType::kF32); }
  ValueId integers(std::vector<int64_t> values) { return add_integers(&graph_, values); }
  ValueId add(std::string_view op, std::vector<ValueId> inputs, const char* attributes = "{}") {
    return graph_.add(op, std::move(inputs), Attributes::parse(attributes));
  }
  int64_t channels(ValueId image) const { return graph_.dims(image)[1].constant(); }

  ValueId conv(ValueId x, bool bias) {
    const auto filters = static_cast<int64_t>(2 + pick(4));
    std::vector<ValueId> inputs = {x, constant({filters, channels(x), 3, 3})};
    if (bias) inputs.push_back(constant({filters}));
    return add("Conv", inputs, "{pads=[1,1,1,1]}");
  }

  /// Through QuantizeLinear and DequantizeLinear; scales are few, so that some are equal.
  ValueId rounded(ValueId x) {
    const bool is_unsigned = pick(3) == 0;
    const ValueId scale = scalar(pick(2) ? 0.0625F : 0.03125F);
    Tensor zero = Tensor::allocate(is_unsigned ? DType::kU8 : DType::kI8, Shape{});
    if (is_unsigned) zero.mutable_view().as<uint8_t>()[0] = static_cast<uint8_t>(pick(2) * 100);
    const ValueId point = graph_.add_constant(zero);
    return add("DequantizeLinear", {add("QuantizeLinear", {x, scale, point}), scale, point});
  }

  /// Weights of bytes, with a scale for each element of an axis or for all.
  ValueId weights(const Shape& shape, int axis) {
    Tensor bytes = Tensor::allocate(DType::kI8, shape);
    for (int8_t& value : bytes.mutable_view().as<int8_t>()) {
      value = static_cast<int8_t>(static_cast<int>(pick(255)) - 127);
    }
    const ValueId scale = pick(2) ? scalar(0.004F) : constant(Shape{shape[axis]}, 0.001F, 0.005F);
    return add("DequantizeLinear", {graph_.add_constant(bytes), scale},
               axis == 0 ? "{axis=0}" : "{axis=1}");
  }

  ValueId quantized_conv(ValueId x) {
    const auto filters = static_cast<int64_t>(2 + pick(4));
    std::vector<ValueId> inputs = {rounded(x), weights({filters, channels(x), 3, 3}, 0)};
    if (pick(2)) inputs.push_back(constant({filters}));
    return add("Conv", inputs, "{pads=[1,1,1,1]}");
  }

  ValueId quantized_linear(ValueId x) {
    const ValueId product = add("MatMul", {rounded(x), weights({8, 8}, 1)});
    return pick(2) ? add("Add", {product, constant({8})}) : product;
  }

  ValueId quantized_block(ValueId x, const std::vector<ValueId>& pool) {
    switch (pick(7)) {
      case 0:
        return quantized_conv(x);
      case 1:
        return rounded(add("Relu", {quantized_conv(x)}));
      case 2:
        return add("MaxPool", {rounded(x)}, "{kernel_shape=[3,3], pads=[1,1,1,1]}");
      case 3:
        return add("AveragePool", {rounded(x)}, "{kernel_shape=[3,3], pads=[1,1,1,1]}");
      case 4:
        return add("Transpose", {add("Transpose", {rounded(x)}, "{perm=[0,2,3,1]}")},
                   "{perm=[0,3,1,2]}");
      case 5:
        return activation(quantized_conv(x));
      default:
        return joined(quantized_conv(x), rounded(pool[pick(static_cast<int>(pool.size()))]));
    }
  }

  ValueId activation(ValueId x) {
    switch (pick(7)) {
      case 0:
        return add("Relu", {x});
      case 1:
        return add("Mul", {x, add("Sigmoid", {x})});
      case 2:
        return add("LeakyRelu", {x}, "{alpha=0.1}");
      case 3:
        return add("Clip", {x, scalar(0), scalar(6)});
      case 4: {
        const ValueId gate = add("Clip", {add("Add", {x, scalar(3)}), scalar(0), scalar(6)});
        return add("Div", {add("Mul", {x, gate}), scalar(6)});
      }
      case 5:
        return gelu(x);
      default:
        return add("Where", {add("Less", {x, scalar(0)}), add("Tanh", {x}), x});
    }
  }

  ValueId gelu(ValueId x) {
    const ValueId erf = add("Erf", {add("Div", {x, scalar(1.41421356F)})});
    return add("Mul", {add("Mul", {x, scalar(0.5F)}), add("Add", {erf, scalar(1)})});
  }

  ValueId batch_normalization(ValueId x) {
    const Shape shape{channels(x)};
    return add("BatchNormalization",
               {x, constant(shape), constant(shape), constant(shape), constant(shape, 0.5F, 2)});
  }

  ValueId through_transposes(ValueId x) {
    const ValueId last = add("Transpose", {x}, "{perm=[0,2,3,1]}");
    const ValueId scaled = add("Mul", {activation(last), constant({channels(x)})});
    return add("Transpose", {scaled}, "{perm=[0,3,1,2]}");
  }

  ValueId gated(ValueId x) {
    const ValueId mean = pick(2) ? add("GlobalAveragePool", {x})
                                 : add("ReduceMean", {x, integers({2, 3})}, "{keepdims=1}");
    return add("Mul", {x, add("HardSigmoid", {mean})});
  }

  ValueId padded(ValueId x) {
    const ValueId pads = integers({0, 0, 1, 0, 0, 0, 1, 2});
    const ValueId padded = add("Pad", {x, pads});
    return add("Conv", {padded, constant({3, channels(x), 3, 3})}, "{pads=[0,0,0,0]}");
  }

  ValueId image_block(ValueId x, const std::vector<ValueId>& pool) {
    switch (pick(11)) {
      case 0:
        return conv(x, true);
      case 1:
        return activation(conv(x, false));
      case 2:
        return activation(batch_normalization(conv(x, pick(2) == 0)));
      case 3:
        return activation(x);
      case 4:
        return through_transposes(x);
      case 5:
        return gated(x);
      case 6:
        return pick(3) ? x : padded(x);
      case 7:
        return add("MaxPool", {add("Relu", {x})}, "{kernel_shape=[3,3], pads=[1,1,1,1]}");
      case 8:
        return add("Mul", {x, constant({channels(x), 1, 1})});
      case 9:
        return joined(x, pool[pick(static_cast<int>(pool.size()))]);
      default:
        return add("Sub", {batch_normalization(x), scalar(0.25F)});
    }
  }

  ValueId joined(ValueId x, ValueId other) {
    if (graph_.dims(x) == graph_.dims(other)) return activation(add("Add", {x, other}));
    const bool same_size = graph_.dims(x)[3] == graph_.dims(other)[3];
    return same_size && channels(x) + channels(other) < 12 ? add("Concat", {x, other}, "{axis=1}")
                                                           : add("Identity", {x});
  }

  ValueId linear(ValueId x) {
    return add("Add", {add("MatMul", {x, constant({8, 8})}), constant({8})});
  }

  ValueId layer_norm(ValueId x) {
    const ValueId axis = integers({-1});
    const ValueId centered = add("Sub", {x, add("ReduceMean", {x, axis}, "{keepdims=1}")});
    const ValueId variance = add("ReduceMean", {add("Pow", {centered, scalar(2)}), axis});
    const ValueId root = add("Sqrt", {add("Add", {variance, scalar(1e-3F)})});
    const ValueId scaled = add("Mul", {add("Div", {centered, root}), constant({8})});
    return add("Add", {scaled, constant({8})});
  }

  ValueId heads(ValueId x, const char* perm) {
    return add("Transpose", {add("Reshape", {linear(x), integers({0, 0, 2, 4})})}, perm);
  }

  ValueId attention(ValueId x) {
    const ValueId q = heads(x, "{perm=[0,2,1,3]}"), v = heads(x, "{perm=[0,2,1,3]}");
    const ValueId k = heads(x, "{perm=[0,2,3,1]}");
    const ValueId scores = add("Div", {add("MatMul", {q, k}), scalar(2)});
    const ValueId mixed = add("MatMul", {add("Softmax", {scores}), v});
    const ValueId packed = add("Transpose", {mixed}, "{perm=[0,2,1,3]}");
    return linear(add("Reshape", {packed, integers({0, 0, 8})}));
  }

  ValueId sequence_block(ValueId x, const std::vector<ValueId>& pool) {
    switch (pick(8)) {
      case 0:
        return linear(x);
      case 1:
        return gelu(linear(x));
      case 2:
        return layer_norm(x);
      case 3:
        return add("Add", {x, attention(layer_norm(x))});
      case 4:
        return add("Add", {x, pool[pick(static_cast<int>(pool.size()))]});
      case 5:
        return add("Softmax", {x});
      case 6:
        return add("Mul", {linear(x), constant({8})});
      default:
        return activation(x);
    }
  }

  Graph finished() {
    int outputs = 0;
    for (int32_t i = 0; i < graph_.value_count(); ++i) {
      if (!graph_.producer({i}) || graph_.reader_count({i}) > 0) continue;
      graph_.add_output({i}, "out" + std::to_string(outputs++));
    }
    return std::move(graph_);
  }

  std::mt19937 random_;
  Graph graph_;
};

void expect_equal(const Graph& before, uint32_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  const Graph after = run_passes(before, PassOptions{}, {.verify = true});
  EXPECT_EQ(difference(before, after, 1e-5F), "") << "before:\n"
                                                  << to_text(before) << "after:\n"
                                                  << to_text(after);
}

TEST(RandomGraphs, OfImagesComputeTheSameAfterAllPasses) {
  for (uint32_t seed = 1; seed <= 60; ++seed) expect_equal(Maker(seed).images(), seed);
}

TEST(RandomGraphs, OfSequencesComputeTheSameAfterAllPasses) {
  for (uint32_t seed = 1; seed <= 40; ++seed) expect_equal(Maker(seed).sequences(), seed);
}

/// Rounding at every node, where the numbers of these graphs are around 1.
void expect_close(const Graph& before, DType type, uint32_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  PassOptions options;
  options.allow_small_float = true;
  options.small_float = type;
  options.gpu = true;
  const Graph after = run_passes(before, options, {.verify = true});
  EXPECT_EQ(difference(before, after, type == DType::kF16 ? 0.01F : 0.08F), "") << to_text(after);
}

TEST(RandomGraphs, ComputeAboutTheSameInSixteenBitsOnAGpu) {
  for (uint32_t seed = 1; seed <= 30; ++seed) {
    for (DType type : {DType::kF16, DType::kBF16}) {
      expect_close(Maker(seed).images(), type, seed);
      expect_close(Maker(seed).sequences(), type, seed);
    }
  }
}

/// A value next to the middle between two steps may be rounded otherwise.
TEST(RandomGraphs, ComputeAboutTheSameInEightBits) {
  PassOptions options;
  options.allow_int8 = true;
  int integer_products = 0;
  const auto expect_close = [&](const Graph& before, uint32_t seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Graph after = run_passes(before, options, {.verify = true});
    EXPECT_EQ(difference(before, after, 0.08F), "") << to_text(before) << to_text(after);
    for (NodeId id : after.nodes()) {
      const Node& node = after.node(id);
      const bool product = node.is("Conv") || node.is("MatMul");
      integer_products += product && after.dtype(node.inputs[0]) != DType::kF32 ? 1 : 0;
    }
    EXPECT_EQ(difference(before, run_passes(before, {}, {.verify = true}), 0.08F), "");
  };
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    expect_close(Maker(seed).quantized_images(), seed);
    expect_close(Maker(seed).quantized_sequences(), seed);
  }
  EXPECT_GT(integer_products, 200);
}

TEST(RandomGraphs, ComeOutTheSameWhenThePipelineRunsAgain) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    const Graph once = run_passes(Maker(seed).images(), PassOptions{}, {});
    const Graph twice = run_passes(once, PassOptions{}, {});
    std::string difference;
    EXPECT_TRUE(same_structure(once, twice, &difference)) << "seed " << seed << ": " << difference;
  }
}

}  // namespace
}  // namespace ingot
