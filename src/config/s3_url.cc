// SPDX-License-Identifier: Apache-2.0
#include "config/s3_url.h"

#include <algorithm>

#include <fmt/format.h>

namespace matome::config {
namespace {

constexpr std::string_view kScheme = "s3://";
constexpr size_t kLongestBucketName = 255;  // Of stores older than the rule of 63.

bool MayStandInBucketName(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

}  // namespace

bool HasScheme(std::string_view text) { return text.find("://") != std::string_view::npos; }

bool IsS3Url(std::string_view text) { return text.starts_with(kScheme); }

base::Status CheckBucketName(std::string_view name) {
  const bool good = !name.empty() && name.size() <= kLongestBucketName && name.front() != '.' &&
                    std::all_of(name.begin(), name.end(), MayStandInBucketName);
  if (good) return {};
  return base::Usage(fmt::format("\"{}\" is not the name of a bucket", name));
}

base::Result<S3Url> ParseS3Url(std::string_view text) {
  if (!IsS3Url(text)) return base::Usage("an address of S3 is s3://bucket or s3://bucket/prefix");
  text.remove_prefix(kScheme.size());
  const size_t slash = std::min(text.find('/'), text.size());
  const std::string_view bucket = text.substr(0, slash);
  if (bucket.find('@') != std::string_view::npos) {
    return base::Usage(
        "keys do not stand in the address of a bucket; give them as MATOME_S3_ACCESS_KEY and "
        "MATOME_S3_SECRET_KEY, or in the usual places of AWS");
  }
  if (text.find('?') != std::string_view::npos) {
    return base::Usage(
        "an address of S3 has no '?'; endpoint, region and the rest are settings: "
        "--s3-endpoint, --s3-region, …");
  }
  if (bucket.find(':') != std::string_view::npos) {
    return base::Usage("an address of S3 names a bucket, not a host; that is --s3-endpoint");
  }
  S3Url url{std::string(bucket), std::string(text.substr(std::min(slash + 1, text.size())))};
  if (!url.bucket.empty()) MATOME_RETURN_IF_ERROR(CheckBucketName(url.bucket));
  if (url.prefix.starts_with('/') || url.prefix.find("//") != std::string::npos) {
    return base::Usage("the prefix has an empty part: two '/' in a row");
  }
  if (!url.prefix.empty() && !url.prefix.ends_with('/')) url.prefix += '/';
  return url;
}

}  // namespace matome::config
