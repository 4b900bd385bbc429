// An expression over tensors that broadcast, in one pass over memory. A preamble says what:
//   Value                            the type that is computed in
//   Out, INGOT_POINTWISE_INPUTS(f)   stored types: f(0, half_t) f(1, float) ...
//   kInputs, kVector                 how many; elements of a vector
//   kSaturates                       bytes are quantised numbers: results round to them, and saturate
//   Value pointwise_expression(const Value* in)
// A thread does a vector along the output's innermost axis, of which every operand has either
// neighbours or one element (broadcast); or, by pointwise_scalar, single elements of any strides.
#include "kernels/common/divide.cuh"
#include "kernels/common/scalar_ops.cuh"
#include "kernels/common/vector.cuh"
#include "kernels/params/pointwise.h"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

using Params = PointwiseParams<kInputs + 1>;

template <int count, typename T>
__device__ inline void load_operand(const PointwiseOperand& operand, long long offset, Value* to) {
  const T* from = static_cast<const T*>(operand.data) + offset;
  if (count == 1 || operand.strides[0] == 0) {
    const Value value = to_value<Value>(*from);
#pragma unroll
    for (int k = 0; k < count; ++k) to[k] = value;
    return;
  }
  if constexpr (kSame<Value, float> && (kIsHalfFloat<T> || kIsByte<T>)) {
    load_vector<count>(from, to);
    return;
  }
  constexpr int kStep = count < kVectorOf<T> ? count : kVectorOf<T>;
#pragma unroll
  for (int i = 0; i < count; i += kStep) {
    const Vector<T, kStep> vector = load_raw<kStep>(from + i);
#pragma unroll
    for (int k = 0; k < kStep; ++k) to[i + k] = to_value<Value>(vector.elements[k]);
  }
}

template <int count>
__device__ inline void store_values(const Value* from, Out* to) {
  if constexpr (kSaturates && kIsByte<Out>) {
    store_vector<count>(from, to);
    return;
  }
  constexpr int kStep = count < kVectorOf<Out> ? count : kVectorOf<Out>;
#pragma unroll
  for (int i = 0; i < count; i += kStep) {
    Vector<Out, kStep> vector;
    if constexpr (kIsHalfFloat<Out> && kStep % 2 == 0) {
#pragma unroll
      for (int k = 0; k < kStep; k += 2) {
        vector.words[k / 2] =
            pack_pair<Out>(static_cast<float>(from[i + k]), static_cast<float>(from[i + k + 1]));
      }
    } else {
#pragma unroll
      for (int k = 0; k < kStep; ++k) vector.elements[k] = FromValue<Out>::convert(from[i + k]);
    }
    store_raw<kStep>(vector, to + i);
  }
}

/// Loads, computes and stores `count` neighbours; `offsets` are those of all operands.
template <int count>
struct Values {
  Value in[kInputs][count];

  __device__ inline void load(const Params& p, const long long* offsets) {
#define INGOT_LOAD(i, T) load_operand<count, T>(p.operand[i + 1], offsets[i + 1], in[i]);
    INGOT_POINTWISE_INPUTS(INGOT_LOAD)
#undef INGOT_LOAD
  }
  __device__ inline void compute(const Params& p, long long offset) {
    Value result[count];
#pragma unroll
    for (int k = 0; k < count; ++k) {
      Value point[kInputs];
#pragma unroll
      for (int i = 0; i < kInputs; ++i) point[i] = in[i][k];
      result[k] = pointwise_expression(point);
    }
    store_values<count>(result, static_cast<Out*>(const_cast<void*>(p.operand[0].data)) + offset);
  }
};

/// Offsets of the operands at item `index`; gives the place along the innermost axis.
template <int count>
__device__ inline unsigned locate(const Params& p, unsigned index, long long* offsets) {
  const unsigned inner = p.axes > 1 ? take_index(&index, p.extents[0]) : index;
  const unsigned first = inner * count;
#pragma unroll
  for (int i = 0; i <= kInputs; ++i) {
    offsets[i] = static_cast<long long>(p.operand[i].strides[0]) * first;
  }
  for (int axis = 1; axis < p.axes; ++axis) {
    const unsigned at = axis + 1 < p.axes ? take_index(&index, p.extents[axis]) : index;
#pragma unroll
    for (int i = 0; i <= kInputs; ++i) {
      offsets[i] += static_cast<long long>(p.operand[i].strides[axis]) * static_cast<int>(at);
    }
  }
  return first;
}

template <int count, int items>
__device__ inline void pointwise(const Params& p) {
  wait_for_previous_grid();
  const unsigned begin = blockIdx.x * (kPointwiseThreads * items) + threadIdx.x;
  Values<count> values[items];
  long long to[items];
#pragma unroll
  for (int k = 0; k < items; ++k) {
    const unsigned index = begin + k * kPointwiseThreads;
    to[k] = -1;
    if (index >= p.items) continue;
    long long offsets[kInputs + 1];
    const unsigned first = locate<count>(p, index, offsets);
    if (count > 1 && p.inner - first < count) {
      // The end of a tensor whose elements fill no whole vectors.
      for (unsigned left = p.inner - first; left > 0; --left) {
        Values<1> single;
        single.load(p, offsets);
        single.compute(p, offsets[0]);
#pragma unroll
        for (int i = 0; i <= kInputs; ++i) offsets[i] += p.operand[i].strides[0];
      }
      continue;
    }
    values[k].load(p, offsets);
    to[k] = offsets[0];
  }
  release_next_grid();
#pragma unroll
  for (int k = 0; k < items; ++k) {
    if (to[k] >= 0) values[k].compute(p, to[k]);
  }
}

extern "C" __global__ void __launch_bounds__(kPointwiseThreads) pointwise_vector(const Params p) {
  begin_grid();
  pointwise<kVector, 1>(p);
}
extern "C" __global__ void __launch_bounds__(kPointwiseThreads) pointwise_vectors(const Params p) {
  begin_grid();
  pointwise<kVector, kInputs <= 3 ? 2 : 1>(p);
}
extern "C" __global__ void __launch_bounds__(kPointwiseThreads) pointwise_scalar(const Params p) {
  begin_grid();
  pointwise<1, 1>(p);
}

}  // namespace ingot::kernels
