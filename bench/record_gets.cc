// SPDX-License-Identifier: Apache-2.0
//
// Runs a program whose S3 requests go through a proxy, and writes down what it fetches:
//
//   record_gets SERVER_PORT FILE PROGRAM [ARGUMENT]...
//
// The program finds the proxy in S3_ENDPOINT. FILE gets a line "KEY OFFSET SIZE" for each GET of an
// object, in the order of their coming; a whole object has "0 -". KEY is as in the request's path,
// bucket included.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <sys/wait.h>

#include "testing/http_fault_proxy.h"

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: record_gets SERVER_PORT FILE PROGRAM [ARGUMENT]...\n", stderr);
    return 2;
  }
  const matome::testing::HttpFaultProxy proxy(static_cast<uint16_t>(std::atoi(argv[1])));
  setenv("S3_ENDPOINT", proxy.Url().c_str(), 1);
  const pid_t child = fork();
  if (child == 0) {
    execv(argv[3], argv + 3);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  std::ofstream file(argv[2]);
  for (const auto& request : proxy.requests()) {
    if (request.method != "GET" || !request.query().empty()) continue;
    long long first = 0;
    long long last = -1;
    const std::string range = request.Header("range");
    file << request.path() << ' ';
    if (std::sscanf(range.c_str(), "bytes=%lld-%lld", &first, &last) == 2) {
      file << first << ' ' << last - first + 1 << '\n';
    } else {
      file << "0 -\n";
    }
  }
  file.close();
  return file && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
