// SPDX-License-Identifier: Apache-2.0
#include "support/lake_writer.h"

#include <memory>
#include <string>
#include <vector>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <gmock/gmock.h>
#include <parquet/arrow/reader.h>
#include <parquet/metadata.h>

namespace matome::support {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kSource = "3f0c7c1e-5d0e-4d5e-9d43-1c7c6a5b8f21";

testing::SummaryParameters Parameters() {
  testing::SummaryParameters parameters;
  parameters.source_uuid = kSource;
  parameters.start_day = parameters.end_day = testing::DayNumber(2025, 10, 3);
  return parameters;
}

testing::Dataset ThreePods() {
  const int64_t third = testing::DayNumber(2025, 10, 3) * testing::kMillisecondsPerDay;
  testing::Dataset dataset;
  dataset.pod_daily.resize(4);
  dataset.pod_daily[0].interval_start_ms = third;
  dataset.pod_daily[0].pod = "a";
  dataset.pod_daily[1].interval_start_ms = third + testing::kMillisecondsPerDay;
  dataset.pod_daily[1].pod = "b";
  dataset.pod_daily[2].pod = "no time";
  dataset.pod_daily[3].interval_start_ms = third;
  return dataset;
}

std::vector<std::string> Keys(const store::MemoryStore& store) {
  std::vector<std::string> keys;
  const auto listed = store.List("");
  for (const store::ObjectRef& object : listed.value()) keys.push_back(object.key);
  return keys;
}

std::shared_ptr<arrow::Buffer> Bytes(const store::MemoryStore& store, const std::string& key) {
  const auto listed = store.List(key);
  const store::ObjectRef& object = listed.value().front();
  std::string bytes(static_cast<size_t>(object.size_bytes), '\0');
  const auto opened = store.Open(object);
  EXPECT_TRUE((*opened)->ReadAt(0, {reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()}).ok());
  return arrow::Buffer::FromString(std::move(bytes));
}

std::shared_ptr<arrow::Table> Read(const store::MemoryStore& store, const std::string& key) {
  auto reader = parquet::arrow::OpenFile(
      std::make_shared<arrow::io::BufferReader>(Bytes(store, key)), arrow::default_memory_pool());
  return (*reader)->ReadTable().ValueOrDie();
}

const std::string kPods =
    "data/parquet/daily/org1234567/OCP/pod_usage/source=3f0c7c1e-5d0e-4d5e-9d43-1c7c6a5b8f21/"
    "year=2025/month=10/pod_usage.";
const std::string kManifest = ".0c7f6a62-5d9c-4b59-9f0d-8f2f6c1d1a11.0_daily_0000";

TEST(WriteLakeTest, GivesEachDayAFile) {
  const auto lake = WriteLake(ThreePods(), Parameters(), {});
  ASSERT_TRUE(lake.ok()) << lake.status().message();
  ASSERT_THAT(Keys(*lake), ElementsAre(kPods + "2025-10-03" + kManifest + "0.parquet",
                                       kPods + "2025-10-04" + kManifest + "0.parquet"));
  const auto fourth = Read(*lake, Keys(*lake)[1]);
  EXPECT_EQ(fourth->num_columns(), 19);
  EXPECT_EQ(fourth->field(0)->ToString(), "interval_start: timestamp[ms]");
  EXPECT_EQ(fourth->field(3)->ToString(), "pod: string");
  EXPECT_THAT(fourth->column(3)->ToString(), HasSubstr("\"no time\""));
  EXPECT_EQ(fourth->column(0)->null_count(), 1);
}

TEST(WriteLakeTest, CutsDaysIntoFilesInRowOrder) {
  const auto lake = WriteLake(ThreePods(), Parameters(),
                              {.days_in_one_file = true, .file_rows = 3, .row_group_rows = 2});
  ASSERT_TRUE(lake.ok()) << lake.status().message();
  ASSERT_THAT(Keys(*lake), ElementsAre(kPods + "upload" + kManifest + "0.parquet",
                                       kPods + "upload" + kManifest + "1.parquet"));
  const std::string first = Keys(*lake)[0];
  EXPECT_EQ(Read(*lake, first)->num_rows(), 3);
  const auto metadata =
      parquet::ReadMetaData(std::make_shared<arrow::io::BufferReader>(Bytes(*lake, first)));
  EXPECT_EQ(metadata->num_row_groups(), 2);
}

TEST(WriteLakeTest, WritesTheFormAskedFor) {
  const auto lake = WriteLake(ThreePods(), Parameters(),
                              {.days_in_one_file = true,
                               .codec = Codec::kZstd,
                               .time_type = TimeType::kMicros,
                               .large_string = true,
                               .statistics = false,
                               .upper_case_names = true,
                               .null_columns_left_out = true});
  ASSERT_TRUE(lake.ok()) << lake.status().message();
  const auto table = Read(*lake, Keys(*lake)[0]);
  EXPECT_EQ(table->schema()->ToString(), "INTERVAL_START: timestamp[us]\nPOD: large_string");
  const auto metadata = parquet::ReadMetaData(
      std::make_shared<arrow::io::BufferReader>(Bytes(*lake, Keys(*lake)[0])));
  const auto chunk = metadata->RowGroup(0)->ColumnChunk(0);
  EXPECT_EQ(chunk->compression(), parquet::Compression::ZSTD);
  EXPECT_FALSE(chunk->is_stats_set());
}

TEST(WriteLakeTest, MixesDictionaryAndPlainPages) {
  const auto lake =
      WriteLake(ThreePods(), Parameters(),
                {.days_in_one_file = true, .page_rows = 1, .dictionary_page_bytes = 4});
  ASSERT_TRUE(lake.ok()) << lake.status().message();
  const auto metadata = parquet::ReadMetaData(
      std::make_shared<arrow::io::BufferReader>(Bytes(*lake, Keys(*lake)[0])));
  const auto chunk = metadata->RowGroup(0)->ColumnChunk(3);
  std::vector<parquet::Encoding::type> data_encodings;
  for (const auto& pages : chunk->encoding_stats()) {
    if (pages.page_type == parquet::PageType::DATA_PAGE) data_encodings.push_back(pages.encoding);
  }
  EXPECT_THAT(data_encodings,
              ElementsAre(parquet::Encoding::PLAIN, parquet::Encoding::RLE_DICTIONARY));
}

TEST(WriteLakeTest, AddsDecoys) {
  const auto plain = WriteLake(ThreePods(), Parameters(), {});
  const auto decoyed = WriteLake(ThreePods(), Parameters(), {.decoys = true});
  ASSERT_TRUE(plain.ok() && decoyed.ok());
  EXPECT_THAT(Keys(*decoyed), ::testing::IsSupersetOf(Keys(*plain)));
  EXPECT_THAT(Keys(*decoyed), ::testing::Contains(HasSubstr("/month=11/late_0.parquet")));
  EXPECT_THAT(Keys(*decoyed), ::testing::Contains(HasSubstr("/_SUCCESS")));
}

TEST(WriteLakeTest, WritesNothingForNoRows) {
  const auto lake = WriteLake({}, Parameters(), {});
  ASSERT_TRUE(lake.ok());
  EXPECT_THAT(Keys(*lake), IsEmpty());
}

}  // namespace
}  // namespace matome::support
