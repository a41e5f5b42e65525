// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "model/day.h"
#include "store/writable_store.h"

namespace matome::sink {

/// One run at a time for an output, source and month. kLocked when another run holds the lock, in
/// this process or another.
base::Result<std::unique_ptr<store::Lock>> TakeMonthLock(store::WritableStore& store,
                                                         const std::string& source_uuid,
                                                         model::Month month);

/// Whether a run holds it. Makes nothing.
base::Result<bool> IsMonthLocked(const store::WritableStore& store, const std::string& source_uuid,
                                 model::Month month);

}  // namespace matome::sink
