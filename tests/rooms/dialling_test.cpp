#include "tests/rooms/focus_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;

namespace {

sip::Uri uri(std::string_view text) {
    return *sip::Uri::parse(text);
}

const sip::Uri callee = uri("sip:callee@192.0.2.50");

sip::ExtraHeaders contact(std::string value) {
    return {{sip::HeaderId::contact, std::move(value)}};
}

// Dials the callee into room 1000 and gives the INVITE.
struct Dialling : World {
    explicit Dialling(FocusSettings settings = default_settings()) : World(std::move(settings)) {
        id = focus.dial("1000", callee, {}, now);
        run();
    }
    sip::SipMessage invite(std::size_t index = 0) const { return requests(sip::Method::invite).at(index); }
    std::string outcome() const { return log.field("dial.failed", "status"); }

    DialId id;
};

}  // namespace

TEST_CASE("who is dialled into a room joins it when he answers, and the room opens for the call") {
    Dialling world;
    const auto invite = world.invite();
    CHECK(invite.uri() == callee);
    CHECK(invite.contacts().at(0).uri.user() == "1000");
    CHECK(invite.contacts().at(0).params.has("isfocus"));
    CHECK(invite.body().find("opus/48000/2") != std::string::npos);
    CHECK(world.all<OpenRoom>().size() == 1);
    world.answer(invite, 180);
    CHECK(world.log.count("dial.progress") == 1);
    CHECK(world.all<JoinRoom>().empty());
    world.answer(invite, 200, pcmu_offer);
    CHECK(world.requests(sip::Method::ack).size() == 1);
    REQUIRE(world.all<JoinRoom>().size() == 1);
    CHECK(world.all<JoinRoom>()[0]->audio.send.codec == AudioCodec::pcmu);
    CHECK(world.log.count("dial.answered") == 1);
    CHECK(world.focus.call_counters().dials_answered == 1);
    CHECK(world.focus.call_counters().dials_failed.empty());
    CHECK(world.focus.calls() == 1);
}

TEST_CASE("early media is not let into the room") {
    Dialling world;
    world.answer(world.invite(), 183, pcmu_offer);
    CHECK(world.all<JoinRoom>().empty());
    CHECK(world.focus.calls() == 1);
}

TEST_CASE("a refusal is told with its status and gives room and ports back") {
    for (const int status : {404, 480, 486, 500, 503, 603}) {
        Dialling world;
        world.answer(world.invite(), status);
        CHECK(world.outcome() == std::to_string(status));
        CHECK(world.focus.rooms() == 0);
        CHECK(world.ports.out == 0);
        CHECK(world.all<CloseRoom>().size() == 1);
        CHECK(world.focus.calls() == 0);
    }
}

TEST_CASE("whom nobody answers for is given up after the ring limit, with CANCEL and 408") {
    Dialling world;
    world.answer(world.invite(), 180);
    world.pass(59s);
    CHECK(world.outcome().empty());
    world.pass(2s);
    CHECK(!world.requests(sip::Method::cancel).empty());
    CHECK(world.outcome() == "408");
    CHECK(world.focus.rooms() == 0);
}

TEST_CASE("a dial is cancelled on demand, and an answer that crosses the CANCEL gets BYE") {
    Dialling world;
    world.answer(world.invite(), 180);
    world.focus.cancel_dial(world.id, world.now);
    world.run();
    world.focus.drain_agent(world.now);
    CHECK(world.requests(sip::Method::cancel).size() == 1);
    CHECK(world.outcome() == "487");
    world.answer(world.invite(), 200, pcmu_offer);
    CHECK(world.requests(sip::Method::ack).size() == 1);
    CHECK(world.requests(sip::Method::bye).size() == 1);
    CHECK(world.all<JoinRoom>().empty());
}

TEST_CASE("the end of all calls cancels what still rings") {
    Dialling world;
    world.answer(world.invite(), 180);
    world.focus.end_all_calls("SIP;cause=503", world.now);
    world.run();
    CHECK(world.requests(sip::Method::cancel).size() == 1);
    CHECK(world.focus.rooms() == 0);
}

TEST_CASE("an answer nobody can use ends the call and is 488") {
    Dialling world;
    world.answer(world.invite(), 200, "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\n");
    CHECK(world.requests(sip::Method::bye).size() == 1);
    CHECK(world.outcome() == "488");
    CHECK(world.ports.out == 0);
}

TEST_CASE("of several answers of a forking proxy the first joins and the others get BYE") {
    Dialling world;
    world.answer(world.invite(), 200, pcmu_offer, {}, "one");
    world.answer(world.invite(), 200, pcmu_offer, {}, "two");
    world.answer(world.invite(), 200, pcmu_offer, {}, "three");
    CHECK(world.requests(sip::Method::ack).size() == 3);
    REQUIRE(world.requests(sip::Method::bye).size() == 2);
    CHECK(world.requests(sip::Method::bye)[0].to_tag() == "two");
    CHECK(world.all<JoinRoom>().size() == 1);
}

TEST_CASE("a 3xx is followed, best contact first, until somebody answers") {
    Dialling world;
    world.answer(world.invite(), 302, {},
                 contact("<sip:low@192.0.2.51>;q=0.2, <sip:high@192.0.2.52>;q=0.9, <mailto:a@b.c>"));
    REQUIRE(world.requests(sip::Method::invite).size() == 2);
    CHECK(world.invite(1).uri().user() == "high");
    world.answer(world.invite(1), 486);
    REQUIRE(world.requests(sip::Method::invite).size() == 3);
    CHECK(world.invite(2).uri().user() == "low");
    world.answer(world.invite(2), 200, pcmu_offer);
    CHECK(world.all<JoinRoom>().size() == 1);
    CHECK(world.outcome().empty());
}

TEST_CASE("a loop of redirections ends, and so does a chain without end") {
    Dialling loop;
    loop.answer(loop.invite(), 302, {}, contact("<sip:callee@192.0.2.50>"));
    CHECK(loop.requests(sip::Method::invite).size() == 1);
    CHECK(loop.outcome() == "480");

    Dialling chain;
    for (int i = 0; i < 100 && chain.outcome().empty(); ++i)
        chain.answer(chain.invite(static_cast<std::size_t>(i)), 302, {},
                     contact(fmt::format("<sip:next{}@192.0.2.51>", i)));
    CHECK(chain.requests(sip::Method::invite).size() == 9);
    CHECK(chain.outcome() == "480");
}

TEST_CASE("a call to sips is redirected to sips only") {
    World world;
    world.focus.dial("1000", uri("sips:callee@192.0.2.50"), {}, world.now);
    world.run();
    const auto invite = world.requests(sip::Method::invite).at(0);
    world.answer(invite, 302, {}, contact("<sip:callee@192.0.2.51>"));
    CHECK(world.requests(sip::Method::invite).size() == 1);
}

TEST_CASE("a 3xx to what cannot be called is a call that failed, and says why") {
    Dialling world;
    world.answer(world.invite(), 302, {}, contact("<tel:+4930123>"));
    CHECK(world.requests(sip::Method::invite).size() == 1);
    CHECK(world.outcome() == "416");
    CHECK(std::ranges::any_of(world.log.records, [](const LogRecord& record) {
        return record.event == "dial.failed" && record.message == "redirected to what is no SIP address";
    }));
    // Beside one that can it is passed over.
    Dialling both;
    both.answer(both.invite(), 302, {}, contact("<tel:+4930123>, <sip:next@192.0.2.51>"));
    REQUIRE(both.requests(sip::Method::invite).size() == 2);
    both.answer(both.invite(1), 486);
    CHECK(both.outcome() == "486");
}

TEST_CASE("redirections do not make the ring limit longer") {
    Dialling world;
    world.pass(50s);
    world.answer(world.invite(), 302, {}, contact("<sip:next@192.0.2.51>"));
    world.answer(world.invite(1), 180);
    world.pass(11s);
    CHECK(world.outcome() == "408");
}

TEST_CASE("nowhere, full and draining are answered without a call") {
    World world;
    world.focus.dial("1000", uri("sip:callee@no-such-name.example"), {}, world.now);
    world.run();
    CHECK(world.log.field("dial.failed", "status") == "404");
    world.log.records.clear();
    world.focus.dial("no-room", callee, {}, world.now);
    world.run();
    CHECK(world.log.field("dial.failed", "status") == "404");
    world.log.records.clear();
    world.call(1);
    world.call(2);
    world.focus.dial("1000", callee, {}, world.now);
    world.run();
    CHECK(world.log.field("dial.failed", "status") == "486");
    CHECK(world.requests(sip::Method::invite).empty());
    const CallCounters& counters = world.focus.call_counters();
    CHECK(counters.dials_failed == std::map<int, std::uint64_t>{{404, 2}, {486, 1}});
    CHECK(counters.dials_answered == 0);
    CHECK(counters.refused.empty());  // that is who calls us
}

TEST_CASE("who was dialled hangs up like any other participant") {
    Dialling world;
    world.answer(world.invite(), 200, pcmu_offer);
    world.focus.end_all_calls("SIP;cause=503", world.now);
    world.run();
    CHECK(world.requests(sip::Method::bye).size() == 1);
    CHECK(world.all<LeaveRoom>().size() == 1);
    CHECK(world.focus.rooms() == 0);
}

TEST_CASE("a stranger's 3xx leads through no trunk, to none of our users, and nowhere inside") {
    FocusSettings settings = World::default_settings();
    Trunk trunk;
    trunk.name = "carrier";
    trunk.proxy = uri("sip:198.51.100.7:5070");
    trunk.domain = "carrier.example";
    trunk.addresses = {*IpPrefix::parse("198.51.100.7")};
    trunk.numbers = [](std::string_view number) { return number.starts_with("+"); };
    settings.trunks = TrunkTable({trunk});
    for (const char* target :
         {"<sip:+4930@192.0.2.1>", "<sip:+4930@carrier.example>", "<sip:bob@198.51.100.7>",
          "<sip:bob@10.0.0.9>", "<sip:bob@127.0.0.1>", "<sip:alice@192.0.2.1>"}) {
        CAPTURE(target);
        Dialling world(settings);
        world.answer(world.invite(), 302, {}, contact(target));
        CHECK(world.requests(sip::Method::invite).size() == 1);
        CHECK(!world.outcome().empty());
    }
    // The trunk's own may go on through it.
    World world(settings);
    world.focus.dial("1000", uri("tel:+4940"), {}, world.now);
    world.run();
    const auto first = world.requests(sip::Method::invite).at(0);
    world.answer(first, 302, {}, contact("<sip:+4941@carrier.example>"));
    CHECK(world.requests(sip::Method::invite).size() == 2);
}
