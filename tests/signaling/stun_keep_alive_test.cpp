#include "signaling/stun_keep_alive.hpp"

#include <doctest/doctest.h>

using namespace rotunda;
using namespace rotunda::sip;

namespace {

const std::string request("\x00\x01\x00\x00\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae",
                          20);

}  // namespace

// The mapped addresses are those of RFC 5769 §2.2 and §2.3, which have the same transaction id.
TEST_CASE("a Binding request is told the address it came from, XORed as RFC 8489 14.2 wants it") {
    const auto v4 = answer_stun(request, *Endpoint::parse("192.0.2.1:32853"));
    REQUIRE(v4);
    CHECK(*v4 == std::string("\x01\x01\x00\x0c", 4) + request.substr(4) +
                     std::string("\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43", 12));
    const auto v6 = answer_stun(request, *Endpoint::parse("[2001:db8:1234:5678:11:2233:4455:6677]:32853"));
    REQUIRE(v6);
    CHECK(v6->substr(20) ==
          std::string("\x00\x20\x00\x14\x00\x02\xa1\x47\x01\x13\xa9\xfa\xa5\xd3\xf1\x79\xbc\x25"
                      "\xf4\xb5\xbe\xd2\xb9\xd9",
                      24));
    CHECK(answer_stun(request, *Endpoint::parse("[::ffff:192.0.2.1]:32853")) == v4);
}

TEST_CASE("what is no Binding request gets no answer, and no STUN message reaches the SIP parser") {
    const Endpoint sender = *Endpoint::parse("192.0.2.1:5060");
    std::string indication = request, response = request, cut = request.substr(0, 19),
                longer = request + "more";
    indication[1] = 0x11;
    response[0] = 0x01;
    for (const std::string& other : {indication, response}) {
        CHECK(is_stun(other));
        CHECK_FALSE(answer_stun(other, sender));
    }
    for (const std::string& other : {cut, longer, std::string("OPTIONS sip:a@b SIP/2.0\r\n"), std::string()})
        CHECK_FALSE(is_stun(other));
}
