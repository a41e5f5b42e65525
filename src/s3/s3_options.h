// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace matome::s3 {

enum class Addressing : uint8_t {
  kAuto,     // By host name at AWS, by path elsewhere.
  kPath,     // https://host/bucket/key
  kVirtual,  // https://bucket.host/key
};

/// Who asks. What is empty is looked for in the usual places (credentials.h).
struct CredentialOptions {
  bool anonymous = false;
  std::string access_key;
  std::string secret_key;
  std::string session_token;
  std::string profile;
};

/// How long to try again what may pass.
struct RetryOptions {
  std::chrono::milliseconds first_delay{100};
  std::chrono::milliseconds longest_delay{5'000};
  /// Of one request with all its tries.
  std::chrono::milliseconds request_deadline{60'000};
  /// Of all time spent on tries that failed and on waiting after them, by all requests of a run.
  std::chrono::milliseconds run_deadline{600'000};
  std::chrono::milliseconds connect_timeout{10'000};
  /// A transfer that moves less than stall_bytes_per_second for so long counts as broken.
  std::chrono::milliseconds stall_timeout{15'000};
  int64_t stall_bytes_per_second = 1024;
};

struct S3Options {
  std::string bucket;
  std::string prefix;    // What all keys are below; empty, or ends in '/'.
  std::string endpoint;  // With or without scheme; empty: AWS.
  std::string region;    // Empty: where the usual places say, else us-east-1.
  Addressing addressing = Addressing::kAuto;
  CredentialOptions credentials;
  std::string ca_bundle;  // A file; empty: AWS_CA_BUNDLE, else the system's.
  bool insecure = false;  // Certificates are not checked.
  int requests_in_flight = 16;
  RetryOptions retry;
  const std::atomic<bool>* stop = nullptr;  // Ends waiting requests with kInterrupted.
  /// Told what the user should know, of any thread. May be empty.
  std::function<void(const std::string&)> warn = nullptr;
};

}  // namespace matome::s3
