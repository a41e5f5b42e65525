// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace matome::model {

/// Whose rules hold where Koku's two implementations differ (semantics §6).
enum class Semantics : uint8_t { kTrino, kKokuPostgresql };

}  // namespace matome::model
