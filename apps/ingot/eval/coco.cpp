// COCO's annotations: the images, boxes and categories of a JSON file. See dataset.h.
#include <fmt/core.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/ingot/eval/dataset.h"
#include "ingot/error.h"

namespace ingot::apps {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw Error({"eval.bad_annotations", what, path,
               "give annotations as COCO has them: \"images\" with id and file_name, "
               "\"annotations\" with image_id, category_id and bbox [x, y, width, height], "
               "\"categories\" with id"});
}

Json parse(const std::string& path) {
  std::ifstream file(path);
  if (!file || fs::is_directory(path)) {
    throw Error({"eval.unreadable", fmt::format("cannot read \"{}\"", path), "--data=" + path,
                 "give the JSON file of the annotations"});
  }
  try {
    return Json::parse(file);
  } catch (const Json::exception& error) {
    refuse(path, error.what());
  }
}

Truth read_truth(const Json& annotation, const std::map<int64_t, int64_t>& classes) {
  const auto box = annotation.at("bbox").get<std::vector<double>>();
  if (box.size() != 4) throw std::out_of_range("a bbox has no four numbers");
  Truth truth;
  truth.box = {box[0], box[1], box[0] + box[2], box[1] + box[3]};
  truth.class_index = classes.at(annotation.at("category_id").get<int64_t>());
  truth.crowd = annotation.value("iscrowd", 0) != 0;
  return truth;
}

Dataset convert(const Json& document, const std::string& folder) {
  std::set<int64_t> ids;
  for (const Json& category : document.at("categories")) {
    ids.insert(category.at("id").get<int64_t>());
  }
  std::map<int64_t, int64_t> classes;
  for (const int64_t id : ids) classes[id] = static_cast<int64_t>(classes.size());

  Dataset data;
  data.classes = static_cast<int64_t>(classes.size());
  std::map<int64_t, size_t> images;
  for (const Json& image : document.at("images")) {
    images[image.at("id").get<int64_t>()] = data.samples.size();
    const std::string path = fs::path(folder) / image.at("file_name").get<std::string>();
    data.samples.push_back({path, -1, {}, {}});
  }
  for (const Json& annotation : document.at("annotations")) {
    const size_t image = images.at(annotation.at("image_id").get<int64_t>());
    data.samples[image].truths.push_back(read_truth(annotation, classes));
  }
  return data;
}

}  // namespace

Dataset read_objects(const std::string& path, const std::string& images) {
  const Json document = parse(path);
  Dataset data;
  try {
    data = convert(document, images.empty() ? fs::path(path).parent_path().string() : images);
  } catch (const Json::exception& error) {
    refuse(path, error.what());
  } catch (const std::out_of_range& error) {
    refuse(path, fmt::format("an annotation names an image or a category that is not there, or has "
                             "no box ({})",
                             error.what()));
  }
  size_t objects = 0;
  for (const LabelledSample& sample : data.samples) objects += sample.truths.size();
  if (!objects) refuse(path, "there is no object in it");
  data.description = fmt::format("{} images with {} objects in {} classes of \"{}\"",
                                 data.samples.size(), objects, data.classes, path);
  return data;
}

}  // namespace ingot::apps
