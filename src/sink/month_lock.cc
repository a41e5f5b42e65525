// SPDX-License-Identifier: Apache-2.0
#include "sink/month_lock.h"

#include <fmt/format.h>

#include "sink/tree_layout.h"

namespace matome::sink {

base::Result<std::unique_ptr<store::Lock>> TakeMonthLock(store::WritableStore& store,
                                                         const std::string& source_uuid,
                                                         model::Month month) {
  auto lock = store.TakeLock(LockKey(source_uuid, month));
  if (lock.status().code() != base::Code::kLocked) return lock;
  std::string place = store.Describe("");
  if (place.size() > 1 && place.ends_with('/')) place.pop_back();
  return base::Status(
      base::Code::kLocked,
      fmt::format("another run summarises source {} of {} into {} now; wait for it to end ({})",
                  source_uuid, month.ToString(), place, lock.status().message()));
}

base::Result<bool> IsMonthLocked(const store::WritableStore& store, const std::string& source_uuid,
                                 model::Month month) {
  return store.IsLocked(LockKey(source_uuid, month));
}

}  // namespace matome::sink
