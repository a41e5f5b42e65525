// SPDX-License-Identifier: Apache-2.0
#include "testing/tcp_proxy.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace matome::testing {
namespace {

constexpr size_t kChunkBytes = 16 << 10;
constexpr size_t kMostChunks = 8;  // Held for one direction; then the sender has to wait.

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "TcpProxy: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

sockaddr_in Loopback(uint16_t port) {
  return {.sin_family = AF_INET,
          .sin_port = htons(port),
          .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
          .sin_zero = {}};
}

/// A socket bound to `port`, or to a free one; several may be bound to it.
int BoundSocket(uint16_t& port) {
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  Require(made >= 0, "socket");
  const int yes = 1;
  // A small buffer lets a sender feel soon that nobody takes its bytes.
  const int buffer_bytes = 16 << 10;
  setsockopt(made, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
  setsockopt(made, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
  sockaddr_in address = Loopback(port);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  Require(bind(made, generic, size) == 0, "bind");
  Require(getsockname(made, generic, &size) == 0, "getsockname");
  port = ntohs(address.sin_port);
  return made;
}

/// Closes it so that its peer gets a reset, not an end.
void Reset(int& socket) {
  if (socket < 0) return;
  const linger none{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  close(std::exchange(socket, -1));
}

void SendAtOnce(int socket) {
  const int yes = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

}  // namespace

TcpProxy::TcpProxy(uint16_t target_port) : target_port_(target_port) {
  reservation_ = BoundSocket(port_);
  Require(pipe2(wake_.data(), O_CLOEXEC | O_NONBLOCK) == 0, "pipe");
  Refuse(false);
  thread_ = std::thread([this] { Run(); });
}

TcpProxy::~TcpProxy() {
  {
    const std::lock_guard guard(mutex_);
    ends_ = true;
  }
  Wake();
  thread_.join();
  for (const int file : {reservation_, listener_, wake_[0], wake_[1]}) {
    if (file >= 0) close(file);
  }
}

void TcpProxy::Watch(Watcher watcher) {
  const std::lock_guard guard(mutex_);
  watcher_ = std::move(watcher);
}

void TcpProxy::Cut() {
  const std::lock_guard guard(mutex_);
  CutAll();
}

void TcpProxy::CutAfter(Flow flow, int64_t bytes) {
  const std::lock_guard guard(mutex_);
  if (bytes == 0) {
    CutAll();
  } else {
    bytes_until_cut_[static_cast<size_t>(flow)] = bytes;
  }
}

void TcpProxy::Stall() {
  const std::lock_guard guard(mutex_);
  for (auto& connection : connections_) connection.stalled = true;
  Wake();
}

void TcpProxy::Resume() {
  const std::lock_guard guard(mutex_);
  for (auto& connection : connections_) connection.stalled = false;
  Wake();
}

void TcpProxy::Delay(std::chrono::milliseconds delay) {
  const std::lock_guard guard(mutex_);
  delay_ = delay;
}

void TcpProxy::Refuse(bool refuse) {
  const std::lock_guard guard(mutex_);
  if (refuse && listener_ >= 0) {
    // A thread that polls it would keep it listening after close() alone.
    shutdown(listener_, SHUT_RDWR);
    close(std::exchange(listener_, -1));
  }
  if (!refuse && listener_ < 0) {
    listener_ = BoundSocket(port_);
    Require(listen(listener_, 64) == 0, "listen");
  }
  Wake();
}

int64_t TcpProxy::forwarded(Flow flow) const {
  const std::lock_guard guard(mutex_);
  return forwarded_[static_cast<size_t>(flow)];
}

int TcpProxy::open_connections() const {
  const std::lock_guard guard(mutex_);
  return static_cast<int>(std::count_if(connections_.begin(), connections_.end(),
                                        [](const Connection& each) { return !each.cut; }));
}

void TcpProxy::Wake() {
  // A full pipe wakes, too.
  [[maybe_unused]] const auto written = write(wake_[1], "", 1);
}

void TcpProxy::CutAll() {
  for (auto& connection : connections_) connection.cut = true;
  bytes_until_cut_ = {};
  Wake();
}

bool TcpProxy::HasRoom(const Connection& connection, size_t flow) const {
  const Pipe& pipe = connection.pipes[flow];
  return !connection.stalled && !pipe.ended && pipe.pending.size() < kMostChunks;
}

bool TcpProxy::IsDue(const Connection& connection, size_t flow, Clock::time_point now) const {
  const Pipe& pipe = connection.pipes[flow];
  return !connection.stalled && !pipe.pending.empty() && pipe.pending.front().due <= now;
}

std::vector<pollfd> TcpProxy::Wanted(std::chrono::milliseconds& timeout) const {
  const auto now = Clock::now();
  timeout = std::chrono::milliseconds(-1);
  std::vector<pollfd> wanted = {{.fd = wake_[0], .events = POLLIN, .revents = 0},
                                {.fd = listener_, .events = POLLIN, .revents = 0}};
  for (const auto& connection : connections_) {
    for (const size_t side : {0U, 1U}) {
      // What is read from one side is written to the other.
      const bool reads = HasRoom(connection, side);
      const bool writes = IsDue(connection, 1 - side, now);
      const auto events = static_cast<int16_t>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
      // Without a wish for it poll() would still tell of a hang-up, again and again.
      wanted.push_back(
          {.fd = events == 0 ? -1 : connection.sockets[side], .events = events, .revents = 0});
      const auto& pending = connection.pipes[side].pending;
      if (connection.stalled || pending.empty() || pending.front().due <= now) continue;
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(pending.front().due - now);
      timeout = timeout.count() < 0 ? left : std::min(timeout, left);
    }
  }
  return wanted;
}

void TcpProxy::Run() {
  for (std::unique_lock lock(mutex_); !ends_;) {
    std::chrono::milliseconds timeout;
    auto wanted = Wanted(timeout);
    lock.unlock();
    poll(wanted.data(), wanted.size(), static_cast<int>(timeout.count()));
    std::array<char, 64> woken;
    while (read(wake_[0], woken.data(), woken.size()) > 0) {
    }
    lock.lock();
    // Only this thread adds and removes connections.
    size_t at = 2;
    for (auto& connection : connections_) {
      for (const size_t side : {0U, 1U}) {
        const pollfd& socket = wanted[at + side];
        if (socket.revents == 0) continue;
        if ((socket.events & POLLIN) != 0 && !connection.cut) Read(connection, side);
        if ((socket.events & POLLOUT) != 0 && !connection.cut) Write(connection, 1 - side);
      }
      at += 2;
    }
    if (wanted[1].revents != 0) Accept();
    Reap();
  }
  CutAll();
  Reap();
}

void TcpProxy::Accept() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return;
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Connection made{.number = connections_made_++, .sockets = {client, server}, .pipes = {}};
  const sockaddr_in address = Loopback(target_port_);
  if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    for (int& socket : made.sockets) Reset(socket);
    return;
  }
  fcntl(server, F_SETFL, O_NONBLOCK);
  for (const int socket : made.sockets) SendAtOnce(socket);
  connections_.push_back(std::move(made));
}

void TcpProxy::Read(Connection& connection, size_t flow) {
  if (!HasRoom(connection, flow)) return;
  std::string bytes(kChunkBytes, '\0');
  const auto got = recv(connection.sockets[flow], bytes.data(), bytes.size(), 0);
  if (got > 0) {
    bytes.resize(static_cast<size_t>(got));
    connection.pipes[flow].pending.push_back(
        {.due = Clock::now() + delay_, .bytes = std::move(bytes)});
    Write(connection, flow);
  } else if (got == 0) {
    connection.pipes[flow].ended = true;
  } else if (errno != EAGAIN && errno != EINTR) {
    connection.cut = true;
  }
}

void TcpProxy::Write(Connection& connection, size_t flow) {
  auto& pending = connection.pipes[flow].pending;
  while (!connection.cut && IsDue(connection, flow, Clock::now())) {
    Pending& next = pending.front();
    if (watcher_ && !std::exchange(next.watched, true)) {
      const Verdict verdict = watcher_({connection.number, static_cast<Flow>(flow), next.bytes});
      connection.stalled = verdict == Verdict::kHold;
      connection.cut = verdict == Verdict::kCut;
      continue;
    }
    auto& left = bytes_until_cut_[flow];
    const size_t wanted =
        std::min(next.bytes.size(), static_cast<size_t>(left.value_or(INT64_MAX)));
    const auto sent = send(connection.sockets[1 - flow], next.bytes.data(), wanted, MSG_NOSIGNAL);
    if (sent < 0) {
      connection.cut = errno != EAGAIN && errno != EINTR;
      return;
    }
    forwarded_[flow] += sent;
    next.bytes.erase(0, static_cast<size_t>(sent));
    if (next.bytes.empty()) pending.pop_front();
    if (left && (*left -= sent) == 0) CutAll();
  }
}

void TcpProxy::Reap() {
  for (auto& connection : connections_) {
    for (const size_t flow : {0U, 1U}) {
      Pipe& pipe = connection.pipes[flow];
      if (connection.cut || !pipe.ended || pipe.closed || !pipe.pending.empty()) continue;
      shutdown(connection.sockets[1 - flow], SHUT_WR);
      pipe.closed = true;
    }
  }
  std::erase_if(connections_, [](Connection& connection) {
    const bool over = connection.pipes[0].closed && connection.pipes[1].closed;
    if (!connection.cut && !over) return false;
    for (int& socket : connection.sockets) {
      if (connection.cut) {
        Reset(socket);
      } else {
        close(socket);
      }
    }
    return true;
  });
}

}  // namespace matome::testing
