// SPDX-License-Identifier: Apache-2.0
#include "model/ledger.h"

#include <gtest/gtest.h>

namespace matome::model {
namespace {

TEST(Fingerprint, NamesTheDifferences) {
  const Fingerprint one{
      .program = "1", .options = "1", .reference = "1", .node_roles = "1", .input = "1"};
  EXPECT_EQ(one.DifferencesFrom(one), "");
  auto other = one;
  other.input = "2";
  EXPECT_EQ(other.DifferencesFrom(one), "other input");
  other.reference = "2";
  other.program = "2";
  EXPECT_EQ(other.DifferencesFrom(one),
            "other input, other tag keys or reference data, other program version");
  other = one;
  other.node_roles = "2";
  other.options = "2";
  EXPECT_EQ(other.DifferencesFrom(one), "other node roles, other options");
}

}  // namespace
}  // namespace matome::model
