// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "config/settings.h"
#include "s3/s3_options.h"
#include "store/object_store.h"

namespace matome::cli {

/// Where settings say that the reports are.
struct Input {
  std::string name;                      // For people: ./lake, s3://bucket/prefix.
  std::optional<s3::S3Options> s3 = {};  // Absent: the directory `name`.
};

/// What --input names; else the bucket that s3.bucket and its neighbours of the YAML file, or
/// MATOME_ variables or flags, describe; else ./lake. kUsage, or kConfigInvalid where the file or a
/// variable is wrong.
base::Result<Input> FindInput(const config::Settings& settings);

/// Errors as those of the store; kUsage if it is a directory that is not there.
base::Result<std::unique_ptr<store::ObjectStore>> OpenInput(const Input& input);

/// The bucket that `url` names (or, where it names none, the setting), and how the settings say it
/// is reached. `where` names who gave the URL.
base::Result<s3::S3Options> FindBucket(const config::Settings& settings, const std::string& url,
                                       const std::string& where, config::Origin origin);

/// s3://bucket/prefix
std::string Describe(const s3::S3Options& bucket);

/// What a user of --s3-insecure must not forget; absent if it is not given.
std::optional<std::string> InsecureWarning(const config::Settings& settings);

}  // namespace matome::cli
