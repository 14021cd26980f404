// Two user agents over a network that loses, repeats, reorders and delays.
#include <algorithm>

#include "tests/signaling/sim_owner.hpp"
#include "tests/sim/sip_network.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

namespace {

const Endpoint alice_at = *Endpoint::parse("192.0.2.1:5060");
const Endpoint bob_at = *Endpoint::parse("192.0.2.2:5060");

// Alice and Bob, each with an agent, and the network between them.
struct World {
    explicit World(std::uint64_t seed, const sim::LinkFaults& faults = {.delay = 20ms})
        : random(seed), alice("alice", random), bob("bob", random), network(seed, faults) {
        network.add(alice_at, alice.agent, [this](TimePoint now) { alice.take_events(now); });
        network.add(bob_at, bob.agent, [this](TimePoint now) { bob.take_events(now); });
    }
    TimePoint now() const { return network.now(); }
    SessionId call(bool with_offer = true, Transport transport = Transport::udp) {
        return alice.call(sim::SipNetwork::flow(alice_at, bob_at, transport), with_offer, now());
    }
    // Alice's side hangs up; whatever Bob still believes in, a ping shows to be gone.
    void finish() {
        network.drop_if({});
        network.set_faults({.delay = 20ms});
        alice.answers_at_once = bob.answers_at_once = true;
        alice.retries_reinvites = bob.retries_reinvites = false;
        network.run(40s);  // INVITEs still on their way arrive, or fail
        for (const SessionId session : alice.living()) alice.agent.bye(session, {}, now());
        network.run(400s);
        CHECK(alice.living().empty());
        for (const SessionId session : bob.living()) {
            bob.legs.at(session).alive.reset();
            CHECK(bob.agent.ping(session, now()));
        }
        network.run(40s);
        for (const SessionId session : bob.living()) {
            CHECK(bob.legs.at(session).alive == false);
            bob.agent.bye(session, {}, now());
        }
        network.run(100s);
        CHECK(bob.living().empty());
        CHECK(alice.agent.idle());
        CHECK(bob.agent.idle());
    }

    SeededRandom random;
    SimOwner alice, bob;
    sim::SipNetwork network;
};

// Drops the first `count` messages that begin like this.
std::function<bool(std::string_view)> drop_first(std::string_view begin, int count) {
    return [begin, count](std::string_view bytes) mutable {
        if (!bytes.starts_with(begin) || count == 0) return false;
        --count;
        return true;
    };
}

}  // namespace

TEST_CASE("A call over a clean network is confirmed on both sides within two trips") {
    for (const Transport transport : {Transport::udp, Transport::tcp}) {
        World world(1);
        const SessionId session = world.call(true, transport);
        world.network.run(41ms);
        CHECK(world.alice.only().confirmed);
        world.network.run(20ms);
        CHECK(world.bob.only().confirmed);
        CHECK(world.alice.only().answers == 1);
        world.alice.agent.bye(session, "Q.850;cause=16", world.now());
        world.network.run(21ms);
        REQUIRE(world.bob.only().end);
        CHECK(world.bob.only().end->cause == EndCause::remote_bye);
        CHECK(world.bob.only().end->reason == "Q.850;cause=16");
        CHECK(world.network.sent() == 5);  // INVITE, 200, ACK, BYE; the 200 to the BYE is on its way
        world.finish();
    }
}

TEST_CASE("Delayed offer: Bob's answer-to-be is an offer, Alice's answer goes in the ACK") {
    World world(2);
    world.call(false);
    world.network.run(1s);
    CHECK(world.bob.only().answers == 1);
    CHECK(world.alice.only().confirmed);
    CHECK(world.bob.only().confirmed);
    world.finish();
}

TEST_CASE("Hold and resume: re-INVITEs of both sides, with and without SDP") {
    World world(3);
    const SessionId session = world.call();
    world.network.run(1s);
    for (const bool with_offer : {true, false, true}) {
        CHECK(world.alice.reinvite(session, with_offer, world.now()));
        world.network.run(1s);
        CHECK(world.bob.reinvite(world.bob.only_id(), with_offer, world.now()));
        world.network.run(1s);
    }
    CHECK(world.alice.only().reinvites == 3);
    CHECK(world.bob.only().reinvites == 3);
    CHECK(world.alice.only().answers == 1 + 2 + 1);  // the call, two offers, one in a 200
    CHECK(world.bob.only().answers == 2 + 1);
    CHECK_FALSE(world.alice.only().end);
    world.finish();
}

TEST_CASE("Glare: both re-INVITEs fail with 491, and both get through one after the other (interop rule 5)") {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        World world(seed);
        world.alice.retries_reinvites = world.bob.retries_reinvites = true;
        const SessionId session = world.call();
        world.network.run(1s);
        CHECK(world.alice.reinvite(session, true, world.now()));
        CHECK(world.bob.reinvite(world.bob.only_id(), true, world.now()));
        world.network.run(10s);
        CHECK(world.alice.only().failed == 1);
        CHECK(world.bob.only().failed >= 1);
        CHECK(world.alice.only().reinvites == 1);
        CHECK(world.bob.only().reinvites == 1);
        CHECK(world.alice.only().answers == 2);
        CHECK(world.bob.only().answers == 1);
        world.finish();
    }
}

TEST_CASE("Early media over a network that loses a third: PRACK, then the 200, with and without an offer") {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        CAPTURE(seed);
        World world(seed, {.loss = 0.3, .delay = 20ms, .jitter = 50ms});
        world.bob.answers_at_once = false;
        world.call(seed % 2 == 0);
        world.network.run(10s);
        if (world.bob.legs.empty()) continue;
        world.bob.ring_with_media(world.bob.only_id(), world.now());
        world.network.run(std::chrono::milliseconds(seed * 20));
        world.bob.accept_if_due(world.bob.only_id(), world.now());
        world.network.run(40s);
        CHECK(world.alice.only().confirmed);
        CHECK(world.bob.only().confirmed);
        CHECK(world.alice.only().answers + world.bob.only().answers == 1);
        world.finish();
    }
}

TEST_CASE("CANCEL and 200 cross at every distance: both sides end, once, and nothing is left") {
    for (int ms = 0; ms <= 80; ms += 2) {
        World world(static_cast<std::uint64_t>(ms));
        world.bob.answers_at_once = false;
        const SessionId session = world.call();
        world.network.run(25ms);
        world.bob.agent.ring(world.bob.only_id(), world.now());
        world.network.run(25ms);
        world.bob.accept(world.bob.only_id(), world.now());
        world.network.flush();
        world.network.run(std::chrono::milliseconds(ms));
        world.alice.agent.cancel(session, world.now());
        world.network.run(5s);
        REQUIRE(world.alice.only().end);
        REQUIRE(world.bob.only().end);
        CHECK(world.alice.only().end->cause == EndCause::local);
        CHECK(world.bob.only().end->cause == EndCause::remote_bye);
        world.finish();
    }
}

TEST_CASE("A lost ACK is sent again for the next 200; if all are lost the call ends with BYE") {
    World world(4);
    SUBCASE("three") {
        world.network.drop_if(drop_first("ACK", 3));
        world.call();
        world.network.run(10s);
        CHECK(world.bob.only().confirmed);
        CHECK_FALSE(world.bob.only().end);
    }
    SUBCASE("all") {
        world.network.drop_if([](std::string_view bytes) { return bytes.starts_with("ACK"); });
        world.call();
        world.network.run(33s);
        REQUIRE(world.bob.only().end);
        CHECK(world.bob.only().end->cause == EndCause::no_ack);
        REQUIRE(world.alice.only().end);
        CHECK(world.alice.only().end->cause == EndCause::remote_bye);
    }
    world.finish();
}

TEST_CASE("A lost BYE, or a lost 200 to it, is repeated; lost for good, the sender ends all the same") {
    World world(5);
    const SessionId session = world.call();
    world.network.run(1s);
    SUBCASE("BYE") {
        world.network.drop_if(drop_first("BYE", 4));
    }
    SUBCASE("200") {
        world.network.drop_if(drop_first("SIP/2.0 200", 4));
    }
    world.alice.agent.bye(session, {}, world.now());
    world.network.run(20s);
    CHECK(world.bob.only().end);
    CHECK(world.alice.agent.session_count() == 0);
    world.finish();
}

TEST_CASE("A BYE lost for good leaves the peer with a call that the next ping shows to be gone") {
    World world(6);
    const SessionId session = world.call();
    world.network.run(1s);
    world.network.drop_if([](std::string_view bytes) { return bytes.starts_with("BYE"); });
    world.alice.agent.bye(session, {}, world.now());
    world.network.run(40s);
    CHECK(world.alice.agent.session_count() == 0);
    CHECK_FALSE(world.bob.only().end);
    world.finish();
}

TEST_CASE("Pings over a network that loses a fifth are answered") {
    World world(7, {.loss = 0.2, .delay = 20ms, .jitter = 20ms});
    const SessionId session = world.call();
    world.network.run(30s);
    REQUIRE(world.alice.only().confirmed);
    CHECK(world.alice.agent.ping(session, world.now()));
    world.network.run(35s);
    CHECK(world.alice.only().alive == true);
    world.finish();
}

TEST_CASE("Session timers keep a call for an hour and let go of a dead peer") {
    for (const Transport transport : {Transport::udp, Transport::tcp}) {
        World world(9);
        world.call(true, transport);
        world.network.run(1s);
        for (int minute = 0; minute < 60; ++minute) {
            // Calls that need no more than the first exchange still hear of each other.
            world.network.run(60s);
            CHECK_FALSE(world.alice.only().end);
            CHECK_FALSE(world.bob.only().end);
        }
        CHECK(world.network.sent() > 5);  // refreshes went
        world.network.drop_if([](std::string_view) { return true; });
        world.network.run(1800s);
        CHECK(world.alice.only().end);
        CHECK(world.bob.only().end);
        world.network.drop_if({});
        world.finish();
    }
}

TEST_CASE("A refresh that meets a re-INVITE costs neither the call nor the change") {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        World world(seed);
        world.bob.retries_reinvites = world.alice.retries_reinvites = true;
        const SessionId session = world.call();
        // Half the interval after Bob's 200, give or take a trip.
        world.network.run(900s - 40ms + std::chrono::milliseconds(2 * seed));
        CHECK(world.alice.reinvite(session, true, world.now()));
        world.network.run(30s);
        CHECK(world.alice.only().answers == 2);
        world.network.run(3600s);
        CHECK_FALSE(world.alice.only().end);
        CHECK_FALSE(world.bob.only().end);
        world.finish();
    }
}

TEST_CASE("Three hundred calls over a bad network are all set up and all ended") {
    World world(8, {.loss = 0.15,
                    .duplicate = 0.1,
                    .reorder = 0.2,
                    .delay = 20ms,
                    .jitter = 100ms,
                    .reorder_by = 300ms});
    for (int i = 0; i < 300; ++i) {
        world.call(i % 3 != 0);
        world.network.run(100ms);
    }
    world.network.run(60s);
    const auto confirmed = [](const SimOwner& owner) {
        return std::count_if(owner.legs.begin(), owner.legs.end(),
                             [](const auto& leg) { return leg.second.confirmed; });
    };
    CHECK(world.bob.legs.size() == 300);
    CHECK(confirmed(world.alice) == 300);
    CHECK(confirmed(world.bob) == 300);
    world.finish();
}

namespace {

// One thing an owner might do now, of all there are.
void do_something(World& world, SimOwner& owner, const Flow& to_peer) {
    const auto living = owner.living();
    if (living.empty() || (living.size() < 3 && world.random.u32() % 6 == 0)) {
        owner.call(to_peer, world.random.u32() % 3 != 0, world.now());
        return;
    }
    const SessionId session = living[world.random.u32() % living.size()];
    const bool with_offer = world.random.u32() % 2 == 0;
    switch (world.random.u32() % 9) {
        case 8:
            owner.ring_with_media(session, world.now());
            break;
        case 0:
            owner.agent.ring(session, world.now());
            break;
        case 1:
        case 2:
            owner.accept_if_due(session, world.now());
            break;
        case 3:
            owner.reject_if_due(session, world.now());
            break;
        case 4:
            owner.agent.ping(session, world.now());
            break;
        case 5:
            owner.agent.bye(session, {}, world.now());
            break;
        default:
            owner.reinvite(session, with_offer, world.now());
            break;
    }
}

sim::LinkFaults random_faults(RandomSource& random) {
    constexpr double levels[] = {0, 0, 0.1, 0.3};
    const auto level = [&] { return levels[random.u32() % 4]; };
    return {.loss = level(),
            .duplicate = level(),
            .reorder = level(),
            .delay = std::chrono::milliseconds(random.u32() % 200),
            .jitter = std::chrono::milliseconds(random.u32() % 400),
            .reorder_by = std::chrono::milliseconds(random.u32() % 3000)};
}

}  // namespace

TEST_CASE(
    "Ten thousand random orders of commands and messages: every session ends once and nothing is left") {
    std::uint64_t sessions = 0, confirmed = 0, answers = 0, failed = 0;
    for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
        CAPTURE(seed);
        World world(seed);
        world.network.set_faults(random_faults(world.random));
        const Transport transport = seed % 8 == 0 ? Transport::tcp : Transport::udp;
        world.alice.answers_at_once = world.random.u32() % 2 == 0;
        world.bob.answers_at_once = world.random.u32() % 2 == 0;
        world.alice.retries_reinvites = world.random.u32() % 2 == 0;
        world.bob.retries_reinvites = world.random.u32() % 2 == 0;
        for (int step = 0; step < 8; ++step) {
            if (world.random.u32() % 2 == 0)
                do_something(world, world.alice, sim::SipNetwork::flow(alice_at, bob_at, transport));
            else
                do_something(world, world.bob, sim::SipNetwork::flow(bob_at, alice_at, transport));
            constexpr int pauses_ms[] = {0, 1, 30, 200, 1500, 5000};
            world.network.run(std::chrono::milliseconds(pauses_ms[world.random.u32() % 6]));
        }
        world.finish();
        for (const SimOwner* owner : {&world.alice, &world.bob})
            for (const auto& [id, leg] : owner->legs) {
                ++sessions;
                confirmed += leg.confirmed;
                answers += static_cast<std::uint64_t>(leg.answers);
                failed += static_cast<std::uint64_t>(leg.failed);
            }
    }
    // The runs are worth something only if much happened in them.
    CHECK(sessions > 30'000);
    CHECK(confirmed > 10'000);
    CHECK(answers > 10'000);
    CHECK(failed > 500);
}
