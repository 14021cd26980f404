// What is left of a call for the bill: when it was answered, through which trunk, at whose wish.
#include "tests/rooms/trunk_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;

namespace {

FocusSettings ringing_carrier() {
    Trunk trunk = carrier();
    trunk.addresses = {*IpPrefix::parse("192.0.2.9/32")};  // where calls come from in these tests
    trunk.ring = 10s;
    return with(std::move(trunk));
}

struct Billed : World {
    explicit Billed(FocusSettings settings = with(carrier())) : World(std::move(settings)) {
        focus.on_record([this](const CallRecord& record) { records.push_back(record); });
    }
    sip::SipMessage dial(std::string_view target = "tel:+4930123", DialOrigin origin = {}) {
        id = focus.dial("1000", *sip::Uri::parse(target), {}, now, std::move(origin));
        run();
        return requests(sip::Method::invite).back();
    }
    void cancel() {
        focus.cancel_dial(id, now);
        run();
        focus.drain_agent(now);
    }

    DialId id;
    std::vector<CallRecord> records;
};

}  // namespace

TEST_CASE("who was dialled talks from his answer on, through that trunk, at that user's wish") {
    Billed world;
    const auto invite = world.dial("tel:+4930123", {.user = "alice"});
    world.answer(invite, 180);
    world.pass(45s);
    world.answer(invite, 200, pcmu_offer);
    const auto* room = world.focus.find_room("1000");
    REQUIRE(room);
    const media::ParticipantId who = world.all<media::JoinRoom>().at(0)->participant;
    world.pass(20s);
    world.focus.remove(room->id, who, {}, world.now);
    world.run();
    world.focus.handle(media::LegEnded{room->id, who, {}}, world.now);
    REQUIRE(world.records.size() == 1);
    const CallRecord& record = world.records[0];
    CHECK(record.ended - record.began == 65s);
    CHECK(record.ended - record.answered.value() == 20s);
    CHECK(record.trunk == "carrier");
    CHECK(record.user == "alice");
    CHECK(world.log.field("call.ended", "talk_s") == "20.0");
}

TEST_CASE("a call of ours that nobody answers leaves a record without an answer, with the refusal's status") {
    Billed world;
    const auto invite = world.dial();
    world.answer(invite, 180);
    world.pass(5s);
    world.answer(invite, 486);
    REQUIRE(world.records.size() == 1);
    const CallRecord& record = world.records[0];
    CHECK(!record.answered);
    CHECK(record.status == 486);
    CHECK(record.cause == "failed");
    CHECK(record.call_id == invite.call_id());
    CHECK(record.room == "1000");
    CHECK(record.dialed_out);
    CHECK(record.trunk == "carrier");
    CHECK(record.ended - record.began == 5s);
}

TEST_CASE("so does one that is cancelled, once, also where the answer crosses the CANCEL") {
    Billed world;
    const auto invite = world.dial();
    world.answer(invite, 180);
    world.cancel();
    world.answer(invite, 200, pcmu_offer);
    REQUIRE(world.records.size() == 1);
    CHECK(!world.records[0].answered);
    CHECK(world.records[0].cause == "local");
}

TEST_CASE("an answer nobody can use was an answer, and is on the bill") {
    Billed world;
    const auto invite = world.dial();
    world.pass(3s);
    world.answer(invite, 200, "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\n");
    REQUIRE(world.records.size() == 1);
    CHECK(world.records[0].answered == world.now);
    CHECK(world.records[0].cause == "failed");
}

TEST_CASE(
    "a call from a trunk that is given up while it rings leaves a record, one that is taken in was answered then") {
    Billed world(ringing_carrier());
    world.request("INVITE", 1, 1, pcmu_offer, "+49301");
    world.pass(4s);
    world.request("CANCEL", 1, 1, {}, "+49301");
    REQUIRE(world.records.size() == 1);
    CHECK(!world.records[0].answered);
    CHECK(!world.records[0].dialed_out);
    CHECK(world.records[0].trunk == "carrier");
    CHECK(world.records[0].room == "conference");
    CHECK(world.records[0].cause == "cancelled");
    CHECK(world.records[0].ended - world.records[0].began == 4s);
    world.request("INVITE", 2, 1, pcmu_offer, "+49301");
    world.pass(11s);
    const auto& joined = *world.all<media::JoinRoom>().at(0);
    CHECK(world.focus.find_participant(joined.room, joined.participant)->answered == world.now - 1s);
}
