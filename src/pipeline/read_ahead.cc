// SPDX-License-Identifier: Apache-2.0
#include "pipeline/read_ahead.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <set>
#include <span>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/pages.h"
#include "observe/phase_timer.h"
#include "scan/row_group_scan.h"

namespace matome::pipeline {
namespace {

/// A longer range is fetched in parts, side by side.
constexpr int64_t kMostPartBytes = int64_t{8} << 20;
constexpr int64_t kLeastPartBytes = int64_t{64} << 10;

}  // namespace

/// What is planned, under way and there; shared by the workers and the threads that fetch.
class ReadAhead::Queue {
 public:
  Queue(const MonthInput& input, const catalog::MonthCatalog& catalog,
        const std::vector<RowGroupsOfUnit>& units, ProjectionOf projection, Kept kept,
        const std::atomic<bool>& stop)
      : store_(input.store),
        most_bytes_(input.read_ahead_bytes),
        kept_(input.kept),
        drops_kept_(kept == Kept::kIsDropped),
        stop_(stop) {
    units_.resize(units.size());
    for (size_t unit = 0; unit < units.size(); ++unit) {
      for (const auto* group : units[unit]) {
        const auto& file = catalog.files[group->file];
        for (const auto& range :
             scan::RangesToScan(file, *group, projection(file.report), store_.read_shape())) {
          bytes_wanted_ += range.wanted_bytes;
          Plan(file.file.object, range, unit);
        }
      }
    }
    for (auto& [key, object] : objects_) {
      std::stable_sort(
          object.parts.begin(), object.parts.end(),
          [](const Part* left, const Part* right) { return left->offset < right->offset; });
    }
    if (drops_kept_ && kept_ != nullptr)
      kept_->DropUnless([&](const std::string& key) { return objects_.contains(key); });
    peak_bytes_ = KeptBytes();
    // One request is left to who needs what was not begun.
    const auto threads = std::min<size_t>(
        static_cast<size_t>(std::max(store_.read_shape().reads_in_flight - 1, 1)), to_fetch_);
    for (size_t thread = 0; thread < threads; ++thread) threads_.emplace_back([this] { Fetch(); });
  }

  ~Queue() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    room_.notify_all();
  }
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  void Begin(size_t unit) {
    const std::lock_guard lock(mutex_);
    at_work_.insert(unit);
    room_.notify_one();
  }

  void End(size_t unit) {
    const std::lock_guard lock(mutex_);
    at_work_.erase(unit);
    for (Part* part : units_[unit].parts) {
      if (part->state == State::kDone) continue;
      // What is on its way counts until it is there.
      if (part->state == State::kReady && !part->object->kept) buffered_bytes_ -= part->bytes;
      part->data = {};
      MarkDone(*part);
    }
    room_.notify_one();
  }

  /// Fills `out` with bytes of an object, from what is there or else from the store.
  base::Status Read(const store::ObjectRef& ref, int64_t offset, std::span<uint8_t> out) {
    std::unique_lock lock(mutex_);
    const auto found = objects_.find(ref.key);
    if (found != objects_.end()) {
      while (!out.empty()) {
        Part* const part = FindPart(found->second, offset, out.size());
        if (part == nullptr) break;
        const auto bytes = static_cast<size_t>(part->bytes);
        MATOME_RETURN_IF_ERROR(Take(*part, out.first(bytes), lock));
        offset += part->bytes;
        out = out.subspan(bytes);
      }
    }
    if (out.empty()) return {};
    return ReadAtOnce(ref, offset, out, lock);
  }

  /// Once no worker reads any more.
  void AddTo(model::InputTraffic& traffic) {
    const std::lock_guard lock(mutex_);
    traffic.bytes_wanted += bytes_wanted_;
    traffic.worker_wait_seconds += wait_seconds_;
    traffic.read_ahead_peak_bytes = std::max(traffic.read_ahead_peak_bytes, peak_bytes_);
  }

 private:
  enum class State : uint8_t { kPlanned, kInFlight, kReady, kDone };
  struct Object;

  /// A range that is fetched by one request.
  struct Part {
    Object* object = nullptr;
    size_t unit = 0;
    int64_t offset = 0;
    int64_t bytes = 0;
    State state = State::kPlanned;
    base::Status status;
    base::Pages data;  // Of kReady, unless the object is kept.
  };
  struct Object {
    const store::ObjectRef* ref = nullptr;
    catalog::KeptObjects::Bytes kept;  // Null: its parts are fetched.
    std::vector<Part*> parts;          // By offset.
    size_t parts_left = 0;             // Not kDone.
  };
  struct Unit {
    std::vector<Part*> parts;  // As they will be needed.
    size_t next = 0;           // All before are begun.
    int64_t ahead_bytes = 0;   // Begun and not asked for.
  };

  void Plan(const store::ObjectRef& ref, const arrow_io::ByteRange& range, size_t unit) {
    Object& object = objects_[ref.key];
    if (object.ref == nullptr) {
      object.ref = &ref;
      if (kept_ != nullptr) object.kept = kept_->Get(ref.key);
    }
    if (range.bytes == 0) return;
    // So short that some find room at once.
    const int64_t most = std::clamp(most_bytes_ / 4, kLeastPartBytes, kMostPartBytes);
    const int64_t count = object.kept ? 1 : (range.bytes + most - 1) / most;
    for (int64_t at = 0; at < count; ++at) {
      const int64_t begin = range.bytes * at / count;
      Part& part = parts_.emplace_back();
      part.object = &object;
      part.unit = unit;
      part.offset = range.offset + begin;
      part.bytes = range.bytes * (at + 1) / count - begin;
      part.state = object.kept ? State::kReady : State::kPlanned;
      to_fetch_ += object.kept ? 0 : 1;
      object.parts.push_back(&part);
      ++object.parts_left;
      units_[unit].parts.push_back(&part);
    }
  }

  /// A part that begins at `offset`, is no longer than `bytes` and was not asked for yet, or null.
  static Part* FindPart(const Object& object, int64_t offset, size_t bytes) {
    auto part = std::lower_bound(object.parts.begin(), object.parts.end(), offset,
                                 [](const Part* each, int64_t at) { return each->offset < at; });
    for (; part != object.parts.end() && (*part)->offset == offset; ++part) {
      if ((*part)->state != State::kDone && (*part)->bytes <= static_cast<int64_t>(bytes))
        return *part;
    }
    return nullptr;
  }

  base::Status Take(Part& part, std::span<uint8_t> out, std::unique_lock<std::mutex>& lock) {
    if (part.state == State::kInFlight) {
      const observe::Stopwatch waiting;
      arrived_.wait(lock, [&] { return part.state != State::kInFlight; });
      wait_seconds_ += waiting.seconds();
    }
    if (part.state != State::kReady) {
      if (part.state == State::kPlanned) MarkDone(part);
      return ReadAtOnce(*part.object->ref, part.offset, out, lock);
    }
    const auto kept = part.object->kept;
    base::Pages data = std::move(part.data);
    base::Status status = std::move(part.status);
    MarkDone(part);
    lock.unlock();
    if (status.ok()) {
      const auto bytes =
          kept ? std::as_const(*kept).bytes().subspan(static_cast<size_t>(part.offset))
               : std::as_const(data).bytes();
      std::memcpy(out.data(), bytes.data(), out.size());
    }
    data = {};
    lock.lock();
    if (!kept) buffered_bytes_ -= part.bytes;
    room_.notify_one();
    return status;
  }

  /// Nobody will ask for the part any more. What it holds in memory is not given back here.
  void MarkDone(Part& part) {
    Object& object = *part.object;
    if (part.state != State::kPlanned && !object.kept) units_[part.unit].ahead_bytes -= part.bytes;
    part.state = State::kDone;
    if (--object.parts_left > 0 || !object.kept || !drops_kept_) return;
    object.kept.reset();
    kept_->Drop(object.ref->key);
  }

  base::Status ReadAtOnce(const store::ObjectRef& ref, int64_t offset, std::span<uint8_t> out,
                          std::unique_lock<std::mutex>& lock) {
    lock.unlock();
    const observe::Stopwatch waiting;
    base::Status status = ReadFromStore(ref, offset, out);
    lock.lock();
    wait_seconds_ += waiting.seconds();
    return status;
  }

  base::Status ReadFromStore(const store::ObjectRef& ref, int64_t offset,
                             std::span<uint8_t> out) const {
    MATOME_ASSIGN_OR_RETURN(const auto object, store_.Open(ref));
    return object->ReadAt(offset, out);
  }

  /// The part that is to be fetched next; null when there is none, or no room for it.
  Part* NextToFetch() {
    const auto pending = [](Unit& unit) {
      while (unit.next < unit.parts.size() && unit.parts[unit.next]->state != State::kPlanned)
        ++unit.next;
      return unit.next < unit.parts.size();
    };
    Unit* neediest = nullptr;
    for (const size_t index : at_work_) {
      Unit& unit = units_[index];
      if (pending(unit) && (neediest == nullptr || unit.ahead_bytes < neediest->ahead_bytes))
        neediest = &unit;
    }
    while (neediest == nullptr && first_pending_ < units_.size()) {
      if (pending(units_[first_pending_])) {
        neediest = &units_[first_pending_];
      } else {
        ++first_pending_;
      }
    }
    if (neediest == nullptr) return nullptr;
    Part* const part = neediest->parts[neediest->next];
    return KeptBytes() + buffered_bytes_ + part->bytes <= most_bytes_ ? part : nullptr;
  }

  int64_t KeptBytes() const { return kept_ == nullptr ? 0 : kept_->bytes(); }

  /// What each thread does that fetches.
  void Fetch() {
    std::unique_lock lock(mutex_);
    while (true) {
      Part* next = nullptr;
      room_.wait(lock, [&] { return ending_ || stop_ || (next = NextToFetch()) != nullptr; });
      if (ending_ || stop_) return;
      Part& part = *next;
      part.state = State::kInFlight;
      units_[part.unit].ahead_bytes += part.bytes;
      buffered_bytes_ += part.bytes;
      peak_bytes_ = std::max(peak_bytes_, KeptBytes() + buffered_bytes_);
      lock.unlock();
      room_.notify_one();  // There may be room for more.
      base::Pages data(part.bytes);
      base::Status status =
          data.empty() ? base::Failed("no memory is left to read ahead; set a lower --read-ahead")
                       : ReadFromStore(*part.object->ref, part.offset, data.bytes());
      lock.lock();
      if (part.state == State::kDone) {
        data = {};
        buffered_bytes_ -= part.bytes;
        continue;
      }
      part.state = State::kReady;
      part.status = std::move(status);
      part.data = std::move(data);
      arrived_.notify_all();
    }
  }

  const store::ObjectStore& store_;
  const int64_t most_bytes_;
  catalog::KeptObjects* const kept_;
  const bool drops_kept_;
  const std::atomic<bool>& stop_;

  std::mutex mutex_;
  std::condition_variable room_;     // For who fetches: there may be something to do.
  std::condition_variable arrived_;  // For who reads.
  // Guarded by mutex_:
  std::deque<Part> parts_;
  std::unordered_map<std::string, Object> objects_;  // By key.
  std::vector<Unit> units_;
  std::set<size_t> at_work_;
  size_t first_pending_ = 0;    // Units before have nothing left to fetch.
  int64_t buffered_bytes_ = 0;  // Under way and there.
  int64_t peak_bytes_ = 0;
  double wait_seconds_ = 0;
  bool ending_ = false;

  size_t to_fetch_ = 0;  // Parts, at first.
  int64_t bytes_wanted_ = 0;
  std::vector<std::jthread> threads_;  // Last, so that they end first.
};

namespace {

/// An object as those who read it see it.
template <typename Queue>
class ObjectAhead final : public store::RandomAccessObject {
 public:
  ObjectAhead(Queue& queue, const store::ObjectRef& ref) : queue_(queue), ref_(ref) {}
  base::Status ReadAt(int64_t offset, std::span<uint8_t> out) const override {
    return queue_.Read(ref_, offset, out);
  }

 private:
  Queue& queue_;
  store::ObjectRef ref_;
};

}  // namespace

ReadAhead::ReadAhead(const MonthInput& input, const catalog::MonthCatalog& catalog,
                     const std::vector<RowGroupsOfUnit>& units, ProjectionOf projection, Kept kept,
                     const std::atomic<bool>& stop)
    : store_(input.store), traffic_(input.traffic) {
  if (store_.read_shape().reads_in_flight > 1 && input.read_ahead_bytes > 0)
    queue_ = std::make_unique<Queue>(input, catalog, units, projection, kept, stop);
}

ReadAhead::~ReadAhead() {
  if (queue_ && traffic_ != nullptr) queue_->AddTo(*traffic_);
}

ReadAhead::AtWork::AtWork(ReadAhead& read_ahead, size_t unit)
    : read_ahead_(read_ahead), unit_(unit) {
  if (read_ahead_.queue_) read_ahead_.queue_->Begin(unit_);
}

ReadAhead::AtWork::~AtWork() {
  if (read_ahead_.queue_) read_ahead_.queue_->End(unit_);
}

base::Result<std::unique_ptr<store::RandomAccessObject>> ReadAhead::Open(
    const store::ObjectRef& object) const {
  if (!queue_) return store_.Open(object);
  return std::unique_ptr<store::RandomAccessObject>(
      std::make_unique<ObjectAhead<Queue>>(*queue_, object));
}

}  // namespace matome::pipeline
