// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/status.h"
#include "s3/s3_options.h"

namespace matome::s3 {

/// Every byte but letters, digits and "-._~" as %XX, which is how a signature wants keys (where
/// slashes stay) and the names and values of a query (where they do not).
std::string PercentEncode(std::string_view text, bool keep_slashes);

/// As listings encode keys: %XX, and '+' for a blank. What is no %XX stays.
std::string PercentDecode(std::string_view text);

/// A query's parameters; sorted, as a signature wants them.
using Query = std::map<std::string, std::string>;

/// Where a bucket is reached.
class Endpoint {
 public:
  /// `region` must not be empty. kUsage for a bucket's name, kConfigInvalid for an endpoint, that
  /// cannot be.
  static base::Result<Endpoint> Make(const S3Options& options, const std::string& region);

  /// The URL of an object, or of the bucket for an empty key.
  std::string Url(std::string_view key, const Query& query = {}) const;

  /// "https://minio.example.com:9000"; with virtual addressing the bucket is part of it.
  const std::string& base_url() const { return base_url_; }
  /// Without port and brackets.
  const std::string& host() const { return host_; }
  int port() const { return port_; }
  bool uses_tls() const { return uses_tls_; }

 private:
  std::string base_url_;
  std::string path_;  // Of the bucket: empty, or begins with '/'. Encoded.
  std::string host_;
  int port_ = 0;
  bool uses_tls_ = true;
};

}  // namespace matome::s3
