// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "s3/http.h"

namespace matome::s3 {

/// What a store says of a request it did not serve. Any part may be empty.
struct S3Error {
  std::string code;     // "NoSuchKey"
  std::string message;  // Without control characters; not longer than a line or two.
  std::string region;   // The bucket's, where the request went to another one.
  std::string request_id;
};

/// Reads the body, and the headers, which is all that an answer to HEAD has.
S3Error ParseS3Error(const HttpAnswer& answer);

enum class Recovery : uint8_t {
  kNone,   // The same request would fail again.
  kRetry,  // It may pass; wait a while.
  kRenew,  // With other credentials.
};

struct Verdict {
  Recovery recovery = Recovery::kNone;
  std::string_view advice = {};  // What to do; empty if nothing but waiting helps.

  bool operator==(const Verdict&) const = default;
};

/// The one table of what is tried again: by S3's error code if it is a known one, else by the HTTP
/// status.
Verdict Judge(int status, std::string_view s3_code);
/// The same for a request without a whole answer.
Verdict Judge(HttpFailure failure);

/// How long the store asks to be left alone: Retry-After, in seconds or as a date after the
/// answer's own. Nothing if it does not say or is not understood.
std::chrono::milliseconds RetryAfter(const HttpAnswer& answer);

}  // namespace matome::s3
