// A subgraph (the body of If, Loop, Scan) as the reference evaluator runs it: operators by name,
// values as numbered slots, everything from outside passed in as an explicit input.
//
// Text form: program(3) { %3 = Add(%0, %1) {}; %4, %5 = Split(%3, %2) {axis=0}; return %4, %5 }
// An absent optional input or output is written "_".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/node/attributes.h"

namespace ingot {

struct ProgramNode {
  std::string op;
  std::vector<int> inputs;   ///< slots; -1 for an absent optional input
  std::vector<int> outputs;  ///< slots
  Attributes attributes;     ///< the op's; small constants are nodes "Constant" {value=tensor ...}
  std::string origin;        ///< name of the ONNX node; not part of the text form
};

struct Program {
  int input_count = 0;  ///< slots 0 .. input_count-1 are the inputs
  int slot_count = 0;
  std::vector<ProgramNode> nodes;
  std::vector<int> outputs;  ///< slots

  std::string to_string() const;
  static Program parse(std::string_view text);  ///< throws Error ("program.syntax")
};

}  // namespace ingot
