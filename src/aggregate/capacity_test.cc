// SPDX-License-Identifier: Apache-2.0
#include "aggregate/capacity.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "model/report.h"
#include "testing/text_batch.h"

namespace matome::aggregate {
namespace {

using model::Report;
using model::Semantics;

/// Feeds hourly tables to a CapacityAggregator.
class Hours {
 public:
  explicit Hours(Semantics semantics = Semantics::kTrino) : capacity_(semantics) {}

  void Add(std::string_view rows, int64_t block_rows = 1024) {
    const std::string table =
        "interval_start | node | node_capacity_cpu_core_seconds | "
        "node_capacity_memory_byte_seconds\n" +
        std::string(rows);
    testing::TextRowGroup group(model::SummaryProjection(Report::kPodUsageHourly), table);
    CodeMap codes;
    codes.Reset(base::kNullText);
    while (const batch::Block* block = group.Next(block_rows)) {
      codes.Extend(block->texts[model::HourlyPod::kNode], nodes_);
      int64_t first = 0;
      for (const auto& run : block->times) {
        capacity_.Add(*block, codes, *run.millis, first, run.end);
        first = run.end;
      }
    }
  }

  void Finish() { capacity_.Finish(); }
  void Clear() { capacity_.Clear(); }
  Capacity Node(std::string_view name) const { return capacity_.OfNode(nodes_.Find(name)); }
  Capacity NullNode() const { return capacity_.OfNode(base::kNullText); }
  const Capacity& Cluster() const { return capacity_.OfCluster(); }
  base::Interner& nodes() { return nodes_; }
  size_t allocated_bytes() const { return capacity_.allocated_bytes(); }

 private:
  base::Interner nodes_;
  CapacityAggregator capacity_;
};

TEST(Capacity, IsTheSumOverIntervalsOfTheLargest) {
  Hours hours;
  hours.Add(
      "2024-02-29 00:00 | n1 | 14400 | 100\n"
      "2024-02-29 00:00 | n1 | 14000 | 300\n"
      "2024-02-29 01:00 | n1 | 14400 | 200\n");
  hours.Finish();
  EXPECT_EQ(hours.Node("n1").cpu_core_seconds, 28800);
  EXPECT_EQ(hours.Node("n1").memory_byte_seconds, 500);
  EXPECT_EQ(hours.Cluster().cpu_core_seconds, 28800);
}

TEST(Capacity, EmptyAndNullNodesCountInTheCluster) {
  Hours hours;
  hours.Add(
      "2024-02-29 00:00 | n1   | 1000 | 1\n"
      "2024-02-29 00:00 | ''   | 100  | 2\n"
      "2024-02-29 00:00 | NULL | 10   | 4\n"
      "2024-02-29 00:00 | NULL | 7    | 9\n");
  hours.Finish();
  EXPECT_EQ(hours.Node("").cpu_core_seconds, 100);
  EXPECT_EQ(hours.NullNode().cpu_core_seconds, 10);
  EXPECT_EQ(hours.Cluster().cpu_core_seconds, 1110);
  EXPECT_EQ(hours.Cluster().memory_byte_seconds, 12);
}

TEST(Capacity, NullsAreSkippedAndAllNullIsNull) {
  Hours hours;
  hours.Add(
      "2024-02-29 00:00 | n1 | NULL | NULL\n"
      "2024-02-29 00:00 | n1 | 5    | NULL\n"
      "2024-02-29 01:00 | n1 | NULL | NULL\n"
      "2024-02-29 00:00 | n2 | NULL | NULL\n");
  hours.Finish();
  EXPECT_EQ(hours.Node("n1").cpu_core_seconds, 5);
  EXPECT_EQ(hours.Node("n1").memory_byte_seconds, std::nullopt);
  EXPECT_EQ(hours.Node("n2").cpu_core_seconds, std::nullopt);
  EXPECT_EQ(hours.Cluster().cpu_core_seconds, 5);
  EXPECT_EQ(hours.Cluster().memory_byte_seconds, std::nullopt);
}

TEST(Capacity, IsAbsentWithoutRows) {
  Hours hours;
  hours.nodes().Intern("n1");
  hours.Finish();
  EXPECT_EQ(hours.Node("n1").cpu_core_seconds, std::nullopt);
  EXPECT_EQ(hours.NullNode().cpu_core_seconds, std::nullopt);
  EXPECT_EQ(hours.Cluster().cpu_core_seconds, std::nullopt);
}

TEST(Capacity, ZeroAndNegativeAreValues) {
  Hours hours;
  hours.Add(
      "2024-02-29 00:00 | n1 | -5 | 0\n"
      "2024-02-29 00:00 | n1 | -3 | 0\n");
  hours.Finish();
  EXPECT_EQ(hours.Node("n1").cpu_core_seconds, -3);
  EXPECT_EQ(hours.Node("n1").memory_byte_seconds, 0);
}

TEST(Capacity, NanIsSmallestInTrinoAndLargestInPostgresql) {
  constexpr std::string_view kRows =
      "2024-02-29 00:00 | n1 | nan | 1\n"
      "2024-02-29 00:00 | n1 | 3   | nan\n";
  Hours trino;
  trino.Add(kRows);
  trino.Finish();
  EXPECT_EQ(trino.Node("n1").cpu_core_seconds, 3);
  EXPECT_EQ(trino.Node("n1").memory_byte_seconds, 1);
  Hours postgresql(Semantics::kKokuPostgresql);
  postgresql.Add(kRows);
  postgresql.Finish();
  EXPECT_TRUE(std::isnan(*postgresql.Node("n1").cpu_core_seconds));
  EXPECT_TRUE(std::isnan(*postgresql.Node("n1").memory_byte_seconds));
}

TEST(Capacity, ANanAloneIsAValue) {
  Hours hours;
  hours.Add("2024-02-29 00:00 | n1 | nan | nan\n");
  hours.Finish();
  ASSERT_TRUE(hours.Node("n1").cpu_core_seconds.has_value());
  EXPECT_TRUE(std::isnan(*hours.Node("n1").cpu_core_seconds));
  EXPECT_TRUE(std::isnan(*hours.Cluster().cpu_core_seconds));
}

// Intervals are instants, not hours; they may come back, and come in any order.
TEST(Capacity, IntervalsAreWhateverInstantsThereAre) {
  Hours hours;
  hours.Add(
      "2024-02-29 05:00 | n1 | 1 | 1\n"
      "2024-02-29 04:30 | n1 | 2 | 1\n"
      "2024-02-29 05:00 | n1 | 4 | 1\n");
  hours.Add("2024-02-29 04:30 | n1 | 8 | 1\n");
  hours.Finish();
  EXPECT_EQ(hours.Node("n1").cpu_core_seconds, 12);
  EXPECT_EQ(hours.Node("n1").memory_byte_seconds, 2);
}

std::string ManyRows() {
  std::string rows;
  for (int row = 0; row < 300; ++row) {
    rows += "2024-02-29 " + std::to_string(10 + row * 7 % 9) + ":00 | n" +
            std::to_string(row * 13 % 11) + " | " + std::to_string(0.1 * (row * 37 % 101)) +
            (row % 17 == 0 ? " | NULL\n" : " | 0.3\n");
  }
  return rows;
}

TEST(Capacity, DoesNotDependOnBlockSizes) {
  Hours whole;
  whole.Add(ManyRows());
  whole.Finish();
  for (const int64_t block_rows : {1, 7, 64}) {
    Hours blocks;
    blocks.Add(ManyRows(), block_rows);
    blocks.Finish();
    for (int node = 0; node < 11; ++node) {
      const std::string name = "n" + std::to_string(node);
      EXPECT_EQ(blocks.Node(name).cpu_core_seconds, whole.Node(name).cpu_core_seconds);
    }
    EXPECT_EQ(blocks.Cluster().cpu_core_seconds, whole.Cluster().cpu_core_seconds);
    EXPECT_EQ(blocks.Cluster().memory_byte_seconds, whole.Cluster().memory_byte_seconds);
  }
}

TEST(Capacity, DoesNotDependOnEarlierDays) {
  Hours fresh;
  fresh.Add(ManyRows());
  fresh.Finish();
  Hours used;
  for (int node = 20; node >= 0; --node) used.nodes().Intern("n" + std::to_string(node));
  used.Add("2024-02-29 03:00 | n20 | 1e300 | 5\n2024-02-29 10:00 | n3 | 1e300 | 5\n");
  used.Finish();
  used.Clear();
  used.Add(ManyRows());
  used.Finish();
  EXPECT_EQ(used.Cluster().cpu_core_seconds, fresh.Cluster().cpu_core_seconds);
  EXPECT_EQ(used.Node("n3").cpu_core_seconds, fresh.Node("n3").cpu_core_seconds);
  EXPECT_EQ(used.Node("n20").cpu_core_seconds, std::nullopt);
  EXPECT_GT(used.allocated_bytes(), 0U);
}

}  // namespace
}  // namespace matome::aggregate
