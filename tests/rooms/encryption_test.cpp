// Who demands that a call is encrypted, and who is sent RTP before he has shown that he is there.
#include "rooms/encryption_policy.hpp"
#include "tests/rooms/focus_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;
using namespace rotunda::media;
using sdp::MediaEncryption;

TEST_CASE("whoever demands encryption has it; else the room's word counts before trunk's and listener's") {
    const MaybeEncryption none, off = MediaEncryption::off, optional = MediaEncryption::optional,
                                required = MediaEncryption::required;
    CHECK(stricter(none, none, none, MediaEncryption::optional) == MediaEncryption::optional);
    CHECK(stricter(none, none, none, MediaEncryption::required) == MediaEncryption::required);
    CHECK(stricter(off, none, required, MediaEncryption::optional) == MediaEncryption::required);
    CHECK(stricter(required, off, off, MediaEncryption::off) == MediaEncryption::required);
    CHECK(stricter(none, off, optional, MediaEncryption::required) == MediaEncryption::off);
    CHECK(stricter(optional, off, none, MediaEncryption::off) == MediaEncryption::optional);
}

TEST_CASE("a room that demands encryption answers 488 to who offers none, and other rooms do not") {
    FocusSettings settings = World::default_settings();
    ConfiguredRoom room;
    room.name = "2000";
    room.encryption = MediaEncryption::required;
    settings.rooms.configured = {room};
    World world(settings);
    world.request("INVITE", 1, 1, pcmu_offer, "2000");
    CHECK(world.last_status() == 488);
    world.request("INVITE", 2, 1, pcmu_offer, "1000");
    CHECK(world.last_status() == 200);
}

namespace {

constexpr std::string_view keys_offer =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    "m=audio 4000 RTP/SAVP 0\r\n"
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:4fl6DT4Bi+DWT6MsBt5BOQ7GdaxJivrrtpYLOqvm\r\n";

// What a call with that offer is answered over each transport.
int status_over(const FocusSettings& settings, sip::Transport transport, std::string_view offer) {
    World world(settings);
    world.flow.transport = transport;
    if (transport != sip::Transport::udp) world.flow.connection = sip::ConnectionId{1};
    world.request("INVITE", 1, 1, offer);
    return world.last_status();
}

}  // namespace

TEST_CASE("a listener that demands encryption answers 488 to who offers none, the others do not") {
    FocusSettings settings = World::default_settings();
    settings.listeners = {{sip::Transport::udp, *Endpoint::parse("0.0.0.0:5060"), MediaEncryption::required}};
    CHECK(status_over(settings, sip::Transport::udp, pcmu_offer) == 488);
    CHECK(status_over(settings, sip::Transport::tcp, pcmu_offer) == 200);
}

TEST_CASE(
    "a trunk that demands encryption gets 488 without, and one that has none is answered in the clear") {
    FocusSettings settings = World::default_settings();
    Trunk trunk;
    trunk.name = "carrier";
    trunk.addresses = {*IpPrefix::parse("192.0.2.0/28")};  // where the caller is
    trunk.encryption = MediaEncryption::required;
    settings.trunks = TrunkTable({trunk});
    CHECK(status_over(settings, sip::Transport::tcp, pcmu_offer) == 488);
    trunk.encryption = MediaEncryption::off;
    settings.media.encryption = MediaEncryption::optional;
    settings.trunks = TrunkTable({trunk});
    CHECK(status_over(settings, sip::Transport::tls, pcmu_offer) == 200);
    CHECK(status_over(settings, sip::Transport::tls, keys_offer) == 488);
}

TEST_CASE("where encryption is required keys in SDP count over TLS and secure WebSocket alone") {
    using sip::Transport;
    FocusSettings settings = World::default_settings();
    settings.media.encryption = MediaEncryption::required;
    for (const Transport transport : {Transport::udp, Transport::tcp, Transport::ws})
        CHECK(status_over(settings, transport, keys_offer) == 488);
    for (const Transport transport : {Transport::tls, Transport::wss})
        CHECK(status_over(settings, transport, keys_offer) == 200);
}

TEST_CASE("who calls while the machine has no time for it gets 503 and when to come again; who is in stays") {
    World world;
    world.call(1);
    world.focus.set_overloaded(true);
    world.request("INVITE", 2, 1, pcmu_offer, "1001");
    CHECK(world.last_status() == 503);
    CHECK(world.sent.back().header(sip::HeaderId::retry_after));
    CHECK(world.focus.calls() == 1);
    world.request("INVITE", 1, 3, pcmu_offer);  // of a running call
    CHECK(world.last_status() == 200);
    world.focus.set_overloaded(false);
    world.request("INVITE", 3, 1, pcmu_offer, "1001");
    CHECK(world.last_status() == 200);
}

TEST_CASE("from outside over UDP nothing is sent to the address of the SDP before the ACK") {
    FocusSettings settings = World::default_settings();
    settings.local_net = std::vector<IpPrefix>{*IpPrefix::parse("10.0.0.0/8")};
    World world(settings);
    world.request("INVITE", 1, 1, pcmu_offer);
    REQUIRE(world.all<JoinRoom>().size() == 1);
    CHECK_FALSE(world.all<JoinRoom>()[0]->audio.sends);
    CHECK(world.all<JoinRoom>()[0]->audio.remote_rtp.port == 0);
    CHECK(world.all<JoinRoom>()[0]->audio.remote_rtcp.port == 0);
    CHECK(world.all<JoinRoom>()[0]->audio.receives);
    CHECK(world.all<UpdateLeg>().empty());
    world.request("ACK", 1, 1);
    REQUIRE(world.all<UpdateLeg>().size() == 1);
    CHECK(world.all<UpdateLeg>()[0]->audio.sends);
}

TEST_CASE("a private source, which may be forged, has nothing sent to a public address before the ACK") {
    FocusSettings settings = World::default_settings();
    settings.local_net = std::vector<IpPrefix>{*IpPrefix::parse("10.0.0.0/8")};
    World world(settings);
    world.flow.remote = *Endpoint::parse("10.0.0.5:5060");
    world.request("INVITE", 1, 1, pcmu_offer);  // 192.0.2.9
    REQUIRE(world.all<JoinRoom>().size() == 1);
    CHECK_FALSE(world.all<JoinRoom>()[0]->audio.sends);
    CHECK(world.all<JoinRoom>()[0]->audio.remote_rtp.port == 0);
    world.request("ACK", 1, 1);
    REQUIRE(world.all<UpdateLeg>().size() == 1);
    CHECK(world.all<UpdateLeg>()[0]->audio.sends);
    CHECK(world.all<UpdateLeg>()[0]->audio.only_named);

    // Inside he is heard and hears at once, at whichever address.
    std::string inside(pcmu_offer);
    for (std::size_t at; (at = inside.find("192.0.2.9")) != inside.npos;) inside.replace(at, 9, "10.0.7.7");
    world.request("INVITE", 2, 1, inside);
    REQUIRE(world.all<JoinRoom>().size() == 2);
    CHECK(world.all<JoinRoom>()[1]->audio.sends);
    CHECK_FALSE(world.all<JoinRoom>()[1]->audio.only_named);

    // Nobody forges a connection.
    world.flow.transport = sip::Transport::tcp;
    world.flow.connection = sip::ConnectionId{1};
    world.request("INVITE", 3, 1, pcmu_offer, "1001");
    REQUIRE(world.all<JoinRoom>().size() == 3);
    CHECK(world.all<JoinRoom>()[2]->audio.sends);
    CHECK(world.all<JoinRoom>()[2]->audio.only_named);
}
