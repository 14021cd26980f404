#include "rooms/participant_name.hpp"

#include <doctest/doctest.h>

using namespace rotunda;
using namespace rotunda::rooms;

namespace {

Participant somebody() {
    static SeededRandom random(1);
    Participant who(sdp::OfferAnswer(sdp::default_capabilities(), random));
    who.id = media::ParticipantId{7};
    return who;
}

sip::SessionPeer from(const char* address) {
    sip::SessionPeer peer;
    peer.address = *sip::NameAddr::parse(address);
    peer.target = *sip::Uri::parse("sip:x@198.51.100.7");
    return peer;
}

}  // namespace

TEST_CASE("a caller is shown by From: its name, else its user") {
    CHECK(name_to_show(somebody(), from("\"Anna\" <sip:anna@example.org>")) == "Anna");
    CHECK(name_to_show(somebody(), from("<sip:anna@example.org>")) == "anna");
    CHECK(name_to_show(somebody(), from("<sip:example.org>")) == "Guest");
}

TEST_CASE("whom a trunk asserts is shown in place of From") {
    Participant who = somebody();
    who.asserted = *sip::NameAddr::parse("\"Alice\" <sip:+1234@carrier.example>");
    const auto peer = from("\"Anonymous\" <sip:anonymous@anonymous.invalid>");
    CHECK(name_to_show(who, peer) == "Alice");
    const RosterEntry entry = make_roster_entry(who, peer);
    CHECK(entry.display_name == "Alice");
    CHECK(entry.user == "sip:+1234@carrier.example");
}
