// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "s3/credentials.h"

namespace matome::s3 {

/// One section of AWS's shared files: its keys in lower case, and their values.
using ProfileKeys = std::map<std::string, std::string, std::less<>>;

/// The two shared files of AWS's programs, and which profile of them is meant.
struct ProfileFiles {
  std::string credentials_path;  // AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials.
  std::string config_path;       // AWS_CONFIG_FILE, else ~/.aws/config.
  std::string profile;
  bool asked_for = false;  // By option or AWS_PROFILE: then it must be there.
};

/// `asked_for` is the option; empty: AWS_PROFILE, else AWS_DEFAULT_PROFILE, else "default".
ProfileFiles FindProfileFiles(const std::string& asked_for, const Variables& variables);

/// The profile, from both files; where both have a key the credentials file wins. Absent if it is
/// in neither. kConfigInvalid for a line that is no key with a value, without saying what is in it,
/// or a file that cannot be read; files that do not exist are empty.
base::Result<std::optional<ProfileKeys>> ReadProfile(const ProfileFiles& files);

/// The section [name] of a file's text, "[profile name]" where `of_config`. Exposed for tests;
/// `path` is for messages.
base::Result<std::optional<ProfileKeys>> ParseProfile(std::string_view text,
                                                      const std::string& path,
                                                      const std::string& name, bool of_config);

}  // namespace matome::s3
