// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "store/object_store.h"

namespace matome::store {

/// Takes bytes in order. An error ends the writing.
using ByteSink = std::function<base::Status(std::span<const uint8_t>)>;
/// Hands an object's bytes to the sink.
using Produce = std::function<base::Status(const ByteSink&)>;

struct PutOptions {
  /// Kept with the object as S3's user metadata (without "x-amz-meta-"). A directory has no place
  /// for it.
  std::map<std::string, std::string> metadata;
  /// False: need not survive a power cut. Only directories make a difference.
  bool durable = true;
  /// Set: only if the object's version is this one; empty text: only if there is no object. Else
  /// kLocked. Refused (kFailed) by stores that do not compare versions.
  std::optional<std::string> expected_version;
};

/// A whole object.
struct StoredObject {
  std::string bytes;
  std::string version;
};

/// Held until destroyed; or until the process dies.
class Lock {
 public:
  virtual ~Lock() = default;
  /// An error once the lock is known or feared to be lost: then nothing more may be written.
  virtual base::Status Check() const = 0;
};

/// A store that can be written to. An object comes into being, is replaced and goes away as a
/// whole: a reader sees the old one or the new one, and what was begun and not finished is never
/// seen.
class WritableStore : public ObjectStore {
 public:
  /// Writes an object, whole, and returns its version. When it returns, the object is durable.
  virtual base::Result<std::string> Put(const std::string& key, const Produce& produce,
                                        const PutOptions& options) = 0;

  /// Whether Put() can ask for a version. A directory cannot, and need not: its locks are never
  /// lost, so no other writer can come in between.
  virtual bool compares_versions() const { return false; }

  /// Removes an object. One that is not there is a success.
  virtual base::Status Remove(const std::string& key) = 0;

  /// A small object, whole; absent if it is not there.
  virtual base::Result<std::optional<StoredObject>> Get(const std::string& key) const = 0;

  /// The version of an object, as Put() and List() give it; absent if it is not there.
  virtual base::Result<std::optional<std::string>> VersionOf(const std::string& key) const = 0;

  /// Takes the lock of that name, or kLocked at once if another process, or another owner in this
  /// one, holds it.
  virtual base::Result<std::unique_ptr<Lock>> TakeLock(const std::string& key) = 0;
  /// Whether somebody holds it. Makes nothing.
  virtual base::Result<bool> IsLocked(const std::string& key) const = 0;

  /// Removes what killed writers of keys that begin with `prefix` left. Only while no other writer
  /// of such keys is there.
  virtual base::Status RemoveLeftovers(std::string_view prefix) = 0;
};

}  // namespace matome::store
