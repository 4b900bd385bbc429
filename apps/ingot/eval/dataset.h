// Labelled data of `ingot eval`: which files there are, and what is right for each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/ingot/eval/average_precision.h"

namespace ingot::apps {

struct LabelledSample {
  std::string path;           ///< of the input: an image or an array
  int64_t label = -1;         ///< the class of the whole
  std::string mask;           ///< path of the class of each pixel
  std::vector<Truth> truths;  ///< objects, in pixels of the image
};

struct Dataset {
  std::vector<LabelledSample> samples;
  int64_t classes = 0;      ///< one more than the highest class; 0 where masks hold them
  std::string description;  ///< "5000 samples in 10 classes of \"val\""
};

/// For top-1: a folder with a folder for each class (classes are the folders in order of their
/// names, or the names themselves where all are numbers), or a .csv or .txt of lines `path,label`.
/// Paths in lists are relative to the list; an empty line and a first line without a number for a
/// label are passed over. Throws Error ("eval.*") with file and line.
Dataset read_classes(const std::string& path);

/// For mIoU: a .csv of lines `path,mask`.
Dataset read_masks(const std::string& path);

/// For mAP: a JSON file of annotations as COCO has it. The class of an engine's output is the index
/// of the category in order of the categories' ids.
/// @param images  the folder of the images; empty: the one of the annotations
Dataset read_objects(const std::string& path, const std::string& images);

/// At most so many samples, spread evenly over all.
void keep_evenly(int64_t most, std::vector<LabelledSample>* samples);

}  // namespace ingot::apps
