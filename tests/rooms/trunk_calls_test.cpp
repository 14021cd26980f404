// What a trunk wants otherwise than others: of calls to it, whichever way it is found, and of calls from it.
#include "tests/rooms/trunk_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;

namespace {

constexpr std::string_view three_codecs =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 96 0 8\r\na=rtpmap:96 opus/48000/2\r\n";
constexpr std::string_view pcma =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 8\r\n";

Trunk particular() {
    Trunk trunk = carrier();
    trunk.addresses = {*IpPrefix::parse("192.0.2.9"), *IpPrefix::parse("198.51.100.0/24")};
    trunk.codecs = {AudioCodec::pcma};
    trunk.caller_id = "+4930";
    trunk.isfocus = false;
    trunk.replaces = false;
    trunk.contact_host = "sbc.example.net";
    return trunk;
}

void check_contact(const sip::SipMessage& message, std::string_view room) {
    REQUIRE(message.contacts().size() == 1);
    const sip::NameAddr us = message.contacts().at(0);
    CHECK(us.uri.user() == room);
    CHECK(us.uri.host() == "sbc.example.net");
    CHECK_FALSE(us.params.has("isfocus"));
}

bool only_pcma(const sip::SipMessage& message) {
    return message.body().find("RTP/AVP 8") != std::string::npos &&
           message.body().find("opus") == std::string::npos &&
           message.body().find("PCMU") == std::string::npos;
}

void check_particular(const sip::SipMessage& invite) {
    check_contact(invite, "1000");
    CHECK(only_pcma(invite));
    CHECK(invite.body().find("m=video") == std::string::npos);
    CHECK(invite.from().uri.to_string() == "sip:+4930@carrier.example");
    CHECK(invite.header(sip::HeaderId::p_asserted_identity) == "<sip:+4930@carrier.example>");
    CHECK_FALSE(invite.has(sip::HeaderId::replaces));
}

struct Particular : OnTrunk {
    explicit Particular(Trunk trunk = particular()) : OnTrunk(std::move(trunk)) {}
    void move_everybody(std::string_view from, std::string_view to) {
        const RoomId room = focus.find_room(from)->id;
        std::vector<ParticipantId> all;
        focus.each_participant(room, [&](const Participant& who) { all.push_back(who.id); });
        for (const ParticipantId who : all) CHECK(focus.move(room, who, std::string(to), now).ok());
        run();
    }
    sip::SipMessage dial_in_place_of_somebody(std::string_view target) {
        focus.dial("1000", *sip::Uri::parse(target),
                   {{sip::HeaderId::replaces, "a@b;to-tag=1;from-tag=2"},
                    {sip::HeaderId::referred_by, "<sip:bob@example.com>"}},
                   now);
        run();
        return last(sip::Method::invite);
    }
};

}  // namespace

TEST_CASE("a call from the trunk is answered as the trunk wants it, also after a move") {
    Particular world;
    world.request("INVITE", 1, 1, three_codecs);
    REQUIRE(world.last_status() == 200);
    check_contact(world.sent.back(), "1000");
    CHECK(only_pcma(world.sent.back()));
    world.request("ACK", 1, 1);
    world.move_everybody("1000", "2000");
    world.request("INVITE", 1, 2, three_codecs);
    REQUIRE(world.last_status() == 200);
    check_contact(world.sent.back(), "2000");
    CHECK(only_pcma(world.sent.back()));

    // A delayed offer.
    world.request("INVITE", 2, 1);
    REQUIRE(world.last_status() == 200);
    check_contact(world.sent.back(), "1000");
    CHECK(only_pcma(world.sent.back()));

    // By the trunk's own number, and to watch the room.
    world.request("INVITE", 3, 1, three_codecs, "+49301");
    check_contact(world.sent.back(), "conference");
    world.request("SUBSCRIBE", 4, 1, {}, "+49301", {}, "Event: conference\r\n");
    REQUIRE(world.requests(sip::Method::notify).size() == 1);
    check_contact(world.last(sip::Method::notify), "conference");

    // Whoever else calls.
    world.flow.remote = *Endpoint::parse("192.0.2.8:5060");
    world.request("INVITE", 5, 1, three_codecs);
    REQUIRE(world.last_status() == 200);
    CHECK(world.sent.back().contacts().at(0).uri.host() == "192.0.2.1");
    CHECK(world.sent.back().contacts().at(0).params.has("isfocus"));
    CHECK(world.sent.back().body().find("opus") != std::string::npos);
}

TEST_CASE("a call to the trunk that is moved stays as the trunk wants it") {
    Particular world;
    world.answer(world.dial("tel:+4940123"), 200, pcma,
                 {{sip::HeaderId::require, "timer"}, {sip::HeaderId::session_expires, "1800;refresher=uac"}});
    REQUIRE(world.log.count("dial.answered") == 1);
    world.move_everybody("1000", "2000");
    const auto before = world.requests(sip::Method::invite).size();
    world.pass(901s);
    REQUIRE(world.requests(sip::Method::invite).size() > before);
    check_contact(world.last(sip::Method::invite), "2000");
}

TEST_CASE("calls from a trunk count for none of its limits of calls to it") {
    Trunk trunk = particular();
    trunk.tolls.calls = 1;
    Particular world(std::move(trunk));
    world.request("INVITE", 1, 1, three_codecs);
    CHECK(world.last_status() == 200);
    world.dial("tel:+4940123");
    CHECK(world.requests(sip::Method::invite).size() == 1);
    world.dial("tel:+4940124");
    CHECK(world.requests(sip::Method::invite).size() == 1);
}

TEST_CASE("a trunk that is reached by its address is called as one that is reached by a number") {
    FocusSettings settings = with(particular());
    settings.media.video.codecs = {VideoCodec::h264};
    settings.video.enabled = true;
    World world(std::move(settings));
    for (const char* way : {"tel:+4940123", "sip:+4940123@198.51.100.9"}) {
        CAPTURE(way);
        world.focus.dial("1000", *sip::Uri::parse(way), {}, world.now);
        world.run();
        check_particular(world.requests(sip::Method::invite).back());
    }
}

TEST_CASE("Replaces is left out towards a trunk that takes none") {
    Particular world;
    for (const char* way : {"tel:+4940123", "sip:+4940123@198.51.100.9"}) {
        CAPTURE(way);
        const auto invite = world.dial_in_place_of_somebody(way);
        CHECK_FALSE(invite.has(sip::HeaderId::replaces));
        CHECK(invite.has(sip::HeaderId::referred_by));
    }
    CHECK(world.dial_in_place_of_somebody("sip:bob@192.0.2.50").has(sip::HeaderId::replaces));
    Trunk trunk = particular();
    trunk.replaces = true;
    Particular other(std::move(trunk));
    CHECK(other.dial_in_place_of_somebody("tel:+4940123").has(sip::HeaderId::replaces));
}

TEST_CASE(
    "a trunk over TLS: OPTIONS first, a name in every Contact, sip and not sips, known by certificate") {
    Trunk trunk = particular();
    trunk.proxy = *sip::Uri::parse("sip:198.51.100.7:5061;transport=tls");
    trunk.addresses.clear();
    trunk.certificate = "sip.carrier.example";
    trunk.options_first = true;
    Particular world(std::move(trunk));
    world.start();
    const auto asked = world.last(sip::Method::options);
    CHECK(asked.top_via().transport == "TLS");
    CHECK(asked.contacts().at(0).uri.host() == "sbc.example.net");
    world.answer(asked, 200);
    const auto invite = world.dial("tel:+4940123");
    CHECK(invite.top_via().transport == "TLS");
    check_particular(invite);
    CHECK(invite.contacts().at(0).uri.scheme() == sip::Uri::Scheme::sip);
    CHECK(invite.contacts().at(0).uri.param("transport") == "tls");
    CHECK(invite.uri().scheme() == sip::Uri::Scheme::sip);

    world.flow.transport = sip::Transport::tls;
    world.flow.domain = "sip.carrier.example";
    world.request("INVITE", 1, 1, three_codecs);
    REQUIRE(world.last_status() == 200);
    check_contact(world.sent.back(), "1000");
    CHECK(only_pcma(world.sent.back()));
    CHECK(world.sent.back().contacts().at(0).uri.scheme() == sip::Uri::Scheme::sip);
    world.flow.domain.clear();
    world.request("INVITE", 2, 1, three_codecs);
    REQUIRE(world.last_status() == 200);
    CHECK(world.sent.back().contacts().at(0).params.has("isfocus"));
}

TEST_CASE("the number a call is for may stand in To, where the trunk says so") {
    const auto room_of = [](bool in_to, std::string_view target, std::string_view to,
                            std::string_view source = "192.0.2.9") {
        Trunk trunk = particular();
        trunk.dids = {{"+49301", "conference"}, {"4930", "2000"}};
        trunk.dids_in_to = in_to;
        Particular world(std::move(trunk));
        world.flow.remote.address = *IpAddress::parse(source);
        world.agent.receive(
            fmt::format(
                "INVITE sip:{}@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKdid\r\n"
                "From: <sip:+4940@carrier.example>;tag=f\r\nTo: <{}>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"
                "Contact: <sip:192.0.2.9>\r\nMax-Forwards: 70\r\nContent-Type: application/sdp\r\n"
                "Content-Length: {}\r\n\r\n{}",
                target, to, three_codecs.size(), three_codecs),
            world.flow, world.now);
        world.run();
        return world.log.field("call.joined", "room");
    };
    CHECK(room_of(true, "4930", "sip:+49301@carrier.example") == "conference");
    CHECK(room_of(true, "4930", "tel:+49-301;ext=1") == "conference");
    CHECK(room_of(true, "4930", "sip:+49302@carrier.example") == "2000");
    CHECK(room_of(true, "+49301", "sip:4930@carrier.example") == "2000");
    CHECK(room_of(false, "4930", "sip:+49301@carrier.example") == "2000");
    CHECK(room_of(true, "1000", "sip:+49301@carrier.example", "192.0.2.8") == "1000");
    // RFC 3966 §4: as it is written, and what else is said of it (RFC 4694), make no other number.
    for (const char* spelt :
         {"+49-301", "+49(30)1", "+49301;npdi=yes;rn=+4930999", "+49.301;phone-context=x"}) {
        CAPTURE(spelt);
        CHECK(room_of(false, spelt, "sip:1@carrier.example") == "conference");
        CHECK(room_of(true, "4930", fmt::format("sip:{}@carrier.example", spelt)) == "conference");
    }
    CHECK(room_of(false, "+49302;rn=+49301", "sip:1@carrier.example") != "conference");
}
