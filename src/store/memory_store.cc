// SPDX-License-Identifier: Apache-2.0
#include "store/memory_store.h"

#include <algorithm>
#include <cstring>

namespace matome::store {
namespace {

class MemoryObject final : public RandomAccessObject {
 public:
  explicit MemoryObject(std::shared_ptr<const std::vector<uint8_t>> bytes)
      : bytes_(std::move(bytes)) {}

  base::Status ReadAt(int64_t offset, std::span<uint8_t> out) const override {
    const auto size = static_cast<int64_t>(bytes_->size());
    if (offset < 0 || offset > size || static_cast<int64_t>(out.size()) > size - offset) {
      return base::BadInput("the object ends before the bytes asked for");
    }
    if (!out.empty()) std::memcpy(out.data(), bytes_->data() + offset, out.size());
    return {};
  }

 private:
  std::shared_ptr<const std::vector<uint8_t>> bytes_;
};

}  // namespace

void MemoryStore::Put(std::string key, std::vector<uint8_t> bytes) {
  objects_.insert_or_assign(
      std::move(key),
      Stored{std::make_shared<const std::vector<uint8_t>>(std::move(bytes)), next_version_++});
}

base::Result<std::vector<ObjectRef>> MemoryStore::List(std::string_view prefix) const {
  std::vector<ObjectRef> found;
  for (auto entry = objects_.lower_bound(prefix);
       entry != objects_.end() && entry->first.starts_with(prefix); ++entry) {
    found.push_back({entry->first, static_cast<int64_t>(entry->second.bytes->size()),
                     std::to_string(entry->second.version)});
  }
  return found;
}

base::Result<std::vector<std::string>> MemoryStore::ListDirectories(std::string_view prefix) const {
  std::vector<std::string> names;
  for (auto entry = objects_.lower_bound(prefix);
       entry != objects_.end() && entry->first.starts_with(prefix); ++entry) {
    const std::string_view rest = std::string_view(entry->first).substr(prefix.size());
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos) continue;
    if (names.empty() || names.back() != rest.substr(0, slash))
      names.emplace_back(rest.substr(0, slash));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

base::Result<std::unique_ptr<RandomAccessObject>> MemoryStore::Open(const ObjectRef& object) const {
  const auto found = objects_.find(object.key);
  if (found == objects_.end())
    return base::InputChanged(Describe(object.key) + " is gone since it was listed");
  if (std::to_string(found->second.version) != object.version) {
    return base::InputChanged(Describe(object.key) + " changed since it was listed");
  }
  return std::unique_ptr<RandomAccessObject>(std::make_unique<MemoryObject>(found->second.bytes));
}

}  // namespace matome::store
