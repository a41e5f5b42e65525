// SPDX-License-Identifier: Apache-2.0
#include "s3/sha256.h"

#include <gtest/gtest.h>

namespace matome::s3 {
namespace {

TEST(Sha256, IsThatOfTheStandard) {
  EXPECT_EQ(Sha256Hex(""), kEmptySha256);
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256Hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PadsEveryLength) {
  // By an independent program: the hash of the hashes of 0 to 129 times 'x', joined.
  std::string joined;
  for (size_t size = 0; size < 130; ++size) joined += Sha256Hex(std::string(size, 'x'));
  EXPECT_EQ(Sha256Hex(joined), "199af942eba7fa5d1e16d475169eb24018b14e69339c93d26a9ea6d873b4ace6");
}

}  // namespace
}  // namespace matome::s3
