// SPDX-License-Identifier: Apache-2.0
#include "aggregate/storage_aggregator.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aggregate/day_for_test.h"

namespace matome::aggregate {
namespace {

using model::AuditCause;
using model::Report;
using model::RowKind;
using model::Semantics;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kUsage =
    "node | resource_id | persistentvolumeclaim_capacity_gigabyte | "
    "persistentvolumeclaim_capacity_gigabyte_months | "
    "volume_request_storage_gigabyte_months | persistentvolumeclaim_usage_gigabyte_months";

/// Volumes of 10 GiB; capacity, request and usage of a day are 1, 0.5 and 0.25 GiB-months.
/// Namespace app throughout.
class VolumeDay : public DayForTest {
 public:
  using DayForTest::DayForTest;

  /// Rows of "pod | claim | volume | handle".
  void Volumes(std::string_view rows, int64_t block_rows = 1024) {
    std::string table =
        "namespace | pod | persistentvolumeclaim | persistentvolume | csi_volume_handle | "
        "storageclass | "
        "persistentvolume_labels | persistentvolumeclaim_labels | "
        "persistentvolumeclaim_capacity_bytes | "
        "persistentvolumeclaim_capacity_byte_seconds | volume_request_storage_byte_seconds | "
        "persistentvolumeclaim_usage_byte_seconds\n";
    // 86400 s · 29 days · 2^30 bytes, and a half and a quarter of it.
    constexpr std::string_view kEnd =
        " | gp | {} | {} | 10737418240 | 2690367514214400 | 1345183757107200 | 672591878553600\n";
    bool line_start = true;
    for (const char c : rows) {
      if (line_start) table += "app | ";
      line_start = c == '\n';
      table += c == '\n' ? std::string(kEnd) : std::string(1, c);
    }
    Add(Report::kStorageUsageDaily, table, block_rows);
  }

  /// Rows of "pod | node | resource id".
  void Pods(std::string_view rows) {
    std::string table = "namespace | pod | node | resource_id\n";
    bool line_start = true;
    for (const char c : rows) {
      if (line_start) table += "app | ";
      line_start = c == '\n';
      table += c;
    }
    Add(Report::kPodUsageDaily, table);
  }

  std::string Storage(std::string_view columns = kUsage) {
    Finish();
    return Rows(RowKind::kStorage, columns);
  }
};

TEST(StorageAggregator, VolumeOfAPod) {
  VolumeDay day;
  day.Volumes("p1 | c1 | v1 | h\n");
  day.Pods("p1 | n1 | i-1\n");
  EXPECT_EQ(day.Storage(), "n1 | i-1 | 10 | 1 | 0.5 | 0.25\n");
  EXPECT_EQ(day.Rows(RowKind::kStorage,
                     "namespace | persistentvolumeclaim | persistentvolume | storageclass | "
                     "csi_volume_handle | pod_labels | "
                     "volume_labels | all_labels | pod_usage_cpu_core_hours"),
            "app | c1 | v1 | gp | h | NULL | {} | {} | NULL\n");
}

TEST(StorageAggregator, VolumeWithoutPodHasNoShare) {
  for (const auto semantics : {Semantics::kTrino, Semantics::kKokuPostgresql}) {
    VolumeDay day({.semantics = semantics});
    day.Volumes("zzz | c1 | v1 | h\nNULL | c2 | v2 | h\n");
    day.Pods("p1 | n1 | i-1\nNULL | n1 | i-1\n");
    const std::string row = semantics == Semantics::kTrino ? "NULL | NULL | 10 | 1 | NULL | NULL\n"
                                                           : "NULL | NULL | 10 | 1 | 0.5 | 0.25\n";
    EXPECT_EQ(day.Storage(), row + row);
  }
}

TEST(StorageAggregator, ARowOfAnUnknownPodHasTheShareOfItsVolume) {
  VolumeDay day;
  day.Volumes("p1 | c1 | v1 | h\nzzz | c1 | v1 | h\n");
  day.Pods("p1 | n1 | i-1\np1 | n2 | i-2\n");
  EXPECT_EQ(day.Storage(),
            "n1 | i-1 | 10 | 1 | 0.25 | 0.125\nn2 | i-2 | 10 | 1 | 0.25 | 0.125\n"
            "NULL | NULL | 10 | 1 | 0.25 | 0.125\n");
}

TEST(StorageAggregator, OneClaimWithTwoVolumesCountsTwice) {
  VolumeDay day;
  day.Volumes("p1 | c1 | v1 | h\np1 | c1 | v2 | h2\n");
  day.Pods("p1 | n1 | i-1\n");
  EXPECT_EQ(day.Storage(), "n1 | i-1 | 10 | 2 | 1 | 0.5\nn1 | i-1 | 10 | 2 | 1 | 0.5\n");
  EXPECT_EQ(day.audit(AuditCause::kClaimWithSeveralVolumes).input_rows, 2);
  EXPECT_EQ(day.audit(AuditCause::kClaimWithSeveralVolumes).extra_gigabyte_months, 2);
  EXPECT_THAT(day.audit(AuditCause::kClaimWithSeveralVolumes).examples,
              ElementsAre("claim c1 of pod p1 in app × 2"));
}

TEST(StorageAggregator, ANullVolumeCountsAsAVolumeOfItsClaimButHasNoShare) {
  VolumeDay day;
  day.Volumes("p1 | c1 | v1 | h\np1 | c1 | NULL | h\n");
  day.Pods("p1 | n1 | i-1\n");
  EXPECT_EQ(day.Storage("persistentvolume | persistentvolumeclaim_capacity_gigabyte_months | "
                        "volume_request_storage_gigabyte_months"),
            "v1 | 2 | 1\nNULL | 2 | NULL\n");
}

TEST(StorageAggregator, ANullClaimJoinsNothingButCountsForItsVolume) {
  VolumeDay day;
  day.Volumes("p1 | NULL | v1 | h\n");
  day.Pods("p1 | n1 | i-1\np1 | n2 | i-2\n");
  EXPECT_EQ(day.Storage(), "NULL | NULL | 10 | 1 | 0.25 | 0.125\n");
}

TEST(StorageAggregator, SharedByPodsOnTwoNodes) {
  VolumeDay day;
  day.Volumes("p1 | c1 | v1 | h\np2 | c1 | v1 | h\n");
  day.Pods("p1 | n1 | i-1\np2 | n2 | i-2\n");
  EXPECT_EQ(day.Storage(), "n1 | i-1 | 10 | 1 | 0.25 | 0.125\nn2 | i-2 | 10 | 1 | 0.25 | 0.125\n");
}

TEST(StorageAggregator, PodsOfOneNodeThatShareAVolumeAreSummed) {
  VolumeDay day;
  day.Volumes("p1 | c1 | v1 | h\np2 | c1 | v1 | h\n");
  day.Pods("p1 | n1 | i-1\np2 | n1 | i-1\n");
  EXPECT_EQ(day.Storage(), "n1 | i-1 | 10 | 2 | 1 | 0.5\n");
  EXPECT_EQ(day.audit(AuditCause::kPodsSharingVolume).groups, 1);
}

TEST(StorageAggregator, SeveralResourceIdsGiveARowEachButOneNodeShare) {
  VolumeDay day;
  day.Volumes("p1 | c1 | v1 | h\n");
  day.Pods("p1 | n1 | i-1\np1 | n1 | ''\np1 | n1 | i-1\n");
  EXPECT_EQ(day.Storage(), "n1 | i-1 | 10 | 1 | 0.5 | 0.25\nn1 | '' | 10 | 1 | 0.5 | 0.25\n");
  EXPECT_EQ(day.audit(AuditCause::kPodOnSeveralNodes).input_rows, 1);
}

TEST(StorageAggregator, AnEmptyNodeIsANodeAndANullNodeIsNone) {
  VolumeDay day;
  day.Volumes("p1 | c1 | v1 | h\n");
  day.Pods("p1 | n1 | i-1\np1 | '' | ''\np1 | NULL | NULL\n");
  EXPECT_EQ(day.Storage(),
            "n1 | i-1 | 10 | 1 | 0.25 | 0.125\n'' | '' | 10 | 1 | 0.25 | 0.125\n"
            "NULL | NULL | 10 | 1 | 0.25 | 0.125\n");
}

TEST(StorageAggregator, DivisionByNoNodeIsABadRow) {
  VolumeDay day;
  day.Volumes("p1 | c1 | v1 | h\np2 | c2 | v2 | h\n");
  day.Pods("p1 | NULL | i-1\np2 | n2 | i-2\n");
  EXPECT_EQ(day.Storage("persistentvolume"), "v2\n");
  ASSERT_EQ(day.bad_rows().count(), 1);
  EXPECT_EQ(day.bad_rows().kept()[0].column, "volume_request_storage_gigabyte_months");
  EXPECT_THAT(day.bad_rows().kept()[0].reason, HasSubstr("volume v1 would be divided by 0 nodes"));
}

TEST(StorageAggregator, ANullSumDividedByNoNodeIsNull) {
  DayForTest day;
  day.Add(Report::kStorageUsageDaily,
          "namespace | pod | persistentvolumeclaim | persistentvolume | "
          "persistentvolumeclaim_capacity_bytes\n"
          "app | p1 | c1 | v1 | 1073741824\n");
  day.Add(Report::kPodUsageDaily, "namespace | pod | node\napp | p1 | NULL\n");
  day.Finish();
  EXPECT_EQ(day.bad_rows().count(), 0);
  EXPECT_EQ(day.Rows(RowKind::kStorage, kUsage), "NULL | NULL | 1 | NULL | NULL | NULL\n");
}

TEST(StorageAggregator, APodRowThatCannotBeUsedMountsNothing) {
  DayForTest day;
  day.Add(Report::kStorageUsageDaily,
          "namespace | pod | persistentvolumeclaim | persistentvolume\napp | p1 | c1 | v1\n");
  day.Add(Report::kPodUsageDaily,
          "namespace | pod | node | pod_labels\napp | p1 | n1 | oops\napp | p1 | '' | oops\n");
  day.Finish();
  EXPECT_EQ(day.bad_rows().count(), 1);
  // Labels of a row without a node are not looked at, so that row counts.
  EXPECT_EQ(day.Rows(RowKind::kStorage, "node"), "''\n");
}

TEST(StorageAggregator, PodsMatchByNamespaceToo) {
  DayForTest day;
  day.Add(Report::kStorageUsageDaily,
          "namespace | pod | persistentvolumeclaim | persistentvolume\n"
          "app  | p1 | c1 | v1\n"
          "NULL | p1 | c2 | v2\n"
          "''   | '' | c3 | v3\n");
  day.Add(Report::kPodUsageDaily,
          "namespace | pod | node\n"
          "bpp  | p1 | n1\n"
          "NULL | p1 | n2\n"
          "''   | '' | n3\n");
  day.Finish();
  EXPECT_EQ(day.Rows(RowKind::kStorage, "persistentvolumeclaim | node"),
            "c1 | NULL\nc2 | NULL\nc3 | n3\n");
}

TEST(StorageAggregator, ClaimLabelsBeatVolumeLabelsBeatNamespaceLabelsBeatNodeLabels) {
  DayForTest day({.enabled_tag_keys = {"a", "b", "c", "d"}});
  day.Add(Report::kNodeLabelsDaily, R"(node | node_labels
      n1 | {"a": "node", "b": "node", "c": "node", "d": "node"})");
  day.Add(Report::kNamespaceLabelsDaily, R"(namespace | namespace_labels
      app | {"b": "ns", "c": "ns", "d": "ns"})");
  day.Add(
      Report::kStorageUsageDaily,
      R"(namespace | pod | persistentvolumeclaim | persistentvolume_labels | persistentvolumeclaim_labels
      app | p1 | c1 | {"c": "pv", "d": "pv"} | {"d": "pvc"}
      app | zz | c2 | {"c": "pv", "d": "pv"} | {"d": "pvc"}
      app | p1 | c3 | NULL                   | {"d": "pvc"}
      app | p1 | c4 | {"c": "pv"}            | null)");
  day.Add(Report::kPodUsageDaily, "namespace | pod | node\napp | p1 | n1\n");
  day.Finish();
  EXPECT_EQ(
      day.Rows(RowKind::kStorage, "persistentvolumeclaim | volume_labels | all_labels"),
      "c1 | {\"a\":\"node\",\"b\":\"ns\",\"c\":\"pv\",\"d\":\"pvc\"} | "
      "{\"a\":\"node\",\"b\":\"ns\",\"c\":\"pv\",\"d\":\"pvc\"}\n"
      "c2 | {\"b\":\"ns\",\"c\":\"pv\",\"d\":\"pvc\"} | {\"b\":\"ns\",\"c\":\"pv\",\"d\":\"pvc\"}\n"
      "c3 | NULL | {}\nc4 | NULL | {}\n");
}

TEST(StorageAggregator, LabelSetsAndPatternsMultiply) {
  VolumeDay day({.cost_categories = {{"a%", 2}, {"app", 1}}});
  day.Add(Report::kNodeLabelsDaily,
          "node | node_labels\nn1 | {\"team\": \"a\"}\nn1 | {\"team\": \"b\"}\n");
  day.Add(Report::kNamespaceLabelsDaily, "namespace | namespace_labels\napp | {}\napp | NULL\n");
  day.Volumes("p1 | c1 | v1 | h\n");
  day.Pods("p1 | n1 | i-1\n");
  EXPECT_EQ(day.Storage("volume_labels | persistentvolumeclaim_capacity_gigabyte | "
                        "persistentvolumeclaim_capacity_gigabyte_months | cost_category_id"),
            "{\"team\":\"a\"} | 10 | 4 | 2\n{\"team\":\"b\"} | 10 | 4 | 2\n");
}

TEST(StorageAggregator, TheHandleIsAGroupKeyThatGetsLost) {
  VolumeDay day;
  day.Volumes("p1 | c1 | v1 | h1\np1 | c1 | v1 | h2\np1 | c1 | v1 | NULL\np1 | c1 | v1 | h1\n");
  day.Pods("p1 | n1 | i-1\n");
  EXPECT_EQ(day.Storage("csi_volume_handle | persistentvolumeclaim_capacity_gigabyte_months"),
            "h1 | 2\nh2 | 1\nNULL | 1\n");
  EXPECT_EQ(day.audit(AuditCause::kVolumeHandleLost).groups, 3);
}

TEST(StorageAggregator, MonthsHaveTheirOwnLength) {
  DayForTest day;
  day.Start("2025-02-10");
  day.Add(Report::kStorageUsageDaily,
          "namespace | pod | persistentvolumeclaim_capacity_byte_seconds\napp | p1 | "
          "2597596220620800\n");
  day.Finish();
  EXPECT_EQ(day.Rows(RowKind::kStorage, "persistentvolumeclaim_capacity_gigabyte_months"), "1\n");
}

TEST(StorageAggregator, IsLeftOutWhereTheTenantHasNoStorage) {
  VolumeDay day({.storage_exists = false});
  day.Volumes("p1 | c1 | v1 | h\n");
  day.Pods("p1 | n1 | i-1\n");
  EXPECT_EQ(day.Storage(), "");
}

TEST(StorageAggregator, BadLabelTextsNameTheirColumn) {
  DayForTest day;
  day.Add(Report::kStorageUsageDaily,
          "namespace | persistentvolume_labels | persistentvolumeclaim_labels\n"
          "app | {} | oops\napp | oops | {}\napp | {} | {}\n");
  day.Finish();
  ASSERT_EQ(day.bad_rows().count(), 2);
  EXPECT_EQ(day.bad_rows().kept()[0].column, "persistentvolumeclaim_labels");
  EXPECT_EQ(day.bad_rows().kept()[1].column, "persistentvolume_labels");
  EXPECT_EQ(day.bad_rows().kept()[1].row, 1);
  EXPECT_EQ(day.Rows(RowKind::kStorage, "namespace"), "app\n");
}

TEST(StorageAggregator, DoesNotDependOnBlockSizes) {
  const auto run = [](int64_t block_rows) {
    VolumeDay day;
    day.Volumes(
        "p1 | c1 | v1 | h\np2 | c1 | v1 | h\np1 | c2 | v2 | h\np1 | c2 | v3 | NULL\np3 | c1 | v1 | "
        "h\n",
        block_rows);
    day.Pods("p1 | n1 | i-1\np2 | n2 | i-2\np1 | n3 | i-1\n");
    day.Finish();
    return day.Bits();
  };
  EXPECT_EQ(run(1), run(1024));
  EXPECT_EQ(run(2), run(1024));
}

}  // namespace
}  // namespace matome::aggregate
