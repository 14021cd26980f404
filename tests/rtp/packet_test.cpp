// RTP packets, header extensions and telling protocols apart.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "rtp/classify.hpp"
#include "rtp/rtcp_packet.hpp"
#include "rtp/rtp_packet.hpp"
#include "tests/test_data.hpp"

using namespace rotunda;
using namespace rotunda::rtp;

namespace {

struct Vector {
    std::string name, kind, expect;
    std::vector<std::uint8_t> bytes;
};

std::string field(const std::string& object, const std::string& key) {
    const std::string opening = "\"" + key + "\": \"";
    const auto start = object.find(opening);
    if (start == object.npos) return {};
    const auto from = start + opening.size();
    return object.substr(from, object.find('"', from) - from);
}

// The file is an array of flat objects with string values: no JSON reader is needed.
std::vector<Vector> load_vectors() {
    std::ifstream file(rotunda::test_data("vectors/rtp_edge.json"));
    const std::string text(std::istreambuf_iterator<char>(file), {});
    std::vector<Vector> out;
    for (std::size_t at = text.find('{'); at != text.npos; at = text.find('{', at + 1)) {
        const std::string object = text.substr(at, text.find('}', at) - at);
        Vector v{field(object, "name"), field(object, "kind"), field(object, "expect"), {}};
        const std::string hex = field(object, "hex");
        for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
            v.bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
        out.push_back(std::move(v));
    }
    return out;
}

std::vector<std::uint8_t> vector_named(const std::string& name) {
    for (const Vector& v : load_vectors())
        if (v.name == name) return v.bytes;
    FAIL("no such vector: " << name);
    return {};
}

bool is_accepted(const Vector& v) {
    const DatagramKind kind = classify(v.bytes);
    if (v.kind == "rtp") return kind == DatagramKind::rtp && RtpPacket::parse(v.bytes).has_value();
    if (v.kind == "rtcp") return kind == DatagramKind::rtcp && RtcpReader(v.bytes).error() == RtcpError::none;
    return kind == DatagramKind::rtp || kind == DatagramKind::rtcp;
}

// Cases this layer judges otherwise than the file proposes, and why.
const std::map<std::string, std::string> judged_otherwise = {
    {"pt72", "well-formed; whether a payload type was negotiated is known to the session, not to the parser"},
    {"pt127",
     "well-formed; whether a payload type was negotiated is known to the session, not to the parser"},
    {"te_short", "well-formed RTP; DtmfReceiver ignores a payload that short"},
    {"remb_nssrc", "feedback is carried unread here; its own parser refuses the control information"},
    {"tcc_cut", "transport-wide congestion control is never negotiated: stepped over by its length"},
};

}  // namespace

TEST_CASE("every edge case is taken or refused as its RFC says") {
    const auto vectors = load_vectors();
    REQUIRE(vectors.size() > 70);
    for (const Vector& v : vectors) {
        const bool expected = v.expect != "drop";
        const bool otherwise = judged_otherwise.contains(v.name);
        CHECK_MESSAGE(is_accepted(v) == (otherwise ? !expected : expected), v.name);
    }
}

TEST_CASE("padding and CSRCs are not payload") {
    const auto padded = vector_named("pad4");
    CHECK(RtpPacket::parse(padded)->payload.size() == 160);
    const auto only_padding = vector_named("pad_all");
    CHECK(RtpPacket::parse(only_padding)->payload.empty());
    const auto many = vector_named("cc15");
    const auto packet = RtpPacket::parse(many);
    CHECK(packet->csrc_count == 15);
    CHECK(packet->csrcs[1] == 1);
    CHECK(packet->csrcs[14] == 14);
    CHECK(packet->payload.size() == 160);
}

TEST_CASE("the audio level is found in one-byte and two-byte header extensions") {
    const auto one = vector_named("ext_onebyte");
    const auto two = vector_named("ext_twobyte");
    for (const auto& bytes : {one, two}) {
        const auto level = RtpPacket::parse(bytes)->audio_level(1);
        REQUIRE(level);
        CHECK(level->voice);
        CHECK(level->level == 5);
        CHECK(!RtpPacket::parse(bytes)->audio_level(2));
        CHECK(!RtpPacket::parse(bytes)->audio_level(0));
        CHECK(RtpPacket::parse(bytes)->payload.size() == 160);
    }
}

TEST_CASE("an element that runs past its extension is ignored and the payload is played") {
    const auto bytes = vector_named("ext_item_over");
    const auto packet = RtpPacket::parse(bytes);
    REQUIRE(packet);
    CHECK(!packet->audio_level(1));
    CHECK(packet->payload.size() == 160);
}

TEST_CASE("one-byte elements after id 15 and after a padding with a length are not looked at") {
    const std::uint8_t stop[] = {0xf0, 0x00, 0x10, 0x7f};
    CHECK(!HeaderExtension{0xBEDE, stop}.element(1));
    const std::uint8_t false_padding[] = {0x03, 0x10, 0x7f, 0x00};
    CHECK(!HeaderExtension{0xBEDE, false_padding}.element(1));
    const std::uint8_t padding[] = {0x00, 0x00, 0x10, 0x7f};
    REQUIRE(HeaderExtension{0xBEDE, padding}.element(1));
    CHECK(HeaderExtension{0xBEDE, padding}.element(1)->front() == 0x7f);
    const std::uint8_t two_byte[] = {0x00, 0xc8, 0x00, 0x00};
    REQUIRE(HeaderExtension{0x1005, two_byte}.element(200));
    CHECK(HeaderExtension{0x1005, two_byte}.element(200)->empty());
    CHECK(!HeaderExtension{0x2000, two_byte}.element(200));
}

TEST_CASE("a header that is written is the header that is read") {
    const RtpHeader header{true, 127, 0xfffe, 0xdeadbeef, 0x01020304};
    std::uint8_t bytes[rtp_header_size];
    write_header(bytes, header);
    const auto packet = RtpPacket::parse(bytes);
    REQUIRE(packet);
    CHECK(packet->header == header);
    CHECK(packet->payload.empty());
    CHECK(packet->csrc_count == 0);
    CHECK(!packet->extension);
}

TEST_CASE("no prefix of a packet is read past its end") {
    for (const Vector& v : load_vectors())
        for (std::size_t size = 0; size <= std::min<std::size_t>(v.bytes.size(), 300); ++size) {
            // An exact copy on the heap, so that the address sanitizer sees one octet too many.
            const std::vector<std::uint8_t> cut(v.bytes.begin(),
                                                v.bytes.begin() + static_cast<std::ptrdiff_t>(size));
            if (const auto packet = RtpPacket::parse(cut)) {
                for (int id = 0; id < 256; ++id) packet->audio_level(static_cast<std::uint8_t>(id));
                CHECK(packet->payload.size() + rtp_header_size <= size);
            }
            RtcpReader reader(cut);
            while (reader.next()) {
            }
        }
}

TEST_CASE("datagrams are told apart by RFC 7983 and RFC 5761") {
    const auto kind = [](std::uint8_t first, std::uint8_t second) {
        const std::uint8_t bytes[] = {first, second};
        return classify(bytes);
    };
    CHECK(classify({}) == DatagramKind::unknown);
    CHECK(kind(0, 1) == DatagramKind::stun);
    CHECK(kind(3, 1) == DatagramKind::stun);
    CHECK(kind(4, 1) == DatagramKind::unknown);
    CHECK(kind(16, 0) == DatagramKind::zrtp);
    CHECK(kind(20, 254) == DatagramKind::dtls);
    CHECK(kind(63, 254) == DatagramKind::dtls);
    CHECK(kind(64, 0) == DatagramKind::turn_channel);
    CHECK(kind(80, 0) == DatagramKind::unknown);
    CHECK(kind(0x80, 0) == DatagramKind::rtp);
    CHECK(kind(0xbf, 0xff) == DatagramKind::rtp);
    CHECK(kind(0xc0, 0) == DatagramKind::unknown);
    for (int second = 0; second < 256; ++second) {
        const bool rtcp = second >= 192 && second <= 223;
        CHECK(kind(0x80, static_cast<std::uint8_t>(second)) ==
              (rtcp ? DatagramKind::rtcp : DatagramKind::rtp));
    }
}
