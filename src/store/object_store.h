// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace matome::store {

/// One object as it was when it was listed. `version` pins it: reading fails (kTemporary) if it
/// changed since.
struct ObjectRef {
  std::string key;
  int64_t size_bytes = 0;
  std::string version;  // An ETag, or whatever changes when the object does.

  bool operator==(const ObjectRef&) const = default;
};

/// An object opened for ranged reads. Reads may run on several threads at once.
class RandomAccessObject {
 public:
  virtual ~RandomAccessObject() = default;

  /// Fills `out` with the bytes from `offset` on, all of them or an error.
  virtual base::Status ReadAt(int64_t offset, std::span<uint8_t> out) const = 0;
};

/// Where the reports lie: a directory, a bucket, or memory. Keys are relative to its root and use
/// '/'. Thread-safe.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  /// All objects whose key begins with `prefix` (empty, or ending in '/'), at any depth, sorted by
  /// key. A prefix that does not exist is an empty list.
  virtual base::Result<std::vector<ObjectRef>> List(std::string_view prefix) const = 0;

  /// The names of the "directories" directly below `prefix` (empty, or ending in '/'), sorted.
  virtual base::Result<std::vector<std::string>> ListDirectories(std::string_view prefix) const = 0;

  virtual base::Result<std::unique_ptr<RandomAccessObject>> Open(const ObjectRef& object) const = 0;

  /// For messages: the place of a key as a user knows it.
  virtual std::string Describe(std::string_view key) const = 0;
};

}  // namespace matome::store
