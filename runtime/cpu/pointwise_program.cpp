// From an expression to tile instructions.
#include "runtime/cpu/pointwise_program.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace ingot {
namespace {

/// Rough time of one element on one core.
double nanoseconds(int op) {
  if (op >= kTileCopy) return 0.03;
  switch (static_cast<ScalarOp>(op)) {
    case ScalarOp::kSin:
    case ScalarOp::kCos:
    case ScalarOp::kPow:
      return 8;
    case ScalarOp::kExp:
    case ScalarOp::kLog:
    case ScalarOp::kErf:
    case ScalarOp::kTanh:
    case ScalarOp::kSigmoid:
    case ScalarOp::kSilu:
    case ScalarOp::kGelu:
    case ScalarOp::kGeluTanh:
    case ScalarOp::kMish:
    case ScalarOp::kElu:
      return 0.4;
    case ScalarOp::kSoftplus:
      return 0.8;
    default:
      return 0.04;
  }
}

class Compiler {
 public:
  Compiler(const Expression& expression, const std::vector<InputClass>& inputs)
      : expression_(expression), inputs_(inputs) {
    program_.input_count = static_cast<int>(inputs.size());
    simplify();
  }

  PointwiseProgram compile() {
    for (size_t i = 0; i < inputs_.size(); ++i) {
      const bool loaded = inputs_[i] == InputClass::kLoaded;
      program_.input_slots.push_back(loaded ? program_.slot_count++ : -1);
    }
    count_readers();
    values_.resize(nodes_.size(), Value{});
    for (size_t i = 0; i < nodes_.size(); ++i) emit(static_cast<int>(i));
    if (!has_instruction_for_result_) {
      emit_function(kTileCopy, {value(result()), Value{}, Value{}}, 1, true, {});
    }
    number();
    return std::move(program_);
  }

 private:
  /// Where a value is, before slots and constants are numbered.
  struct Value {
    enum Kind : uint8_t { kNone, kInput, kConstant, kSlot, kOutput } kind = kNone;
    int index = 0;
    bool scalar = false;
  };

  struct Node {
    int op;  ///< a ScalarOp, or kTileFma
    int operands[3] = {-1, -1, -1};
    float value = 0;
    int index = 0;
    int readers = 0;
    bool dead = false;  ///< became part of its reader
  };

  Node& at(int i) { return nodes_[static_cast<size_t>(i)]; }
  int result() const { return static_cast<int>(nodes_.size()) - 1; }
  bool is(int i, ScalarOp op) { return i >= 0 && at(i).op == static_cast<int>(op); }
  bool is_constant(int i) { return is(i, ScalarOp::kConstant); }
  static int operand_count(int op) {
    if (op == kTileFma) return 3;
    return scalar_op_info(static_cast<ScalarOp>(op)).operands;
  }

  void simplify() {
    for (const ExpressionNode& from : expression_.nodes()) {
      Node node{static_cast<int>(from.op)};
      for (int k = 0; k < 3; ++k) node.operands[k] = from.operands[k];
      node.value = from.value;
      node.index = from.index;
      const int count = operand_count(node.op);
      const bool foldable =
          count > 0 && std::all_of(node.operands, node.operands + count,
                                   [&](int operand) { return is_constant(operand); });
      if (foldable) {
        const auto operand = [&](int k) {
          return node.operands[k] < 0 ? 0.0F : at(node.operands[k]).value;
        };
        node = Node{.op = static_cast<int>(ScalarOp::kConstant),
                    .value = evaluate_scalar(from.op, operand(0), operand(1), operand(2))};
      } else if (from.op == ScalarOp::kPow && is_constant(node.operands[1])) {
        simplify_power(node, at(node.operands[1]).value);
      }
      nodes_.push_back(node);
    }
    fuse_multiply_add();
  }

  static void simplify_power(Node& node, float exponent) {
    const auto become = [&](ScalarOp op, int b) {
      node.op = static_cast<int>(op);
      node.operands[1] = b;
    };
    if (exponent == 2)
      become(ScalarOp::kMul, node.operands[0]);
    else if (exponent == -1)
      become(ScalarOp::kReciprocal, -1);
  }

  void count_readers() {
    for (Node& node : nodes_) node.readers = 0;
    for (const Node& node : nodes_) {
      if (node.dead) continue;
      for (const int operand : node.operands) {
        if (operand >= 0) ++at(operand).readers;
      }
    }
  }

  /// add(mul(a, b), c) as one instruction, where nobody else reads the product.
  void fuse_multiply_add() {
    count_readers();
    for (int i = 0; i <= result(); ++i) {
      Node& node = at(i);
      if (node.op != static_cast<int>(ScalarOp::kAdd)) continue;
      for (int side = 0; side < 2; ++side) {
        const int product = node.operands[side], other = node.operands[1 - side];
        if (!is(product, ScalarOp::kMul) || at(product).readers != 1 || product == other) continue;
        at(product).dead = true;
        node.op = kTileFma;
        node.operands[0] = at(product).operands[0];
        node.operands[1] = at(product).operands[1];
        node.operands[2] = other;
        break;
      }
    }
  }

  Value value(int i) {
    Node& node = at(i);
    if (is_constant(i)) {
      program_.constants.push_back(node.value);
      return {Value::kConstant, static_cast<int>(program_.constants.size()) - 1, true};
    }
    if (is(i, ScalarOp::kInput)) {
      const auto input = static_cast<size_t>(node.index);
      INGOT_CHECK(input < inputs_.size());
      if (inputs_[input] == InputClass::kLoaded) {
        return {Value::kSlot, program_.input_slots[input], false};
      }
      return {Value::kInput, node.index, inputs_[input] == InputClass::kScalar};
    }
    return values_[static_cast<size_t>(i)];
  }

  int take_slot() {
    if (free_.empty()) return program_.slot_count++;
    const int slot = free_.back();
    free_.pop_back();
    return slot;
  }

  void emit(int i) {
    Node& node = at(i);
    const int count = operand_count(node.op);
    if (node.dead || count == 0) return;
    Value operands[3];
    for (int k = 0; k < count; ++k) operands[k] = value(node.operands[k]);
    // The product of a fused multiply-add may be written either way round.
    if (node.op == kTileFma && operands[0].scalar) std::swap(operands[0], operands[1]);
    const bool last = i == result();
    std::vector<int> done;
    for (int k = 0; k < count; ++k) {
      if (--at(node.operands[k]).readers == 0 && is_temporary(node.operands[k])) {
        done.push_back(values_[static_cast<size_t>(node.operands[k])].index);
      }
    }
    values_[static_cast<size_t>(i)] =
        emit_function(node.op, {operands[0], operands[1], operands[2]}, count, last, done);
    has_instruction_for_result_ = has_instruction_for_result_ || last;
  }

  bool is_temporary(int i) { return operand_count(at(i).op) > 0; }

  /// `done` are slots of operands that nobody reads later.
  Value emit_function(int op, std::vector<Value> operands, int count, bool last,
                      std::vector<int> done) {
    const PointwiseTable& table = pointwise();
    int scalars = 0;
    for (int k = 0; k < count; ++k) scalars |= operands[static_cast<size_t>(k)].scalar ? 1 << k : 0;
    TileFunction function = table.find(op, scalars);
    for (size_t k = 0; function == nullptr && k < static_cast<size_t>(count); ++k) {
      if (!operands[k].scalar) continue;
      // No variant for this mix: the scalar is written out as a tile.
      const Value tile{Value::kSlot, take_slot(), false};
      pending_.push_back({table.find(kTileCopy, 1), {operands[k], {}, {}}, tile});
      done.push_back(tile.index);
      operands[k] = tile;
      scalars &= ~(1 << k);
      function = table.find(op, scalars);
    }
    INGOT_CHECK(function != nullptr);
    // Functions may write in place, so that the result may stand where an operand stood.
    free_.insert(free_.end(), done.begin(), done.end());
    const Value target = last ? Value{Value::kOutput} : Value{Value::kSlot, take_slot(), false};
    pending_.push_back({function, {operands[0], operands[1], operands[2]}, target});
    program_.nanoseconds_per_element += nanoseconds(op);
    return target;
  }

  void number() {
    const auto id = [&](const Value& v) {
      switch (v.kind) {
        case Value::kInput:
          return v.index;
        case Value::kConstant:
          return program_.first_constant() + v.index;
        case Value::kSlot:
          return program_.first_slot() + v.index;
        case Value::kOutput:
          return program_.output();
        case Value::kNone:
          break;
      }
      return 0;
    };
    for (const Pending& p : pending_) {
      program_.instructions.push_back(
          {p.function, id(p.operands[0]), id(p.operands[1]), id(p.operands[2]), id(p.result)});
    }
  }

  struct Pending {
    TileFunction function;
    Value operands[3];
    Value result;
  };

  const Expression& expression_;
  const std::vector<InputClass>& inputs_;
  PointwiseProgram program_;
  std::vector<Node> nodes_;
  std::vector<Value> values_;
  std::vector<int> free_;
  std::vector<Pending> pending_;
  bool has_instruction_for_result_ = false;
};

}  // namespace

PointwiseProgram compile_pointwise(const Expression& expression,
                                   const std::vector<InputClass>& inputs) {
  return Compiler(expression, inputs).compile();
}

}  // namespace ingot
