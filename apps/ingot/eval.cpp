// ingot eval: the metric of the task on labelled data, for engines side by side.
#include <fmt/format.h>

#include <algorithm>

#include "apps/common/build_engine.h"
#include "apps/common/console.h"
#include "apps/common/files.h"
#include "apps/common/names.h"
#include "apps/common/program.h"
#include "apps/common/statistics.h"
#include "apps/ingot/command.h"
#include "apps/ingot/eval/contestant.h"
#include "apps/ingot/eval/dataset.h"
#include "apps/ingot/eval/report.h"
#include "ingot/samples.h"

namespace ingot::apps {
namespace {

struct EvalFlags {
  std::string data, images, preprocess, output, json;
  ScorerOptions scorer;
  int limit = 0, profile = 0;
  double most_loss = -1;
  BuildFlags build;  ///< shapes, device, threads
};

void parse_choice(std::string_view flag, const std::string& text,
                  const std::vector<std::string>& choices) {
  if (std::find(choices.begin(), choices.end(), text) != choices.end()) return;
  throw UsageError(fmt::format("{}={}: give {}", flag, text, fmt::join(choices, ", ")));
}

std::vector<Flag> flags_of(EvalFlags* t) {
  std::vector<Flag> flags = {
      {"--data", "path", "labelled data: class folders, a .csv, or COCO's .json",
       set_text(&t->data)},
      {"--metric", "name", "top1 (with top-5), map (COCO's mAP), miou",
       [t](const std::string& text) {
         parse_choice("--metric", text, {"top1", "map", "miou"});
         t->scorer.metric = text;
       }},
      {"--images", "dir", "folder of the images of COCO's .json (default: its own)",
       set_text(&t->images)},
      {"--preprocess", "spec", "how images become inputs, as for --calibPreprocess",
       set_text(&t->preprocess)},
      {"--output", "name", "the output to score (default: the first)", set_text(&t->output)},
      {"--boxes", "format", "of map: rows (x1 y1 x2 y2 score class), yolo; default: by shape",
       [t](const std::string& text) {
         parse_choice("--boxes", text, {"auto", "rows", "yolo"});
         t->scorer.boxes = text == "rows"   ? BoxFormat::kRows
                           : text == "yolo" ? BoxFormat::kYolo
                                            : BoxFormat::kAuto;
       }},
      {"--minScore", "s", "boxes below are left out (default 0.001)",
       set_number("--minScore", &t->scorer.least_score, 0)},
      {"--ignore", "class", "of miou: pixels of this class do not count (default 255)",
       [t](const std::string& text) { t->scorer.ignored = parse_integer("--ignore", text); }},
      {"--limit", "N", "at most N samples, spread evenly", set_integer("--limit", &t->limit, 1)},
      {"--maxLoss", "points", "exit with 1 where an engine loses more to the first",
       set_number("--maxLoss", &t->most_loss, 0)},
      {"--json", "file", "write the results as JSON", set_text(&t->json)},
      {"--useProfile", "i", "optimization profile (default 0)",
       set_integer("--useProfile", &t->profile, 0)}};
  add_common_flags(&t->build, &flags);
  return flags;
}

Dataset read_data(const EvalFlags& flags) {
  set_activity("reading the labels");
  Dataset data = flags.scorer.metric == "map"    ? read_objects(flags.data, flags.images)
                 : flags.scorer.metric == "miou" ? read_masks(flags.data)
                                                 : read_classes(flags.data);
  if (flags.limit && static_cast<size_t>(flags.limit) < data.samples.size()) {
    keep_evenly(flags.limit, &data.samples);
    data.description = fmt::format("{} of {}", data.samples.size(), data.description);
  }
  return data;
}

/// The engine of a plan, or of a model that is built in FP32 for this.
std::shared_ptr<const Engine> open_engine(const std::string& path, const EvalFlags& flags,
                                          std::vector<BuildResult>* built) {
  const EngineOptions options = {.threads = flags.build.threads,
                                 .device = device_index(flags.build.device)};
  if (is_engine_file(path)) {
    set_activity("loading \"" + path + "\"");
    return Engine::load(path, options);
  }
  BuildFlags build_flags = flags.build;
  build_flags.no_tf32 = true;
  info(fmt::format("\"{}\" is built in FP32 to compare with", path));
  set_activity("building \"" + path + "\"");
  const Model model = Model::from_file(path);
  const int threads = build_flags.threads > 0 ? build_flags.threads : default_threads();
  built->push_back(build(model, build_options(build_flags, model, threads)));
  return Engine::load(*built->back().plan, options);
}

void check_same_inputs(const Contestant& first, const Contestant& other) {
  const auto text = [](const Contestant& one) {
    std::vector<std::string> inputs;
    for (const TensorInfo& input : one.engine().inputs()) {
      inputs.push_back(fmt::format("{} {}", dtype_name(input.dtype), input.name));
    }
    std::sort(inputs.begin(), inputs.end());
    return fmt::format("{}", fmt::join(inputs, ", "));
  };
  if (text(first) == text(other)) return;
  throw Error({"eval.other_inputs",
               fmt::format("\"{}\" takes {}, \"{}\" takes {}", other.name(), text(other),
                           first.name(), text(first)),
               other.name(), "compare engines of one model"});
}

EngineResult result_of(const Contestant& contestant) {
  const std::vector<double> times = contestant.times_ms();
  const EngineInfo& info = contestant.engine().info();
  return {contestant.name(), contestant.precision(), info.device,    contestant.scorer().figures(),
          median(times),     percentile(times, 90),  info.plan_bytes};
}

EvalResult evaluate(const EvalFlags& flags, const Dataset& data,
                    std::vector<Contestant>* contestants) {
  SampleOptions sample_options;
  sample_options.preprocess = flags.preprocess;
  const std::vector<TensorInfo>& inputs = contestants->front().engine().inputs();
  for (const auto& [name, shape] : expand_shapes(flags.build.shapes, inputs, "--shapes")) {
    sample_options.shapes[name] = shape;
  }
  const SampleReader reader(inputs, sample_options);
  for (size_t i = 0; i < data.samples.size(); ++i) {
    const LabelledSample& sample = data.samples[i];
    set_status_line(fmt::format("evaluating: {}/{}  {}", i, data.samples.size(), sample.path));
    set_activity("evaluating \"" + sample.path + "\"");
    ImagePlacement placement;
    const Arrays arrays = reader.read(sample.path, &placement);
    // Who comes first changes, so that a warm cache helps each as often.
    for (size_t turn = 0; turn < contestants->size(); ++turn) {
      (*contestants)[(turn + i) % contestants->size()].run(arrays, sample, placement);
    }
  }
  set_status_line("");
  EvalResult result = {flags.scorer.metric, data.description, data.samples.size(), {}};
  for (const Contestant& contestant : *contestants) result.engines.push_back(result_of(contestant));
  return result;
}

int verdict(const EvalFlags& flags, const EvalResult& result) {
  if (flags.most_loss < 0) return 0;
  int code = 0;
  for (size_t i = 1; i < result.engines.size(); ++i) {
    const double loss = loss_in_points(result, i);
    if (loss <= flags.most_loss) continue;
    error(fmt::format("{} loses {:.2f} points of {}, more than --maxLoss={:g}",
                      result.engines[i].name, loss, result.engines[i].figures[0].first,
                      flags.most_loss));
    code = 1;
  }
  return code;
}

int run(const std::vector<std::string>& arguments) {
  EvalFlags flags;
  std::vector<std::string> words;
  parse_flags(arguments, flags_of(&flags), &words);
  if (words.empty()) throw UsageError("engines or models to evaluate are missing");
  if (flags.data.empty()) throw UsageError("--data=path is missing: the labelled data");
  if (flags.scorer.metric.empty()) throw UsageError("--metric=top1, map or miou is missing");
  const Dataset data = read_data(flags);
  std::vector<BuildResult> built;  // their engines run in their memory
  std::vector<Contestant> contestants;
  for (const std::string& word : words) {
    contestants.emplace_back(word, open_engine(word, flags, &built), flags.profile, flags.output,
                             make_scorer(flags.scorer));
    check_same_inputs(contestants.front(), contestants.back());
  }
  const EvalResult result = evaluate(flags, data, &contestants);
  print_text(eval_table(result));
  if (!flags.json.empty()) write_file(flags.json, eval_json(result));
  return verdict(flags, result);
}

std::string help() {
  EvalFlags flags;
  return flags_help(flags_of(&flags));
}

}  // namespace

const Command kEvalCommand = {
    "eval", "a.plan [b.plan model.onnx ...] --data=PATH --metric=top1|map|miou [flags]",
    "Measures accuracy on labelled data, latency and size of engines, side by side.", run, help};

}  // namespace ingot::apps
