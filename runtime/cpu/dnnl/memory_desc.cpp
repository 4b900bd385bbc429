// Memory descriptors: see the header.
#include "runtime/cpu/dnnl/memory_desc.h"

#include <fmt/core.h>
#include <sys/mman.h>

#include <new>
#include <numeric>

#include "core/base/error.h"

namespace ingot {

using dnnl::memory;

namespace {

/// oneDNN's kernels are of 256 KiB of address space each, a primitive has up to a few tens of them,
/// and some products pack their operands into memory that they allocate as they run.
constexpr size_t kHeadroom = size_t{16} << 20;

/// oneDNN looks at no failed allocation of its kernels: it calls what is not there. So who is close
/// to the end of memory ends here.
void check_headroom() {
  void* room = mmap(nullptr, kHeadroom, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) throw std::bad_alloc();
  munmap(room, kHeadroom);
}

}  // namespace

dnnl::engine& dnnl_engine() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  check_headroom();
  return engine;
}

dnnl::stream& dnnl_stream() {
  thread_local dnnl::stream stream(dnnl_engine());
  return stream;
}

memory::data_type dnnl_type(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return memory::data_type::f32;
    case DType::kF16:
      return memory::data_type::f16;
    case DType::kBF16:
      return memory::data_type::bf16;
    case DType::kI32:
      return memory::data_type::s32;
    case DType::kI8:
      return memory::data_type::s8;
    case DType::kU8:
      return memory::data_type::u8;
    default:
      return memory::data_type::undef;
  }
}

namespace {

memory::dims to_dims(const Shape& shape) { return {shape.begin(), shape.end()}; }

memory::format_tag blocked_tag(int rank, int block) {
  using Tag = memory::format_tag;
  if (block == 8) return rank == 3 ? Tag::nCw8c : rank == 4 ? Tag::nChw8c : Tag::nCdhw8c;
  return rank == 3 ? Tag::nCw16c : rank == 4 ? Tag::nChw16c : Tag::nCdhw16c;
}

}  // namespace

memory::desc dnnl_desc(const StepTensor& tensor, int rank) {
  const memory::data_type type = dnnl_type(tensor.dtype);
  const int block = layout_block(tensor.layout);
  if (block > 1) {
    const memory::desc parent(to_dims(tensor.buffer_shape), type,
                              blocked_tag(tensor.shape.rank(), block));
    if (tensor.dense()) return parent;
    // A window of whole blocks; oneDNN has no words for one that ends inside a block.
    const int64_t channels = tensor.shape[1], all = tensor.buffer_shape[1];
    if (channels % block != 0 && channels != all) {
      fail({"step.unsupported",
            fmt::format("a window of {} of {} channels, in layout {}", channels, all,
                        layout_name(tensor.layout)),
            "", "use another tactic"});
    }
    return parent.submemory_desc(to_dims(tensor.shape),
                                 memory::dims(static_cast<size_t>(tensor.shape.rank()), 0));
  }
  memory::dims dims = to_dims(tensor.shape);
  memory::dims strides = to_dims(tensor.strides);
  if (dims.empty() && rank == 0) return memory::desc({1}, type, memory::dims{1});
  while (static_cast<int>(dims.size()) < rank) {
    const memory::dim outer = dims.empty() ? 1 : dims[0] * strides[0];
    dims.insert(dims.begin(), 1);
    strides.insert(strides.begin(), std::max<memory::dim>(outer, 1));
  }
  return memory::desc(dims, type, strides);
}

memory::desc plain_desc(DType dtype, const Shape& shape) {
  return memory::desc(to_dims(shape), dnnl_type(dtype),
                      to_dims(layout_strides(shape, Layout::kPlain)));
}

memory::desc any_desc(DType dtype, const Shape& shape) {
  return memory::desc(to_dims(shape), dnnl_type(dtype), memory::format_tag::any);
}

PackedFormat packed_format(const memory::desc& desc, DType dtype, const std::vector<int>& order) {
  PackedFormat format;
  format.dtype = dtype;
  const memory::dims dims = desc.get_dims(), padded = desc.get_padded_dims(),
                     strides = desc.get_strides();
  std::vector<int> position(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    const auto axis = static_cast<size_t>(order[i]);
    position[axis] = static_cast<int>(i);
    format.dims.push_back(dims[axis]);
    format.padded.push_back(padded[axis]);
    format.strides.push_back(strides[axis]);
  }
  const memory::dims blocks = desc.get_inner_blks(), axes = desc.get_inner_idxs();
  for (size_t i = 0; i < blocks.size(); ++i) {
    format.blocks.push_back({blocks[i], position[static_cast<size_t>(axes[i])]});
  }
  const size_t elements_bytes = format.bytes();
  const size_t all_bytes = desc.get_size();
  format.extra_bytes = all_bytes > elements_bytes ? all_bytes - elements_bytes : 0;
  return format;
}

const void* pack_weights(const StepContext& context, int input, const memory::desc& wanted,
                         const memory::desc& plain, const std::vector<int>& order) {
  const DType dtype = context.inputs()[static_cast<size_t>(input)].dtype;
  const PackedFormat format = packed_format(wanted, dtype, order);
  return context.packed_constant(
      input, format.to_string(), wanted.get_size(), [&](const void* from, void* to) {
        memory source(plain, dnnl_engine(), const_cast<void*>(from));
        memory target(wanted, dnnl_engine(), to);
        dnnl::reorder(source, target).execute(dnnl_stream(), source, target);
        dnnl_stream().wait();
      });
}

}  // namespace ingot
