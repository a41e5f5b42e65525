// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/object_store.h"

namespace matome::store {

/// A directory of the file system. Keys are paths below it; symbolic links are followed. An
/// object's version is its modification time and inode, so a file that is replaced or rewritten
/// fails the read (kInputChanged).
class LocalStore final : public ObjectStore {
 public:
  /// `root` must be a directory: kUsage otherwise.
  static base::Result<LocalStore> Make(std::string root);

  base::Result<std::vector<ObjectRef>> List(std::string_view prefix) const override;
  base::Result<std::vector<std::string>> ListDirectories(std::string_view prefix) const override;
  base::Result<std::unique_ptr<RandomAccessObject>> Open(const ObjectRef& object) const override;
  std::string Describe(std::string_view key) const override;

 private:
  explicit LocalStore(std::string root) : root_(std::move(root)) {}

  std::string root_;
};

}  // namespace matome::store
