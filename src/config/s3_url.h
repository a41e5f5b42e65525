// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace matome::config {

/// A bucket and what all keys are below: s3://bucket/prefix.
struct S3Url {
  std::string bucket;  // Empty in s3:// and s3:///prefix: who reads it knows the bucket.
  std::string prefix;  // Empty, or ends in '/'.
};

/// Whether `text` is meant as an address and not as a path: it has a scheme.
bool HasScheme(std::string_view text);

bool IsS3Url(std::string_view text);

/// kUsage, without context, if `text` is no address of a bucket. Says nothing of a password in it.
base::Result<S3Url> ParseS3Url(std::string_view text);

/// kUsage, without context, if there can be no bucket of that name.
base::Status CheckBucketName(std::string_view name);

}  // namespace matome::config
