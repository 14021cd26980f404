#include "api/call_trace.hpp"

#include <doctest/doctest.h>

#include <string>

#include "api/hep.hpp"
#include "api/pcap.hpp"

using namespace rotunda;
using namespace rotunda::api;

namespace {

sip::Flow flow() {
    sip::Flow flow;
    flow.local = *Endpoint::parse("192.0.2.1:5060");
    flow.remote = *Endpoint::parse("198.51.100.7:40000");
    return flow;
}

std::string invite(const std::string& id, const std::string& body = {}) {
    return "INVITE sip:1000@192.0.2.1 SIP/2.0\r\ni: " + id + "\r\nCSeq: 1 INVITE\r\n\r\n" + body;
}

WallTime at(int seconds) {
    return WallTime(std::chrono::seconds(seconds));
}

}  // namespace

TEST_CASE("a message's Call-ID is found under both its names and nowhere in the body") {
    CHECK(call_id_of("SIP/2.0 200 OK\r\nVia: x\r\ncall-id:  abc@host \r\n\r\n") == "abc@host");
    CHECK(call_id_of("BYE sip:a SIP/2.0\ni:x\n\n") == "x");
    CHECK(call_id_of("BYE sip:a SIP/2.0\r\n\r\nCall-ID: body\r\n").empty());
    CHECK(call_id_of("").empty());
    CHECK(call_id_of(std::string(100, '\n')).empty());
}

TEST_CASE("keys of SRTP are covered, and the message stays as long as it was") {
    std::string text =
        invite("a", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0|2^20\r\na=crypto:2 X inline:abc");
    const std::size_t size = text.size();
    cover_secrets(text);
    CHECK(text.size() == size);
    CHECK(text.find("inline:********|2^20") != text.npos);
    CHECK(text.ends_with("inline:***"));
    text = invite("a", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 INLINE:c2VjcmV0");  // as our parser takes it too
    cover_secrets(text);
    CHECK(text.ends_with("INLINE:********"));
}

TEST_CASE("digests are covered in whatever spelling, and nothing else of credentials") {
    const std::string before =
        "INVITE sip:a SIP/2.0\r\nProxy-authorization : Digest username=\"response\", RESPONSE = "
        "\"0123abcd\", "
        "nonce=\"n\"\r\n"
        "Authorization: Digest uri=\"sip:response=1\",\r\n response=0123abcd,nc=1\r\n"
        "Authentication-Info: rspauth=\"0123abcd\", qop=auth\r\n"
        "X-Response: response=\"kept\"\r\n\r\nAuthorization: response=\"kept\"\r\n";
    std::string text = before;
    cover_secrets(text);
    CHECK(text.size() == before.size());
    CHECK(text.find("0123") == text.npos);
    CHECK(text.find("username=\"response\", RESPONSE = \"********\", nonce=\"n\"") != text.npos);
    CHECK(text.find(" response=********,nc=1") != text.npos);
    CHECK(text.find("X-Response: response=\"kept\"\r\n\r\nAuthorization: response=\"kept\"") != text.npos);
    for (const char* odd :
         {"Authorization: response", "Authorization: response=", "Authorization: response=\"\n",
          "Authorization:", "\n", "", "Authorization: response=\"\r\n\tresponse=\"a"}) {
        text = odd;
        cover_secrets(text);
        CHECK(text.size() == std::string(odd).size());
    }
}

TEST_CASE("what belongs to a call is kept, in order; what belongs to none is not") {
    CallTrace trace;
    trace.add(at(1), true, flow(), invite("a"));
    trace.add(at(2), false, flow(), "SIP/2.0 200 OK\r\nCall-ID: a\r\n\r\n");
    trace.add(at(3), true, flow(), "REGISTER sip:x SIP/2.0\r\nCall-ID: other\r\n\r\n");
    REQUIRE(trace.find("a"));
    CHECK(trace.find("a")->size() == 2);
    CHECK((*trace.find("a"))[0].inbound);
    CHECK((*trace.find("a"))[1].at == at(2));
    CHECK(trace.find("other") == nullptr);
}

TEST_CASE(
    "the trace is bounded in calls, messages and memory, and the call that was longest silent goes first") {
    CallTrace trace({.calls = 2, .messages = 3, .octets = 10'000, .largest = 100});
    trace.add(at(1), true, flow(), invite("a"));
    trace.add(at(2), true, flow(), invite("b"));
    trace.add(at(3), true, flow(), "BYE x SIP/2.0\r\nCall-ID: a\r\n\r\n");
    trace.add(at(4), true, flow(), invite("c"));
    CHECK(trace.find("b") == nullptr);
    CHECK(trace.find("a"));
    for (int i = 0; i < 10; ++i) trace.add(at(5), true, flow(), invite("a", std::string(1000, 'x')));
    CHECK(trace.find("a")->size() == 3);
    CHECK(trace.find("a")->back().text.size() == 100);
    CallTrace small({.calls = 100, .messages = 100, .octets = 500, .largest = 300});
    for (int i = 0; i < 50; ++i)
        small.add(at(i), true, flow(), invite(std::to_string(i), std::string(200, 'x')));
    CHECK(small.octets() <= 500);
    CHECK(small.find("49"));
}

TEST_CASE("of a long call the beginning and the end are kept, and how much is missing between them") {
    CallTrace trace({.calls = 2, .messages = 8, .octets = 1'000'000});
    for (int i = 0; i < 30; ++i) trace.add(at(i), true, flow(), invite("a", std::to_string(i)));
    const auto& messages = *trace.find("a");
    REQUIRE(messages.size() == 8);
    CHECK(messages[0].at == at(0));
    CHECK(messages[1].at == at(1));
    CHECK(messages[1].left_out == 0);
    CHECK(messages[2].at == at(24));
    CHECK(messages[2].left_out == 22);
    CHECK(messages[3].left_out == 0);
    CHECK(messages[7].at == at(29));
    std::size_t octets = 0;
    for (const TracedMessage& message : messages) octets += message.text.size();
    CHECK(trace.octets() == octets);
}

TEST_CASE("a capture file has a header and one datagram for each message") {
    CallTrace trace;
    trace.add(at(1), true, flow(), invite("a"));
    sip::Flow six;
    six.local = *Endpoint::parse("[2001:db8::1]:5060");
    six.remote = *Endpoint::parse("[2001:db8::2]:5060");
    trace.add(at(2), false, six, "SIP/2.0 200 OK\r\nCall-ID: a\r\n\r\n");
    const auto& messages = *trace.find("a");
    const std::string pcap = to_pcap(messages);
    CHECK(pcap.size() == 24 + 16 + 28 + messages[0].text.size() + 16 + 48 + messages[1].text.size());
    CHECK(pcap.substr(0, 4) == std::string("\xd4\xc3\xb2\xa1", 4));
    // The sum over an IPv4 header with its checksum is all ones (RFC 1071).
    std::uint32_t sum = 0;
    for (std::size_t i = 40; i < 60; i += 2)
        sum += (static_cast<unsigned char>(pcap[i]) << 8) + static_cast<unsigned char>(pcap[i + 1]);
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    CHECK(sum == 0xffff);
}

TEST_CASE("a HEP packet says its length, and carries the message as its last chunk") {
    const std::string packet = to_hep(at(1'700'000'000), true, flow(), "a", "INVITE x", 7);
    CHECK(packet.starts_with("HEP3"));
    CHECK((static_cast<unsigned char>(packet[4]) << 8) + static_cast<unsigned char>(packet[5]) ==
          static_cast<int>(packet.size()));
    CHECK(packet.ends_with(std::string("\x00\x00\x00\x0f\x00\x0e", 6) + "INVITE x"));
    // Family, protocol, source: AF_INET, UDP, 198.51.100.7.
    CHECK(packet.find(std::string("\x00\x00\x00\x01\x00\x07\x02", 7)) == 6);
    CHECK(packet.find(std::string("\x00\x00\x00\x02\x00\x07\x11", 7)) == 13);
    CHECK(packet.find(std::string("\x00\x00\x00\x03\x00\x0a\xc6\x33\x64\x07", 10)) == 20);
}
