// SPDX-License-Identifier: Apache-2.0
#include "testing/http_fault_proxy.h"

#include <unistd.h>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace matome::testing {
namespace {

/// All that comes back on a connection for `bytes`, until it ends; "reset" in the end if it is cut.
std::string Talk(uint16_t port, const std::string& bytes) {
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address{.sin_family = AF_INET,
                            .sin_port = htons(port),
                            .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
                            .sin_zero = {}};
  EXPECT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
  shutdown(client, SHUT_WR);
  std::string answer;
  char some[4096];
  ssize_t got;
  while ((got = recv(client, some, sizeof some, 0)) > 0) answer.append(some, got);
  if (got < 0) answer += "reset";
  close(client);
  return answer;
}

class HttpFaultProxyTest : public ::testing::Test {
 protected:
  std::string Get(const std::string& target) {
    return Talk(proxy_.port(), fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", target));
  }
  /// The answer to a request that suffers `fault`.
  std::string GetWith(const HttpFault& fault) {
    proxy_.Decide([fault](const HttpMessage&, int) { return fault; });
    return Get("/a");
  }

  HttpServer server_{[](const HttpMessage& request) {
    return HttpReply{.headers = {{"ETag", "\"e\""}},
                     .body = request.method == "PUT" ? request.body : "0123456789"};
  }};
  HttpFaultProxy proxy_{server_.port()};
};

TEST_F(HttpFaultProxyTest, ForwardsWhatItIsNotToldToHarm) {
  const std::string answer = Get("/b/k%20y?x=1");
  EXPECT_NE(answer.find("200"), std::string::npos) << answer;
  EXPECT_NE(answer.find("ETag: \"e\"\r\n"), std::string::npos) << answer;
  EXPECT_NE(answer.find("Content-Length: 10\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n0123456789")) << answer;
  ASSERT_EQ(server_.requests().size(), 1U);
  EXPECT_EQ(server_.requests()[0].target, "/b/k%20y?x=1");
  EXPECT_EQ(server_.requests()[0].Header("host"), "x");
  EXPECT_EQ(proxy_.most_in_flight(), 1);
}

TEST_F(HttpFaultProxyTest, ForwardsBodiesAndChunkedAnswers) {
  server_.Handle([](const HttpMessage& request) {
    return HttpReply{.body = std::string(5000, 'x') + request.body, .chunked = true};
  });
  const std::string answer =
      Talk(proxy_.port(), "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_TRUE(answer.ends_with("xxabc")) << answer;
  EXPECT_NE(answer.find("Content-Length: 5003\r\n"), std::string::npos) << answer;
}

TEST_F(HttpFaultProxyTest, AnswersAndDropsByItself) {
  EXPECT_NE(GetWith({.answer = S3Error(503, "SlowDown")}).find("<Code>SlowDown</Code>"),
            std::string::npos);
  EXPECT_EQ(GetWith({.drop = true}), "reset");
  EXPECT_TRUE(server_.requests().empty());
  EXPECT_EQ(GetWith({.lose_answer = true}), "reset");
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(HttpFaultProxyTest, HarmsAnswers) {
  EXPECT_TRUE(GetWith({.cut_after = 3}).ends_with("\r\n\r\n012reset"));
  EXPECT_TRUE(GetWith({.end_after = 4}).ends_with("\r\n\r\n0123"));
  const std::string shorter = GetWith({.shorten_to = 5});
  EXPECT_TRUE(shorter.ends_with("Content-Length: 5\r\n\r\n01234")) << shorter;
  EXPECT_TRUE(GetWith({.flip_bit = 8}).ends_with("\r\n\r\n0023456789"));
  EXPECT_TRUE(GetWith({.flip_bit = -8}).ends_with("\r\n\r\n0123456788"));
  EXPECT_TRUE(GetWith({.flip_bit = 80}).ends_with("\r\n\r\n0123456789"));
  EXPECT_TRUE(GetWith({.drip_bytes = 7}).ends_with("\r\n\r\n0123456789"));
}

TEST_F(HttpFaultProxyTest, CutsUploads) {
  proxy_.Decide([](const HttpMessage&, int) { return HttpFault{.upload_cut = 2}; });
  EXPECT_EQ(Talk(proxy_.port(), "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"),
            "reset");
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(HttpFaultProxyTest, CountsRequests) {
  std::string numbers;
  proxy_.Decide([&numbers](const HttpMessage& request, int number) {
    numbers += fmt::format("{}{} ", request.target, number);
    return HttpFault{.before = [] {}};
  });
  Get("/a");
  Get("/b");
  EXPECT_EQ(numbers, "/a0 /b1 ");
}

}  // namespace
}  // namespace matome::testing
