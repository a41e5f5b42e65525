// SPDX-License-Identifier: Apache-2.0
#include "testing/naive_summary.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "testing/row_comparison.h"

namespace matome::testing {
namespace {

using Numbers = std::vector<std::optional<double>>;

constexpr double kGibibyte = 1073741824.0;
constexpr int64_t kLeapDay = 19782;  // 2024-02-29
constexpr int64_t kMidnight = kLeapDay * kMillisecondsPerDay;
constexpr std::nullopt_t kNull = std::nullopt;

PodRow Pod() {
  PodRow row;
  row.interval_start_ms = kMidnight;
  row.namespace_ = "app";
  row.node = "n1";
  row.pod = "p1";
  row.resource_id = "i-1";
  row.pod_labels = R"({"env": "prod", "foo": "y"})";
  row.pod_usage_cpu_core_seconds = 3600;
  row.pod_request_cpu_core_seconds = 7200;
  row.pod_effective_usage_cpu_core_seconds = 9000;
  row.pod_limit_cpu_core_seconds = 10800;
  row.pod_usage_memory_byte_seconds = 3600 * kGibibyte;
  row.pod_request_memory_byte_seconds = 7200 * kGibibyte;
  row.pod_effective_usage_memory_byte_seconds = 9000 * kGibibyte;
  row.pod_limit_memory_byte_seconds = 10800 * kGibibyte;
  row.node_capacity_cpu_cores = 4;
  row.node_capacity_memory_bytes = 16 * kGibibyte;
  return row;
}

PodRow Hourly(const std::string& node, int64_t hour, double cpu, double memory) {
  PodRow row;
  row.interval_start_ms = kMidnight + hour * 3'600'000;
  row.node = node;
  row.node_capacity_cpu_core_seconds = cpu;
  row.node_capacity_memory_byte_seconds = memory;
  return row;
}

StorageRow Storage() {
  constexpr double kByteSeconds = 86400.0 * 29 * kGibibyte;
  StorageRow row;
  row.interval_start_ms = kMidnight;
  row.namespace_ = "app";
  row.pod = "p1";
  row.persistentvolumeclaim = "c1";
  row.persistentvolume = "v1";
  row.storageclass = "gp";
  row.csi_volume_handle = "h";
  row.persistentvolume_labels = R"({"env": "pv", "team": "a"})";
  row.persistentvolumeclaim_labels = R"({"env": "pvc"})";
  row.persistentvolumeclaim_capacity_bytes = 10 * kGibibyte;
  row.persistentvolumeclaim_capacity_byte_seconds = kByteSeconds;
  row.volume_request_storage_byte_seconds = kByteSeconds * 0.5;
  row.persistentvolumeclaim_usage_byte_seconds = kByteSeconds * 0.25;
  return row;
}

/// The test vectors of semantics §10; every test changes the one thing it is about.
class NaiveSummaryTest : public ::testing::Test {
 protected:
  NaiveSummaryTest() {
    data_.pod_daily = {Pod()};
    data_.pod_hourly = {
        Hourly("n1", 0, 14400, 57600 * kGibibyte), Hourly("n1", 0, 14000, 57600 * kGibibyte),
        Hourly("n1", 1, 14400, 57600 * kGibibyte), Hourly("", 0, 100, 3600 * kGibibyte)};
    parameters_.cluster_id = "cluster";
    parameters_.start_day = kLeapDay;
    parameters_.end_day = kLeapDay;
    parameters_.enabled_keys = {"env", "team"};
    parameters_.patterns = {
        {"openshift-%", 1}, {"kube-%", 1}, {"Platform unallocated", 1}, {"openshift", 1}};
    parameters_.nodes = {{"n1", "i-1", "worker"}};
  }

  void Summarize() {
    pods_.clear();
    storage_.clear();
    unallocated_.clear();
    const NaiveDay day = NaiveSummary(data_, parameters_).at(kLeapDay);
    error_ = day.error;
    for (const ExpectedRow& row : day.rows) {
      (row.kind == "pod" ? pods_ : row.kind == "storage" ? storage_ : unallocated_).push_back(row);
    }
  }

  bool Fails() {
    Summarize();
    return error_.has_value();
  }

  LabelRow Labels(const std::string& key, const std::optional<std::string>& labels) {
    return {kMidnight, key, labels};
  }

  static Numbers Slice(const ExpectedRow& row, NumberColumn first, size_t count) {
    const auto begin = row.numbers.begin() + static_cast<std::ptrdiff_t>(first);
    return {begin, begin + static_cast<std::ptrdiff_t>(count)};
  }
  static Numbers Cpu(const ExpectedRow& row) { return Slice(row, kPodUsageCpuCoreHours, 4); }
  static Numbers Memory(const ExpectedRow& row) {
    return Slice(row, kPodUsageMemoryGigabyteHours, 4);
  }
  static Numbers Capacity(const ExpectedRow& row) { return Slice(row, kNodeCapacityCpuCores, 6); }
  static Numbers Volume(const ExpectedRow& row) {
    return Slice(row, kPersistentvolumeclaimCapacityGigabyte, 4);
  }

  Dataset data_;
  SummaryParameters parameters_;
  std::vector<ExpectedRow> pods_;
  std::vector<ExpectedRow> storage_;
  std::vector<ExpectedRow> unallocated_;
  std::optional<std::string> error_;
};

TEST_F(NaiveSummaryTest, Vector01Plain) {
  Summarize();
  ASSERT_EQ(pods_.size(), 1U);
  const ExpectedRow& pod = pods_[0];
  const Numbers capacity = {4, 8, 16, 32, 28900.0 / 3600.0, 33};
  EXPECT_EQ(pod.data_source, "Pod");
  EXPECT_EQ(pod.namespace_, "app");
  EXPECT_EQ(pod.node, "n1");
  EXPECT_EQ(pod.resource_id, "i-1");
  EXPECT_EQ(pod.pod_labels, R"({"env":"prod"})");
  EXPECT_EQ(pod.all_labels, R"({"env":"prod"})");
  EXPECT_EQ(pod.volume_labels, kNull);
  EXPECT_EQ(Cpu(pod), (Numbers{1, 2, 2.5, 3}));
  EXPECT_EQ(Memory(pod), (Numbers{1, 2, 2.5, 3}));
  EXPECT_EQ(Capacity(pod), capacity);
  EXPECT_EQ(Volume(pod), (Numbers{kNull, kNull, kNull, kNull}));
  EXPECT_EQ(pod.cost_category_id, kNull);
  EXPECT_TRUE(pod.has_infrastructure_usage_cost);
  ASSERT_EQ(unallocated_.size(), 1U);
  const ExpectedRow& rest = unallocated_[0];
  EXPECT_EQ(rest.data_source, "Pod");
  EXPECT_EQ(rest.namespace_, "Worker unallocated");
  EXPECT_EQ(rest.node, "n1");
  EXPECT_EQ(rest.resource_id, "i-1");
  EXPECT_EQ(Cpu(rest), (Numbers{7, 6, 5.5, kNull}));
  EXPECT_EQ(Memory(rest), (Numbers{31, 30, 29.5, kNull}));
  EXPECT_EQ(Capacity(rest), capacity);
  EXPECT_EQ(rest.pod_labels, kNull);
  EXPECT_EQ(rest.all_labels, "{}");
  EXPECT_EQ(rest.cost_category_id, kNull);
  EXPECT_FALSE(rest.has_infrastructure_usage_cost);
  EXPECT_TRUE(storage_.empty());
}

TEST_F(NaiveSummaryTest, Vector02VirtualMachineLabel) {
  data_.pod_daily[0].pod_labels = R"({"vm_kubevirt_io_name": "vm1", "env": "prod"})";
  Summarize();
  EXPECT_EQ(pods_.at(0).pod_labels, R"({"env":"prod","vm_kubevirt_io_name":"vm1"})");
}

TEST_F(NaiveSummaryTest, Vector03NoKeyEnabled) {
  data_.pod_daily[0].pod_labels = R"({"vm_kubevirt_io_name": "vm1", "env": "prod"})";
  parameters_.enabled_keys.clear();
  Summarize();
  EXPECT_EQ(pods_.at(0).pod_labels, "{}");
  parameters_.semantics = Semantics::kKokuPostgresql;
  Summarize();
  EXPECT_EQ(pods_.at(0).pod_labels, R"({"vm_kubevirt_io_name":"vm1"})");
}

TEST_F(NaiveSummaryTest, Vector04NullAndEmptyNodeLabels) {
  data_.node_labels = {Labels("n1", kNull), Labels("n1", R"({"zz": "1"})")};
  Summarize();
  ASSERT_EQ(pods_.size(), 1U);
  EXPECT_EQ(pods_[0].pod_labels, R"({"env":"prod"})");
  EXPECT_EQ(Cpu(pods_[0]), (Numbers{2, 4, 5, 6}));
  EXPECT_EQ(Cpu(unallocated_.at(0)), (Numbers{6, 4, 3, kNull}));
  parameters_.semantics = Semantics::kKokuPostgresql;
  Summarize();
  EXPECT_EQ(Cpu(pods_.at(0)), (Numbers{1, 2, 2.5, 3}));
}

TEST_F(NaiveSummaryTest, Vector05TwoNodeLabelSets) {
  data_.node_labels = {Labels("n1", R"({"team": "a"})"),
                       Labels("n1", R"({"team": "b", "zz": "1"})")};
  Summarize();
  ASSERT_EQ(pods_.size(), 2U);
  EXPECT_EQ(pods_[0].pod_labels, R"({"env":"prod","team":"a"})");
  EXPECT_EQ(pods_[1].pod_labels, R"({"env":"prod","team":"b"})");
  EXPECT_EQ(Cpu(pods_[0]), (Numbers{1, 2, 2.5, 3}));
  EXPECT_EQ(Cpu(pods_[1]), (Numbers{1, 2, 2.5, 3}));
  EXPECT_EQ(Cpu(unallocated_.at(0)), (Numbers{6, 4, 3, kNull}));
}

TEST_F(NaiveSummaryTest, Vector06NamespaceLabelsOverrideNodeLabels) {
  data_.node_labels = {Labels("n1", R"({"team": "a"})"),
                       Labels("n1", R"({"team": "b", "zz": "1"})")};
  data_.namespace_labels = {Labels("app", R"({"team": "ns", "env": "nsenv"})")};
  Summarize();
  ASSERT_EQ(pods_.size(), 1U);
  EXPECT_EQ(pods_[0].pod_labels, R"({"env":"prod","team":"ns"})");
  EXPECT_EQ(Cpu(pods_[0]), (Numbers{2, 4, 5, 6}));
}

TEST_F(NaiveSummaryTest, Vector07OverlappingPatterns) {
  parameters_.patterns.push_back({"a%", 2});
  parameters_.patterns.push_back({"_pp", 3});
  parameters_.patterns.push_back({"%unalloc%", 5});
  Summarize();
  ASSERT_EQ(pods_.size(), 1U);
  EXPECT_EQ(Cpu(pods_[0]), (Numbers{2, 4, 5, 6}));
  EXPECT_EQ(pods_[0].cost_category_id, 3);
  ASSERT_EQ(unallocated_.size(), 1U);
  EXPECT_EQ(Cpu(unallocated_[0]), (Numbers{6, 4, 3, kNull}));
  EXPECT_EQ(unallocated_[0].cost_category_id, 5);
}

TEST_F(NaiveSummaryTest, Vector08NullPodLabels) {
  data_.pod_daily[0].pod_labels = kNull;
  data_.namespace_labels = {Labels("app", R"({"team": "ns"})")};
  Summarize();
  EXPECT_EQ(pods_.at(0).pod_labels, kNull);
  EXPECT_EQ(pods_.at(0).all_labels, "{}");
  parameters_.semantics = Semantics::kKokuPostgresql;
  Summarize();
  EXPECT_EQ(pods_.at(0).pod_labels, R"({"team":"ns"})");
}

TEST_F(NaiveSummaryTest, Vector09RequestAndEffectiveUsageNull) {
  data_.pod_daily[0].pod_request_cpu_core_seconds = kNull;
  data_.pod_daily[0].pod_effective_usage_cpu_core_seconds = kNull;
  Summarize();
  EXPECT_EQ(Cpu(pods_.at(0)), (Numbers{1, kNull, kNull, 3}));
  EXPECT_EQ(Cpu(unallocated_.at(0)), (Numbers{7, kNull, kNull, kNull}));
  parameters_.semantics = Semantics::kKokuPostgresql;
  Summarize();
  EXPECT_EQ(Cpu(pods_.at(0)), (Numbers{1, kNull, 1, 3}));
}

TEST_F(NaiveSummaryTest, Vector10NoHourlyRows) {
  data_.pod_hourly.clear();
  Summarize();
  const Numbers capacity = {4, kNull, 16, kNull, kNull, kNull};
  EXPECT_EQ(Capacity(pods_.at(0)), capacity);
  EXPECT_EQ(Capacity(unallocated_.at(0)), capacity);
  EXPECT_EQ(Cpu(unallocated_[0]), (Numbers{kNull, kNull, kNull, kNull}));
  EXPECT_EQ(Memory(unallocated_[0]), (Numbers{kNull, kNull, kNull, kNull}));
  parameters_.semantics = Semantics::kKokuPostgresql;
  Summarize();
  EXPECT_EQ(Capacity(pods_.at(0)), (Numbers{4, 0, 16, 0, 0, 0}));
  EXPECT_EQ(Cpu(unallocated_.at(0)), (Numbers{-1, -2, -2.5, kNull}));
}

TEST_F(NaiveSummaryTest, Vector11NoNodeRole) {
  parameters_.nodes.clear();
  Summarize();
  EXPECT_EQ(unallocated_.at(0).namespace_, kNull);
  EXPECT_EQ(Cpu(unallocated_[0]), (Numbers{7, 6, 5.5, kNull}));
}

TEST_F(NaiveSummaryTest, Vector12VolumeOfUnknownPod) {
  data_.storage = {Storage()};
  data_.storage[0].pod = "zzz";
  Summarize();
  ASSERT_EQ(storage_.size(), 1U);
  EXPECT_EQ(storage_[0].node, kNull);
  EXPECT_EQ(storage_[0].resource_id, kNull);
  EXPECT_EQ(Volume(storage_[0]), (Numbers{10, 1, kNull, kNull}));
  EXPECT_EQ(storage_[0].volume_labels, R"({"env":"pvc","team":"a"})");
  parameters_.semantics = Semantics::kKokuPostgresql;
  Summarize();
  EXPECT_EQ(Volume(storage_.at(0)), (Numbers{10, 1, 0.5, 0.25}));
}

TEST_F(NaiveSummaryTest, Vector13Volume) {
  data_.storage = {Storage()};
  Summarize();
  ASSERT_EQ(storage_.size(), 1U);
  EXPECT_EQ(storage_[0].data_source, "Storage");
  EXPECT_EQ(storage_[0].node, "n1");
  EXPECT_EQ(storage_[0].resource_id, "i-1");
  EXPECT_EQ(storage_[0].persistentvolumeclaim, "c1");
  EXPECT_EQ(storage_[0].persistentvolume, "v1");
  EXPECT_EQ(storage_[0].storageclass, "gp");
  EXPECT_EQ(storage_[0].csi_volume_handle, "h");
  EXPECT_EQ(Volume(storage_[0]), (Numbers{10, 1, 0.5, 0.25}));
  EXPECT_EQ(storage_[0].pod_labels, kNull);
  EXPECT_EQ(storage_[0].all_labels, R"({"env":"pvc","team":"a"})");
  EXPECT_TRUE(storage_[0].has_infrastructure_usage_cost);
}

TEST_F(NaiveSummaryTest, Vector14ClaimWithTwoVolumes) {
  data_.storage = {Storage(), Storage()};
  data_.storage[1].persistentvolume = "v2";
  data_.storage[1].csi_volume_handle = "h2";
  Summarize();
  ASSERT_EQ(storage_.size(), 2U);
  EXPECT_EQ(storage_[0].persistentvolume, "v1");
  EXPECT_EQ(storage_[1].persistentvolume, "v2");
  EXPECT_EQ(Volume(storage_[0]), (Numbers{10, 2, 1, 0.5}));
  EXPECT_EQ(Volume(storage_[1]), (Numbers{10, 2, 1, 0.5}));
}

TEST_F(NaiveSummaryTest, Vector15VolumeOnTwoNodes) {
  data_.pod_daily.push_back(Pod());
  data_.pod_daily[1].pod = "p2";
  data_.pod_daily[1].node = "n2";
  data_.pod_daily[1].resource_id = "i-2";
  data_.storage = {Storage(), Storage()};
  data_.storage[1].pod = "p2";
  Summarize();
  ASSERT_EQ(storage_.size(), 2U);
  EXPECT_EQ(storage_[0].resource_id, "i-1");
  EXPECT_EQ(storage_[1].resource_id, "i-2");
  EXPECT_EQ(Volume(storage_[0]), (Numbers{10, 1, 0.25, 0.125}));
  EXPECT_EQ(Volume(storage_[1]), (Numbers{10, 1, 0.25, 0.125}));
}

TEST_F(NaiveSummaryTest, Vector16TwoResourceIds) {
  data_.pod_daily.push_back(Pod());
  data_.pod_daily[1].resource_id = "";
  data_.pod_daily[1].pod_labels = R"({"env": "dev"})";
  data_.storage = {Storage()};
  Summarize();
  ASSERT_EQ(storage_.size(), 2U);
  EXPECT_EQ(storage_[0].node, "n1");
  EXPECT_EQ(storage_[0].resource_id, "");
  EXPECT_EQ(storage_[1].node, "n1");
  EXPECT_EQ(storage_[1].resource_id, "i-1");
  EXPECT_EQ(Volume(storage_[0]), (Numbers{10, 1, 0.5, 0.25}));
  EXPECT_EQ(Volume(storage_[1]), (Numbers{10, 1, 0.5, 0.25}));
}

TEST_F(NaiveSummaryTest, Vector17NullVolumeLabels) {
  data_.storage = {Storage()};
  data_.storage[0].persistentvolume_labels = kNull;
  Summarize();
  EXPECT_EQ(storage_.at(0).volume_labels, kNull);
  EXPECT_EQ(storage_[0].all_labels, "{}");
}

TEST_F(NaiveSummaryTest, VolumeWhoseNodesAreAllNullFails) {
  data_.pod_daily[0].node = kNull;
  data_.storage = {Storage()};
  EXPECT_TRUE(Fails());
  data_.storage[0].volume_request_storage_byte_seconds = kNull;
  data_.storage[0].persistentvolumeclaim_usage_byte_seconds = kNull;
  EXPECT_FALSE(Fails());
  EXPECT_EQ(Volume(storage_.at(0)), (Numbers{10, 1, kNull, kNull}));
}

TEST_F(NaiveSummaryTest, EmptyNodeCountsAsANode) {
  data_.pod_daily.push_back(Pod());
  data_.pod_daily[1].node = "";
  data_.storage = {Storage()};
  Summarize();
  ASSERT_EQ(storage_.size(), 2U);
  EXPECT_EQ(storage_[0].node, "");
  EXPECT_EQ(Volume(storage_[0]), (Numbers{10, 1, 0.25, 0.125}));
  EXPECT_EQ(pods_.size(), 1U);
}

TEST_F(NaiveSummaryTest, NanIsTheSmallestOfAMaximum) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  data_.pod_daily.push_back(Pod());
  data_.pod_daily[1].node_capacity_cpu_cores = kNan;
  Summarize();
  EXPECT_EQ(Capacity(pods_.at(0))[0], 4);
  data_.pod_daily[0].node_capacity_cpu_cores = kNull;
  EXPECT_TRUE(Fails());
  parameters_.semantics = Semantics::kKokuPostgresql;
  data_.pod_daily[0].node_capacity_cpu_cores = 4;
  Summarize();
  EXPECT_TRUE(std::isnan(Capacity(pods_.at(0))[0].value()));
}

TEST_F(NaiveSummaryTest, NumbersOutOfRangeFail) {
  data_.pod_daily[0].node_capacity_cpu_cores = 999999999999999872.0;
  EXPECT_FALSE(Fails());
  data_.pod_daily[0].node_capacity_cpu_cores = 1e18;
  EXPECT_TRUE(Fails());
}

TEST_F(NaiveSummaryTest, TextOfTheWrongSizeFails) {
  data_.pod_daily[0].resource_id = std::string(253, 'i') + "  ";
  Summarize();
  EXPECT_EQ(pods_.at(0).resource_id, std::string(253, 'i'));
  data_.pod_daily[0].resource_id = std::string(254, 'i');
  EXPECT_TRUE(Fails());
  data_.pod_daily[0].resource_id = std::string("i\0", 2);
  EXPECT_TRUE(Fails());
  data_.pod_daily[0].resource_id = "i-1";
  parameters_.cluster_id = std::string(51, 'c');
  EXPECT_TRUE(Fails());
}

TEST_F(NaiveSummaryTest, LabelsFailOnlyInScope) {
  data_.namespace_labels = {Labels("unseen", "")};
  EXPECT_TRUE(Fails());
  data_.namespace_labels[0].interval_start_ms = kMidnight - 1;
  EXPECT_FALSE(Fails());
  data_.pod_daily.push_back(Pod());
  data_.pod_daily[1].node = "";
  data_.pod_daily[1].pod_labels = "[";
  EXPECT_FALSE(Fails());
  data_.storage = {Storage()};
  data_.storage[0].persistentvolumeclaim_labels = "[";
  EXPECT_TRUE(Fails());
  parameters_.storage_exists = false;
  EXPECT_FALSE(Fails());
}

TEST_F(NaiveSummaryTest, NulInALabelFailsIfKept) {
  data_.pod_daily[0].pod_labels = R"({"foo": "\u0000"})";
  EXPECT_FALSE(Fails());
  data_.pod_daily[0].pod_labels = R"({"env": "\u0000"})";
  EXPECT_TRUE(Fails());
  // PostgreSQL's jsonb does not even read one.
  parameters_.semantics = Semantics::kKokuPostgresql;
  data_.pod_daily[0].pod_labels = R"({"foo": "\u0000"})";
  EXPECT_TRUE(Fails());
}

TEST_F(NaiveSummaryTest, LeavesBadRowsOut) {
  data_.node_labels = {Labels("n1", "["), Labels("n1", R"({"env": "of the node"})")};
  data_.pod_daily.push_back(Pod());
  data_.pod_daily[0].pod_labels = "";
  data_.pod_daily[1].pod_labels = "{}";
  data_.pod_daily.push_back(Pod());
  data_.pod_daily[2].namespace_ = std::string(254, 'n');
  EXPECT_TRUE(Fails());
  const NaiveDay day = NaiveSummary(data_, parameters_, BadRows::kLeftOut).begin()->second;
  EXPECT_FALSE(day.error.has_value());
  ASSERT_EQ(day.rows.size(), 2U);
  EXPECT_EQ(day.rows[0].pod_labels, R"({"env":"of the node"})");
  EXPECT_EQ(day.rows[1].kind, "unallocated");
}

TEST_F(NaiveSummaryTest, DaysFailByThemselves) {
  data_.pod_daily.push_back(Pod());
  data_.pod_daily[1].interval_start_ms = kMidnight - kMillisecondsPerDay;
  data_.pod_daily[1].pod_labels = "";
  parameters_.start_day = kLeapDay - 2;
  const std::map<int64_t, NaiveDay> days = NaiveSummary(data_, parameters_);
  ASSERT_EQ(days.size(), 3U);
  EXPECT_TRUE(days.at(kLeapDay - 2).rows.empty());
  EXPECT_FALSE(days.at(kLeapDay - 2).error.has_value());
  EXPECT_TRUE(days.at(kLeapDay - 1).error.has_value());
  EXPECT_EQ(days.at(kLeapDay).rows.size(), 2U);
}

TEST_F(NaiveSummaryTest, UnallocatedLeavesOutSpecialAndNullNamespaces) {
  for (const char* name : {"Platform unallocated", "Worker unallocated", "Network unattributed",
                           "Storage unattributed", "GPU unallocated"}) {
    data_.pod_daily.push_back(Pod());
    data_.pod_daily.back().namespace_ = name;
  }
  data_.pod_daily.push_back(Pod());
  data_.pod_daily.back().namespace_ = kNull;
  Summarize();
  EXPECT_EQ(pods_.size(), 7U);
  EXPECT_EQ(Cpu(unallocated_.at(0)), (Numbers{6, 4, 3, kNull}));
}

TEST_F(NaiveSummaryTest, UnallocatedRowPerPattern) {
  parameters_.nodes[0].node_role = "infra";
  parameters_.patterns.push_back({"Platform%", 1});
  Summarize();
  ASSERT_EQ(unallocated_.size(), 2U);
  EXPECT_EQ(unallocated_[0].namespace_, "Platform unallocated");
  EXPECT_EQ(DescribeRow(unallocated_[0]), DescribeRow(unallocated_[1]));
}

TEST_F(NaiveSummaryTest, DerivedRoles) {
  data_.pod_daily = {Pod(), Pod(), Pod(), Pod(), Pod()};
  data_.pod_daily[1].node = "n2";
  data_.pod_daily[1].namespace_ = "openshift-kube-apiserver";
  data_.pod_daily[2].node = "n3";
  data_.pod_daily[3].node = "n4";
  data_.pod_daily[3].node_role = "";
  data_.pod_daily[4].node = "unlabelled";
  data_.node_labels = {Labels("n1", "{}"), Labels("n2", R"({"node_role_kubernetes_io": "infra"})"),
                       Labels("n3", R"({"node_role_kubernetes_io": "infra"})"), Labels("n4", "{}")};
  data_.node_labels[0].interval_start_ms = kMidnight - 5 * kMillisecondsPerDay;
  const std::vector<NodeRole> roles = NaiveDerivedRoles(data_);
  ASSERT_EQ(roles.size(), 4U);
  EXPECT_EQ(roles[0].node, "n1");
  EXPECT_EQ(roles[0].node_role, "worker");
  EXPECT_EQ(roles[1].node_role, "master");
  EXPECT_EQ(roles[2].node_role, "infra");
  EXPECT_EQ(roles[3].node_role, "");
}

TEST_F(NaiveSummaryTest, ComparisonFindsDifferences) {
  data_.storage = {Storage()};
  Summarize();
  std::vector<ExpectedRow> rows = pods_;
  rows.push_back(storage_.at(0));
  std::vector<ExpectedRow> others = {rows[1], rows[0]};
  EXPECT_TRUE(CompareRows(rows, others).empty());
  others[0].numbers[kPersistentvolumeclaimCapacityGigabyte] = 10 + 1e-9;
  EXPECT_TRUE(CompareRows(rows, others).empty());
  others[0].numbers[kPersistentvolumeclaimCapacityGigabyte] = 10 + 1e-7;
  EXPECT_EQ(CompareRows(rows, others).size(), 2U);
  others[0] = rows[1];
  others[1].node = kNull;
  EXPECT_EQ(CompareRows(rows, others).size(), 2U);
}

}  // namespace
}  // namespace matome::testing
