// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "s3/s3_options.h"
#include "sink/day_file.h"
#include "store/writable_store.h"

namespace matome::sink {

/// A directory or a bucket that gets the summary as files.
struct TreeTarget {
  std::string directory;
  FileFormat format = FileFormat::kParquet;
  std::optional<s3::S3Options> s3 = {};  // Set: in a bucket, and `directory` is not used.

  /// For messages: the directory, or s3://BUCKET/PREFIX.
  std::string Describe() const;
};

/// The store at `target`; nothing is read or written yet. `writer` tells its files in the making
/// from those of other runs. kConfigInvalid, kUsage.
base::Result<std::unique_ptr<store::WritableStore>> OpenStore(const TreeTarget& target,
                                                              std::string_view writer);

}  // namespace matome::sink
