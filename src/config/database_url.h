// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace matome::config {

/// Whether `text` begins as libpq's URLs do: postgresql:// or postgres://.
bool IsDatabaseUrl(std::string_view text);

/// Where passwords of database URLs, and keys in addresses of S3, stand in `text`, which may have
/// more in front of them: first byte and length, in order. Rather too much than too little, for a
/// URL may be badly written.
std::vector<std::pair<size_t, size_t>> SecretsOfUrls(std::string_view text);

/// `text` with "***" in place of each.
std::string WithoutUrlSecrets(std::string_view text);

}  // namespace matome::config
