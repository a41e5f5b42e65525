// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/backoff.h"
#include "base/status.h"
#include "s3/connection_pool.h"
#include "s3/credentials.h"
#include "s3/endpoint.h"
#include "s3/http.h"
#include "s3/retry.h"
#include "s3/s3_options.h"
#include "store/object_store.h"

namespace matome::s3 {

struct S3Request {
  enum class Kind : uint8_t { kGet, kHead, kList, kPut, kDelete };

  Kind kind = Kind::kGet;
  std::string key = {};  // In the bucket, the store's prefix included; empty: the bucket.
  Query query = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string_view body = {};                   // Must live until the answer is there.
  std::optional<std::span<uint8_t>> into = {};  // As in HttpRequest.
  std::vector<int> also_answers = {};  // Statuses that are an answer here and not an error.
  /// What is wrong with a 2xx that looks whole; empty if nothing. Then it is tried again.
  std::function<std::string(const HttpAnswer&)> check = nullptr;
  bool urgent = false;  // Not to wait for other requests.
  /// Of all tries; else the options'. A body adds to it: the time it takes at 256 KiB/s.
  std::optional<std::chrono::milliseconds> deadline = {};
};

/// Sends requests to a bucket: signed, over connections that are kept, and again where that may
/// help (retry.h). Thread-safe.
class Client {
 public:
  /// Finds credentials and region. kUsage, kConfigInvalid, kStoreUnavailable.
  static base::Result<std::unique_ptr<Client>> Make(S3Options options);
  static base::Result<std::unique_ptr<Client>> Make(
      S3Options options, std::unique_ptr<CredentialProvider> credentials);

  /// A 2xx, or a status of `also_answers`, other than 404 for a bucket that is not there. Anything
  /// else is kStoreUnavailable with what to do; kInterrupted if the run is to stop.
  ///
  /// A write that runs when the run is to stop is finished.
  base::Result<HttpAnswer> Send(const S3Request& request) const;

  /// One try, whatever comes of it: for checks that want to see more than a message.
  base::Result<HttpOutcome> SendOnce(const S3Request& request) const;

  const S3Options& options() const { return options_; }
  const Endpoint& endpoint() const { return endpoint_; }
  const std::string& region() const { return region_; }
  CredentialProvider& credentials() const { return *credentials_; }
  /// "s3://bucket/key"
  std::string Describe(std::string_view key) const;
  store::Traffic traffic() const;

 private:
  struct Attempt {
    std::optional<HttpAnswer> answer = {};
    base::Status status = {};  // If there is none.
    Recovery recovery = Recovery::kNone;
    std::chrono::milliseconds at_least{0};  // To wait before the next one.
    bool unknown_name = false;              // Of the endpoint.
  };

  Client(S3Options options, std::string region, Endpoint endpoint,
         std::unique_ptr<CredentialProvider> credentials);

  HttpOptions ConnectionOptions() const;
  HttpRequest Prepare(const S3Request& request, std::string_view method,
                      const Credentials& credentials) const;
  Attempt Try(const S3Request& request, std::string_view method,
              std::chrono::milliseconds deadline) const;
  Attempt Judged(const S3Request& request, HttpOutcome outcome, const Credentials& used) const;
  base::Status Explain(const S3Request& request, const HttpAnswer& answer, const S3Error& error,
                       const Verdict& verdict) const;
  /// "s3://bucket/key: GET"
  std::string Where(const S3Request& request) const;
  bool TryAgain(Attempt& attempt, base::Backoff& backoff,
                std::chrono::steady_clock::time_point try_began) const;

  S3Options options_;
  std::string region_;
  Endpoint endpoint_;
  std::unique_ptr<CredentialProvider> credentials_;
  mutable ConnectionPool pool_;
  /// Spent by all requests on tries that failed, and on waiting after them.
  mutable std::atomic<int64_t> lost_microseconds_ = 0;
  mutable std::atomic<bool> answered_ = false;  // The store did, at least once.

  mutable std::mutex traffic_mutex_;
  mutable store::Traffic traffic_;
};

}  // namespace matome::s3
