// Which precisions an engine gets, by measurement: INT8 is a permission, taken where it is faster.
#pragma once

#include "compiler/driver/compilation.h"
#include "compiler/driver/precision_report.h"

namespace ingot {

struct ChosenEngine {
  Compilation compilation;
  ScheduledPlan scheduled;             ///< as placed, before packing
  Plan plan;                           ///< packed
  Reasons taken_out;                   ///< nodes that the build itself keeps out of INT8
  std::vector<std::string> decisions;  ///< one sentence each
};

/// Without INT8: one compilation. With it the model is compiled in both ways; the nodes whose steps
/// are slower in INT8, conversions included, go back to floats, until none is; then the engines (floats
/// alone, all of INT8, that mixture) are run against each other and the fastest is taken. Nodes that the user wants in INT8 stay there,
/// and with BuildOptions::force_int8 all do.
ChosenEngine choose_engine(Compiler* compiler, const Precisions& allowed);

/// Placed and packed.
ChosenEngine finish_engine(Compiler* compiler, Compilation compilation);

}  // namespace ingot
