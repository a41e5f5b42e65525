// SPDX-License-Identifier: Apache-2.0
#include "testing/http_server.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace matome::testing {
namespace {

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "HttpServer: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

/// False: the client does not take it any more.
bool Send(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void ResetOnClose(int socket) {
  const linger none{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// Takes what is in front of `end` off `rest`.
std::string_view TakeUntil(std::string_view& rest, std::string_view end) {
  const size_t at = rest.find(end);
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + end.size());
  return taken;
}

std::string Head(const HttpReply& reply) {
  std::string head = fmt::format("HTTP/1.1 {} Scripted\r\n", reply.status);
  bool has_length = reply.chunked || reply.status == 204 || reply.status == 304;
  for (const auto& [name, value] : reply.headers) {
    has_length |= LowerCase(name) == "content-length";
    head += fmt::format("{}: {}\r\n", name, value);
  }
  if (!has_length) head += fmt::format("Content-Length: {}\r\n", reply.body.size());
  if (reply.chunked) head += "Transfer-Encoding: chunked\r\n";
  if (reply.close) head += "Connection: close\r\n";
  return head + "\r\n";
}

std::string Chunk(std::string_view bytes) {
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

}  // namespace

bool HttpServer::Drip(int socket, std::string_view answer, const HttpReply& reply) const {
  std::array<pollfd, 2> wanted = {
      {{.fd = socket, .events = 0, .revents = 0}, {.fd = end_[0], .events = POLLIN, .revents = 0}}};
  while (!answer.empty()) {
    if (!Send(socket, answer.substr(0, reply.drip_bytes))) return false;
    answer.remove_prefix(std::min(answer.size(), reply.drip_bytes));
    if (poll(wanted.data(), wanted.size(), static_cast<int>(reply.drip_pause.count())) > 0)
      return false;
  }
  return true;
}

std::string HttpMessage::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

std::string_view HttpMessage::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string_view HttpMessage::query() const {
  const size_t mark = target.find('?');
  return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

HttpServer::HttpServer(Handler handler, bool thread_safe)
    : thread_safe_(thread_safe), handler_(std::move(handler)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Require(listener_ >= 0, "socket");
  sockaddr_in address{.sin_family = AF_INET,
                      .sin_port = 0,
                      .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
                      .sin_zero = {}};
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  Require(bind(listener_, generic, size) == 0, "bind");
  Require(getsockname(listener_, generic, &size) == 0, "getsockname");
  Require(listen(listener_, 128) == 0, "listen");
  Require(pipe2(end_.data(), O_CLOEXEC) == 0, "pipe");
  port_ = ntohs(address.sin_port);
  listening_ = std::thread([this] { Listen(); });
}

HttpServer::~HttpServer() {
  Require(write(end_[1], "", 1) == 1, "write");
  listening_.join();
  for (std::thread& thread : threads_) thread.join();
  for (const int file : {listener_, end_[0], end_[1]}) close(file);
}

std::string HttpServer::Url() const { return fmt::format("http://127.0.0.1:{}", port_); }

void HttpServer::Handle(Handler handler) {
  const std::lock_guard guard(mutex_);
  handler_ = std::move(handler);
}

std::vector<HttpMessage> HttpServer::requests() const {
  const std::lock_guard guard(mutex_);
  return requests_;
}

int HttpServer::connections() const {
  const std::lock_guard guard(mutex_);
  return connections_;
}

bool HttpServer::WaitForBytes(int socket) const {
  std::array<pollfd, 2> wanted = {{{.fd = socket, .events = POLLIN, .revents = 0},
                                   {.fd = end_[0], .events = POLLIN, .revents = 0}}};
  while (poll(wanted.data(), wanted.size(), -1) < 0) {
  }
  return wanted[1].revents == 0;
}

void HttpServer::Listen() {
  while (WaitForBytes(listener_)) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const int yes = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const std::lock_guard guard(mutex_);
    threads_.emplace_back([this, socket, number = connections_++] { Serve(socket, number); });
  }
}

void HttpServer::Serve(int socket, int number) {
  std::string bytes;  // Read, and not yet part of a message.
  while (auto message = ReadMessage(socket, bytes)) {
    message->connection = number;
    if (!Answer(socket, *message)) break;
  }
  close(socket);
}

bool HttpServer::Receive(int socket, std::string& bytes) const {
  if (!WaitForBytes(socket)) return false;
  std::string some(64 << 10, '\0');
  const auto got = recv(socket, some.data(), some.size(), 0);
  if (got <= 0) return false;
  bytes.append(some, 0, static_cast<size_t>(got));
  return true;
}

std::optional<HttpMessage> HttpServer::ReadMessage(int socket, std::string& bytes) const {
  size_t head_size;
  while ((head_size = bytes.find("\r\n\r\n")) == std::string::npos) {
    if (!Receive(socket, bytes)) return std::nullopt;
  }
  HttpMessage message;
  std::string_view head = std::string_view(bytes).substr(0, head_size);
  std::string_view first = TakeUntil(head, "\r\n");
  message.method = TakeUntil(first, " ");
  message.target = TakeUntil(first, " ");
  while (!head.empty()) {
    std::string_view value = TakeUntil(head, "\r\n");
    const std::string name = LowerCase(TakeUntil(value, ":"));
    message.headers[name] = Trim(value);
  }
  bytes.erase(0, head_size + 4);
  if (message.Header("expect") == "100-continue") Send(socket, "HTTP/1.1 100 Continue\r\n\r\n");
  const auto body_size =
      static_cast<size_t>(std::strtoull(message.Header("content-length").c_str(), nullptr, 10));
  while (bytes.size() < body_size) {
    if (!Receive(socket, bytes)) return std::nullopt;
  }
  message.body = bytes.substr(0, body_size);
  bytes.erase(0, body_size);
  return message;
}

bool HttpServer::Answer(int socket, const HttpMessage& message) {
  HttpReply reply;
  {
    std::unique_lock lock(mutex_);
    requests_.push_back(message);
    if (thread_safe_) {
      const Handler handler = handler_;
      lock.unlock();
      reply = handler(message);
    } else {
      reply = handler_(message);
    }
  }
  if (reply.drop) {
    ResetOnClose(socket);
    return false;
  }
  if (reply.raw) {
    Send(socket, *reply.raw);
    return false;
  }
  std::string answer = Head(reply);
  std::string_view body = message.method == "HEAD" ? std::string_view() : reply.body;
  const auto limit = reply.cut_after   ? reply.cut_after
                     : reply.end_after ? reply.end_after
                                       : reply.stall_after;
  if (limit) body = body.substr(0, *limit);
  if (reply.chunked && message.method != "HEAD") {
    constexpr size_t chunk_bytes = 1000;
    for (; !body.empty(); body.remove_prefix(std::min(body.size(), chunk_bytes))) {
      answer += Chunk(body.substr(0, chunk_bytes));
    }
    if (!limit) answer += Chunk("");
  } else {
    answer += body;
  }
  if (reply.drip_bytes == 0) {
    if (!Send(socket, answer)) return false;
  } else if (!Drip(socket, answer, reply)) {
    return false;
  }
  if (reply.stall_after) {
    std::string ignored;
    while (Receive(socket, ignored)) {
    }
  }
  if (reply.cut_after) {
    // What is sent and not yet taken would be lost with a reset.
    for (int unsent = 1; unsent > 0;) {
      tcp_info info{};
      socklen_t size = sizeof info;
      if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) break;
      unsent = static_cast<int>(info.tcpi_unacked);
    }
    ResetOnClose(socket);
  }
  return !limit && !reply.close;
}

}  // namespace matome::testing
