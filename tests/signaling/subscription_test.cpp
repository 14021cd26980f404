#include "signaling/subscription.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "base/random.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

namespace {

const EventPackage package = [] {
    EventPackage p;
    p.name = "conference";
    p.interval = 1s;
    return p;
}();

constexpr TimePoint start{1h};

// One that has sent its first NOTIFY and heard 200.
Subscription settled(std::chrono::seconds expires = 60s) {
    Subscription subscription(package, expires, start);
    REQUIRE(subscription.take_due(start));
    subscription.answered(200, {}, start);
    return subscription;
}

}  // namespace

TEST_CASE("the first NOTIFY is due at once, says everything, and how long it will last") {
    Subscription subscription(package, 60s, start);
    REQUIRE(subscription.next_timeout() == start);
    const auto due = subscription.take_due(start);
    REQUIRE(due);
    CHECK(due->full);
    CHECK_FALSE(due->last);
    CHECK(due->state == "active;expires=60");
    CHECK_FALSE(subscription.next_timeout());  // waits for the answer
    subscription.answered(200, {}, start);
    CHECK(subscription.next_timeout() == start + 60s);
}

TEST_CASE("a change is told with what is left of the time") {
    Subscription subscription = settled();
    subscription.changed();
    const auto due = subscription.take_due(start + 9500ms);
    REQUIRE(due);
    CHECK_FALSE(due->full);
    CHECK(due->state == "active;expires=51");
}

TEST_CASE("changes within the interval are one NOTIFY at its end") {
    Subscription subscription = settled();
    for (int i = 0; i < 100; ++i) {
        subscription.changed();
        CHECK_FALSE(subscription.take_due(start + 5ms * i));
    }
    CHECK(subscription.next_timeout() == start + 1s);
    CHECK(subscription.take_due(start + 1s));
    subscription.answered(200, {}, start + 1s);
    CHECK_FALSE(subscription.take_due(start + 5s));
}

TEST_CASE("one NOTIFY is under way at a time, and what changed meanwhile follows its answer") {
    Subscription subscription(package, 60s, start);
    REQUIRE(subscription.take_due(start));
    subscription.changed();
    CHECK_FALSE(subscription.take_due(start + 10s));
    CHECK_FALSE(subscription.next_timeout());
    subscription.answered(200, {}, start + 10s);
    const auto due = subscription.take_due(start + 10s);
    REQUIRE(due);
    CHECK_FALSE(due->full);
}

TEST_CASE("a refresh lasts from then on and is answered with everything") {
    Subscription subscription = settled();
    subscription.refresh(120s, start + 50s);
    const auto due = subscription.take_due(start + 50s);
    REQUIRE(due);
    CHECK(due->full);
    CHECK(due->state == "active;expires=120");
    subscription.answered(200, {}, start + 50s);
    CHECK(subscription.next_timeout() == start + 170s);
}

TEST_CASE("refreshes without end are told at the interval's pace") {
    Subscription subscription = settled();
    int notifies = 0;
    for (TimePoint now = start; now < start + 10s; now += 1ms) {
        subscription.refresh(60s, now);
        if (subscription.take_due(now)) {
            ++notifies;
            subscription.answered(200, {}, now);
        }
    }
    CHECK(notifies == 9);
}

TEST_CASE("it runs out with a last NOTIFY") {
    Subscription subscription = settled();
    CHECK_FALSE(subscription.take_due(start + 60s - 1ns));
    const auto due = subscription.take_due(start + 60s);
    REQUIRE(due);
    CHECK(due->last);
    CHECK(due->state == "terminated;reason=timeout");
    CHECK(subscription.ending());
    CHECK_FALSE(subscription.over());
    subscription.answered(200, {}, start + 61s);
    CHECK(subscription.over());
    CHECK_FALSE(subscription.next_timeout());
}

TEST_CASE("Expires: 0 fetches once") {
    Subscription subscription(package, 0s, start);
    const auto due = subscription.take_due(start);
    REQUIRE(due);
    CHECK(due->full);
    CHECK(due->last);
    CHECK(due->state == "terminated;reason=timeout");
}

TEST_CASE("an end by the subscriber is told at once and with everything, whatever the interval") {
    Subscription subscription = settled();
    subscription.refresh(0s, start + 1ms);
    const auto due = subscription.take_due(start + 1ms);
    REQUIRE(due);
    CHECK(due->last);
    CHECK(due->full);
    // And nothing brings it back.
    subscription.refresh(60s, start + 2ms);
    subscription.answered(200, {}, start + 2ms);
    CHECK(subscription.over());
}

TEST_CASE("every reason of an end has its name") {
    const std::vector<std::pair<SubscriptionEnd, std::string>> reasons = {
        {SubscriptionEnd::deactivated, "deactivated"}, {SubscriptionEnd::rejected, "rejected"},
        {SubscriptionEnd::timeout, "timeout"},         {SubscriptionEnd::giveup, "giveup"},
        {SubscriptionEnd::noresource, "noresource"},   {SubscriptionEnd::probation, "probation"}};
    for (const auto& [reason, name] : reasons) {
        Subscription subscription = settled();
        subscription.terminate(reason);
        subscription.terminate(SubscriptionEnd::giveup);  // the first one counts
        const auto due = subscription.take_due(start);
        REQUIRE(due);
        CHECK(due->state == "terminated;reason=" + name);
    }
}

TEST_CASE("an end that comes while a NOTIFY is under way is told after its answer") {
    Subscription subscription(package, 60s, start);
    REQUIRE(subscription.take_due(start));
    subscription.terminate(SubscriptionEnd::noresource);
    CHECK_FALSE(subscription.take_due(start));
    subscription.answered(200, {}, start + 1s);
    CHECK_FALSE(subscription.over());
    const auto due = subscription.take_due(start + 1s);
    REQUIRE(due);
    CHECK(due->last);
}

TEST_CASE("a NOTIFY that is refused, or never answered, ends it without another word") {
    for (const int status : {0, 300, 404, 481, 489, 500, 603}) {
        CAPTURE(status);
        Subscription subscription = settled();
        subscription.changed();
        REQUIRE(subscription.take_due(start + 2s));
        if (status == 0)
            subscription.failed();
        else
            subscription.answered(status, {}, start + 3s);
        CHECK(subscription.over());
        CHECK_FALSE(subscription.take_due(start + 100s));
    }
}

TEST_CASE("a refusal that says when to try again is tried again then, with everything") {
    Subscription subscription = settled();
    subscription.changed();
    REQUIRE(subscription.take_due(start + 2s));
    subscription.answered(503, 10s, start + 3s);
    CHECK(subscription.next_timeout() == start + 13s);
    CHECK_FALSE(subscription.take_due(start + 12s));
    const auto due = subscription.take_due(start + 13s);
    REQUIRE(due);
    CHECK(due->full);
}

TEST_CASE("a peer who wants to be left alone for ever is told of the end in time") {
    Subscription subscription = settled();
    subscription.changed();
    REQUIRE(subscription.take_due(start + 2s));
    subscription.answered(503, std::chrono::seconds(0xffffffff), start + 3s);
    CHECK(subscription.next_timeout() == start + 60s);
    CHECK(subscription.take_due(start + 60s)->last);
}

// Whatever comes in whatever order: it ends, with one last NOTIFY at most, and never more than one NOTIFY is
// under way or sent within an interval.
TEST_CASE("random orders of refresh, change, end, answer and time keep the promises") {
    SeededRandom random(7);
    for (int run = 0; run < 2000; ++run) {
        TimePoint now = start;
        Subscription subscription(package, std::chrono::seconds(random.u32() % 30), now);
        bool under_way = false, last_said = false;
        std::optional<TimePoint> said;
        for (int step = 0; step < 200 && !subscription.over(); ++step) {
            switch (random.u32() % 8) {
                case 0:
                    subscription.refresh(std::chrono::seconds(random.u32() % 20), now);
                    break;
                case 1:
                    if (random.u32() % 8 == 0) subscription.terminate(SubscriptionEnd::noresource);
                    break;
                case 2:
                    if (under_way) subscription.answered(random.u32() % 9 ? 200 : 503, 2s, now);
                    under_way = false;
                    break;
                case 3:
                    now += std::chrono::milliseconds(random.u32() % 700);
                    break;
                case 4:
                    if (const auto next = subscription.next_timeout()) now = std::max(now, *next);
                    break;
                default:
                    subscription.changed();
                    break;
            }
            const auto due = subscription.take_due(now);
            if (!due) continue;
            REQUIRE_FALSE(under_way);
            REQUIRE_FALSE(last_said);
            if (!due->last && said) REQUIRE(now - *said >= 1s);
            under_way = true;
            last_said = due->last;
            said = now;
        }
        if (!under_way && !subscription.over()) {
            subscription.refresh(0s, now);
            const auto due = subscription.take_due(now);
            REQUIRE((due && due->last));
        }
    }
}
