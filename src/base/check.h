// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace matome::base {

/// Prints where a bug was seen and aborts.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace matome::base

/// States what only a bug can make false; checked in debug builds.
#ifdef NDEBUG
#define MATOME_DCHECK(condition) \
  do {                           \
  } while (false && (condition))
#else
#define MATOME_DCHECK(condition) \
  ((condition) ? void() : ::matome::base::CheckFailed(#condition, __FILE__, __LINE__))
#endif
