// SPDX-License-Identifier: Apache-2.0
#include "s3/list_objects.h"

#include <gmock/gmock.h>

#include "s3/client_for_test.h"

namespace matome::s3 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HttpMessage;
using testing::HttpReply;
using testing::HttpServer;

constexpr const char* kHead =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";

std::string Entry(const std::string& key, const std::string& etag = "&quot;e&quot;",
                  const std::string& size = "1") {
  return "<Contents><Key>" + key + "</Key><LastModified>2025-11-03T00:00:00Z</LastModified><ETag>" +
         etag + "</ETag><Size>" + size + "</Size></Contents>";
}

std::string Listing(const std::string& inside) { return kHead + inside + "</ListBucketResult>"; }

std::vector<std::string> KeysOf(const std::string& inside) {
  const auto page = ParseListPage(Listing(inside));
  if (!page.ok()) return {page.status().message()};
  std::vector<std::string> keys;
  for (const auto& object : page.value().objects) keys.push_back(object.key);
  return keys;
}

TEST(ParseListPage, ReadsObjectsAndPrefixes) {
  const auto page =
      ParseListPage(Listing("<Name>b</Name><Prefix>p/</Prefix><IsTruncated>false</IsTruncated>" +
                            Entry("p/a", "&#34;abc-2&#34;", "12345678901") + Entry("p/b") +
                            "<CommonPrefixes><Prefix>p/c/</Prefix></CommonPrefixes>"))
          .value();
  EXPECT_THAT(page.objects, ElementsAre(store::ObjectRef{"p/a", 12345678901, "abc-2"},
                                        store::ObjectRef{"p/b", 1, "e"}));
  EXPECT_THAT(page.prefixes, ElementsAre("p/c/"));
  EXPECT_EQ(page.next_token, "");
  EXPECT_EQ(ParseListPage(Listing("<IsTruncated>true</IsTruncated>"
                                  "<NextContinuationToken>a+/=</NextContinuationToken>"))
                .value()
                .next_token,
            "a+/=");
}

TEST(ParseListPage, DecodesKeysOnlyIfTheyAreEncoded) {
  EXPECT_THAT(KeysOf("<EncodingType>url</EncodingType>" + Entry("a+b%2Bc%25%C3%A4%0A%22") +
                     Entry("d%26amp%3B%3Ce%3E")),
              ElementsAre("a b+c%ä\n\"", "d&amp;<e>"));
  EXPECT_THAT(KeysOf(Entry("a+b%2Bc") + Entry("d&amp;&lt;e&gt;&quot;&apos;&#228;") + Entry("  ") +
                     Entry(" x\r\n") + Entry("<![CDATA[<f>]]>")),
              ElementsAre("a+b%2Bc", "d&<e>\"'ä", "  ", " x\r\n", "<f>"));
}

TEST(ParseListPage, RefusesWhatIsNoListing) {
  const auto error = [](const std::string& xml) {
    const auto page = ParseListPage(xml);
    return page.ok() ? "" : page.status().message();
  };
  EXPECT_THAT(error(""), HasSubstr("breaks off"));
  EXPECT_THAT(error(kHead + Entry("a")), HasSubstr("breaks off"));
  EXPECT_THAT(error("<html></html>"), HasSubstr("no listing"));
  EXPECT_THAT(error(Listing(Entry("a", "", ""))), HasSubstr("no size for 'a'"));
  EXPECT_THAT(error(Listing(Entry("a", "", "-1"))), HasSubstr("no size"));
  EXPECT_THAT(error(Listing(Entry("a", "", "1x"))), HasSubstr("no size"));
  EXPECT_THAT(error(Listing("<IsTruncated>true</IsTruncated>")), HasSubstr("goes on"));
}

TEST(VersionOfETag, IsWithoutQuotesAndWeakness) {
  EXPECT_EQ(VersionOfETag("\"abc\""), "abc");
  EXPECT_EQ(VersionOfETag("W/\"abc\""), "abc");
  EXPECT_EQ(VersionOfETag("abc"), "abc");
  EXPECT_EQ(VersionOfETag(""), "");
}

TEST(ListObjects, FollowsPagesTriesAgainAndSorts) {
  int broken = 1;
  HttpServer server([&](const HttpMessage& message) {
    if (message.query().find("continuation-token") == std::string_view::npos) {
      return HttpReply{.body = Listing(Entry("z") +
                                       "<IsTruncated>true</IsTruncated>"
                                       "<NextContinuationToken>t/ +</NextContinuationToken>")};
    }
    const std::string last = Listing(Entry("a") + "<IsTruncated>false</IsTruncated>");
    return HttpReply{.body = broken-- > 0 ? last.substr(0, 150) : last};
  });
  const auto client = MustMake(OptionsFor(server));
  const auto all = ListObjects(*client, "p q/", "/");
  ASSERT_TRUE(all.ok()) << all.status().message();
  EXPECT_THAT(all.value().objects,
              ElementsAre(store::ObjectRef{"a", 1, "e"}, store::ObjectRef{"z", 1, "e"}));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].target, "/b?delimiter=%2F&encoding-type=url&list-type=2&prefix=p%20q%2F");
  EXPECT_EQ(requests[1].query(),
            "continuation-token=t%2F%20%2B&delimiter=%2F&encoding-type=url&list-type=2"
            "&prefix=p%20q%2F");
  EXPECT_EQ(client->traffic().requests["list"], 2);
  EXPECT_EQ(client->traffic().retries, 1);
}

TEST(ListObjects, EndsWithAStoreThatDoesNot) {
  HttpServer server([](const HttpMessage&) {
    return HttpReply{.body = Listing("<IsTruncated>true</IsTruncated>"
                                     "<NextContinuationToken>same</NextContinuationToken>")};
  });
  const auto status = ListObjects(*MustMake(OptionsFor(server)), "", "").status();
  EXPECT_EQ(status.code(), base::Code::kStoreUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("repeat"));
}

}  // namespace
}  // namespace matome::s3
