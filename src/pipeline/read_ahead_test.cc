// SPDX-License-Identifier: Apache-2.0
#include "pipeline/read_ahead.h"

#include <deque>
#include <latch>
#include <random>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/kept_objects.h"
#include "pipeline/parallel.h"
#include "pipeline/store_for_test.h"

namespace matome::pipeline {
namespace {

using arrow_io::StoredType;
using model::Report;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Read = StoreForTest::Read;

constexpr int64_t kChunkBytes = 1000;

uint8_t ByteAt(size_t object, int64_t offset) {
  return static_cast<uint8_t>(object * 31 + static_cast<size_t>(offset) * 7 + 1);
}

/// Objects of row groups with one chunk each, of namespace labels; what is in them is of no matter.
class ReadAheadTest : public ::testing::Test {
 protected:
  explicit ReadAheadTest(int reads_in_flight = 2)
      : store_(
            {.merge_gap_bytes = 0, .whole_object_bytes = 0, .reads_in_flight = reads_in_flight}) {}

  /// Adds an object of so many row groups and returns a unit of them.
  RowGroupsOfUnit AddObject(int row_groups, int64_t chunk_bytes = kChunkBytes) {
    const auto number = static_cast<uint32_t>(keys_.size());
    keys_.push_back(fmt::format("object-{}", number));
    std::vector<uint8_t> bytes(static_cast<size_t>(row_groups * chunk_bytes));
    for (size_t at = 0; at < bytes.size(); ++at)
      bytes[at] = ByteAt(number, static_cast<int64_t>(at));
    store_.Put(keys_.back(), std::move(bytes));

    catalog::CatalogFile& file = catalog_.files.emplace_back();
    file.report = Report::kNamespaceLabelsDaily;
    file.file.columns = model::KnownColumns(file.report);
    file.file.object = store_.List(keys_.back()).value().front();
    RowGroupsOfUnit unit;
    for (int group = 0; group < row_groups; ++group) {
      arrow_io::RowGroup& added = file.file.row_groups.emplace_back();
      added.rows = 1;
      added.chunks.resize(file.file.columns.size());
      // The last of the columns known; interval_start is not read.
      added.chunks.back() = {.type = StoredType::kText,
                             .offset = group * chunk_bytes,
                             .compressed_bytes = chunk_bytes,
                             .values = 1};
      refs_.push_back({.file = number,
                       .row_group = static_cast<uint32_t>(group),
                       .days = {},
                       .only_this_day = true});
      unit.push_back(&refs_.back());
    }
    return unit;
  }

  std::unique_ptr<ReadAhead> Start(ReadAhead::Kept kept = ReadAhead::Kept::kIsDropped) {
    MonthInput input(store_);
    input.read_ahead_bytes = most_bytes_;
    input.kept = kept_.get();
    input.traffic = &traffic_;
    return std::make_unique<ReadAhead>(input, catalog_, units_, model::SummaryProjection, kept,
                                       stop_);
  }

  /// Reads a row group as a worker does, and checks what came.
  base::Status ReadGroup(const ReadAhead& lake, const catalog::RowGroupRef& group) {
    const auto& file = catalog_.files[group.file].file;
    const auto& chunk = file.row_groups[group.row_group].chunks.back();
    std::vector<uint8_t> bytes(static_cast<size_t>(chunk.compressed_bytes));
    const auto object = lake.Open(file.object).value();
    MATOME_RETURN_IF_ERROR(object->ReadAt(chunk.offset, bytes));
    for (size_t at = 0; at < bytes.size(); ++at) {
      if (bytes[at] != ByteAt(group.file, chunk.offset + static_cast<int64_t>(at)))
        return base::Failed(fmt::format("byte {} of {} is wrong", at, file.object.key));
    }
    return {};
  }

  Read ReadOf(int object, int group) const {
    return {keys_[static_cast<size_t>(object)], group * kChunkBytes, kChunkBytes};
  }

  std::vector<std::string> keys_;
  StoreForTest store_;
  catalog::MonthCatalog catalog_;
  std::deque<catalog::RowGroupRef> refs_;
  std::vector<RowGroupsOfUnit> units_;
  int64_t most_bytes_ = int64_t{1} << 20;
  std::unique_ptr<catalog::KeptObjects> kept_;
  model::InputTraffic traffic_;
  std::atomic<bool> stop_ = false;
};

TEST_F(ReadAheadTest, FetchesBeforeItIsAsked) {
  units_ = {AddObject(2), AddObject(1)};
  auto lake = Start();
  store_.WaitForReads(3);
  for (const auto& group : refs_) EXPECT_TRUE(ReadGroup(*lake, group).ok());
  EXPECT_THAT(store_.reads(), ElementsAre(ReadOf(0, 0), ReadOf(0, 1), ReadOf(1, 0)));
  lake.reset();
  EXPECT_EQ(traffic_.bytes_wanted, 3 * kChunkBytes);
  EXPECT_EQ(traffic_.read_ahead_peak_bytes, 3 * kChunkBytes);
}

TEST_F(ReadAheadTest, WhatIsAskedForAgainIsReadAgain) {
  units_ = {AddObject(1)};
  const auto lake = Start();
  EXPECT_TRUE(ReadGroup(*lake, refs_[0]).ok());
  EXPECT_TRUE(ReadGroup(*lake, refs_[0]).ok());
  EXPECT_THAT(store_.reads(), ElementsAre(ReadOf(0, 0), ReadOf(0, 0)));
}

TEST_F(ReadAheadTest, OnlyAsMuchAsTheBoundAllows) {
  units_ = {AddObject(10, int64_t{64} << 10)};
  most_bytes_ = int64_t{192} << 10;  // Three of them.
  const auto lake = Start();
  store_.WaitForReads(3);
  for (size_t group = 0; group < refs_.size(); ++group) {
    EXPECT_TRUE(ReadGroup(*lake, refs_[group]).ok());
    store_.WaitForReads(std::min<size_t>(group + 4, refs_.size()));
    EXPECT_LE(store_.reads().size(), group + 4);
  }
  EXPECT_EQ(store_.reads().size(), refs_.size());
}

TEST_F(ReadAheadTest, WhoAsksForWhatDoesNotFitReadsItAtOnce) {
  units_ = {AddObject(1, int64_t{64} << 10), AddObject(1, 100)};
  most_bytes_ = 1000;
  const auto lake = Start();
  EXPECT_TRUE(ReadGroup(*lake, refs_[1]).ok());
  EXPECT_TRUE(ReadGroup(*lake, refs_[0]).ok());
  EXPECT_EQ(store_.reads().size(), 2U);
}

TEST_F(ReadAheadTest, WhoAsksForWhatWasNotBegunReadsItAtOnce) {
  units_ = {AddObject(2)};
  std::latch asked(1);
  store_.before_read = [&](const Read& read) {
    if (read.offset == 0) asked.wait();
    return base::Status();
  };
  const auto lake = Start();
  store_.WaitForReads(1);  // The only thread that fetches is held up.
  EXPECT_TRUE(ReadGroup(*lake, refs_[1]).ok());
  asked.count_down();
  EXPECT_TRUE(ReadGroup(*lake, refs_[0]).ok());
  EXPECT_THAT(store_.reads(), ElementsAre(ReadOf(0, 0), ReadOf(0, 1)));
}

TEST_F(ReadAheadTest, TheUnitAtWorkThatHasLeastAheadComesFirst) {
  units_ = {AddObject(3), AddObject(3), AddObject(3), AddObject(1)};
  std::latch begun(1);
  store_.before_read = [&](const Read&) {
    begun.wait();
    return base::Status();
  };
  const auto lake = Start();
  store_.WaitForReads(1);
  const ReadAhead::AtWork first(*lake, 0);
  const ReadAhead::AtWork second(*lake, 2);
  begun.count_down();
  store_.WaitForReads(10);
  EXPECT_THAT(store_.reads(),
              ElementsAre(ReadOf(0, 0), ReadOf(2, 0), ReadOf(0, 1), ReadOf(2, 1), ReadOf(0, 2),
                          ReadOf(2, 2), ReadOf(1, 0), ReadOf(1, 1), ReadOf(1, 2), ReadOf(3, 0)));
}

TEST_F(ReadAheadTest, WhatIsLeftOfAUnitIsGivenUp) {
  units_ = {AddObject(4, int64_t{64} << 10), AddObject(2, int64_t{64} << 10)};
  most_bytes_ = int64_t{128} << 10;
  const auto lake = Start();
  store_.WaitForReads(2);
  {
    const ReadAhead::AtWork dropped(*lake, 0);
  }
  store_.WaitForReads(4);
  EXPECT_THAT(store_.reads().back().key, keys_[1]);
}

TEST_F(ReadAheadTest, AnErrorIsGivenToWhoAsks) {
  units_ = {AddObject(2)};
  std::atomic<int> failures = 1;
  store_.before_read = [&](const Read& read) {
    if (read.offset > 0 || failures-- <= 0) return base::Status();
    return base::InputChanged("changed");
  };
  const auto lake = Start();
  store_.WaitForReads(2);
  EXPECT_TRUE(ReadGroup(*lake, refs_[1]).ok());
  EXPECT_EQ(ReadGroup(*lake, refs_[0]).code(), base::Code::kInputChanged);
  EXPECT_TRUE(ReadGroup(*lake, refs_[0]).ok());
}

TEST_F(ReadAheadTest, ALongRangeIsFetchedInParts) {
  constexpr int64_t kBytes = int64_t{1} << 20;
  units_ = {AddObject(1, kBytes)};
  most_bytes_ = kBytes;
  const auto lake = Start();
  store_.WaitForReads(4);
  EXPECT_TRUE(ReadGroup(*lake, refs_[0]).ok());
  EXPECT_EQ(store_.reads().size(), 4U);
}

TEST_F(ReadAheadTest, KeptObjectsAreNotReadAgain) {
  units_ = {AddObject(2), AddObject(1)};
  const auto unneeded = AddObject(1);
  kept_ = std::make_unique<catalog::KeptObjects>(most_bytes_ / 2);
  for (const size_t object : {0, 2}) {
    const int64_t size = catalog_.files[object].file.object.size_bytes;
    base::Pages whole(size);
    for (int64_t at = 0; at < size; ++at)
      whole.bytes()[static_cast<size_t>(at)] = ByteAt(object, at);
    kept_->Put(keys_[object], std::move(whole));
  }
  {
    const auto lake = Start(ReadAhead::Kept::kStays);
    for (const auto* group : units_[0]) EXPECT_TRUE(ReadGroup(*lake, *group).ok());
    EXPECT_EQ(kept_->bytes(), 3 * kChunkBytes);
    store_.WaitForReads(1);
  }
  const auto lake = Start(ReadAhead::Kept::kIsDropped);
  EXPECT_EQ(kept_->bytes(), 2 * kChunkBytes);
  EXPECT_TRUE(ReadGroup(*lake, *units_[0][0]).ok());
  EXPECT_EQ(kept_->bytes(), 2 * kChunkBytes);
  EXPECT_TRUE(ReadGroup(*lake, *units_[0][1]).ok());
  EXPECT_EQ(kept_->bytes(), 0);
  store_.WaitForReads(2);
  EXPECT_THAT(store_.reads(), ElementsAre(ReadOf(1, 0), ReadOf(1, 0)));
}

TEST_F(ReadAheadTest, WithStopNothingMoreIsFetched) {
  units_ = {AddObject(5)};
  stop_ = true;
  Start().reset();
  EXPECT_THAT(store_.reads(), IsEmpty());
}

TEST_F(ReadAheadTest, ALocalStoreIsPassedThrough) {
  StoreForTest local{{}};
  local.Put("a", {1, 2, 3});
  const MonthInput input(local);
  const ReadAhead lake(input, catalog_, units_, model::SummaryProjection,
                       ReadAhead::Kept::kIsDropped, stop_);
  std::vector<uint8_t> bytes(2);
  ASSERT_TRUE(lake.Open(local.List("").value().front()).value()->ReadAt(1, bytes).ok());
  EXPECT_THAT(bytes, ElementsAre(2, 3));
  EXPECT_EQ(local.reads().size(), 1U);
}

class ManyThreadsTest : public ReadAheadTest {
 protected:
  ManyThreadsTest() : ReadAheadTest(/*reads_in_flight=*/6) {}
};

// Whatever the sizes, the bound, the order and the failures: who asks gets the bytes, or an error
// that the store gave.
TEST_F(ManyThreadsTest, WhoAsksGetsBytesOrAnError) {
  for (uint32_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937 random(seed);
    const auto below = [&](uint32_t bound) { return static_cast<uint32_t>(random() % bound); };
    keys_.clear();
    catalog_.files.clear();
    refs_.clear();
    units_.clear();
    for (uint32_t unit = 0; unit < 20; ++unit)
      units_.push_back(AddObject(1 + static_cast<int>(below(5)), 1 + below(200'000)));
    most_bytes_ = 1000 + below(1'000'000);
    const uint32_t fail_every = 5 + below(20);
    std::atomic<uint32_t> reads = 0;
    store_.before_read = [&](const Read&) {
      return ++reads % fail_every == 0 ? base::Temporary("fault") : base::Status();
    };
    const auto lake = Start();
    std::atomic<int> errors = 0;
    ParallelFor(units_.size(), 3, [&](size_t unit, int) {
      const ReadAhead::AtWork at_work(*lake, unit);
      for (const auto* group : units_[unit]) {
        const auto status = ReadGroup(*lake, *group);
        if (status.ok()) continue;
        EXPECT_EQ(status.message(), "fault");
        ++errors;
        return;
      }
    });
    EXPECT_LE(static_cast<uint32_t>(errors), reads / fail_every);
  }
}

}  // namespace
}  // namespace matome::pipeline
