// Parameters of the kernels of GroupNormalization and InstanceNormalization.
#pragma once

namespace ingot::kernels {

/// x and y are [images, channels, plane] or, channels last, [images, plane, channels]; a group is
/// group_channels channels of one image. Its moments are gathered in `splits` parts of `part`
/// elements (plain) or pixels (channels last).
struct GroupNormParams {
  const void* x;
  const void* scale;
  const void* bias;
  void* y;
  void* partials;  ///< Moments: [group][split], or channels last [image][split][channel]
  void* totals;    ///< channels last: mean and factor of each group, float2
  int plane, part;
  int channels, group_channels, splits;
  float epsilon;
};

}  // namespace ingot::kernels
