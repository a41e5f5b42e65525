// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace matome::base {

uint64_t HashBytes(std::string_view bytes) {
#ifdef MATOME_HASH_ZERO
  return bytes.size() & 0;
#else
  return XXH3_64bits(bytes.data(), bytes.size());
#endif
}

}  // namespace matome::base
