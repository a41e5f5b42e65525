// SPDX-License-Identifier: Apache-2.0
#include "s3/endpoint.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace matome::s3 {
namespace {

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::optional<int> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::string AwsHost(const std::string& region) {
  return fmt::format("s3.{}.amazonaws.com{}", region, region.starts_with("cn-") ? ".cn" : "");
}

/// A name's or an address's characters; brackets are gone.
bool IsHost(std::string_view host) {
  return !host.empty() &&
         std::all_of(host.begin(), host.end(), [](char c) { return IsUnreserved(c) || c == ':'; });
}

/// Lax, since stores of old allow more than AWS does: what can stand in a URL's path or host.
bool IsBucketName(std::string_view name) {
  return name.size() <= 255 && std::all_of(name.begin(), name.end(), IsUnreserved) &&
         name.find_first_not_of('.') != std::string_view::npos;
}

/// Whether name service knows "bucket.host", and AWS's certificate, which covers one level, too.
bool CanBePartOfHost(std::string_view bucket, bool tls) {
  return std::all_of(bucket.begin(), bucket.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || (c == '.' && !tls);
  });
}

}  // namespace

std::string PercentEncode(std::string_view text, bool keep_slashes) {
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (IsUnreserved(c) || (c == '/' && keep_slashes)) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

std::string PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size()) {
      const auto high = HexDigit(text[at + 1]);
      const auto low = HexDigit(text[at + 2]);
      if (high && low) {
        decoded += static_cast<char>(*high * 16 + *low);
        at += 2;
        continue;
      }
    }
    decoded += text[at] == '+' ? ' ' : text[at];
  }
  return decoded;
}

base::Result<Endpoint> Endpoint::Make(const S3Options& options, const std::string& region) {
  if (!IsBucketName(options.bucket)) {
    return base::Usage(fmt::format("'{}' cannot be a bucket's name", options.bucket));
  }
  const std::string given = options.endpoint.empty() ? AwsHost(region) : options.endpoint;
  const auto refuse = [&](std::string_view why) {
    return base::ConfigInvalid(fmt::format(
        "S3 endpoint '{}': {}; give [http://|https://]HOST[:PORT]", options.endpoint, why));
  };

  Endpoint made;
  std::string_view rest = given;
  if (const size_t scheme_end = rest.find("://"); scheme_end != std::string_view::npos) {
    const std::string_view scheme = rest.substr(0, scheme_end);
    if (scheme != "http" && scheme != "https") return refuse("neither http nor https");
    made.uses_tls_ = scheme == "https";
    rest.remove_prefix(scheme_end + 3);
  }
  // A gateway may keep its buckets below a path.
  const size_t path_begin = std::min(rest.find('/'), rest.size());
  std::string_view path = rest.substr(path_begin);
  while (path.ends_with('/')) path.remove_suffix(1);
  const std::string_view authority = rest.substr(0, path_begin);
  // Nobody's password shall get into a message.
  if (authority.find('@') != std::string_view::npos) {
    return base::ConfigInvalid(
        "the S3 endpoint has a user in it; credentials are given on their own");
  }
  if (path.find_first_of("?#") != std::string_view::npos) return refuse("it has a query");

  std::string_view host = authority;
  made.port_ = made.uses_tls_ ? 443 : 80;
  const size_t bracket = host.find(']');
  const size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    const std::string_view digits = host.substr(colon + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), made.port_);
    if (error != std::errc() || end != digits.data() + digits.size() || made.port_ < 1 ||
        made.port_ > 65535) {
      return refuse("no such port");
    }
    host = host.substr(0, colon);
  }
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!IsHost(host)) return refuse("no such host");

  const bool aws = host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
  const bool by_host = options.addressing == Addressing::kVirtual ||
                       (options.addressing == Addressing::kAuto && aws &&
                        CanBePartOfHost(options.bucket, made.uses_tls_));
  made.host_ = by_host ? fmt::format("{}.{}", options.bucket, host) : std::string(host);
  made.base_url_ = fmt::format("{}://{}{}", made.uses_tls_ ? "https" : "http",
                               by_host ? options.bucket + "." : "", authority);
  made.path_ = path;
  if (!by_host) made.path_ += "/" + options.bucket;
  return made;
}

std::string Endpoint::Url(std::string_view key, const Query& query) const {
  std::string url = base_url_ + path_ + "/" + PercentEncode(key, true);
  // Some stores take "/bucket/" for an object with an empty key.
  if (key.empty() && !path_.empty()) url.pop_back();
  char separator = '?';
  for (const auto& [name, value] : query) {
    // A name without a value has its '=' in the signature, so it has it here.
    url +=
        fmt::format("{}{}={}", separator, PercentEncode(name, false), PercentEncode(value, false));
    separator = '&';
  }
  return url;
}

}  // namespace matome::s3
