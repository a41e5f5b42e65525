// SPDX-License-Identifier: Apache-2.0
#include "doctor/check.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace matome::doctor {
namespace {

const Checks kSome = {
    Ok("lake", "./lake"), Warning("tag keys", "none", "enable some"),
    Failure("lock", {base::Code::kLocked, "held"}, "wait"),
    Failure("table", {base::Code::kSchemaMismatch, "missing"}, "run the migrations")};

TEST(ExitCodeOf, IsThatOfTheFirstFailure) {
  EXPECT_EQ(ExitCodeOf(kSome), 11);
  EXPECT_EQ(ExitCodeOf({kSome[0], kSome[1]}), 0);
  EXPECT_EQ(ExitCodeOf({}), 0);
}

TEST(FormatChecks, HasALineForEachAndTheRemedyBelow) {
  EXPECT_EQ(FormatChecks(kSome, /*color=*/false),
            "ok    lake: ./lake\n"
            "warn  tag keys: none\n"
            "      → enable some\n"
            "fail  lock: held\n"
            "      → wait\n"
            "fail  table: missing\n"
            "      → run the migrations\n"
            "4 checks, 2 failed, 1 warning (exit 11)\n");
  EXPECT_THAT(FormatChecks(kSome, /*color=*/true),
              ::testing::HasSubstr("\x1b[31mfail\x1b[0m  lock"));
}

TEST(FormatChecksJson, IsOneObject) {
  const auto json = nlohmann::json::parse(FormatChecksJson(kSome));
  EXPECT_EQ(json["exit_code"], 11);
  EXPECT_EQ(json["checks"].size(), 4U);
  EXPECT_EQ(json["checks"][1]["verdict"], "warn");
  EXPECT_EQ(json["checks"][1]["remedy"], "enable some");
  EXPECT_EQ(json["checks"][3]["exit_code"], 13);
  EXPECT_FALSE(json["checks"][0].contains("remedy"));
}

}  // namespace
}  // namespace matome::doctor
