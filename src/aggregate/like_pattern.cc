// SPDX-License-Identifier: Apache-2.0
#include "aggregate/like_pattern.h"

namespace matome::aggregate {
namespace {

/// Where the code point that begins at `at` ends.
size_t EndOfCodePoint(std::string_view text, size_t at) {
  ++at;
  while (at < text.size() && (text[at] & 0xC0) == 0x80) ++at;
  return at;
}

}  // namespace

LikePattern::LikePattern(std::string_view pattern, model::Semantics semantics) {
  const bool escapes = semantics == model::Semantics::kKokuPostgresql;
  for (size_t at = 0; at < pattern.size(); ++at) {
    char byte = pattern[at];
    if (escapes && byte == '\\') {
      // PostgreSQL refuses a pattern that ends with the escape character when it gets there.
      if (at + 1 == pattern.size()) {
        tokens_.push_back({Kind::kNothing, 0});
        break;
      }
      byte = pattern[++at];
      tokens_.push_back({Kind::kByte, byte});
    } else if (byte == '%') {
      if (tokens_.empty() || tokens_.back().kind != Kind::kAnyRun)
        tokens_.push_back({Kind::kAnyRun, 0});
    } else if (byte == '_') {
      tokens_.push_back({Kind::kAnyOne, 0});
    } else {
      tokens_.push_back({Kind::kByte, byte});
    }
  }
}

bool LikePattern::Matches(std::string_view text) const {
  constexpr size_t kNone = static_cast<size_t>(-1);
  size_t token = 0;
  size_t at = 0;
  size_t run_token = kNone;  // The latest %, and the text position up to which it reaches so far.
  size_t run_end = 0;
  while (at < text.size() || token < tokens_.size()) {
    if (token < tokens_.size()) {
      switch (tokens_[token].kind) {
        case Kind::kAnyRun:
          run_token = token++;
          run_end = at;
          continue;
        case Kind::kAnyOne:
          if (at == text.size()) break;
          at = EndOfCodePoint(text, at);
          ++token;
          continue;
        case Kind::kByte:
          if (at == text.size() || text[at] != tokens_[token].byte) break;
          ++at;
          ++token;
          continue;
        case Kind::kNothing:
          break;
      }
    }
    if (run_token == kNone || run_end == text.size()) return false;
    run_end = EndOfCodePoint(text, run_end);
    at = run_end;
    token = run_token + 1;
  }
  return true;
}

}  // namespace matome::aggregate
