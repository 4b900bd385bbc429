// Mixtures of precisions by measured times: see the header.
#include "compiler/driver/refine_regions.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/driver/computing_type.h"
#include "compiler/driver/raise_precision.h"

namespace ingot {
namespace {

constexpr int kMostRounds = 3;

class Refinement {
 public:
  Refinement(Compiler* compiler, const Precisions& allowed, DType type, const Compilation& without)
      : compiler_(*compiler), allowed_(allowed), type_(type), without_(without) {}

  Compilation run(const Compilation& full) {
    Compilation best = full;
    Compilation now = full;
    for (int round = 0; round < kMostRounds; ++round) {
      if (!move_losers(now)) break;
      now = compiler_.compile(raised(allowed_, type_, {losers_.begin(), losers_.end()}));
      if (now.node_us() < best.node_us()) best = now;
    }
    return best;
  }

 private:
  bool is_wanted(const Region& region) const {
    const auto& wanted = is_quantised(type_) ? allowed_.int8_here : allowed_.small_float_here;
    return std::any_of(region.layers.begin(), region.layers.end(),
                       [&](const auto& name) { return wanted.contains(name); });
  }

  bool move_losers(const Compilation& with) {
    bool any = false;
    for (const Region& region : compare_regions(compiler_.source(), type_, without_, with)) {
      if (!region.lowered || is_wanted(region)) continue;
      if (region.us_with * kLeastGain <= region.us_without) continue;
      losers_.insert(region.layers.begin(), region.layers.end());
      any = true;
    }
    return any;
  }

  Compiler& compiler_;
  const Precisions& allowed_;
  const DType type_;
  const Compilation& without_;
  std::set<std::string> losers_;
};

}  // namespace

Compilation refine_regions(Compiler* compiler, const Precisions& allowed, DType type,
                           const Compilation& without, const Compilation& full) {
  return Refinement(compiler, allowed, type, without).run(full);
}

std::string greatest_losses(const Compiler& compiler, DType type, const Compilation& without,
                            const Compilation& full) {
  auto regions = compare_regions(compiler.source(), type, without, full);
  std::erase_if(regions, [](const Region& region) {
    return !region.lowered || region.us_with <= region.us_without;
  });
  std::sort(regions.begin(), regions.end(), [](const Region& a, const Region& b) {
    return a.us_with - a.us_without > b.us_with - b.us_without;
  });
  constexpr size_t kMost = 3;
  std::string text;
  for (size_t i = 0; i < regions.size() && i < kMost; ++i) {
    text += fmt::format("{}{} ({:.0f} us against {:.0f})", i ? ", " : "; most in ", regions[i].name,
                        regions[i].us_with, regions[i].us_without);
  }
  return text;
}

}  // namespace ingot
