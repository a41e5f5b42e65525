// SPDX-License-Identifier: Apache-2.0
// SQL LIKE: LikePattern against a plain recursion over code points. Input: pattern, a zero byte,
// text.

#include "aggregate/like_pattern.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "testing/naive_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace matome;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto zero = input.find('\0');
  if (zero == std::string_view::npos) return 0;
  const auto pattern = input.substr(0, zero);
  const auto text = input.substr(zero + 1);
  // The recursion takes exponential time with many runs; what is not UTF-8 is undefined.
  if (pattern.size() > 12 || text.size() > 24 || !base::IsValidUtf8(pattern) ||
      !base::IsValidUtf8(text))
    return 0;
  for (const bool trino : {true, false}) {
    const bool matches = aggregate::LikePattern(pattern, trino ? model::Semantics::kTrino
                                                               : model::Semantics::kKokuPostgresql)
                             .Matches(text);
    const bool expected = testing::NaiveLike(
        text, pattern, trino ? testing::Semantics::kTrino : testing::Semantics::kKokuPostgresql);
    if (matches != expected) {
      std::fprintf(stderr, "'%s' LIKE '%s' should be %d\n", std::string(text).c_str(),
                   std::string(pattern).c_str(), expected);
      std::abort();
    }
  }
  return 0;
}
