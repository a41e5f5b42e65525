// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/memory_store.h"

namespace matome::pipeline {

/// Objects in memory that are read as from far away: reads are written down, and may be held up,
/// made to fail or spoiled. Objects may be put and removed beside reads, which see what was listed
/// or that it changed.
class StoreForTest final : public store::ObjectStore {
 public:
  struct Read {
    std::string key;
    int64_t offset = 0;
    int64_t bytes = 0;

    bool operator==(const Read&) const = default;
  };

  explicit StoreForTest(store::ReadShape shape) : shape_(shape) {}

  /// Called before each read, on its thread; what it returns is the read's outcome.
  std::function<base::Status(const Read&)> before_read;
  /// Called with what each read got.
  std::function<void(const Read&, std::span<uint8_t>)> after_read;
  /// Called after each listing.
  std::function<void(const std::string& prefix)> after_list;

  void Put(std::string key, std::vector<uint8_t> bytes) {
    const std::lock_guard lock(mutex_);
    objects_.Put(std::move(key), std::move(bytes));
  }
  void Remove(const std::string& key) {
    const std::lock_guard lock(mutex_);
    objects_.Remove(key);
  }

  std::vector<Read> reads() const {
    const std::lock_guard lock(mutex_);
    return reads_;
  }
  void WaitForReads(size_t count) const {
    std::unique_lock lock(mutex_);
    read_.wait(lock, [&] { return reads_.size() >= count; });
  }

  base::Result<std::vector<store::ObjectRef>> List(std::string_view prefix) const override {
    auto listed = [&] {
      const std::lock_guard lock(mutex_);
      ++requests_["list"];
      return objects_.List(prefix);
    }();
    if (after_list) after_list(std::string(prefix));
    return listed;
  }
  base::Result<std::vector<std::string>> ListDirectories(std::string_view prefix) const override {
    const std::lock_guard lock(mutex_);
    return objects_.ListDirectories(prefix);
  }
  base::Result<std::unique_ptr<store::RandomAccessObject>> Open(
      const store::ObjectRef& object) const override {
    return std::unique_ptr<store::RandomAccessObject>(std::make_unique<Opened>(*this, object));
  }
  std::string Describe(std::string_view key) const override { return "test:" + std::string(key); }
  store::ReadShape read_shape() const override { return shape_; }
  store::Traffic traffic() const override {
    const std::lock_guard lock(mutex_);
    store::Traffic traffic;
    traffic.requests = requests_;
    for (const auto& read : reads_) traffic.bytes_fetched += read.bytes;
    return traffic;
  }

 private:
  class Opened final : public store::RandomAccessObject {
   public:
    Opened(const StoreForTest& store, store::ObjectRef ref) : store_(store), ref_(std::move(ref)) {}

    base::Status ReadAt(int64_t offset, std::span<uint8_t> out) const override {
      const Read read{ref_.key, offset, static_cast<int64_t>(out.size())};
      {
        const std::lock_guard lock(store_.mutex_);
        store_.reads_.push_back(read);
        ++store_.requests_["get"];
      }
      store_.read_.notify_all();
      if (store_.before_read) MATOME_RETURN_IF_ERROR(store_.before_read(read));
      {
        const std::lock_guard lock(store_.mutex_);
        MATOME_ASSIGN_OR_RETURN(const auto object, store_.objects_.Open(ref_));
        MATOME_RETURN_IF_ERROR(object->ReadAt(offset, out));
      }
      if (store_.after_read) store_.after_read(read, out);
      return {};
    }

   private:
    const StoreForTest& store_;
    store::ObjectRef ref_;
  };

  const store::ReadShape shape_;
  mutable std::mutex mutex_;
  mutable std::condition_variable read_;
  // Guarded by mutex_:
  store::MemoryStore objects_;
  mutable std::vector<Read> reads_;  // As they began.
  mutable std::map<std::string, int64_t> requests_;
};

}  // namespace matome::pipeline
