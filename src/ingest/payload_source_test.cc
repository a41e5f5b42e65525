// SPDX-License-Identifier: Apache-2.0
#include "ingest/payload_source.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/archive_for_test.h"
#include "ingest/bytes_for_test.h"

namespace matome::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::atomic<bool> kGoOn = false;

std::string ManifestText(const std::string& files, const std::string& more = "") {
  return fmt::format(R"({{"uuid": "5e1f3f0c-29d2-4b0f-9d5e-2f0f3c8f7a11", "cluster_id": "c",
      "date": "2025-10-01T00:00:00Z", "files": [{}]{}}})",
                     files, more);
}

std::string Names(const Payload& payload) {
  std::string names;
  for (const auto& csv : payload.csvs()) names += csv.name + " ";
  return names;
}

std::string Contents(const Payload& payload, size_t csv) {
  const auto bytes = payload.OpenCsv(csv);
  if (!bytes.ok()) return bytes.status().message();
  const auto all = ReadAll(**bytes);
  return all.ok() ? *all : all.status().message();
}

class PayloadSourceTest : public ::testing::Test {
 protected:
  base::Result<std::unique_ptr<Payload>> Open(std::string_view bytes,
                                              const PayloadOptions& options = {},
                                              const std::string& name = "p.tar.gz") {
    return OpenPath(folder_.Write(name, bytes), options);
  }

  static base::Result<std::unique_ptr<Payload>> OpenPath(const std::string& path,
                                                         const PayloadOptions& options = {}) {
    MATOME_ASSIGN_OR_RETURN(const auto inputs, FindPayloads(path));
    EXPECT_EQ(inputs.size(), 1U);
    return OpenPayload(inputs.front(), options, kGoOn);
  }

  std::string ErrorOf(std::string_view bytes, const PayloadOptions& options = {}) {
    const auto payload = Open(bytes, options);
    if (payload.ok()) return "none";
    EXPECT_EQ(payload.status().code(), base::Code::kBadInput) << payload.status().message();
    EXPECT_THAT(payload.status().message(), HasSubstr("p.tar.gz: "));
    return payload.status().message();
  }

  FolderForTest folder_;
};

TEST_F(PayloadSourceTest, ReadsWhatTheManifestLists) {
  // As the generator packs it: a folder without a name first. As the operator does: manifest last.
  const auto payload = Open(Gzip(
      TarMember("", "", kTarFolder) + TarMember("ros.csv", "r") + TarMember("b.csv", "b1\nb2\n") +
      TarMember("other.txt", "o") + TarMember("a.csv", "a1\n") + TarMember("sub/a.csv", "no") +
      TarMember("manifest.json", ManifestText(R"("a.csv", "gone.csv", "b.csv", "a.csv")",
                                              R"(, "resource_optimization_files": ["ros.csv"])")) +
      TarEnd()));
  ASSERT_TRUE(payload.ok()) << payload.status().message();
  EXPECT_EQ((*payload)->manifest()->cluster_id, "c");
  EXPECT_EQ(Names(**payload), "a.csv b.csv ");
  EXPECT_EQ((*payload)->csvs()[1].index, 2U);
  EXPECT_EQ((*payload)->csvs()[1].size_bytes, 6);
  EXPECT_THAT((*payload)->csvs()[1].where, ::testing::EndsWith("p.tar.gz: b.csv"));
  EXPECT_THAT((*payload)->missing(), ElementsAre("gone.csv"));
  EXPECT_THAT((*payload)->ignored(), ElementsAre("other.txt", "sub/a.csv"));
  EXPECT_EQ(Contents(**payload, 0), "a1\n");
  EXPECT_EQ(Contents(**payload, 1), "b1\nb2\n");
  EXPECT_EQ(Contents(**payload, 0), "a1\n");
}

TEST_F(PayloadSourceTest, TakesTheLastOfANameAndAnArchiveThatIsNotPacked) {
  const auto payload = Open(TarMember("manifest.json", "{}") + TarMember("a.csv", "old") +
                                TarMember("manifest.json", ManifestText("\"a.csv\"")) +
                                TarMember("a.csv", "new") + TarEnd(),
                            {}, "p.tar");
  ASSERT_TRUE(payload.ok()) << payload.status().message();
  EXPECT_EQ(Contents(**payload, 0), "new");
}

TEST_F(PayloadSourceTest, AcceptsADotBeforeNamesUnlessStrict) {
  const std::string archive =
      Gzip(TarMember("./", "", kTarFolder) + TarMember("./a.csv", "a") +
           TarMember("./manifest.json", ManifestText("\"a.csv\"")) + TarEnd());
  const auto payload = Open(archive);
  ASSERT_TRUE(payload.ok()) << payload.status().message();
  EXPECT_EQ(Contents(**payload, 0), "a");
  EXPECT_THAT(ErrorOf(archive, {.strict_names = true}), HasSubstr("there is no manifest.json"));
}

TEST_F(PayloadSourceTest, ReadsLongNamesAndManyMembersInAnyOrder) {
  std::string tar;
  std::string files;
  const auto name_of = [](int number) {
    return fmt::format("{}-{}.csv", std::string(120, 'x'), number);
  };
  std::string filling;
  for (uint32_t number = 1; filling.size() < 700'000; number = number * 1'664'525 + 1'013'904'223)
    filling += std::to_string(number);
  for (int number = 0; number < 16; ++number) {
    tar += TarMember("././@LongLink", name_of(number) + '\0', kTarLongName);
    tar += TarMember(name_of(number), fmt::format("{} {}", number, filling));
    files += fmt::format("{}\"{}\"", number == 0 ? "" : ", ", name_of(15 - number));
  }
  const auto payload = Open(Gzip(tar + TarMember("manifest.json", ManifestText(files)) + TarEnd()));
  ASSERT_TRUE(payload.ok()) << payload.status().message();
  ASSERT_EQ((*payload)->csvs().size(), 16U);
  for (size_t csv = 0; csv < 16; ++csv)
    EXPECT_EQ(Contents(**payload, csv), fmt::format("{} {}", 15 - csv, filling));
}

TEST_F(PayloadSourceTest, UnpacksPackedCsvs) {
  const auto payload =
      Open(Gzip(TarMember("a.csv.gz", Gzip("a1\n")) +
                TarMember("manifest.json", ManifestText("\"a.csv.gz\"")) + TarEnd()));
  ASSERT_TRUE(payload.ok());
  EXPECT_EQ(Contents(**payload, 0), "a1\n");
}

TEST_F(PayloadSourceTest, RefusesDamageAnywhere) {
  const std::string tar =
      TarMember("a.csv", "a1\n") + TarMember("manifest.json", ManifestText("\"a.csv\"")) + TarEnd();
  const std::string archive = Gzip(tar);
  ASSERT_TRUE(Open(archive).ok());
  for (size_t size = 0; size < archive.size(); size += 7)
    EXPECT_NE(ErrorOf(archive.substr(0, size)), "none") << size;
  for (size_t at = 10; at < archive.size(); ++at) {
    std::string flipped = archive;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x04);
    const auto payload = Open(flipped);
    // Some bits mean nothing, such as those that fill the last byte.
    EXPECT_TRUE(!payload.ok() || Contents(**payload, 0) == "a1\n") << at;
  }
  EXPECT_NE(ErrorOf("not gzip"), "none");
  EXPECT_NE(ErrorOf(Gzip("not tar")), "none");
  EXPECT_NE(ErrorOf(Gzip(tar.substr(0, 700))), "none");
  EXPECT_NE(ErrorOf(Gzip(std::string("x") + tar.substr(1))), "none");
}

TEST_F(PayloadSourceTest, WantsAGoodManifest) {
  EXPECT_THAT(ErrorOf(Gzip(TarMember("a.csv", "a") + TarEnd())), HasSubstr("no manifest.json"));
  EXPECT_THAT(ErrorOf(Gzip(TarEnd())), HasSubstr("no manifest.json"));
  EXPECT_THAT(ErrorOf(Gzip(TarMember("sub/manifest.json", ManifestText("")) + TarEnd())),
              HasSubstr("no manifest.json"));
  EXPECT_THAT(ErrorOf(Gzip(TarMember("manifest.json", "{}") + TarEnd())), HasSubstr("uuid"));
  EXPECT_THAT(ErrorOf(Gzip(TarMember("manifest.json", ManifestText("\"../a.csv\"")) + TarEnd())),
              HasSubstr("files has a name"));
}

TEST_F(PayloadSourceTest, RefusesMembersThatNoPayloadHas) {
  const std::string manifest = TarMember("manifest.json", ManifestText("\"a.csv\""));
  const auto error_of = [&](const std::string& member) {
    return ErrorOf(Gzip(member + manifest + TarEnd()));
  };
  EXPECT_THAT(error_of(TarMember("../a.csv", "x")), HasSubstr("lies outside the archive"));
  EXPECT_THAT(error_of(TarMember("x/../../a.csv", "x")), HasSubstr("lies outside the archive"));
  EXPECT_THAT(error_of(TarMember("..", "", kTarFolder)), HasSubstr("lies outside the archive"));
  EXPECT_THAT(error_of(TarMember("/etc/passwd", "x")), HasSubstr("absolute name"));
  EXPECT_THAT(error_of(TarMember("a\\b.csv", "x")), HasSubstr("'\\' in its name"));
  for (const char type : {kTarLink, kTarHardLink, kTarDevice, kTarFifo})
    EXPECT_THAT(error_of(TarMember("a.csv", "", type, "manifest.json")), HasSubstr("is a link"));
  EXPECT_THAT(error_of(TarMember("/a\x1b[31m\xFF", "x")), HasSubstr("\"/a?[31m?\""));
}

TEST_F(PayloadSourceTest, KeepsToLimits) {
  const std::string archive =
      Gzip(TarMember("a.csv", std::string(1'000'000, 'x')) +
           TarMember("manifest.json", ManifestText("\"a.csv\"")) + TarEnd());
  EXPECT_EQ(ErrorOf(archive), "none");
  EXPECT_THAT(ErrorOf(archive, {.limits = {.members = 1}}), HasSubstr("more than 1 members"));
  EXPECT_THAT(ErrorOf(archive, {.limits = {.bytes = 500'000}}),
              HasSubstr("more than 500000 bytes"));
  EXPECT_THAT(ErrorOf(archive, {.limits = {.ratio = 100, .ratio_free_bytes = 0}}),
              HasSubstr("100 times"));
  EXPECT_THAT(ErrorOf(archive, {.limits = {.manifest_bytes = 10}}),
              HasSubstr("more than 10 bytes"));
}

TEST_F(PayloadSourceTest, ReadsLooseFiles) {
  const auto csv = Open("a,b\n", {}, "x.csv");
  ASSERT_TRUE(csv.ok());
  EXPECT_FALSE((*csv)->manifest());
  EXPECT_EQ(Names(**csv), "x.csv ");
  EXPECT_EQ(Contents(**csv, 0), "a,b\n");
  const auto packed = Open(Gzip("c,d\n"), {}, "y.csv.gz");
  ASSERT_TRUE(packed.ok());
  EXPECT_EQ(Contents(**packed, 0), "c,d\n");
  const auto empty = Open("", {}, "empty.csv");
  ASSERT_TRUE(empty.ok());
  EXPECT_EQ(Contents(**empty, 0), "");
  // What it is called does not matter where its bytes tell.
  const auto archive =
      Open(Gzip(TarMember("manifest.json", ManifestText("")) + TarEnd()), {}, "payload");
  ASSERT_TRUE(archive.ok());
  EXPECT_TRUE((*archive)->manifest());
}

TEST_F(PayloadSourceTest, ReadsAnUnpackedPayload) {
  folder_.Write("manifest.json", ManifestText(R"("b.csv", "gone.csv", "a.csv")"));
  folder_.Write("a.csv", "a");
  folder_.Write("b.csv", "b");
  folder_.Write("c.csv", "c");
  folder_.Write(".hidden.csv", "h");
  const auto payload = OpenPath(folder_.path());
  ASSERT_TRUE(payload.ok()) << payload.status().message();
  EXPECT_EQ(Names(**payload), "b.csv a.csv ");
  EXPECT_EQ(Contents(**payload, 1), "a");
  EXPECT_EQ((*payload)->csvs()[1].index, 2U);
  EXPECT_THAT((*payload)->missing(), ElementsAre("gone.csv"));
  EXPECT_THAT((*payload)->ignored(), ElementsAre("c.csv"));
}

TEST_F(PayloadSourceTest, FindsPayloadsInAFolder) {
  folder_.Write("b.tar.gz", "x");
  folder_.Write("a.tgz", "x");
  folder_.Write("z.csv", "z");
  folder_.Write("y.csv.gz", Gzip("y"));
  folder_.Write("notes.txt", "n");
  const auto inputs = FindPayloads(folder_.path());
  ASSERT_TRUE(inputs.ok());
  ASSERT_EQ(inputs->size(), 3U);
  EXPECT_THAT((*inputs)[0].path, ::testing::EndsWith("/a.tgz"));
  EXPECT_THAT((*inputs)[1].path, ::testing::EndsWith("/b.tar.gz"));
  EXPECT_THAT((*inputs)[2].files, ElementsAre("y.csv.gz", "z.csv"));
  const auto loose = OpenPayload((*inputs)[2], {}, kGoOn);
  ASSERT_TRUE(loose.ok());
  EXPECT_EQ(Contents(**loose, 0), "y");
  EXPECT_THAT((*loose)->missing(), IsEmpty());

  EXPECT_EQ(FindPayloads(folder_.path() + "/none").status().code(), base::Code::kUsage);
  std::filesystem::create_directory(folder_.path() + "/empty");
  EXPECT_EQ(FindPayloads(folder_.path() + "/empty").status().code(), base::Code::kUsage);
}

TEST_F(PayloadSourceTest, SeesThatTheInputChanged) {
  const std::string path = folder_.Write(
      "p.tar.gz", Gzip(TarMember("a.csv", "a") +
                       TarMember("manifest.json", ManifestText("\"a.csv\"")) + TarEnd()));
  const auto payload = OpenPath(path);
  ASSERT_TRUE(payload.ok());
  std::ofstream(path, std::ios::app) << "x";
  const auto bytes = (*payload)->OpenCsv(0);
  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(bytes.status().code(), base::Code::kInputChanged);
}

TEST_F(PayloadSourceTest, ReadsStandardInputAndPipes) {
  const std::string archive = Gzip(TarMember("manifest.json", ManifestText("\"a.csv\"")) +
                                   TarMember("a.csv", "a") + TarEnd());
  for (const bool by_name : {false, true}) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    ASSERT_EQ(write(ends[1], archive.data(), archive.size()), static_cast<ssize_t>(archive.size()));
    close(ends[1]);
    const int saved = dup(STDIN_FILENO);
    dup2(ends[0], STDIN_FILENO);
    const auto payload = OpenPath(by_name ? "/dev/stdin" : "-");
    dup2(saved, STDIN_FILENO);
    close(saved);
    close(ends[0]);
    ASSERT_TRUE(payload.ok()) << payload.status().message();
    EXPECT_EQ((*payload)->name(), by_name ? "/dev/stdin" : "standard input");
    EXPECT_EQ(Contents(**payload, 0), "a");
  }
}

TEST_F(PayloadSourceTest, StopsWhenAskedTo) {
  const std::atomic<bool> stop = true;
  const auto inputs = FindPayloads(folder_.Write("p.tar.gz", Gzip(TarEnd())));
  const auto payload = OpenPayload(inputs->front(), {}, stop);
  EXPECT_EQ(payload.status().code(), base::Code::kInterrupted);
}

}  // namespace
}  // namespace matome::ingest
