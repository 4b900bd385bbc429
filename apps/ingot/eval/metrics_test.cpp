// The metrics of `ingot eval` on cases that can be worked out by hand.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numeric>

#include "apps/ingot/eval/average_precision.h"
#include "apps/ingot/eval/boxes.h"
#include "apps/ingot/eval/mean_iou.h"
#include "apps/ingot/eval/top_k.h"
#include "ingot/error.h"

namespace ingot::apps {
namespace {

TEST(TopK, CountsTheBestAndTheBestFive) {
  TopK top;
  const std::array<double, 7> scores = {0.1, 0.9, 0.3, 0.4, 0.5, 0.6, 0.2};
  top.add(scores, 1);  // first
  top.add(scores, 2);  // fifth
  top.add(scores, 6);  // sixth
  top.add(scores, 0);  // last
  EXPECT_DOUBLE_EQ(top.top1(), 0.25);
  EXPECT_DOUBLE_EQ(top.top5(), 0.5);
}

TEST(TopK, OfEqualScoresTheLowerClassWins) {
  TopK top;
  top.add(std::array<double, 3>{1, 1, 0}, 0);
  top.add(std::array<double, 3>{1, 1, 0}, 1);
  EXPECT_DOUBLE_EQ(top.top1(), 0.5);
}

TEST(TopK, NaNIsNeverRight) {
  TopK top;
  top.add(std::array<double, 2>{std::nan(""), 1}, 0);
  EXPECT_DOUBLE_EQ(top.top1(), 0);
  EXPECT_DOUBLE_EQ(top.top5(), 0);
}

TEST(MeanIou, AveragesTheOverlapOfClasses) {
  MeanIou iou(255);
  const std::array<int64_t, 6> predicted = {0, 0, 1, 1, 3, 2};
  const std::array<int64_t, 6> truth = {0, 1, 1, 1, 3, 255};
  iou.add(predicted, truth);
  // class 0: 1 of 2, class 1: 2 of 3, class 3: 1 of 1; class 2 occurs only where nothing counts
  EXPECT_DOUBLE_EQ(iou.mean_iou(), (0.5 + 2.0 / 3 + 1) / 3);
  EXPECT_DOUBLE_EQ(iou.pixel_accuracy(), 0.8);
}

TEST(Boxes, OverlapIsIntersectionOverUnion) {
  EXPECT_DOUBLE_EQ(iou({0, 0, 10, 10}, {5, 0, 15, 10}), 50.0 / 150);
  EXPECT_DOUBLE_EQ(iou({0, 0, 10, 10}, {10, 10, 20, 20}), 0);
  EXPECT_DOUBLE_EQ(iou({3, 3, 3, 3}, {3, 3, 3, 3}), 0);
}

TEST(Boxes, RowsAreReadAndPaddingIsLeftOut) {
  const std::array<double, 18> values = {1, 2, 3, 4, 0.9, 2,  //
                                         0, 0, 0, 0, 0.5, -1, 5, 5, 6, 6, 0.01, 0};
  const auto found = read_detections(values, {1, 3, 6}, BoxFormat::kAuto, 0.1, "out");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].class_index, 2);
  EXPECT_DOUBLE_EQ(found[0].box.y2, 4);
}

TEST(Boxes, YoloOutputsAreSuppressedWithinAClass) {
  // Three cells: two nearly equal boxes of class 0, and the same box as class 1.
  const std::array<double, 18> values = {10,  10,  10,  10,  10,  10,
                                         8,   8,   8,   8,   8,   8,  // centre and size
                                         0.8, 0.9, 0.0, 0.0, 0.0, 0.7};
  const auto found = read_detections(values, {1, 6, 3}, BoxFormat::kYolo, 0.5, "out");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_DOUBLE_EQ(found[0].score, 0.9);
  EXPECT_EQ(found[1].class_index, 1);
  EXPECT_DOUBLE_EQ(found[1].box.x1, 6);
}

TEST(Boxes, OtherOutputsAreRefused) {
  const std::array<double, 12> values{};
  const auto id_of = [&](const Shape& shape, BoxFormat format) -> std::string {
    try {
      read_detections(values, shape, format, 0, "out");
    } catch (const Error& error) {
      return error.problems().front().id;
    }
    return "";
  };
  EXPECT_EQ(id_of({2, 1, 6}, BoxFormat::kAuto), "eval.output_format");
  EXPECT_EQ(id_of({12}, BoxFormat::kAuto), "eval.output_format");
  EXPECT_EQ(id_of({3, 4}, BoxFormat::kRows), "eval.output_format");
  EXPECT_EQ(id_of({2, 6}, BoxFormat::kRows), "");
}

Detection found(Box box, double score, int64_t class_index = 0) {
  return {box, score, class_index};
}

TEST(AveragePrecision, PerfectDetectionsScoreOne) {
  AveragePrecision ap;
  ap.add({found({0, 0, 10, 10}, 0.9), found({20, 20, 30, 30}, 0.8, 1)},
         {{{0, 0, 10, 10}, 0}, {{20, 20, 30, 30}, 1}});
  EXPECT_DOUBLE_EQ(ap.map(), 1);
  EXPECT_DOUBLE_EQ(ap.map50(), 1);
}

TEST(AveragePrecision, AMissedObjectHalvesTheRecall) {
  AveragePrecision ap;
  ap.add({found({0, 0, 10, 10}, 0.9)}, {{{0, 0, 10, 10}, 0}, {{20, 20, 30, 30}, 0}});
  EXPECT_DOUBLE_EQ(ap.map(), 51.0 / 101);  // the points 0, 0.01 ... 0.5
}

TEST(AveragePrecision, TheThresholdsDecideByOverlap) {
  AveragePrecision ap;
  // IoU 0.8: right at 0.5 to 0.8, wrong at 0.85 to 0.95.
  ap.add({found({0, 0, 10, 8}, 0.9)}, {{{0, 0, 10, 10}, 0}});
  EXPECT_DOUBLE_EQ(ap.map50(), 1);
  EXPECT_NEAR(ap.map(), 0.7, 1e-12);
}

TEST(AveragePrecision, AnObjectIsFoundOnceAndABetterWrongOneLowersPrecision) {
  AveragePrecision ap;
  ap.add({found({0, 0, 10, 10}, 0.9), found({0, 0, 10, 10}, 0.8)}, {{{0, 0, 10, 10}, 0}});
  EXPECT_DOUBLE_EQ(ap.map(), 1);  // the second is wrong, but recall was full before it
  AveragePrecision late;
  late.add({found({50, 50, 60, 60}, 0.9), found({0, 0, 10, 10}, 0.8)}, {{{0, 0, 10, 10}, 0}});
  EXPECT_DOUBLE_EQ(late.map(), 0.5);
}

TEST(AveragePrecision, ScoresRankAcrossPictures) {
  AveragePrecision ap;
  ap.add({found({50, 50, 60, 60}, 0.7)}, {});
  ap.add({found({0, 0, 10, 10}, 0.9)}, {{{0, 0, 10, 10}, 0}});
  EXPECT_DOUBLE_EQ(ap.map(), 1);
}

TEST(AveragePrecision, CrowdsCostNothing) {
  AveragePrecision ap;
  ap.add({found({0, 0, 10, 10}, 0.8), found({100, 100, 110, 110}, 0.9),
          found({120, 100, 130, 110}, 0.9)},
         {{{0, 0, 10, 10}, 0}, {{90, 90, 200, 200}, 0, true}});
  EXPECT_DOUBLE_EQ(ap.map(), 1);
}

TEST(AveragePrecision, ClassesWithoutObjectsDoNotCount) {
  AveragePrecision ap;
  ap.add({found({0, 0, 10, 10}, 0.9), found({0, 0, 10, 10}, 0.9, 7)}, {{{0, 0, 10, 10}, 0}});
  EXPECT_DOUBLE_EQ(ap.map(), 1);
  EXPECT_DOUBLE_EQ(AveragePrecision().map(), 0);
}

}  // namespace
}  // namespace ingot::apps
