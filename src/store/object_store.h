// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace matome::store {

/// One object as it was when it was listed. `version` pins it: reading fails
/// (kInputChanged) if it changed since or is gone.
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

/// How reads are best cut for a store.
struct ReadShape {
  /// Ranges with no more than this between them are read as one.
  int64_t merge_gap_bytes = 16 * 1024;
  /// Objects up to this size are read whole, at once.
  int64_t whole_object_bytes = 0;
  /// How many reads are of use at the same time; with 1 there is nothing to gain from reading
  /// ahead.
  int reads_in_flight = 1;
};

/// What a store was asked for so far, by all threads together.
struct Traffic {
  std::map<std::string, int64_t> requests;  // By kind: "get", "list", …; retries are not counted.
  int64_t bytes_fetched = 0;
  int64_t retries = 0;
  double wait_seconds = 0;  // Callers waited so long for answers, summed over threads.
};

/// Where the reports lie: a directory, a bucket, or memory. Keys are relative to its root and use
/// '/'. Thread-safe.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  /// All objects whose key begins with `prefix` (empty, or ending in '/'), at any depth, sorted by
  /// key. A prefix that does not exist is an empty list.
  virtual base::Result<std::vector<ObjectRef>> List(std::string_view prefix) const = 0;

  /// Up to `limit` objects of List(prefix): those that are found with the least effort.
  virtual base::Result<std::vector<ObjectRef>> ListSome(std::string_view prefix,
                                                        size_t limit) const {
    MATOME_ASSIGN_OR_RETURN(auto objects, List(prefix));
    if (objects.size() > limit) objects.resize(limit);
    return objects;
  }

  /// The names of the "directories" directly below `prefix` (empty, or ending in '/'), sorted.
  virtual base::Result<std::vector<std::string>> ListDirectories(std::string_view prefix) const = 0;

  virtual base::Result<std::unique_ptr<RandomAccessObject>> Open(const ObjectRef& object) const = 0;

  /// For messages: the place of a key as a user knows it.
  virtual std::string Describe(std::string_view key) const = 0;

  virtual ReadShape read_shape() const { return {}; }
  virtual Traffic traffic() const { return {}; }
};

}  // namespace matome::store
