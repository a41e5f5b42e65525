// SPDX-License-Identifier: Apache-2.0
#include "sink/tree_target.h"

#include <utility>

#include <fmt/format.h>

#include "s3/s3_store.h"
#include "store/directory_store.h"

namespace matome::sink {

std::string TreeTarget::Describe() const {
  if (!s3) return directory;
  const std::string_view prefix = s3->prefix;
  const size_t end = prefix.ends_with('/') ? prefix.size() - 1 : prefix.size();
  return fmt::format("s3://{}{}{}", s3->bucket, end > 0 ? "/" : "", prefix.substr(0, end));
}

base::Result<std::unique_ptr<store::WritableStore>> OpenStore(const TreeTarget& target,
                                                              std::string_view writer) {
  if (target.s3) {
    MATOME_ASSIGN_OR_RETURN(auto bucket, s3::S3Store::Make(*target.s3));
    return std::unique_ptr<store::WritableStore>(std::move(bucket));
  }
  return std::unique_ptr<store::WritableStore>(
      std::make_unique<store::DirectoryStore>(target.directory, writer));
}

}  // namespace matome::sink
