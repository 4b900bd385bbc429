// Boxes of detections: their overlap, and how an engine's output becomes boxes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ingot/types.h"

namespace ingot::apps {

struct Box {
  double x1 = 0, y1 = 0, x2 = 0, y2 = 0;
};

double area(const Box& box);
double intersection(const Box& a, const Box& b);
/// Intersection over union, from 0 to 1.
double iou(const Box& a, const Box& b);

struct Detection {
  Box box;
  double score = 0;
  int64_t class_index = 0;
};

/// How an engine writes its boxes, in pixels of its input.
enum class BoxFormat {
  kAuto,  ///< told by the shape: kRows where the last axis is 6, else kYolo
  kRows,  ///< [n, 6] or [1, n, 6]: x1 y1 x2 y2 score class, after non-maximum suppression
  kYolo,  ///< [1, 4 + classes, n]: centre x, centre y, width, height, a score a class; before it
};

/// The detections of one picture with a score from `least_score` on. Of kYolo, boxes that overlap a
/// better one of their class by more than 0.7 are left out. Rows with a negative class are padding.
/// Throws Error ("eval.output_format") for other shapes; `where` names the output in it.
std::vector<Detection> read_detections(std::span<const double> values, const Shape& shape,
                                       BoxFormat format, double least_score,
                                       const std::string& where);

}  // namespace ingot::apps
