// What a device keeps for libraries.
#include "runtime/engine/device.h"

namespace ingot {

std::shared_ptr<void> Device::kept(const std::string& key,
                                   const std::function<std::shared_ptr<void>()>& make) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<void>& object = kept_[key];
  if (!object) object = make();
  return object;
}

void Device::release_kept() {
  const std::lock_guard lock(mutex_);
  kept_.clear();
}

}  // namespace ingot
