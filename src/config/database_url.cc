// SPDX-License-Identifier: Apache-2.0
#include "config/database_url.h"

#include <algorithm>
#include <array>

namespace matome::config {
namespace {

constexpr std::array<std::string_view, 2> kSchemes = {"postgresql://", "postgres://"};
/// People write keys into addresses of S3 too; that is refused, and shown no more than a password.
constexpr std::array<std::string_view, 5> kSchemesWithSecrets = {"postgresql://", "postgres://",
                                                                 "s3://", "s3a://", "s3n://"};
constexpr std::array<std::string_view, 2> kSecretKeys = {"password=", "sslpassword="};

/// The password between user and host: from the first colon to the last @ that is not in the query
/// of a URL with a path.
void FindPassword(std::string_view text, size_t start,
                  std::vector<std::pair<size_t, size_t>>& found) {
  const size_t slash = std::min(text.find('/', start), text.size());
  const size_t query = std::min(text.find('?', slash), text.size());
  const size_t at = text.substr(0, query).rfind('@');
  if (at == std::string_view::npos || at < start) return;
  const size_t colon = text.find(':', start);
  if (colon < at) found.emplace_back(colon + 1, at - colon - 1);
}

void FindParameters(std::string_view text, size_t start,
                    std::vector<std::pair<size_t, size_t>>& found) {
  for (size_t mark = text.find('?', start); mark < text.size();) {
    const size_t first = mark + 1;
    mark = std::min(text.find('&', first), text.size());
    for (const auto key : kSecretKeys) {
      if (text.substr(first, mark - first).starts_with(key)) {
        found.emplace_back(first + key.size(), mark - first - key.size());
      }
    }
  }
}

}  // namespace

bool IsDatabaseUrl(std::string_view text) {
  return std::any_of(kSchemes.begin(), kSchemes.end(),
                     [text](std::string_view scheme) { return text.starts_with(scheme); });
}

std::vector<std::pair<size_t, size_t>> SecretsOfUrls(std::string_view text) {
  std::vector<std::pair<size_t, size_t>> found;
  for (const auto scheme : kSchemesWithSecrets) {
    const size_t at = text.find(scheme);
    if (at == std::string_view::npos) continue;
    FindPassword(text, at + scheme.size(), found);
    FindParameters(text, at + scheme.size(), found);
    break;
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string WithoutUrlSecrets(std::string_view text) {
  std::string shown;
  size_t done = 0;
  for (const auto& [first, length] : SecretsOfUrls(text)) {
    if (first < done) continue;  // Within another.
    shown += text.substr(done, first - done);
    shown += "***";
    done = first + length;
  }
  shown += text.substr(done);
  return shown;
}

}  // namespace matome::config
