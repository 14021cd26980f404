#include <doctest/doctest.h>

#include "base/base64.hpp"
#include "base/byte_reader.hpp"
#include "base/byte_writer.hpp"
#include "base/net_address.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/subscriber_address.hpp"
#include "base/text.hpp"

using namespace rotunda;

TEST_CASE("a byte reader that runs past the end fails and yields zeros") {
    const std::uint8_t data[] = {1, 2, 3, 4, 5};
    ByteReader reader(data);
    CHECK(reader.u16() == 0x0102);
    CHECK(reader.u24() == 0x030405);
    CHECK(reader.ok());
    CHECK(reader.u8() == 0);
    CHECK(!reader.ok());
}

TEST_CASE("a byte writer that is full drops the write and fails") {
    std::uint8_t data[5] = {};
    ByteWriter writer(data);
    writer.u32(0xdeadbeef);
    writer.u16(1);
    CHECK(!writer.ok());
    CHECK(writer.size() == 4);
    CHECK(data[0] == 0xde);
    CHECK(data[4] == 0);
}

TEST_CASE("addresses parse strictly and print canonically") {
    CHECK(IpAddress::parse("192.0.2.1")->to_string() == "192.0.2.1");
    CHECK(IpAddress::parse("[2001:DB8:0::1]")->to_host() == "[2001:db8::1]");
    for (const char* bad : {"", "1.2.3", "1.2.3.256", "host", "2001:db8::1%eth0", "[1.2.3.4]", "1.2.3.4:5"})
        CHECK_MESSAGE(!IpAddress::parse(bad), bad);
    CHECK(Endpoint::parse("[::1]:5060")->to_string() == "[::1]:5060");
    CHECK(Endpoint::parse("10.0.0.1:0")->port == 0);
    for (const char* bad : {"::1:5060", "10.0.0.1", "10.0.0.1:65536", "10.0.0.1:-1", ":5060"})
        CHECK_MESSAGE(!Endpoint::parse(bad), bad);
    CHECK(IpAddress::parse("::ffff:10.1.2.3")->unmapped() == *IpAddress::parse("10.1.2.3"));
    CHECK(IpAddress::parse("127.3.2.1")->is_loopback());
    CHECK(IpAddress::parse("::1")->is_loopback());
    CHECK(!IpAddress::parse("::2")->is_loopback());
}

TEST_CASE("a subscriber is an IPv4 address, in either spelling, or an IPv6 /64") {
    const auto who = [](const char* text) { return subscriber_of(*IpAddress::parse(text)); };
    CHECK(who("2001:db8:1:2::1") == who("2001:db8:1:2:ffff::9"));
    CHECK(who("2001:db8:1:2::1") != who("2001:db8:1:3::1"));
    CHECK(who("192.0.2.1") != who("192.0.2.2"));
    CHECK(who("192.0.2.1") == who("::ffff:192.0.2.1"));
}

TEST_CASE("a prefix contains what shares its leading bits and nothing of the other family") {
    auto prefix = IpPrefix::parse("10.16.0.0/12");
    REQUIRE(prefix);
    CHECK(prefix->contains(*IpAddress::parse("10.31.255.255")));
    CHECK(!prefix->contains(*IpAddress::parse("10.32.0.0")));
    CHECK(!prefix->contains(*IpAddress::parse("::1")));
    CHECK(IpPrefix::parse("0.0.0.0/0")->contains(*IpAddress::parse("8.8.8.8")));
    CHECK(IpPrefix::parse("::1")->contains(*IpAddress::parse("::1")));
    CHECK(!IpPrefix::parse("10.0.0.0/33"));
}

TEST_CASE("text helpers follow their word") {
    CHECK(iequals("Call-ID", "call-id"));
    CHECK(!iequals("To", "Tom"));
    CHECK(trim(" \t a b \r\n") == "a b");
    CHECK(trim(" ").empty());
    CHECK(parse_number("65535", 65535) == 65535u);
    for (const char* bad : {"", "-1", "+1", "1 ", "0x1", "65536", "99999999999999999999999"})
        CHECK_MESSAGE(!parse_number(bad, 65535), bad);
    CHECK(split_once("a=b=c", '=').tail == "b=c");
    CHECK(!split_once("abc", '=').tail);
}

TEST_CASE("UTF-8 is told from what only looks like it") {
    CHECK(is_utf8("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"));
    for (const char* bad :
         {"\xff", "\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\x80"})
        CHECK(!is_utf8(bad));
}

TEST_CASE("random tokens are legal, of the asked length, and repeat with their seed") {
    SeededRandom a(7), b(7);
    const std::string token = a.token(33);
    CHECK(token.size() == 33);
    CHECK(token == b.token(33));
    CHECK(token.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567") == token.npos);
}

TEST_CASE("a result holds a value or a reason") {
    Result<int> good = 3;
    Result<int> bad = fail_with("no");
    CHECK(*good == 3);
    CHECK(!bad);
    CHECK(bad.error().message == "no");
}

TEST_CASE("base 64 gives RFC 4648's test vectors, and reads them back with and without padding") {
    const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                     {"f", "Zg=="},
                                                                     {"fo", "Zm8="},
                                                                     {"foo", "Zm9v"},
                                                                     {"foob", "Zm9vYg=="},
                                                                     {"fooba", "Zm9vYmE="},
                                                                     {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, coded] : vectors) {
        const Bytes bytes(reinterpret_cast<const std::uint8_t*>(plain.data()), plain.size());
        CHECK(to_base64(bytes) == coded);
        for (std::string_view text : {coded, coded.substr(0, coded.find('='))}) {
            const auto back = from_base64(text);
            REQUIRE(back);
            CHECK(std::equal(back->begin(), back->end(), bytes.begin(), bytes.end()));
        }
    }
    for (std::string_view bad : {"Z", "Zg=a", "Zm9v!mFy", "Zm 9v"}) CHECK(!from_base64(bad));
}
