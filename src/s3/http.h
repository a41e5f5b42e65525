// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "s3/secret.h"

namespace matome::s3 {

/// How to reach servers.
struct HttpOptions {
  std::string ca_bundle;  // A file; empty: the system's.
  bool insecure = false;  // Certificates are not checked.
  bool proxies = true;    // As http_proxy, https_proxy and no_proxy say.
  std::chrono::milliseconds connect_timeout{10'000};
  /// A transfer that moves less than stall_bytes_per_second for so long counts as broken.
  std::chrono::milliseconds stall_timeout{15'000};
  int64_t stall_bytes_per_second = 1024;
  const std::atomic<bool>* stop = nullptr;  // Ends requests that run. May be null.
};

/// AWS's Signature Version 4 for S3, by libcurl. The request needs a header x-amz-content-sha256,
/// and its query must be sorted and encoded as the signature wants it (endpoint.h).
struct Signature {
  std::string region;
  std::string access_key;
  Secret secret_key;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string_view body = {};  // Must live until the answer is there.
  std::chrono::milliseconds deadline{60'000};
  std::optional<Signature> signature = {};
  /// If set, the body of a 200 or 206 goes there and not into the answer; one that is longer is an
  /// error.
  std::optional<std::span<uint8_t>> into = {};
  bool inspect = false;  // Over a new connection, of which HttpOutcome::route then tells.
};

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  // By name in lower case.
  std::string body;
  int64_t body_bytes = 0;  // Also where `into` took them.

  /// The header's value; null if there is none.
  const std::string* Header(const std::string& lower_case_name) const;
  bool ok() const { return status >= 200 && status < 300; }
};

/// Why there is no answer, or no whole one.
enum class HttpFailure : uint8_t {
  kNone,
  kResolve,    // The name is unknown, or the name service does not answer.
  kConnect,    // Refused, unreachable, or no connection in time.
  kTls,        // A handshake that broke off.
  kUntrusted,  // A certificate that is not believed, a CA bundle that cannot be read, or no TLS.
  kTimeout,    // The deadline is over.
  kStall,      // Hardly a byte moved for too long.
  kBroken,     // Reset, cut, or shorter than announced.
  kTooLong,    // More bytes than `into` has room for.
  kStopped,    // The stop flag.
  kOther,      // A URL, a proxy, or an option that cannot be.
};

/// A connection as it was made; what was not reached stays empty.
struct HttpRoute {
  std::string address;  // "192.0.2.1:443"; the proxy's if there is one.
  double resolve_seconds = 0;
  double connect_seconds = 0;
  double tls_seconds = 0;
  /// The first date on which a certificate of the server's chain ends.
  std::optional<std::chrono::system_clock::time_point> certificate_expires_at;
};

struct HttpOutcome {
  HttpFailure failure = HttpFailure::kNone;
  std::string error;  // What failed, in words. Holds no secret.
  HttpAnswer answer;  // As far as it came.
  std::optional<HttpRoute> route = {};
};

/// One connection that is kept alive from request to request, as far as the server does. If it
/// turns out to have been closed meanwhile, the request goes over a fresh one, at once. Redirects
/// are not followed. Not thread-safe.
class HttpConnection {
 public:
  /// kFailed if libcurl is not there.
  static base::Result<std::unique_ptr<HttpConnection>> Make(HttpOptions options);
  ~HttpConnection();

  /// Asks once, and waits for the whole answer.
  HttpOutcome Send(const HttpRequest& request);

 private:
  struct Handles;

  HttpConnection(HttpOptions options, std::unique_ptr<Handles> handles);

  HttpOptions options_;
  std::unique_ptr<Handles> handles_;
};

/// Asks once, over a connection of its own. Any answer is a success. kTemporary if there is none,
/// kInterrupted if stopped, kFailed if libcurl is not there.
base::Result<HttpAnswer> SendOnce(const HttpOptions& options, const HttpRequest& request);

}  // namespace matome::s3
