// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/writable_store.h"

namespace matome::store {

/// A directory of the file system as a place to write to. Keys are paths below it. A version is the
/// size and modification time of the file.
///
/// A file is written beside its place, as `.NAME.WRITER.tmp` for NAME.EXTENSION, and renamed over
/// it. Such names are not listed; a killed writer leaves nothing else. Locks are the kernel's
/// (flock): it drops them when the process dies, however it does.
class DirectoryStore final : public WritableStore {
 public:
  /// `root` need not exist: what is written makes it. `writer` tells the files in the making of
  /// this store from those of others.
  DirectoryStore(std::string root, std::string_view writer);

  base::Result<std::vector<ObjectRef>> List(std::string_view prefix) const override;
  base::Result<std::vector<ObjectRef>> ListSome(std::string_view prefix,
                                                size_t limit) const override;
  base::Result<std::vector<std::string>> ListDirectories(std::string_view prefix) const override;
  base::Result<std::unique_ptr<RandomAccessObject>> Open(const ObjectRef& object) const override;
  std::string Describe(std::string_view key) const override;

  base::Result<std::string> Put(const std::string& key, const Produce& produce,
                                const PutOptions& options) override;
  /// Removes the directory too, if nothing is left in it.
  base::Status Remove(const std::string& key) override;
  base::Result<std::optional<StoredObject>> Get(const std::string& key) const override;
  base::Result<std::optional<std::string>> VersionOf(const std::string& key) const override;
  base::Result<std::unique_ptr<Lock>> TakeLock(const std::string& key) override;
  base::Result<bool> IsLocked(const std::string& key) const override;
  /// Removes empty directories below `prefix` too.
  base::Status RemoveLeftovers(std::string_view prefix) override;

 private:
  std::string root_;
  std::string temporary_suffix_;
};

}  // namespace matome::store
