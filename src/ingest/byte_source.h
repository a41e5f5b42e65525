// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "base/status.h"

namespace matome::ingest {

/// Bytes from front to back, once. For one thread.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Fills the front of `out`, which is not empty, and returns how many bytes it filled: 0 only at
  /// the end. After an error nothing more may be read.
  virtual base::Result<size_t> Read(std::span<char> out) = 0;
};

/// Begins to read something from its front; each call gives a reader of its own. Thread-safe.
using OpenBytes = std::function<base::Result<std::unique_ptr<ByteSource>>()>;

}  // namespace matome::ingest
