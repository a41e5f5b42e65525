// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arrow/memory_pool.h>

namespace matome::arrow_io {

/// Where all of Arrow's memory comes from. The C library's allocator, which our own structures use
/// too: a second allocator beside it would keep freed memory of its own (some 20 MiB of a run's
/// peak) and gain no time here.
inline arrow::MemoryPool* Pool() { return arrow::system_memory_pool(); }

}  // namespace matome::arrow_io
