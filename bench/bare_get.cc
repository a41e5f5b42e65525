// SPDX-License-Identifier: Apache-2.0
//
// Fetches ranges of objects and does nothing with them: what the network and the store cost,
// against which a run's own cost is measured.
//
//   bare_get ENDPOINT FILE REQUESTS_IN_FLIGHT
//
// FILE is that of record_gets. Keys are S3_ACCESS_KEY and S3_SECRET. Sizes and versions are listed
// first. Prints one JSON object, whose seconds are those of the fetching alone.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "s3/s3_store.h"
#include "store/object_store.h"

namespace matome::bench {
namespace {

struct Fetch {
  const store::ObjectRef* object;
  int64_t offset;
  int64_t size;
};

std::string PercentDecoded(const std::string& text) {
  std::string decoded;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded += text[at];
      continue;
    }
    decoded += static_cast<char>(std::stoi(text.substr(at + 1, 2), nullptr, 16));
    at += 2;
  }
  return decoded;
}

int Fail(const std::string& why) {
  std::fprintf(stderr, "bare_get: %s\n", why.c_str());
  return 1;
}

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

int Run(const std::vector<std::string>& arguments) {
  if (arguments.size() != 3) return Fail("usage: bare_get ENDPOINT FILE REQUESTS_IN_FLIGHT");
  std::ifstream file(arguments[1]);
  std::vector<std::pair<std::string, std::pair<int64_t, std::string>>> wanted;
  for (std::string key, size; file >> key;) {
    int64_t offset = 0;
    file >> offset >> size;
    wanted.push_back({PercentDecoded(key).substr(1), {offset, size}});
  }
  if (wanted.empty()) return Fail("nothing to fetch");
  const size_t slash = wanted.front().first.find('/');

  s3::S3Options options;
  options.endpoint = arguments[0];
  options.bucket = wanted.front().first.substr(0, slash);
  options.requests_in_flight = std::max(std::atoi(arguments[2].c_str()), 1);
  options.credentials.access_key = Variable("S3_ACCESS_KEY");
  options.credentials.secret_key = Variable("S3_SECRET");
  const auto store = s3::S3Store::Make(options);
  if (!store.ok()) return Fail(store.status().message());
  const auto listed = (*store)->List("");
  if (!listed.ok()) return Fail(listed.status().message());
  std::map<std::string, const store::ObjectRef*> objects;
  for (const auto& object : *listed) objects[object.key] = &object;

  std::vector<Fetch> fetches;
  for (const auto& [path, range] : wanted) {
    const auto found = objects.find(path.substr(slash + 1));
    if (found == objects.end()) return Fail(path + " is not there");
    fetches.push_back({found->second, range.first,
                       range.second == "-" ? found->second->size_bytes : std::stoll(range.second)});
  }
  const auto start = std::chrono::steady_clock::now();
  std::atomic<size_t> next = 0;
  std::atomic<int64_t> bytes = 0;
  std::atomic<bool> failed = false;
  const auto work = [&] {
    std::vector<uint8_t> buffer;
    for (size_t index = next++; index < fetches.size() && !failed; index = next++) {
      const Fetch& fetch = fetches[index];
      buffer.resize(static_cast<size_t>(fetch.size));
      const auto object = (*store)->Open(*fetch.object);
      const auto status = object.ok() ? (*object)->ReadAt(fetch.offset, buffer) : object.status();
      if (!status.ok()) failed = Fail(status.message()) != 0;
      bytes += fetch.size;
    }
  };
  std::vector<std::thread> threads;
  for (int count = 0; count < options.requests_in_flight; ++count) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  std::printf("{\"requests\": %zu, \"bytes\": %lld, \"seconds\": %.6f}\n", fetches.size(),
              static_cast<long long>(bytes), taken.count());
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace matome::bench

int main(int argc, char** argv) {
  return matome::bench::Run(std::vector<std::string>(argv + 1, argv + argc));
}
