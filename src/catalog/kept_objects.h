// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/pages.h"

namespace matome::catalog {

/// Small objects that were read whole for their footers, kept for those who read their rows.
/// Bounded in bytes. Thread-safe.
class KeptObjects {
 public:
  using Bytes = std::shared_ptr<const base::Pages>;

  explicit KeptObjects(int64_t most_bytes) : most_bytes_(most_bytes) {}

  /// The bound, which who puts objects here keeps to.
  int64_t most_bytes() const { return most_bytes_; }
  void Put(const std::string& key, base::Pages bytes);

  /// Null for an object that is not kept.
  Bytes Get(const std::string& key) const;
  void Drop(const std::string& key);
  void DropUnless(const std::function<bool(const std::string& key)>& needed);

  int64_t bytes() const { return bytes_; }

 private:
  const int64_t most_bytes_;
  std::atomic<int64_t> bytes_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, Bytes> objects_;  // Guarded by mutex_.
};

}  // namespace matome::catalog
