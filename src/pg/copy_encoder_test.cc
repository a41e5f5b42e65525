// SPDX-License-Identifier: Apache-2.0
#include "pg/copy_encoder.h"

#include <bit>
#include <cmath>
#include <random>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/interner.h"
#include "model/decimal.h"
#include "testing/postgres_server.h"

namespace matome::pg {
namespace {

using model::Semantics;
using ::testing::HasSubstr;
using testing::MustExec;
using testing::PostgresServer;
using testing::Table;

std::span<const uint8_t> Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

void Copy(Connection& connection, const std::string& sql, std::string_view data) {
  ASSERT_TRUE(connection.BeginCopy(sql).ok()) << connection.error().status.message();
  ASSERT_TRUE(connection.PutCopyData(Bytes(data)).ok());
  const auto rows = connection.EndCopy();
  ASSERT_TRUE(rows.ok()) << rows.status().message();
}

/// Values of all sizes that fit, and of the kinds that occur.
std::vector<double> Values(size_t count, Semantics semantics) {
  constexpr uint64_t kSeed = 4711;
  ::testing::Test::RecordProperty("seed", std::to_string(kSeed));
  std::mt19937_64 random(kSeed);
  std::uniform_real_distribution<double> exponent(-18, 18.1);
  std::vector<double> values = {0.0,
                                -0.0,
                                5e-16,
                                -5e-16,
                                4.9e-16,
                                999999999999999872.0,
                                9.9999999999999995,
                                0.9999999999999996,
                                std::nan("")};
  while (values.size() < count) {
    const double sign = random() % 2 == 0 ? 1 : -1;
    values.push_back(sign * std::pow(10.0, exponent(random)));
    values.push_back(static_cast<double>(random() % 1'000'000'000) / 3600);
    values.push_back(static_cast<double>(random() % 100'000));
    values.push_back(sign * static_cast<double>(random() % 100'000) * 1e-15 / 2);
    values.push_back(sign *
                     std::bit_cast<double>(random() >> 12 | uint64_t{random() % 80 + 983} << 52));
  }
  std::erase_if(values, [&](double value) { return !model::FitsDecimal(value, semantics); });
  return values;
}

// What PostgreSQL makes of the decimal text is what it gets in binary: digits, sign, scale, size.
TEST(NumericFieldOnServer, EqualsTheDecimalText) {
  auto& server = PostgresServer::Shared();
  for (const auto semantics : {Semantics::kTrino, Semantics::kKokuPostgresql}) {
    Connection connection = server.Connect(server.CreateDatabase());
    MustExec(connection,
             "CREATE TEMP TABLE from_text (id int, t text, v numeric(33,15));"
             "CREATE TEMP TABLE from_binary (id int, v numeric(33,15))");
    std::string text;
    std::string binary("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
    uint32_t id = 0;
    for (const double value : Values(300'000, semantics)) {
      ++id;
      std::string decimal;
      model::AppendDecimal(value, semantics, decimal);
      text += fmt::format("{0}\t{1}\t{1}\n", id, decimal);
      binary.append("\0\2\0\0\0\4", 6);
      for (const int shift : {24, 16, 8, 0}) binary += static_cast<char>(id >> shift);
      binary += NumericField::Of(value, semantics).bytes();
    }
    binary.append("\xff\xff");
    Copy(connection, "COPY pg_temp.from_text FROM STDIN", text);
    Copy(connection, "COPY pg_temp.from_binary FROM STDIN (FORMAT binary)", binary);
    MustExec(connection, "ANALYZE pg_temp.from_text; ANALYZE pg_temp.from_binary");
    EXPECT_EQ(
        Table(connection,
              "SELECT count(*) FROM pg_temp.from_text AS a JOIN pg_temp.from_binary AS b USING (id)"
              " WHERE b.v::text = a.t AND b.v = a.v AND pg_column_size(a.v) = pg_column_size(b.v)"),
        std::to_string(id) + "\n");
    EXPECT_EQ(
        Table(connection,
              "SELECT a.t, b.v FROM pg_temp.from_text AS a JOIN pg_temp.from_binary AS b USING (id)"
              " WHERE b.v::text <> a.t LIMIT 5"),
        "");
  }
}

TEST(CopyColumns, AreThoseOfTheTable) {
  std::set<std::string_view> names;
  for (const auto& column : CopyColumns()) names.insert(column.name);
  EXPECT_EQ(names.size(), 37);
  EXPECT_FALSE(names.contains("csi_volume_handle"));
}

TEST(UuidGenerator, MakesAscendingRandomUuids) {
  UuidGenerator generator;
  for (const uint64_t count : {1, 3, 10'000}) {
    std::string last;
    std::array<int, 16> leading_digits{};
    for (uint64_t position = 0; position < count; ++position) {
      std::string uuid(16, '\0');
      generator.Next(position, count, uuid.data());
      EXPECT_EQ(uuid[6] & 0xf0, 0x40);
      EXPECT_EQ(uuid[8] & 0xc0, 0x80);
      EXPECT_GT(uuid, last);
      ++leading_digits[static_cast<uint8_t>(uuid[0]) >> 4];
      last = uuid;
    }
    if (count == 10'000) {
      EXPECT_THAT(leading_digits, ::testing::Each(::testing::Ge(624)));
    }
  }
}

TEST(UuidGenerator, NeverMakesTheSameAgain) {
  std::set<std::string> seen;
  for (int round = 0; round < 3; ++round) {
    UuidGenerator generator;
    for (int time = 0; time < 1000; ++time) {
      std::string uuid(16, '\0');
      generator.Next(0, 100, uuid.data());
      seen.insert(uuid);
    }
  }
  EXPECT_EQ(seen.size(), 3000);
}

class CopyEncoderTest : public ::testing::Test {
 protected:
  CopyEncoderTest() {
    for (size_t name = 0; name < model::kNameCount; ++name) day_.dictionaries[name] = &names_[name];
    day_.day = *model::Day::Parse("2025-10-03");
    day_.label_json = [](model::LabelSetId) { return std::string_view("{}"); };
  }

  base::Status Encode(CopyEncoder& encoder) {
    stream_.clear();
    largest_block_ = 0;
    return encoder.Encode(day_, constants_, [this](std::string_view block) {
      stream_ += block;
      largest_block_ = std::max(largest_block_, block.size());
      return send_status_;
    });
  }

  std::array<base::Interner, model::kNameCount> names_;
  model::DaySummary day_;
  model::RunConstants constants_{.source_uuid = "6a0cfe5b-9c8c-4ef6-a7f4-a1b5b5ea4c5e",
                                 .cluster_id = "c",
                                 .report_period_id = 7};
  CopyEncoder encoder_{Semantics::kTrino};
  base::Status send_status_;
  std::string stream_;
  size_t largest_block_ = 0;
};

TEST_F(CopyEncoderTest, ADayWithoutRowsIsHeaderAndTrailer) {
  ASSERT_TRUE(Encode(encoder_).ok());
  EXPECT_EQ(stream_, std::string("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0\xff\xff", 21));
}

TEST_F(CopyEncoderTest, BlocksStaySmall) {
  day_.rows.resize(20'000);
  for (auto& row : day_.rows) row.set(model::Number::kPodUsageCpuCoreHours, 1.5);
  ASSERT_TRUE(Encode(encoder_).ok());
  EXPECT_GT(stream_.size(), 5 * largest_block_);
  EXPECT_LT(largest_block_, size_t{257} * 1024);
}

TEST_F(CopyEncoderTest, ARowLargerThanABlockIsSentWhole) {
  const std::string text(1'000'000, 'x');
  auto& row = day_.rows.emplace_back();
  row.name(model::Name::kNode) = names_[static_cast<size_t>(model::Name::kNode)].Intern(text);
  ASSERT_TRUE(Encode(encoder_).ok());
  EXPECT_THAT(stream_, HasSubstr(text));
}

TEST_F(CopyEncoderTest, NamesColumnAndValueThatDoNotFit) {
  day_.rows.emplace_back().set(model::Number::kPodUsageCpuCoreHours, 1e18);
  const auto status = Encode(encoder_);
  EXPECT_EQ(status.code(), base::Code::kBadInput);
  EXPECT_THAT(status.message(), HasSubstr("column pod_usage_cpu_core_hours: 1e+18 does not fit"));
  constants_.source_uuid = "6a0cfe5b-9c8c-4ef6-a7f4-a1b5b5ea4c5";
  EXPECT_THAT(Encode(encoder_).message(), HasSubstr("is not a UUID"));
}

TEST_F(CopyEncoderTest, StopsWhenABlockIsRefused) {
  send_status_ = base::Failed("full");
  day_.rows.resize(20'000);
  EXPECT_EQ(Encode(encoder_).message(), "full");
  EXPECT_LT(stream_.size(), size_t{257} * 1024);
  send_status_ = {};
  ASSERT_TRUE(Encode(encoder_).ok());
  EXPECT_TRUE(stream_.starts_with("PGCOPY\n"));
}

}  // namespace
}  // namespace matome::pg
