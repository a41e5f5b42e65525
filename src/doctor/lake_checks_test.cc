// SPDX-License-Identifier: Apache-2.0
#include "doctor/lake_checks.h"

#include <gmock/gmock.h>

#include "catalog/lake_layout.h"
#include "store/memory_store.h"
#include "testing/text_parquet.h"

namespace matome::doctor {
namespace {

using model::Report;
using ::testing::HasSubstr;

class LakeChecksTest : public ::testing::Test {
 protected:
  void Put(Report report, std::string_view table) {
    store_.Put(catalog::MonthPrefix(report, "org1", "u-1", {2025, 10}) + "a.parquet",
               testing::ParquetFromText(report, table, {}));
  }
  /// A month with every report, as it should be.
  void PutAll() {
    Put(Report::kPodUsageHourly,
        "interval_start | node | node_capacity_cpu_core_seconds | "
        "node_capacity_memory_byte_seconds\n2025-10-03 | n1 | 1 | 1");
    Put(Report::kPodUsageDaily,
        "interval_start | namespace | node | pod | pod_labels | resource_id | node_role | "
        "pod_usage_cpu_core_seconds | pod_request_cpu_core_seconds | "
        "pod_effective_usage_cpu_core_seconds | pod_limit_cpu_core_seconds | "
        "pod_usage_memory_byte_seconds | pod_request_memory_byte_seconds | "
        "pod_effective_usage_memory_byte_seconds | pod_limit_memory_byte_seconds | "
        "node_capacity_cpu_cores | node_capacity_memory_bytes\n"
        "2025-10-03 | a | n1 | p | {} | i | worker | 1 | 1 | 1 | 1 | 1 | 1 | 1 | 1 | 1 | 1");
    Put(Report::kStorageUsageDaily,
        "interval_start | namespace | pod | persistentvolumeclaim | persistentvolume | "
        "storageclass | persistentvolume_labels | persistentvolumeclaim_labels | "
        "persistentvolumeclaim_capacity_bytes | persistentvolumeclaim_capacity_byte_seconds | "
        "volume_request_storage_byte_seconds | persistentvolumeclaim_usage_byte_seconds\n"
        "2025-10-03 | a | p | c | v | s | {} | {} | 1 | 1 | 1 | 1");
    Put(Report::kNodeLabelsDaily, "interval_start | node | node_labels\n2025-10-03 | n1 | {}");
    Put(Report::kNamespaceLabelsDaily,
        "interval_start | namespace | namespace_labels\n2025-10-03 | a | {}");
  }

  catalog::MonthCatalog Catalog() const {
    const catalog::ForEach in_order = [](size_t count, const std::function<void(size_t)>& fn) {
      for (size_t index = 0; index < count; ++index) fn(index);
    };
    return catalog::ReadCatalog(store_, "org1", "u-1", {2025, 10}, in_order).value();
  }
  /// The check of that name; the test fails without it.
  Check Of(const std::string& name) const {
    for (auto& check : CheckMonth(Catalog(), "u-1")) {
      if (check.name == name) return check;
    }
    ADD_FAILURE() << "no check " << name;
    return {};
  }

  store::MemoryStore store_;
};

TEST_F(LakeChecksTest, AMonthAsItShouldBePasses) {
  PutAll();
  for (const auto& check : CheckMonth(Catalog(), "u-1")) {
    EXPECT_EQ(check.verdict, Verdict::kOk) << check.name << ": " << check.finding;
  }
  EXPECT_THAT(Of("source u-1, 2025-10").finding, HasSubstr("5 objects"));
  EXPECT_THAT(Of("columns of 2025-10").finding, HasSubstr("csi_volume_handle"));
}

TEST_F(LakeChecksTest, AReportWithoutObjectsIsAWarning) {
  const Check none = Of("source u-1, 2025-10");
  EXPECT_EQ(none.verdict, Verdict::kWarning);
  EXPECT_THAT(none.finding, HasSubstr("none of pod_usage (hourly)"));
  PutAll();
  EXPECT_EQ(Of("source u-1, 2025-10").verdict, Verdict::kOk);
}

TEST_F(LakeChecksTest, AnObjectThatCannotBeReadFails) {
  PutAll();
  store_.Put(
      catalog::MonthPrefix(Report::kNodeLabelsDaily, "org1", "u-1", {2025, 10}) + "b.parquet",
      std::vector<uint8_t>(20, 'x'));
  const Check check = Of("objects of 2025-10");
  EXPECT_EQ(check.verdict, Verdict::kFailed);
  EXPECT_EQ(check.exit_code, 14);
  EXPECT_THAT(check.finding, HasSubstr("b.parquet"));
}

TEST_F(LakeChecksTest, AColumnOfAnotherTypeFails) {
  PutAll();
  auto month = Catalog();
  for (auto& file : month.files) {
    if (file.report == Report::kNodeLabelsDaily)
      file.file.row_groups[0].chunks[2].type = arrow_io::StoredType::kOther;
  }
  const Check check = CheckMonth(month, "u-1").back();
  EXPECT_EQ(check.name, "columns of 2025-10");
  EXPECT_EQ(check.verdict, Verdict::kFailed);
  EXPECT_EQ(check.exit_code, 14);
  EXPECT_THAT(check.finding, HasSubstr("node_labels of node_labels (daily)"));
}

TEST_F(LakeChecksTest, AColumnThatIsNotThereIsAWarning) {
  PutAll();
  Put(Report::kNodeLabelsDaily, "interval_start | node\n2025-10-03 | n1");
  const Check check = Of("columns of 2025-10");
  EXPECT_EQ(check.verdict, Verdict::kWarning);
  EXPECT_THAT(check.finding, HasSubstr("node_labels of node_labels (daily)"));
}

TEST_F(LakeChecksTest, MemoryIsHeldAgainstTheLimit) {
  PutAll();
  const auto month = Catalog();
  EXPECT_EQ(CheckMemory(month, 1, 0).verdict, Verdict::kOk);
  EXPECT_EQ(CheckMemory(month, 1, int64_t{1} << 40).verdict, Verdict::kOk);
  EXPECT_EQ(CheckMemory(month, 1'000'000, int64_t{1} << 36).verdict, Verdict::kWarning);
  const Check small = CheckMemory(month, 1, 1 << 20);
  EXPECT_EQ(small.verdict, Verdict::kFailed);
  EXPECT_EQ(small.exit_code, 1);
  EXPECT_THAT(small.remedy, HasSubstr("--memory-limit"));
}

}  // namespace
}  // namespace matome::doctor
