// SPDX-License-Identifier: Apache-2.0
// Bytes that are spoiled on their way: those that Parquet's magic and page checksums cover.
#include <cstdio>
#include <filesystem>
#include <set>

#include <arrow/io/file.h>
#include <arrow/table.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>

#include "s3_faults/fault_world.h"

namespace matome::s3_faults {
namespace {

namespace fs = std::filesystem;
using testing::HttpFault;
using testing::HttpMessage;

constexpr int kExitPartial = 3;
constexpr std::string_view kDamagedDay = "pod_usage.2025-10-02.";

/// The same file with a checksum for each page.
void AddChecksums(const std::string& path) {
  auto input = arrow::io::ReadableFile::Open(path).ValueOrDie();
  auto reader = parquet::arrow::OpenFile(input, arrow::default_memory_pool()).ValueOrDie();
  const auto table = reader->ReadTable().ValueOrDie();
  const auto properties = parquet::WriterProperties::Builder()
                              .enable_page_checksum()
                              ->compression(parquet::Compression::SNAPPY)
                              ->build();
  const auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  const std::string rewritten = path + ".new";
  auto output = arrow::io::FileOutputStream::Open(rewritten).ValueOrDie();
  ASSERT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), output,
                                         table->num_rows(), properties, arrow_properties)
                  .ok());
  ASSERT_TRUE(output->Close().ok());
  fs::rename(rewritten, path);
}

/// The new lake with checksums, in the bucket.
class DamageTest : public FaultTest {
 protected:
  DamageTest() {
    static const std::string prefix = MakeLake();
    prefix_ = prefix;
  }

  support::Ended RunChecked() {
    auto words = WordsOfNew();
    words[2] = fmt::format("s3://{}/{}", world_.bucket(), prefix_);
    return support::ProgramRun(words, ProxyEnvironment()).Wait();
  }

  /// Flips a bit of the object of daily pods of one day, from the end of an answer if negative:
  /// always, or the first time.
  void Damage(int64_t bit, bool always) {
    proxy_.Decide([this, bit, always](const HttpMessage& request, int) {
      const bool hit = request.method == "GET" && request.query().empty() &&
                       request.path().find("/daily/") != std::string_view::npos &&
                       request.path().find(kDamagedDay) != std::string_view::npos;
      if (!hit || (damaged_++ > 0 && !always)) return HttpFault();
      int64_t first_byte = 0;
      std::sscanf(request.Header("range").c_str(), "bytes=%ld", &first_byte);
      return HttpFault{.flip_bit = bit < 0 ? bit : bit - 8 * first_byte};
    });
  }

  void ExpectDayFails(const support::Ended& ended, std::string_view words) const {
    EXPECT_GT(damaged_, 0);
    EXPECT_EQ(ended.exit_code, kExitPartial) << ended.output;
    EXPECT_NE(ended.output.find(words), std::string::npos) << ended.output;
    EXPECT_NE(ended.output.find(kDamagedDay), std::string::npos) << ended.output;
    EXPECT_EQ(CountNewDays(), kDays - 1);
  }

  /// A bit within a page of the daily pods of that day.
  static int64_t BitOfPage() { return bit_of_page; }

 private:
  static std::string MakeLake() {
    World& world = World::Get();
    const support::ScratchDirectory scratch;
    const std::string lake = scratch.Path("lake");
    fs::copy(world.new_lake(), lake, fs::copy_options::recursive);
    for (const auto& entry : fs::recursive_directory_iterator(lake)) {
      const std::string path = entry.path().string();
      if (!entry.is_regular_file()) continue;
      AddChecksums(path);
      if (path.find("/daily/") == std::string::npos ||
          path.find(kDamagedDay) == std::string::npos) {
        continue;
      }
      const auto reader = parquet::ParquetFileReader::OpenFile(path);
      const auto metadata = reader->metadata();
      const int column = metadata->schema()->ColumnIndex("pod_usage_cpu_core_seconds");
      const auto chunk = metadata->RowGroup(0)->ColumnChunk(column);
      const int64_t begin = chunk->has_dictionary_page() ? chunk->dictionary_page_offset()
                                                         : chunk->data_page_offset();
      bit_of_page = 8 * (begin + chunk->total_compressed_size() - 1);
    }
    std::string prefix = world.NewPrefix();
    testing::MustPutTree(*world.server().Open(world.bucket(), prefix), lake);
    return prefix;
  }

  static inline int64_t bit_of_page = 0;
  std::string prefix_;

 protected:
  int damaged_ = 0;
};

TEST_F(DamageTest, WithoutDamageAllIsRight) { ExpectSuccess(RunChecked()); }

TEST_F(DamageTest, APageThatWasSpoiledOnTheWayIsReadAgain) {
  Damage(BitOfPage(), /*always=*/false);
  ExpectSuccess(RunChecked());
  EXPECT_GE(damaged_, 2);
}

TEST_F(DamageTest, ASpoiledPageFailsItsDay) {
  Damage(BitOfPage(), /*always=*/true);
  ExpectDayFails(RunChecked(), "checksum");
}

TEST_F(DamageTest, AFooterThatWasSpoiledOnTheWayIsReadAgain) {
  Damage(-1, /*always=*/false);
  ExpectSuccess(RunChecked());
  EXPECT_GE(damaged_, 2);
}

TEST_F(DamageTest, ASpoiledFooterFailsItsDay) {
  Damage(-1, /*always=*/true);
  ExpectDayFails(RunChecked(), "magic");
}

}  // namespace
}  // namespace matome::s3_faults
