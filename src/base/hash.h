// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace matome::base {

/// Hash of bytes (XXH3). With MATOME_HASH_ZERO every value collides, so that tests exercise the
/// slow paths.
uint64_t HashBytes(std::string_view bytes);

/// Mixes a packed integer key so that all bits depend on all bits (the finaliser of MurmurHash3).
constexpr uint64_t HashInteger(uint64_t key) {
#ifdef MATOME_HASH_ZERO
  return key & 0;
#else
  key ^= key >> 33;
  key *= 0xff51afd7ed558ccdULL;
  key ^= key >> 33;
  key *= 0xc4ceb9fe1a85ec53ULL;
  key ^= key >> 33;
  return key;
#endif
}

/// For hash maps keyed by text.
struct TextHash {
  using is_transparent = void;
  uint64_t operator()(std::string_view text) const { return HashBytes(text); }
};

/// For hash maps keyed by packed integers.
struct IntegerHash {
  uint64_t operator()(uint64_t key) const { return HashInteger(key); }
};

}  // namespace matome::base
