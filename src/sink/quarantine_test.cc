// SPDX-License-Identifier: Apache-2.0
#include "sink/quarantine.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "sink/directory_for_test.h"
#include "sink/tree_target.h"

namespace matome::sink {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;

constexpr const char* kPath = "_matome/quarantine/source=u-1/2025-10-03.jsonl";

class QuarantineTest : public DirectoryTest {
 protected:
  base::Status Record(const std::vector<model::BadInput>& bad) {
    return WriteQuarantine(*Store(), "u-1", *model::Day::Parse("2025-10-03"), bad);
  }
  std::unique_ptr<store::WritableStore> Store() const {
    return OpenStore({.directory = root()}, "run").value();
  }
};

TEST_F(QuarantineTest, IsALinePerProblem) {
  ASSERT_TRUE(Record({{.object = "a/b.parquet",
                       .row_group = 0,
                       .row = 17,
                       .column = "pod_labels",
                       .reason = "bad",
                       .raw_text = "{\"a\"\n"},
                      {.object = "c.parquet",
                       .row_group = {},
                       .row = {},
                       .column = {},
                       .reason = "not Parquet",
                       .raw_text = {}}})
                  .ok());
  EXPECT_EQ(
      Content(kPath),
      R"({"day":"2025-10-03","object":"a/b.parquet","row_group":0,"row":17,"column":"pod_labels","reason":"bad",)"
      R"("raw_text":"{\"a\"\n"})"
      "\n"
      R"({"day":"2025-10-03","object":"c.parquet","row_group":null,"row":null,"column":"","reason":"not Parquet",)"
      R"("raw_text":""})"
      "\n");
}

TEST_F(QuarantineTest, TextThatIsNotUtf8IsStillRecorded) {
  ASSERT_TRUE(Record({{.object = "a",
                       .row_group = {},
                       .row = {},
                       .column = {},
                       .reason = "bad",
                       .raw_text = "x\xFFy"}})
                  .ok());
  const auto line = nlohmann::json::parse(Content(kPath), nullptr, false);
  ASSERT_FALSE(line.is_discarded());
  EXPECT_EQ(line["raw_text"], "x\xEF\xBF\xBDy");
}

TEST_F(QuarantineTest, ALaterRecordReplacesIt) {
  ASSERT_TRUE(Record({{.object = "first", .reason = "r"}}).ok());
  ASSERT_TRUE(Record({{.object = "second", .reason = "r"}}).ok());
  EXPECT_EQ(Content(kPath).find("first"), std::string::npos);
  EXPECT_THAT(Content(kPath), EndsWith("\n"));
}

TEST_F(QuarantineTest, NothingToRecordRemovesAnEarlierRecord) {
  EXPECT_TRUE(Record({}).ok());
  EXPECT_FALSE(Exists("_matome"));
  ASSERT_TRUE(Record({{.object = "a", .reason = "r"}}).ok());
  ASSERT_TRUE(Exists(kPath));
  EXPECT_THAT(RecordedDays(*Store(), "u-1").value(), ElementsAre(*model::Day::Parse("2025-10-03")));
  EXPECT_THAT(RecordedDays(*Store(), "u-2").value(), IsEmpty());
  EXPECT_TRUE(Record({}).ok());
  EXPECT_FALSE(Exists(kPath));
}

TEST_F(QuarantineTest, WhereNothingCanBeItIsAnError) {
  Write("_matome", "a file");
  EXPECT_EQ(Record({{.object = "a", .reason = "r"}}).code(), base::Code::kFailed);
  EXPECT_TRUE(Record({}).ok());
}

}  // namespace
}  // namespace matome::sink
