// A run allocates nothing: this program's operator new counts. Not under a sanitizer, which has its
// own.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "ingot/engine.h"
#include "runtime/engine/test_support.h"

#ifndef __SANITIZE_ADDRESS__

namespace {
std::atomic<long> allocations{0};
}

// Not inlined: the compiler would complain of memory of `new` that goes to `free`.
[[gnu::noinline]] void* operator new(size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes ? bytes : 1)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace ingot {
namespace {

TEST(Context, AllocatesNothingInARunAfterPrepare) {
  test::PlanBuilder b;
  const Dim batch = Dim::symbol("batch");
  const int x = b.input("x", {batch, 4});
  const int twice = b.arena({batch, 4});
  b.step("test.twice", {x}, {twice});
  b.step("test.twice", {twice}, {b.output("y", {batch, 4})});
  b.range("batch", 1, 2, 8);
  Context context(load_engine(b.plan));
  std::vector<float> x_data(32, 1.0F), y_data(32), z_data(32);
  ASSERT_TRUE(context.set_address("x", x_data.data()).ok());
  ASSERT_TRUE(context.set_shape("x", {3, 4}).ok());
  long before = allocations;
  ASSERT_TRUE(context.prepare().ok());  // the output is the context's own here
  EXPECT_GT(allocations - before, 0);

  before = allocations;
  bool ok = context.run().ok();
  EXPECT_EQ(allocations - before, 0);
  EXPECT_TRUE(ok);

  ASSERT_TRUE(context.set_address("y", y_data.data()).ok());
  before = allocations;
  ok = context.run().ok();
  EXPECT_EQ(allocations - before, 0);
  EXPECT_TRUE(ok);
  EXPECT_EQ(y_data[11], 4.0F);

  // Shapes seen before come from the cache, addresses are patched in.
  ASSERT_TRUE(context.set_shape("x", {8, 4}).ok());
  ASSERT_TRUE(context.run().ok());
  ASSERT_TRUE(context.set_shape("x", {3, 4}).ok());
  ASSERT_TRUE(context.prepare().ok());
  ASSERT_TRUE(context.set_address("y", z_data.data()).ok());
  before = allocations;
  ok = context.run().ok();
  EXPECT_EQ(allocations - before, 0);
  EXPECT_TRUE(ok);
  EXPECT_EQ(z_data[11], 4.0F);
}

}  // namespace
}  // namespace ingot

#endif
