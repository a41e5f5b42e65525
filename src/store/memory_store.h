// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "store/object_store.h"

namespace matome::store {

/// Objects in memory. Put() may not run beside reads.
class MemoryStore final : public ObjectStore {
 public:
  void Put(std::string key, std::vector<uint8_t> bytes);
  void Remove(const std::string& key) { objects_.erase(key); }

  base::Result<std::vector<ObjectRef>> List(std::string_view prefix) const override;
  base::Result<std::vector<std::string>> ListDirectories(std::string_view prefix) const override;
  base::Result<std::unique_ptr<RandomAccessObject>> Open(const ObjectRef& object) const override;
  std::string Describe(std::string_view key) const override { return "memory:" + std::string(key); }

 private:
  struct Stored {
    std::shared_ptr<const std::vector<uint8_t>> bytes;
    int64_t version = 0;
  };
  std::map<std::string, Stored, std::less<>> objects_;
  int64_t next_version_ = 1;
};

}  // namespace matome::store
