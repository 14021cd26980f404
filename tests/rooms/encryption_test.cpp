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

TEST_CASE("from outside over UDP nothing is sent to the address of the SDP before the ACK") {
    FocusSettings settings = World::default_settings();
    settings.local_net = std::vector<IpPrefix>{*IpPrefix::parse("10.0.0.0/8")};
    World world(settings);
    world.request("INVITE", 1, 1, pcmu_offer);
    REQUIRE(world.all<JoinRoom>().size() == 1);
    CHECK_FALSE(world.all<JoinRoom>()[0]->audio.sends);
    CHECK(world.all<JoinRoom>()[0]->audio.receives);
    CHECK(world.all<UpdateLeg>().empty());
    world.request("ACK", 1, 1);
    REQUIRE(world.all<UpdateLeg>().size() == 1);
    CHECK(world.all<UpdateLeg>()[0]->audio.sends);
}
