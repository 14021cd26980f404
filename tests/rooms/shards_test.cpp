// A room that outgrows its media worker, as the focus steers it.
#include <doctest/doctest.h>

#include "tests/rooms/focus_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;
using namespace rotunda::media;

namespace {

FocusSettings two_on_a_worker() {
    FocusSettings settings = World::default_settings();
    settings.rooms.max_participants = 10;
    settings.rooms.shard_size = 2;
    return settings;
}

constexpr std::string_view film_offer =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
    "m=video 5000 RTP/AVP 97\r\na=rtpmap:97 VP8/90000\r\n";

struct Growing : World {
    explicit Growing(FocusSettings settings = two_on_a_worker()) : World(std::move(settings)) {}
    template <typename Command>
    std::vector<std::size_t> workers_told() {
        std::vector<std::size_t> out;
        for (const WorkerCommand& each : commands)
            if (std::holds_alternative<Command>(each.command)) out.push_back(each.worker);
        return out;
    }
    RoomId room() { return focus.find_room("1000")->id; }
    using Workers = std::vector<std::size_t>;
};

}  // namespace

TEST_CASE("a full worker is asked to split its room, and who comes after it has is on the next one") {
    Growing world;
    world.call(1);
    CHECK(world.all<SplitRoom>().empty());
    world.call(2);
    REQUIRE(world.all<SplitRoom>().size() == 1);
    const auto board = world.all<SplitRoom>()[0]->board;
    REQUIRE(board);
    world.call(3);  // the worker has not answered yet
    CHECK(world.workers_told<JoinRoom>() == Growing::Workers{0, 0, 0});
    world.focus.handle(RoomSplit{world.room()}, world.now);
    world.run();
    CHECK(world.log.field("room.spread", "workers") == "2");
    REQUIRE(world.all<OpenRoom>().size() == 2);
    CHECK(world.all<OpenRoom>()[1]->room == world.room());
    CHECK(world.all<OpenRoom>()[1]->shard.board == board);
    CHECK(world.all<OpenRoom>()[1]->shard.index == 1);
    world.call(4);
    world.call(5);
    CHECK(world.workers_told<JoinRoom>() == Growing::Workers{0, 0, 0, 1, 1});
    CHECK(world.all<SplitRoom>().size() == 1);  // there is no third worker
}

TEST_CASE("what is for a room is told to all its workers, what is for one of its people to his own") {
    Growing world;
    world.call(1);
    world.call(2);
    world.focus.handle(RoomSplit{world.room()}, world.now);
    world.run();
    world.call(3);
    world.commands.clear();
    const RoomId room = world.room();
    world.focus.measure_levels(room);
    world.focus.change_room(room, {.sound = {.automatic_gain = true}});
    world.focus.announce_end();
    world.run();
    CHECK(world.workers_told<MeasureLevels>() == Growing::Workers{0, 1});
    CHECK(world.workers_told<TreatVoices>() == Growing::Workers{0, 1});
    CHECK(world.workers_told<PlayChime>() == Growing::Workers{0, 1});
    world.request("BYE", 3, 2);
    CHECK(world.workers_told<LeaveRoom>() == Growing::Workers{1});
    CHECK(world.workers_told<CloseRoom>().empty());
    world.request("BYE", 1, 2);
    world.request("BYE", 2, 2);
    CHECK(world.workers_told<CloseRoom>() == Growing::Workers{0, 1});
}

TEST_CASE(
    "where somebody shows a picture all the room's workers watch who speaks, also one it comes to later") {
    FocusSettings settings = two_on_a_worker();
    settings.media.video.codecs = {VideoCodec::vp8};
    settings.video.enabled = true;
    Growing world(settings);
    world.request("INVITE", 1, 1, film_offer);
    world.request("ACK", 1, 1);
    CHECK(world.workers_told<WatchSpeaker>() == Growing::Workers{0});
    world.call(2);
    world.focus.handle(RoomSplit{world.room()}, world.now);
    world.run();
    CHECK(world.workers_told<WatchSpeaker>() == Growing::Workers{0, 1});
    world.call(3);
    world.commands.clear();
    world.request("BYE", 1, 2);
    CHECK(world.workers_told<WatchSpeaker>() == Growing::Workers{0, 1});
}

TEST_CASE("a room that is gone when its worker has split it is not opened again") {
    Growing world;
    world.call(1);
    world.call(2);
    const RoomId room = world.room();
    world.request("BYE", 1, 2);
    world.request("BYE", 2, 2);
    world.focus.handle(RoomSplit{room}, world.now);
    world.run();
    CHECK(world.all<OpenRoom>().size() == 1);
}
