// ScatterElements, ScatterND with a reduction, in an output that already holds the data. The preamble
// gives the element type T and the reduction: '+', '*', '<' (min) or '>' (max). An index outside its
// axis changes nothing. Updates to one place come in any order: sums of floats may differ in their
// last digits from run to run.
#include "kernels/common/indexed.cuh"
#include "kernels/ptx/grid_dependency.cuh"

namespace ingot::kernels {

template <typename Number>
__device__ Number combine_numbers(Number old, Number update) {
  if constexpr (kReduction == '+') return old + update;
  if constexpr (kReduction == '*') return old * update;
  if constexpr (kReduction == '<') return update < old ? update : old;
  return update > old ? update : old;
}

__device__ inline half_t combine(half_t old, half_t update) {
  return from_float<half_t>(combine_numbers(to_float(old), to_float(update)));
}
__device__ inline bfloat16_t combine(bfloat16_t old, bfloat16_t update) {
  return from_float<bfloat16_t>(combine_numbers(to_float(old), to_float(update)));
}
template <typename Number>
__device__ Number combine(Number old, Number update) {
  return combine_numbers(old, update);
}

/// *place = combine(*place, update) as one operation, by exchanging the word that holds it.
template <typename Word>
__device__ void update_in_word(T* place, T update) {
  union View {
    Word word;
    T elements[sizeof(Word) / sizeof(T)];
  };
  const unsigned long long address = reinterpret_cast<unsigned long long>(place);
  Word* word = reinterpret_cast<Word*>(address & ~(sizeof(Word) - 1ULL));
  const int lane = static_cast<int>((address & (sizeof(Word) - 1)) / sizeof(T));
  View seen;
  seen.word = *word;
  for (;;) {
    View wanted = seen;
    wanted.elements[lane] = combine(seen.elements[lane], update);
    const Word there = atomicCAS(word, seen.word, wanted.word);
    if (there == seen.word) return;
    seen.word = there;
  }
}

extern "C" __global__ void __launch_bounds__(kIndexedThreads)
    scatter_reduce(const IndexedParams params) {
  begin_grid();
  const unsigned element = blockIdx.x * kIndexedThreads + threadIdx.x;
  if (element >= params.elements) return;
  const IndexedPlace place = indexed_place(params, element);
  if (!place.inside) return;
  T* target = static_cast<T*>(params.placed) + place.placed;
  const T update = static_cast<const T*>(params.walked)[place.walked];
  if constexpr (sizeof(T) == 8) {
    update_in_word<unsigned long long>(target, update);
  } else {
    update_in_word<unsigned>(target, update);
  }
}

}  // namespace ingot::kernels
