#include "base/keyed_hash.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace rotunda;

TEST_CASE("the keyed hash gives what the authors' reference gives") {
    // Key 00 01 .. 0f, texts 00 01 ..: vectors_sip128 of the reference, and `openssl mac SIPHASH`.
    const KeyedHash hash(0x0706050403020100, 0x0f0e0d0c0b0a0908);
    std::string text;
    for (char c = 0; c < 20; ++c) text += c;
    const std::string_view all = text;
    CHECK(hash("") == KeyedDigest{0xe6a825ba047f81a3, 0x930255c71472f66d});
    CHECK(hash(all.substr(0, 1)) == KeyedDigest{0x44af996bd8c187da, 0x45fc229b11597634});
    CHECK(hash(all.substr(0, 15)) == KeyedDigest{0x11a8b03399e99354, 0xd9c3cf970fec087e});
    CHECK(hash(all) == KeyedDigest{0x7390223f83fc259e, 0xeb3938e8a544933e});
}

TEST_CASE("under another key a text hashes to something else") {
    SeededRandom random(1);
    const KeyedHash one(random), other(random);
    CHECK(one("text") == one("text"));
    CHECK_FALSE(one("text") == other("text"));
    CHECK_FALSE(one("text") == one("texu"));
}
