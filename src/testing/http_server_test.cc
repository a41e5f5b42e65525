// SPDX-License-Identifier: Apache-2.0
#include "testing/http_server.h"

#include <unistd.h>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace matome::testing {
namespace {

/// What comes back, to the end of the connection.
std::string Exchange(uint16_t port, const std::string& request) {
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address{.sin_family = AF_INET,
                            .sin_port = htons(port),
                            .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
                            .sin_zero = {}};
  EXPECT_EQ(connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(send(made, request.data(), request.size(), MSG_NOSIGNAL), std::ssize(request));
  shutdown(made, SHUT_WR);
  std::string answer;
  for (char byte = 0; recv(made, &byte, 1, 0) == 1;) answer += byte;
  close(made);
  return answer;
}

TEST(HttpServer, AnswersRequestAfterRequestOfAConnection) {
  HttpServer server([](const HttpMessage& message) {
    return HttpReply{.status = 201,
                     .headers = {{"X-Path", std::string(message.path())}},
                     .body = message.method + ":" + message.body};
  });
  EXPECT_EQ(Exchange(server.port(),
                     "PUT /a?b=c HTTP/1.1\r\nContent-LENGTH: 3\r\n\r\nxyzGET /d HTTP/1.1\r\n\r\n"),
            "HTTP/1.1 201 Scripted\r\nX-Path: /a\r\nContent-Length: 7\r\n\r\nPUT:xyz"
            "HTTP/1.1 201 Scripted\r\nX-Path: /d\r\nContent-Length: 4\r\n\r\nGET:");
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].query(), "b=c");
  EXPECT_EQ(requests[1].query(), "");
  EXPECT_EQ(requests[1].connection, 0);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpServer, SendsChunks) {
  HttpServer server([](const HttpMessage&) {
    return HttpReply{.body = std::string(1001, 'x'), .chunked = true, .close = true};
  });
  EXPECT_EQ(
      Exchange(server.port(), "GET / HTTP/1.1\r\n\r\n"),
      "HTTP/1.1 200 Scripted\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3e8\r\n" +
          std::string(1000, 'x') + "\r\n1\r\nx\r\n0\r\n\r\n");
}

TEST(HttpServer, BreaksOffAsTold) {
  HttpServer server(nullptr);
  const std::string head = "HTTP/1.1 200 Scripted\r\nContent-Length: 6\r\n\r\n";
  server.Handle([](const HttpMessage&) { return HttpReply{.body = "abcdef", .end_after = 2}; });
  EXPECT_EQ(Exchange(server.port(), "GET / HTTP/1.1\r\n\r\n"), head + "ab");
  server.Handle([](const HttpMessage&) { return HttpReply{.body = "abcdef", .cut_after = 3}; });
  EXPECT_EQ(Exchange(server.port(), "GET / HTTP/1.1\r\n\r\n"), head + "abc");
  server.Handle([](const HttpMessage&) { return HttpReply{.body = "abcdef", .stall_after = 4}; });
  EXPECT_EQ(Exchange(server.port(), "GET / HTTP/1.1\r\n\r\n"), head + "abcd");
  server.Handle([](const HttpMessage&) { return HttpReply{.drop = true}; });
  EXPECT_EQ(Exchange(server.port(), "GET / HTTP/1.1\r\n\r\n"), "");
  server.Handle([](const HttpMessage&) { return HttpReply{.raw = "nonsense"}; });
  EXPECT_EQ(Exchange(server.port(), "GET / HTTP/1.1\r\n\r\n"), "nonsense");
}

}  // namespace
}  // namespace matome::testing
