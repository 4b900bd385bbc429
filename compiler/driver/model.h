// What a Model holds.
#pragma once

#include "compiler/graph/graph.h"
#include "ingot/builder.h"

namespace ingot {

struct Model::State {
  std::string path;
  std::string hash;  ///< XXH3-128 of the file
  Graph graph;
  std::vector<Problem> warnings;
};

}  // namespace ingot
