// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "doctor/check.h"
#include "s3/s3_options.h"

namespace matome::doctor {

/// Whether a store at S3 can be worked with, step by step: name, connection, TLS, clock,
/// credentials, bucket, listing, reading, speed; for an output writing too, by a small object that
/// is put and removed. How the store is reached is the same for both, and looked at once. A check
/// that needs an earlier one that failed is left out.
Checks CheckStores(const std::optional<s3::S3Options>& input,
                   const std::optional<s3::S3Options>& output);

/// A server's certificates, the first of which ends at `expires_at`.
struct CertificateFacts {
  std::chrono::system_clock::time_point expires_at;
  std::chrono::system_clock::time_point now;
  bool checked = true;  // That it is to be believed.
};
Check JudgeCertificate(const std::string& host, const CertificateFacts& facts);

/// How far this machine's clock is ahead of the store's. Signatures hold for fifteen minutes.
Check JudgeClock(std::chrono::seconds ahead);

struct SpeedFacts {
  double latency_seconds = 0;  // Of the fastest small request.
  int64_t bytes = 0;           // Read in so many seconds; 0: there was nothing to read.
  double seconds = 0;
  int connections = 1;
};
Check JudgeSpeed(const SpeedFacts& facts);

}  // namespace matome::doctor
