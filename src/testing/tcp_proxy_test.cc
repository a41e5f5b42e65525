// SPDX-License-Identifier: Apache-2.0
#include "testing/tcp_proxy.h"

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace matome::testing {
namespace {

using Flow = TcpProxy::Flow;
using Verdict = TcpProxy::Verdict;
using std::chrono::milliseconds;

sockaddr_in Loopback(uint16_t port) {
  return {.sin_family = AF_INET,
          .sin_port = htons(port),
          .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
          .sin_zero = {}};
}

/// One end of a connection, closed with the object.
class End {
 public:
  explicit End(int socket) : socket_(socket) {}
  End(End&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  End& operator=(End&&) = delete;
  ~End() {
    if (socket_ >= 0) close(socket_);
  }

  static End To(uint16_t port) {
    const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = Loopback(port);
    if (connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
      return End(made);
    close(made);
    return End(-1);
  }

  bool open() const { return socket_ >= 0; }
  void Send(const std::string& text) const {
    EXPECT_EQ(send(socket_, text.data(), text.size(), MSG_NOSIGNAL), std::ssize(text));
  }
  /// The next `size` bytes, or less if the connection ends.
  std::string Receive(size_t size) const {
    std::string text;
    while (text.size() < size) {
      std::string some(size - text.size(), '\0');
      const auto got = recv(socket_, some.data(), some.size(), 0);
      if (got <= 0) break;
      text.append(some, 0, static_cast<size_t>(got));
    }
    return text;
  }
  /// "end", "reset" or what else there is instead.
  std::string HowItEnds() const {
    char byte = 0;
    const auto got = recv(socket_, &byte, 1, 0);
    if (got < 0) return errno == ECONNRESET ? "reset" : std::to_string(errno);
    return got == 0 ? "end" : std::string("a byte: ") + byte;
  }
  bool HasBytes() const {
    pollfd wanted{.fd = socket_, .events = POLLIN, .revents = 0};
    return poll(&wanted, 1, 0) > 0;
  }
  void FinishSending() const { shutdown(socket_, SHUT_WR); }

 private:
  int socket_;
};

class TcpProxyTest : public ::testing::Test {
 protected:
  TcpProxyTest() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = Loopback(0);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_, generic, size), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    EXPECT_EQ(getsockname(listener_, generic, &size), 0);
    proxy_.emplace(ntohs(address.sin_port));
  }
  ~TcpProxyTest() override {
    proxy_.reset();
    close(listener_);
  }

  End Connect() { return End::To(proxy_->port()); }
  End Accept() const { return End(accept(listener_, nullptr, nullptr)); }

  int listener_;
  std::optional<TcpProxy> proxy_;
};

TEST_F(TcpProxyTest, ForwardsBothWaysAndEndsOneWayAtATime) {
  const End client = Connect();
  const End server = Accept();
  client.Send("question");
  EXPECT_EQ(server.Receive(8), "question");
  client.FinishSending();
  EXPECT_EQ(server.HowItEnds(), "end");
  server.Send("answer");
  server.FinishSending();
  EXPECT_EQ(client.Receive(6), "answer");
  EXPECT_EQ(client.HowItEnds(), "end");
  EXPECT_EQ(proxy_->forwarded(Flow::kToServer), 8);
  EXPECT_EQ(proxy_->forwarded(Flow::kToClient), 6);
}

TEST_F(TcpProxyTest, ForwardsMoreThanItHolds) {
  const End client = Connect();
  const End server = Accept();
  const std::string much(8 << 20, 'x');
  std::thread sending([&] { client.Send(much); });
  EXPECT_EQ(server.Receive(much.size()), much);
  sending.join();
}

TEST_F(TcpProxyTest, CutsAllConnectionsButNotLaterOnes) {
  const End first = Connect();
  const End first_server = Accept();
  const End second = Connect();
  const End second_server = Accept();
  while (proxy_->open_connections() < 2) {
  }
  proxy_->Cut();
  for (const End* const end : {&first, &first_server, &second, &second_server})
    EXPECT_EQ(end->HowItEnds(), "reset");
  const End third = Connect();
  third.Send("x");
  EXPECT_EQ(Accept().Receive(1), "x");
}

TEST_F(TcpProxyTest, CutsAfterThatManyBytesOfOneDirection) {
  const End client = Connect();
  const End server = Accept();
  proxy_->CutAfter(Flow::kToServer, 5);
  server.Send("more than five");
  EXPECT_EQ(client.Receive(14), "more than five");
  client.Send("abc");
  EXPECT_EQ(server.Receive(3), "abc");
  client.Send("defghi");
  EXPECT_EQ(server.Receive(6), "de");
  EXPECT_EQ(client.HowItEnds(), "reset");
  EXPECT_EQ(proxy_->forwarded(Flow::kToServer), 5);

  const End later = Connect();
  const End later_server = Accept();
  later.Send("once only");
  EXPECT_EQ(later_server.Receive(9), "once only");
}

TEST_F(TcpProxyTest, StallsWhatIsOpenUntilItResumes) {
  const End client = Connect();
  const End server = Accept();
  while (proxy_->open_connections() < 1) {
  }
  proxy_->Stall();
  client.Send("late");
  const End other = Connect();
  const End other_server = Accept();
  other.Send("through");
  EXPECT_EQ(other_server.Receive(7), "through");
  EXPECT_FALSE(server.HasBytes());
  proxy_->Resume();
  EXPECT_EQ(server.Receive(4), "late");
}

TEST_F(TcpProxyTest, StallsAreFeltByTheSender) {
  const End client = Connect();
  const End server = Accept();
  while (proxy_->open_connections() < 1) {
  }
  proxy_->Stall();
  const std::string much(24 << 20, 'x');
  std::atomic<bool> sent = false;
  std::thread sending([&] {
    client.Send(much);
    sent = true;
  });
  proxy_->Resume();
  EXPECT_EQ(server.Receive(1), "x");
  proxy_->Stall();
  EXPECT_FALSE(sent);
  proxy_->Resume();
  EXPECT_EQ(server.Receive(much.size() - 1).size(), much.size() - 1);
  sending.join();
}

TEST_F(TcpProxyTest, DelaysChunksAndKeepsTheirOrder) {
  proxy_->Delay(milliseconds(20));
  const End client = Connect();
  const End server = Accept();
  const auto begin = std::chrono::steady_clock::now();
  client.Send("first");
  EXPECT_EQ(server.Receive(5), "first");
  // Never earlier; how much later is the machine's business.
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(20));
  client.Send("second");
  proxy_->Delay(milliseconds(0));
  client.Send("third");
  EXPECT_EQ(server.Receive(11), "secondthird");
}

TEST_F(TcpProxyTest, RefusesNewConnections) {
  const End open = Connect();
  const End open_server = Accept();
  proxy_->Refuse(true);
  EXPECT_FALSE(Connect().open());
  open.Send("still");
  EXPECT_EQ(open_server.Receive(5), "still");
  proxy_->Refuse(false);
  const End client = Connect();
  ASSERT_TRUE(client.open());
  client.Send("again");
  EXPECT_EQ(Accept().Receive(5), "again");
}

TEST_F(TcpProxyTest, AWatcherSeesChunksBeforeTheyAreForwarded) {
  std::string seen;
  std::atomic<bool> holds = false;
  proxy_->Watch([&](const TcpProxy::Chunk& chunk) {
    seen += std::to_string(chunk.connection) + (chunk.flow == Flow::kToServer ? ">" : "<") +
            std::string(chunk.bytes) + ";";
    holds = chunk.bytes == "hold";
    if (holds) return Verdict::kHold;
    return chunk.bytes == "cut" ? Verdict::kCut : Verdict::kForward;
  });
  const End client = Connect();
  const End server = Accept();
  client.Send("hello");
  EXPECT_EQ(server.Receive(5), "hello");
  server.Send("hi");
  EXPECT_EQ(client.Receive(2), "hi");

  const End other = Connect();
  const End other_server = Accept();
  other.Send("cut");
  EXPECT_EQ(other_server.HowItEnds(), "reset");
  EXPECT_EQ(other.HowItEnds(), "reset");

  client.Send("hold");
  while (!holds) {
  }
  proxy_->Watch(nullptr);
  EXPECT_FALSE(server.HasBytes());
  proxy_->Resume();
  EXPECT_EQ(server.Receive(4), "hold");
  EXPECT_EQ(seen, "0>hello;0<hi;1>cut;0>hold;");
}

TEST_F(TcpProxyTest, AClientWhoseServerIsGoneIsCut) {
  close(listener_);
  listener_ = -1;
  const End client = Connect();
  EXPECT_EQ(client.HowItEnds(), "reset");
}

}  // namespace
}  // namespace matome::testing
