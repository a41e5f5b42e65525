// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/memory_store.h"
#include "store/writable_store.h"

namespace matome::sink {

/// A bucket in memory: versions are compared, and locks can be lost. Thread-safe.
class BucketForTest final : public store::WritableStore {
 public:
  /// The locks that are held now are held no more, and their owners are told when they ask.
  void LoseLocks() {
    const std::lock_guard lock(mutex_);
    ++lock_epoch_;
    locks_.clear();
  }
  /// Is called before each Put() takes effect, without the bucket's lock; an error fails the Put().
  std::function<base::Status(const std::string& key)> before_put;

  base::Result<std::vector<store::ObjectRef>> List(std::string_view prefix) const override {
    const std::lock_guard lock(mutex_);
    return objects_.List(prefix);
  }
  base::Result<std::vector<std::string>> ListDirectories(std::string_view prefix) const override {
    const std::lock_guard lock(mutex_);
    return objects_.ListDirectories(prefix);
  }
  base::Result<std::unique_ptr<store::RandomAccessObject>> Open(
      const store::ObjectRef& object) const override {
    const std::lock_guard lock(mutex_);
    return objects_.Open(object);
  }
  std::string Describe(std::string_view key) const override { return "bucket:" + std::string(key); }

  base::Result<std::string> Put(const std::string& key, const store::Produce& produce,
                                const store::PutOptions& options) override {
    std::vector<uint8_t> bytes;
    MATOME_RETURN_IF_ERROR(produce([&bytes](std::span<const uint8_t> more) {
      bytes.insert(bytes.end(), more.begin(), more.end());
      return base::Status();
    }));
    if (before_put) MATOME_RETURN_IF_ERROR(before_put(key));
    const std::lock_guard lock(mutex_);
    if (options.expected_version && *options.expected_version != Find(key).value_or("")) {
      return base::Status(base::Code::kLocked, key + " is another than expected");
    }
    objects_.Put(key, std::move(bytes));
    return *Find(key);
  }
  bool compares_versions() const override { return true; }
  base::Status Remove(const std::string& key) override {
    const std::lock_guard lock(mutex_);
    objects_.Remove(key);
    return {};
  }
  base::Result<std::optional<store::StoredObject>> Get(const std::string& key) const override {
    const std::lock_guard lock(mutex_);
    const auto listed = objects_.List(key);
    if (!Find(key)) return std::optional<store::StoredObject>();
    store::StoredObject object{.bytes = std::string(listed->front().size_bytes, '\0'),
                               .version = listed->front().version};
    MATOME_ASSIGN_OR_RETURN(const auto opened, objects_.Open(listed->front()));
    MATOME_RETURN_IF_ERROR(
        opened->ReadAt(0, {reinterpret_cast<uint8_t*>(object.bytes.data()), object.bytes.size()}));
    return std::optional(std::move(object));
  }
  base::Result<std::optional<std::string>> VersionOf(const std::string& key) const override {
    const std::lock_guard lock(mutex_);
    return Find(key);
  }
  base::Result<std::unique_ptr<store::Lock>> TakeLock(const std::string& key) override {
    const std::lock_guard lock(mutex_);
    if (!locks_.insert(key).second) {
      return base::Status(base::Code::kLocked, key + " is locked");
    }
    return std::unique_ptr<store::Lock>(std::make_unique<Held>(*this, key, lock_epoch_));
  }
  base::Result<bool> IsLocked(const std::string& key) const override {
    const std::lock_guard lock(mutex_);
    return locks_.contains(key);
  }
  base::Status RemoveLeftovers(std::string_view) override { return {}; }

 private:
  class Held final : public store::Lock {
   public:
    Held(BucketForTest& bucket, std::string key, int epoch)
        : bucket_(bucket), key_(std::move(key)), epoch_(epoch) {}
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() override {
      const std::lock_guard lock(bucket_.mutex_);
      if (epoch_ == bucket_.lock_epoch_) bucket_.locks_.erase(key_);
    }
    base::Status Check() const override {
      const std::lock_guard lock(bucket_.mutex_);
      if (epoch_ == bucket_.lock_epoch_) return {};
      return {base::Code::kLocked, key_ + " is lost"};
    }

   private:
    BucketForTest& bucket_;
    std::string key_;
    int epoch_;
  };

  std::optional<std::string> Find(const std::string& key) const {
    const auto listed = objects_.List(key);
    for (const auto& object : *listed) {
      if (object.key == key) return object.version;
    }
    return std::nullopt;
  }

  mutable std::mutex mutex_;
  store::MemoryStore objects_;
  std::set<std::string> locks_;
  int lock_epoch_ = 0;
};

}  // namespace matome::sink
