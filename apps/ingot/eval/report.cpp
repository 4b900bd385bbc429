// Results of an evaluation as a table and as JSON: see the header.
#include "apps/ingot/eval/report.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/common/program.h"

namespace ingot::apps {
namespace {

constexpr double kPoints = 100;

/// The file's name alone: the folders stand in the JSON.
std::string short_name(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

std::string cell(const std::string& text, size_t width, bool left) {
  return left ? fmt::format("{:<{}}", text, width) : fmt::format("{:>{}}", text, width);
}

}  // namespace

double loss_in_points(const EvalResult& result, size_t engine) {
  return kPoints * (result.engines[0].figures[0].second - result.engines[engine].figures[0].second);
}

std::string eval_table(const EvalResult& result) {
  std::vector<std::vector<std::string>> rows = {{"engine", "allowed"}};
  for (const auto& [name, value] : result.engines[0].figures) rows[0].push_back(name);
  for (const char* name : {"loss", "median", "speed", "size"}) rows[0].emplace_back(name);
  for (size_t i = 0; i < result.engines.size(); ++i) {
    const EngineResult& engine = result.engines[i];
    std::vector<std::string> row = {short_name(engine.name), engine.precision};
    for (const auto& [name, value] : engine.figures) {
      row.push_back(fmt::format("{:.2f}", kPoints * value));
    }
    row.push_back(i ? fmt::format("{:.2f}", loss_in_points(result, i)) : "");
    row.push_back(fmt::format("{:.3f} ms", engine.median_ms));
    row.push_back(fmt::format("{:.2f}x", result.engines[0].median_ms / engine.median_ms));
    row.push_back(bytes_text(static_cast<double>(engine.plan_bytes)));
    rows.push_back(std::move(row));
  }
  std::string text = fmt::format("{} on {}\n", result.metric, result.data);
  for (const auto& row : rows) {
    std::string line;
    for (size_t column = 0; column < row.size(); ++column) {
      size_t width = 0;
      for (const auto& other : rows) width = std::max(width, other[column].size());
      constexpr size_t kTexts = 2;  // columns of words; the others are numbers
      line += (column ? "  " : "") + cell(row[column], width, column < kTexts);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string eval_json(const EvalResult& result) {
  nlohmann::ordered_json document = {
      {"metric", result.metric}, {"data", result.data}, {"samples", result.samples}};
  for (size_t i = 0; i < result.engines.size(); ++i) {
    const EngineResult& engine = result.engines[i];
    nlohmann::ordered_json figures;
    for (const auto& [name, value] : engine.figures) figures[name] = value;
    document["engines"].push_back({{"name", engine.name},
                                   {"precision", engine.precision},
                                   {"device", engine.device},
                                   {"figures", figures},
                                   {"loss_points", loss_in_points(result, i)},
                                   {"median_ms", engine.median_ms},
                                   {"p90_ms", engine.p90_ms},
                                   {"speedup", result.engines[0].median_ms / engine.median_ms},
                                   {"plan_bytes", engine.plan_bytes}});
  }
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace ingot::apps
