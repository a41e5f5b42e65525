// SPDX-License-Identifier: Apache-2.0
#include "aggregate/group_table.h"

#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace matome::aggregate {
namespace {

TEST(GroupKey, IsNeverZeroAndKeepsItsParts) {
  EXPECT_NE(GroupKey(0, 0, 0), 0U);
  std::set<uint64_t> keys;
  const uint32_t names[] = {0, 1, (1U << kNamespaceBits) - 1};
  const uint32_t sets[] = {0, 1, (1U << kLabelSetBits) - 2};
  for (const uint32_t name : names) {
    for (const uint32_t node : names) {
      for (const uint32_t set : sets) keys.insert(GroupKey(name, node, set));
    }
  }
  EXPECT_EQ(keys.size(), 27U);
}

TEST(GroupTable, NumbersKeysInOrderOfFirstAppearance) {
  GroupTable table;
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.FindOrAdd(7), 0U);
  EXPECT_EQ(table.FindOrAdd(9), 1U);
  EXPECT_EQ(table.FindOrAdd(7), 0U);
  EXPECT_EQ(table.FindOrAdd(8), 2U);
  EXPECT_EQ(table.size(), 3U);
}

TEST(GroupTable, AgreesWithAMapThroughGrowth) {
  std::mt19937_64 random(11);
  GroupTable table;
  std::map<uint64_t, uint32_t> expected;
  // Few enough that they also pass where every hash collides.
  for (int i = 0; i < 6000; ++i) {
    const uint64_t key = 1 + random() % 3000;
    const auto [found, added] = expected.try_emplace(key, static_cast<uint32_t>(expected.size()));
    ASSERT_EQ(table.FindOrAdd(key), found->second);
  }
  EXPECT_EQ(table.size(), expected.size());
  for (const auto& [key, number] : expected) ASSERT_EQ(table.FindOrAdd(key), number);
}

TEST(GroupTable, HoldsKeysThatDifferInHighBitsOnly) {
  GroupTable table;
  for (uint64_t high = 1; high <= 1000; ++high) ASSERT_EQ(table.FindOrAdd(high << 44), high - 1);
}

TEST(GroupTable, IsAtMostHalfFull) {
  GroupTable table;
  for (uint64_t key = 1; key <= 2000; ++key) {
    table.FindOrAdd(key);
    ASSERT_GE(table.allocated_bytes(), table.size() * 2 * 16);
  }
}

TEST(GroupTable, ClearForgetsKeysAndKeepsMemory) {
  GroupTable table;
  for (uint64_t key = 1; key <= 2000; ++key) table.FindOrAdd(key);
  const size_t bytes = table.allocated_bytes();
  table.Clear();
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.allocated_bytes(), bytes);
  EXPECT_EQ(table.FindOrAdd(2000), 0U);
  EXPECT_EQ(table.FindOrAdd(1), 1U);
}

}  // namespace
}  // namespace matome::aggregate
