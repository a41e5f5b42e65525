// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/status.h"
#include "s3/client.h"
#include "store/writable_store.h"

namespace matome::s3 {

/// A lock's ages.
struct LockTimes {
  std::chrono::milliseconds renew_every{20'000};
  /// A lock that was not renewed for so long, by the store's clock, is its owner's no more.
  std::chrono::milliseconds stale_after{120'000};
  /// An owner who could not renew for so long, by his own clock, gives up. Less than stale_after.
  std::chrono::milliseconds lost_after{90'000};
};

/// An object that says who holds the lock. It is made only where there is none, or the one there is
/// was not renewed for long; a thread renews it; it is removed in the end. All that with
/// conditional writes, so that of two who try one wins.
///
/// With a store that knows no conditional writes two that start at the same moment may both believe
/// to have it, until one of them renews; options().warn is told.
class S3Lock final : public store::Lock {
 public:
  /// kLocked, at once, if it is held. The client must outlive the lock.
  static base::Result<std::unique_ptr<S3Lock>> Take(const Client& client, std::string key,
                                                    LockTimes times);
  /// Whether somebody holds it. Makes nothing.
  static base::Result<bool> IsHeld(const Client& client, const std::string& key, LockTimes times);

  S3Lock(const S3Lock&) = delete;
  S3Lock& operator=(const S3Lock&) = delete;
  /// Removes the object if it is ours. If that fails, others must wait until it is stale.
  ~S3Lock() override;

  /// Whether the store knows conditional writes.
  bool conditional() const { return conditional_; }

  /// kLocked if somebody else has it, kTemporary if it could not be renewed for too long.
  base::Status Check() const override;

 private:
  using Clock = std::chrono::steady_clock;

  S3Lock(const Client& client, std::string key, LockTimes times);

  /// Writes the object if there is none, or the given version of it.
  base::Status Make(const std::string& expected_version);
  /// Whether the store takes part in conditional writes: one more that must be refused.
  base::Status Probe();
  base::Status Renew();
  base::Status RenewWithoutConditions();
  void KeepRenewing();
  void Remove() const;
  /// What the object says now. Differs each time, so that each renewal is a version of its own.
  std::string Text();
  /// Whether the object in the store is one that we wrote.
  base::Result<bool> IsOurs() const;

  const Client& client_;
  const std::string key_;
  const LockTimes times_;
  const std::string owner_;
  const std::string taken_at_;
  bool conditional_ = true;
  // Until the thread runs, its maker's; then the thread's, and the destructor's again.
  int64_t renewals_ = 0;
  std::string version_;

  mutable std::mutex mutex_;
  std::condition_variable ends_changed_;
  bool ends_ = false;
  Clock::time_point held_since_;  // When the last write that succeeded was begun.
  base::Status failure_;          // Of the last renewal.
  std::thread renewing_;
};

}  // namespace matome::s3
