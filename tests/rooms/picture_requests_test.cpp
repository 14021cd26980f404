// INFO that asks a participant for his whole picture (RFC 5168, interop rule 14).
#include "rooms/picture_requests.hpp"

#include "tests/rooms/focus_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;

namespace {

struct Watching : World {
    Watching() {
        call(1);
        who = all<JoinRoom>()[0]->participant;
    }
    void ask() {
        focus.request_picture(who, now);
        run();
    }
    std::size_t asked() const { return requests(sip::Method::info).size(); }

    ParticipantId who;
};

}  // namespace

TEST_CASE("a picture is asked for once a second, and not while an answer is owed") {
    Watching world;
    world.ask();
    REQUIRE(world.asked() == 1);
    const auto info = world.requests(sip::Method::info)[0];
    CHECK(info.header(sip::HeaderId::content_type) == "application/media_control+xml");
    CHECK(info.body().find("<picture_fast_update/>") != info.body().npos);
    world.pass(2s);
    world.sent.clear();
    world.ask();
    CHECK(world.asked() == 0);
    world.answer(info, 200);
    world.ask();
    CHECK(world.asked() == 1);
    world.answer(world.requests(sip::Method::info).back(), 200);
    world.ask();
    CHECK(world.asked() == 1);
    world.now += 1s;
    world.ask();
    CHECK(world.asked() == 2);
}

TEST_CASE("who knows no picture update is not asked again, who is busy is") {
    for (const int status : {415, 486}) {
        Watching world;
        world.ask();
        world.answer(world.requests(sip::Method::info)[0], status);
        world.now += 2s;
        world.ask();
        CHECK(world.asked() == (status == 415 ? 1 : 2));
        CHECK(world.focus.calls() == 1);
    }
}

TEST_CASE("nobody is asked who is not there") {
    Watching world;
    world.request("BYE", 1, 2);
    world.ask();
    world.focus.request_picture(ParticipantId{77}, world.now);
    CHECK(world.asked() == 0);
}
