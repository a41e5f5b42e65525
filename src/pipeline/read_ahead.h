// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "catalog/kept_objects.h"
#include "catalog/month_catalog.h"
#include "model/report.h"
#include "model/run_result.h"
#include "store/object_store.h"

namespace matome::pipeline {

/// The lake as the passes over a month read it. A store alone is read without keeping anything.
struct MonthInput {
  MonthInput(const store::ObjectStore& lake)  // NOLINT(google-explicit-constructor)
      : store(lake) {}

  const store::ObjectStore& store;
  int64_t read_ahead_bytes = 0;            // Kept objects count.
  catalog::KeptObjects* kept = nullptr;    // Small objects, since their footers were read.
  model::InputTraffic* traffic = nullptr;  // Grows by what each pass waited and wanted.
};

/// Whether damaged bytes are worth another reading: on the way from a remote store they may have
/// been spoiled, from a disk they come the same.
inline bool MayReadAgain(const store::ObjectStore& store) {
  return store.read_shape().reads_in_flight > 1;
}

/// Row groups that one worker reads one after the other.
using RowGroupsOfUnit = std::vector<const catalog::RowGroupRef*>;

/// A store that fetches what workers will need before they ask for it, by threads of its own
/// (docs/design/s3-reading.md). It reads as the store below does, only sooner.
///
/// Bytes are fetched in the order in which they will be needed: of the units at work the one that
/// has the least ahead of it comes first, then those to come. Never more than read_ahead_bytes are
/// fetched, or being fetched, and not yet asked for. What is asked for and was not begun is read at
/// once by who asks, so nobody waits for room. An error is given to who asks for the bytes; bytes
/// that are asked for again are read again.
///
/// A store for which reading ahead gains nothing (ReadShape) is passed through as it is.
class ReadAhead final : public store::ObjectStore {
 public:
  /// Whether a kept object is given up once all that the plan reads of it was read.
  enum class Kept : uint8_t { kStays, kIsDropped };
  using ProjectionOf = model::Projection (*)(model::Report);

  /// Begins to fetch. The input and the catalog outlive it. With `stop` nothing more is fetched.
  ReadAhead(const MonthInput& input, const catalog::MonthCatalog& catalog,
            const std::vector<RowGroupsOfUnit>& units, ProjectionOf projection, Kept kept,
            const std::atomic<bool>& stop);
  /// Waits for fetches under way.
  ~ReadAhead() override;
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// A worker is at a unit of the plan while it holds this; then what is left of it is given up.
  class AtWork {
   public:
    AtWork(ReadAhead& read_ahead, size_t unit);
    ~AtWork();
    AtWork(const AtWork&) = delete;
    AtWork& operator=(const AtWork&) = delete;

   private:
    ReadAhead& read_ahead_;
    size_t unit_;
  };

  base::Result<std::vector<store::ObjectRef>> List(std::string_view prefix) const override {
    return store_.List(prefix);
  }
  base::Result<std::vector<std::string>> ListDirectories(std::string_view prefix) const override {
    return store_.ListDirectories(prefix);
  }
  base::Result<std::unique_ptr<store::RandomAccessObject>> Open(
      const store::ObjectRef& object) const override;
  std::string Describe(std::string_view key) const override { return store_.Describe(key); }
  store::ReadShape read_shape() const override { return store_.read_shape(); }
  store::Traffic traffic() const override { return store_.traffic(); }

 private:
  class Queue;

  const store::ObjectStore& store_;
  model::InputTraffic* traffic_;
  std::unique_ptr<Queue> queue_;  // Null: passed through.
};

}  // namespace matome::pipeline
