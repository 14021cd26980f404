#include "rooms/outbound_registration.hpp"

#include <doctest/doctest.h>

using namespace rotunda;
using namespace rotunda::rooms;
using namespace std::chrono_literals;

namespace {

using Request = OutboundRegistration::Request;
using Settings = OutboundRegistration::Settings;

struct Registering {
    explicit Registering(const Settings& settings = {.expires = 600s}, std::uint64_t seed = 1)
        : random(seed), registration(settings, random, now) {}

    // Sleeps until something is due and says how long that was.
    Duration wait() {
        const TimePoint from = now;
        REQUIRE(registration.next_timeout().has_value());
        now = std::max(now, *registration.next_timeout());
        return now - from;
    }
    std::optional<Request> due() { return registration.take_due(now); }
    void answer(OutboundRegistration::Answer what) { registration.answered(what, now); }

    SeededRandom random;
    TimePoint now = TimePoint{} + 1h;
    OutboundRegistration registration;
};

}  // namespace

TEST_CASE("it registers at once and refreshes a minute before the binding ends") {
    Registering world;
    CHECK(world.due() == Request::register_);
    CHECK(world.registration.expires() == 600s);
    CHECK(!world.due());
    CHECK(!world.registration.next_timeout());
    world.answer({.status = 200, .granted = 300s});
    CHECK(world.registration.registered(world.now));
    CHECK(world.wait() == 240s);
    CHECK(world.due() == Request::register_);
    world.answer({.status = 200, .granted = 300s});
    CHECK(world.wait() == 240s);
}

TEST_CASE("a short binding is refreshed at its half") {
    Registering world;
    world.due();
    world.answer({.status = 200, .granted = 30s});
    CHECK(world.wait() == 15s);
}

TEST_CASE("the binding ends when no refresh succeeds") {
    Registering world;
    world.due();
    world.answer({.status = 200, .granted = 300s});
    world.wait();
    world.due();
    world.answer({.status = 503});
    CHECK(world.registration.registered(world.now));
    CHECK(!world.registration.registered(world.now + 61s));
}

TEST_CASE("failures wait twice as long each time, at random, up to half an hour (RFC 5626 §4.5)") {
    Duration last{};
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Registering world({.expires = 600s}, seed);
        Duration ceiling = 30s;
        for (int i = 0; i < 12; ++i) {
            CHECK(world.due() == Request::register_);
            world.answer({.status = i % 2 ? 403 : 408});
            const Duration waited = world.wait();
            CHECK(waited >= ceiling / 2);
            CHECK(waited <= ceiling);
            if (i == 0) {
                CHECK(waited != last);
                last = waited;
            }
            ceiling = std::min<Duration>(ceiling * 2, 30min);
        }
    }
}

TEST_CASE("one success forgets the failures") {
    Registering world;
    for (int i = 0; i < 6; ++i) {
        world.due();
        world.answer({.status = 503});
        world.wait();
    }
    world.due();
    world.answer({.status = 200, .granted = 600s});
    world.wait();
    world.due();
    world.answer({.status = 503});
    CHECK(world.wait() <= 30s);
}

TEST_CASE("Retry-After is kept, but not for more than a day") {
    Registering world;
    world.due();
    world.answer({.status = 503, .retry_after = 500s});
    CHECK(world.wait() == 500s);
    world.due();
    world.answer({.status = 503, .retry_after = 1'000'000'000s});
    CHECK(world.wait() == 24h);
}

TEST_CASE("423 is answered at once with the interval it asks for, and only if that is longer and sane") {
    Registering world({.expires = 60s});
    world.due();
    world.answer({.status = 423, .min_expires = 900s});
    CHECK(world.wait() == 0s);
    CHECK(world.due() == Request::register_);
    CHECK(world.registration.expires() == 900s);
    world.answer({.status = 423, .min_expires = 900s});
    CHECK(world.wait() >= 15s);
    world.due();
    world.answer({.status = 423, .min_expires = 1'000'000'000s});
    CHECK(world.wait() >= 15s);
    CHECK(world.registration.expires() == 900s);
}

TEST_CASE("at the end the binding is taken back, once") {
    Registering world;
    world.due();
    world.answer({.status = 200, .granted = 300s});
    world.registration.stop(world.now);
    CHECK(world.due() == Request::unregister);
    world.answer({.status = 200});
    CHECK(!world.registration.registered(world.now));
    CHECK(!world.registration.next_timeout());
}

TEST_CASE("a REGISTER that is answered after the end began is taken back too") {
    Registering world;
    world.due();
    world.registration.stop(world.now);
    CHECK(!world.due());
    world.answer({.status = 200, .granted = 300s});
    CHECK(world.due() == Request::unregister);
}

TEST_CASE("who was never registered has nothing to take back") {
    Registering world;
    world.due();
    world.answer({.status = 403});
    world.registration.stop(world.now);
    CHECK(!world.due());
    CHECK(!world.registration.next_timeout());
}

TEST_CASE("with OPTIONS first, REGISTER goes out when somebody answers at all") {
    Registering world({.expires = 600s, .options_first = true});
    CHECK(!world.registration.reachable());
    CHECK(world.due() == Request::options);
    world.answer({.status = 408});
    CHECK(!world.registration.reachable());
    CHECK(world.wait() >= 15s);
    CHECK(world.due() == Request::options);
    world.answer({.status = 405});
    CHECK(world.registration.reachable());
    CHECK(world.due() == Request::register_);
    world.answer({.status = 200, .granted = 600s});
    world.wait();
    CHECK(world.due() == Request::options);
}

TEST_CASE("a trunk without registration is asked every minute whether it lives, if OPTIONS come first") {
    Registering world({.expires = std::nullopt, .options_first = true});
    CHECK(world.due() == Request::options);
    world.answer({.status = 200});
    CHECK(world.wait() == 60s);
    CHECK(world.due() == Request::options);

    Registering none(Settings{});
    CHECK(!none.registration.next_timeout());
    CHECK(none.registration.reachable());
}

TEST_CASE(
    "a connection that is lost again and again waits ever longer; one that has stood is replaced at once") {
    Registering world;
    const auto lost_after = [&](Duration stood) {
        world.due();
        world.answer({.status = 200});
        world.now += stood;
        world.registration.flow_lost(world.now);
        CHECK_FALSE(world.registration.registered(world.now));
        return world.wait();
    };
    CHECK(lost_after(2min) == 0s);
    CHECK(lost_after(1s) == 0s);
    Duration before{};
    for (const Duration ceiling : {Duration(30s), Duration(60s), Duration(120s), Duration(240s)}) {
        const Duration waited = lost_after(1s);
        CHECK(waited >= ceiling / 2);
        CHECK(waited <= ceiling);
        CHECK(waited >= before);
        before = waited;
    }
    CHECK(lost_after(2min) == 0s);
    // Twice is once.
    world.registration.flow_lost(world.now);
    CHECK(world.wait() == 0s);
}

TEST_CASE("a connection that is lost under a refresh leaves it to the refresh how it goes on") {
    Registering world;
    world.due();
    world.answer({.status = 200});
    world.wait();
    CHECK(world.due() == Request::register_);
    world.registration.flow_lost(world.now);
    CHECK_FALSE(world.registration.next_timeout());
    world.answer({.status = 408});
    CHECK_FALSE(world.registration.registered(world.now));
    CHECK(world.wait() >= 15s);
    CHECK(world.due() == Request::register_);
    world.answer({.status = 200});
    CHECK(world.registration.registered(world.now));
}
