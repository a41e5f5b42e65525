// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "sink/bucket_for_test.h"
#include "sink/day_for_test.h"
#include "sink/directory_for_test.h"
#include "sink/tree_output.h"

namespace matome::sink {

inline constexpr const char* kRecord = "_matome/quarantine/source=u-1/2025-10-03.jsonl";
inline constexpr const char* kLedger = "_matome/ledger/source=u-1/2025-10.json";
inline constexpr const char* kRows =
    "reporting_ocpusagelineitem_daily_summary/source=u-1/year=2025/month=10/day=3/part-0.parquet";

/// A month of one source as a tree: in a directory, in a bucket in memory, in one of a real server.
class TreeOutputTest : public DirectoryTest {
 protected:
  void UseDirectory() { Use({.directory = root()}); }
  void UseBucketInMemory() {
    Use({.directory = root()});
    bucket_ = std::make_shared<BucketForTest>();
    store_ = bucket_;
  }
  void Use(TreeTarget target) {
    target_ = std::move(target);
    store_ = OpenStore(target_, "test").value();
  }

  base::Result<std::unique_ptr<TreeOutput>> Open(OpenFor purpose = OpenFor::kWriting) {
    const MonthOutputOptions options{
        .source_uuid = "u-1", .month = {2025, 10}, .run_id = "run", .purpose = purpose};
    return bucket_ ? TreeOutput::OpenIn(bucket_, target_, options)
                   : TreeOutput::Open(target_, options);
  }

  MonthState Load(MonthOutput& output) {
    auto state = output.Load({day_, day_ + 1}, warnings_);
    EXPECT_TRUE(state.ok()) << state.status().message();
    return std::move(state).value();
  }

  MonthState Reload(MonthOutput& output) {
    const auto finished = output.Finish();
    EXPECT_TRUE(finished.ok()) << finished.message();
    return Load(output);
  }

  base::Status Commit(MonthOutput& output, const std::vector<model::BadInput>& bad = {},
                      int rows = 1, const std::string& date = "2025-10-03") {
    DayForTest day(date);
    for (int row = 0; row < rows; ++row) day.AddPod("ns", "n1", 1.0 + row);
    model::LedgerDay entry;
    entry.fingerprint.input = "i";
    entry.incomplete = !bad.empty();
    return output.Commit({.summary = day.summary(),
                          .constants = kConstantsForTest,
                          .entry = entry,
                          .quarantined = bad},
                         notes_);
  }

  bool Has(const std::string& key) const { return store_->VersionOf(key).value().has_value(); }

  const model::Day day_ = *model::Day::Parse("2025-10-03");
  TreeTarget target_;
  std::shared_ptr<BucketForTest> bucket_;
  std::shared_ptr<store::WritableStore> store_;
  std::vector<std::string> warnings_;
  CommitNotes notes_;
};

}  // namespace matome::sink
