// SPDX-License-Identifier: Apache-2.0
#include "catalog/kept_objects.h"

namespace matome::catalog {

void KeptObjects::Put(const std::string& key, base::Pages bytes) {
  auto kept = std::make_shared<const base::Pages>(std::move(bytes));
  const std::lock_guard lock(mutex_);
  bytes_ += static_cast<int64_t>(kept->bytes().size());
  objects_.emplace(key, std::move(kept));
}

KeptObjects::Bytes KeptObjects::Get(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(key);
  return found == objects_.end() ? nullptr : found->second;
}

void KeptObjects::Drop(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(key);
  if (found == objects_.end()) return;
  bytes_ -= static_cast<int64_t>(found->second->bytes().size());
  objects_.erase(found);
}

void KeptObjects::DropUnless(const std::function<bool(const std::string& key)>& needed) {
  const std::lock_guard lock(mutex_);
  std::erase_if(objects_, [&](const auto& object) {
    if (needed(object.first)) return false;
    bytes_ -= static_cast<int64_t>(object.second->bytes().size());
    return true;
  });
}

}  // namespace matome::catalog
