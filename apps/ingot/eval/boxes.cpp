// Boxes of detections: see the header.
#include "apps/ingot/eval/boxes.h"

#include <fmt/core.h>

#include <algorithm>

#include "ingot/error.h"

namespace ingot::apps {
namespace {

constexpr int64_t kRowLength = 6;
constexpr double kMostOverlap = 0.7;
constexpr size_t kMostCandidates = 30000, kMostKept = 300;  // of a picture

/// Leaves the best of boxes of one class that overlap. `detections` are sorted by score.
std::vector<Detection> without_overlaps(const std::vector<Detection>& detections) {
  std::vector<Detection> kept;
  for (const Detection& detection : detections) {
    const bool hidden = std::any_of(kept.begin(), kept.end(), [&](const Detection& better) {
      return better.class_index == detection.class_index &&
             iou(better.box, detection.box) > kMostOverlap;
    });
    if (!hidden) kept.push_back(detection);
    if (kept.size() == kMostKept) break;
  }
  return kept;
}

std::vector<Detection> read_rows(std::span<const double> values, double least_score) {
  std::vector<Detection> detections;
  for (size_t row = 0; row + kRowLength <= values.size(); row += kRowLength) {
    const auto v = values.subspan(row, kRowLength);
    if (!(v[4] >= least_score) || !(v[5] >= 0)) continue;
    detections.push_back({{v[0], v[1], v[2], v[3]}, v[4], static_cast<int64_t>(v[5] + 0.5)});
  }
  return detections;
}

std::vector<Detection> read_yolo(std::span<const double> values, size_t rows, size_t cells,
                                 double least_score) {
  std::vector<Detection> detections;
  const auto at = [&](size_t row, size_t cell) { return values[row * cells + cell]; };
  for (size_t row = 4; row < rows; ++row) {
    for (size_t cell = 0; cell < cells; ++cell) {
      if (!(at(row, cell) >= least_score)) continue;
      const double x = at(0, cell), y = at(1, cell), w = at(2, cell) / 2, h = at(3, cell) / 2;
      detections.push_back(
          {{x - w, y - h, x + w, y + h}, at(row, cell), static_cast<int64_t>(row - 4)});
    }
  }
  std::stable_sort(detections.begin(), detections.end(),
                   [](const Detection& a, const Detection& b) { return a.score > b.score; });
  if (detections.size() > kMostCandidates) detections.resize(kMostCandidates);
  return without_overlaps(detections);
}

}  // namespace

double area(const Box& box) {
  return std::max(0.0, box.x2 - box.x1) * std::max(0.0, box.y2 - box.y1);
}

double intersection(const Box& a, const Box& b) {
  return area(
      {std::max(a.x1, b.x1), std::max(a.y1, b.y1), std::min(a.x2, b.x2), std::min(a.y2, b.y2)});
}

double iou(const Box& a, const Box& b) {
  const double common = intersection(a, b), either = area(a) + area(b) - common;
  return either > 0 ? common / either : 0;
}

std::vector<Detection> read_detections(std::span<const double> values, const Shape& shape,
                                       BoxFormat format, double least_score,
                                       const std::string& where) {
  const int rank = shape.rank();
  const bool one_picture = rank == 2 || (rank == 3 && shape[0] == 1);
  if (format == BoxFormat::kAuto && one_picture) {
    format = shape[rank - 1] == kRowLength ? BoxFormat::kRows : BoxFormat::kYolo;
  }
  if (one_picture && format == BoxFormat::kRows && shape[rank - 1] == kRowLength) {
    return read_rows(values, least_score);
  }
  if (rank == 3 && one_picture && format == BoxFormat::kYolo && shape[1] > 4) {
    return read_yolo(values, static_cast<size_t>(shape[1]), static_cast<size_t>(shape[2]),
                     least_score);
  }
  throw Error({"eval.output_format",
               fmt::format("an output of {} holds no boxes that eval knows", shape.to_string()),
               where,
               "give --boxes=rows for [n, 6] (x1 y1 x2 y2 score class) or --boxes=yolo for "
               "[1, 4 + classes, n], and the output with --output=name where there are several"});
}

}  // namespace ingot::apps
