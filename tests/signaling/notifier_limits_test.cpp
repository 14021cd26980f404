// What watchers may cost us and others: how many, how large, who waits for whom.
#include "tests/signaling/notifier_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace rotunda::sip::notifier_test;
using namespace std::chrono_literals;

TEST_CASE("too many subscriptions are 503 with Retry-After") {
    NotifierSettings settings = two_packages();
    settings.max_subscriptions = 1;
    World world(settings);
    world.begin();
    PeerRequest second = World::subscribe();
    second.call_id = "call-2@198.51.100.7";
    world.receive(second);
    CHECK(world.bench.last().status() == 503);
    CHECK(world.bench.last().retry_after().has_value());
}

TEST_CASE("what is under way is bounded in bytes; the others have their turn when answers come") {
    NotifierSettings settings = two_packages();
    settings.max_bytes_under_way = 10'000;
    World world(settings);
    world.body.assign(4'000, 'x');
    for (int i = 0; i < 10; ++i) {
        PeerRequest request = World::subscribe();
        request.call_id = "call-" + std::to_string(i) + "@198.51.100.7";
        request.branch = "s" + std::to_string(i);
        world.receive(request);
    }
    CHECK(world.bench.messages(Method::subscribe, 200).size() == 10);
    CHECK(world.notifies() == 3);  // the third is where the bound is met
    CHECK(world.notifier.bytes_under_way() == 12'000);
    for (std::size_t i = 0; i < world.notifies(); ++i)
        world.answer(*world.bench.messages(Method::notify, 0)[i], 200);
    CHECK(world.notifies() == 10);
    CHECK(world.notifier.bytes_under_way() == 0);
}

TEST_CASE("one address, one call and one target have so many subscriptions, and no endless route") {
    NotifierSettings settings = two_packages();
    SUBCASE("an address") {
        settings.max_per_peer = 3;
        World world(settings);
        for (int n = 0; n < 5; ++n) world.subscribe_as(n);
        CHECK(world.notifier.size() == 3);
        CHECK(world.bench.last().status() == 503);
        CHECK(world.bench.last().has(HeaderId::retry_after));
        world.bench.flow.remote = *Endpoint::parse("198.51.100.8:5060");
        world.subscribe_as(6);
        CHECK(world.notifier.size() == 4);
    }
    SUBCASE("a target that answers nothing") {
        settings.max_unproven = 3;
        World world(settings);
        for (int n = 0; n < 5; ++n) {
            world.bench.flow.remote.address = *IpAddress::parse("198.51.100." + std::to_string(n + 1));
            world.subscribe_as(n, "<sip:victim@victim.example.net>");
        }
        CHECK(world.notifier.size() == 3);
        for (const SipMessage& notify : world.all_notifies()) world.answer(notify, 200);
        world.subscribe_as(7, "<sip:victim@VICTIM.example.net>");
        CHECK(world.notifier.size() == 4);
    }
    SUBCASE("a call") {
        settings.max_per_dialog = 2;
        World world(settings);
        world.bench.incoming_call();
        for (int n = 0; n < 4; ++n)
            world.receive(PeerRequest{.method = "SUBSCRIBE",
                                      .to_tag = world.bench.our_tag,
                                      .cseq = 2 + n,
                                      .extra = "Event: conference;id=" + std::to_string(n) + "\r\n"});
        CHECK(world.notifier.size() == 2);
    }
    SUBCASE("a route") {
        World world(settings);
        std::string routes;
        for (int n = 0; n < 11; ++n)
            routes += "Record-Route: <sip:p" + std::to_string(n) + ".example;lr>\r\n";
        world.receive(World::subscribe(1, "Event: conference\r\n" + routes));
        CHECK(world.bench.last().status() == 400);
        CHECK(world.notifier.size() == 0);
    }
}

TEST_CASE("watchers who may be forged fill a quarter, whoever answers all but what those in calls need") {
    NotifierSettings settings = two_packages();
    settings.max_subscriptions = 8;
    World world(settings);
    world.bench.incoming_call();
    const Flow caller = world.bench.flow;
    for (int n = 0; n < 20; ++n) {
        world.bench.flow.remote.address = IpAddress::v4(0xcb007100u + static_cast<std::uint32_t>(n));
        world.subscribe_as(n, "<sip:w@w" + std::to_string(n) + ".example.net>");
    }
    CHECK(world.notifier.size() == 2);
    CHECK(world.bench.last().status() == 503);
    // Over a connection nobody is forged.
    for (int n = 20; n < 40; ++n) {
        world.bench.flow = bench_flow(Transport::tcp);
        world.subscribe_as(n);
    }
    CHECK(world.notifier.size() == 8);
    world.bench.flow = caller;
    const auto in_call = [&](const std::string& method, int cseq, const std::string& extra) {
        world.receive(
            PeerRequest{.method = method, .to_tag = world.bench.our_tag, .cseq = cseq, .extra = extra});
    };
    in_call("SUBSCRIBE", 2, "Event: conference\r\n");
    CHECK(world.notifier.size() == 9);
    in_call("REFER", 3, "Refer-To: <sip:carol@192.0.2.9>\r\n");
    CHECK(world.notifier.size() == 10);
    in_call("SUBSCRIBE", 4, "Event: conference;id=2\r\n");
    CHECK(world.notifier.size() == 10);  // but not without end
    for (const SipMessage& notify : world.all_notifies())
        if (notify.call_id() == "watch0") world.answer(notify, 481);
    CHECK(world.notifier.size() == 9);
}

TEST_CASE("of an IPv6 subscriber all addresses are one, in subscriptions and in octets under way") {
    NotifierSettings settings = two_packages();
    settings.max_per_peer = 3;
    settings.max_bytes_of_peer = 10'000;
    World world(settings);
    world.body = std::string(6'000, 'x');
    for (int n = 0; n < 5; ++n) {
        world.bench.flow.local = world.bench.flow.advertised = *Endpoint::parse("[2001:db8:1::1]:5060");
        world.bench.flow.remote = *Endpoint::parse("[2001:db8::" + std::to_string(n + 1) + "]:5060");
        world.subscribe_as(n);
    }
    CHECK(world.notifier.size() == 3);
    CHECK(world.all_notifies().size() == 2);
    world.bench.flow.remote = *Endpoint::parse("[2001:db8:0:1::1]:5060");
    world.subscribe_as(7);
    CHECK(world.notifier.size() == 4);
    CHECK(world.all_notifies().size() == 3);
}

TEST_CASE("who does not answer keeps nobody else waiting, and nobody from his last word") {
    NotifierSettings settings = two_packages();
    settings.max_bytes_of_peer = 10'000;
    World world(settings);
    world.body = std::string(6'000, 'x');
    for (int n = 0; n < 4; ++n) world.subscribe_as(n);
    CHECK(world.all_notifies().size() == 2);  // of four
    world.bench.flow.remote = *Endpoint::parse("198.51.100.8:5060");
    world.subscribe_as(10, "<sip:carol@198.51.100.8>");
    CHECK(world.all_notifies().size() == 3);
    CHECK(world.all_notifies().back().call_id() == "watch10");
    // One that waits is told of the end all the same.
    world.notifier.terminate(world.begun.at(3), SubscriptionEnd::noresource, world.bench.now);
    world.run();
    CHECK(world.all_notifies().size() == 4);
    CHECK(world.all_notifies().back().call_id() == "watch3");
    for (const SipMessage& notify : world.all_notifies()) world.answer(notify, 200);
    CHECK(world.all_notifies().size() == 5);
    CHECK(world.all_notifies().back().call_id() == "watch2");
}

TEST_CASE("a first NOTIFY may be as large as its SUBSCRIBE, unless the subscriber is known to be there") {
    const auto most = [](World& world) { return world.dues.back().most_bytes.has_value(); };
    World stranger;
    stranger.receive(World::subscribe());
    REQUIRE(most(stranger));
    const std::size_t sent = World::subscribe().text().size();
    CHECK(*stranger.dues.back().most_bytes >= sent);
    CHECK(*stranger.dues.back().most_bytes < sent + 80);  // with what is noted in its Via
    stranger.answer(stranger.last_notify(), 200);
    stranger.receive(stranger.inside(2));
    stranger.pass(2s);
    CHECK(stranger.dues.size() == 2);
    CHECK_FALSE(most(stranger));

    World connected;
    connected.bench.flow = bench_flow(Transport::tcp);
    connected.receive(World::subscribe());
    CHECK_FALSE(most(connected));
    connected.subscribe_as(1, "<sip:victim@203.0.113.9;transport=tcp>");
    CHECK_FALSE(most(connected));  // directly from him it is a NAT: the way he came
    connected.subscribe_as(2, "<sip:victim@victim.example.net>");
    CHECK(most(connected));
}

namespace {

const std::string elsewhere = "<sip:w@elsewhere.example.net>";

// A watcher who has answered, and may be sent anything.
struct Moving : World {
    explicit Moving(NotifierSettings settings = two_packages()) : World(std::move(settings)) {
        begin();
        change();
        CHECK(dues.size() == 2);
        CHECK_FALSE(dues.back().most_bytes);
    }
    void change() {
        notifier.changed(begun.at(0), bench.now);
        run();
        pass(2s);
    }
    void refresh(int cseq, std::string contact) {
        PeerRequest moved = inside(cseq);
        moved.contact = std::move(contact);
        receive(moved);
        pass(2s);
    }
    void answered(std::string contact = {}) {
        SipMessage response = SipMessage::response_to(last_notify(), 200);
        if (!contact.empty()) response.add(HeaderId::contact, contact);
        bench.receive(to_wire(response));
        run();
        pass(2s);
    }
};

}  // namespace

TEST_CASE("a watcher who moves is a stranger where he moves to, until he answers there") {
    Moving world;
    SUBCASE("by a refresh") {
        world.answered();
        world.refresh(2, elsewhere);
    }
    SUBCASE("by a refresh, and answers what went to where he was") {
        world.refresh(2, elsewhere);
        world.answered();
    }
    SUBCASE("by a refresh from there, which anybody can have written") {
        world.answered();
        world.bench.flow.remote = *Endpoint::parse("203.0.113.9:9");
        world.refresh(2, "<sip:bob@198.51.100.7>");
        CHECK(world.bench.sent_over.back().remote == world.bench.flow.remote);
    }
    SUBCASE("by an answer") {
        world.answered(elsewhere);
        world.change();
        CHECK(world.last_notify().uri().host() == "elsewhere.example.net");
    }
    CHECK(world.dues.size() == 3);
    REQUIRE(world.dues.back().most_bytes);
    CHECK(*world.dues.back().most_bytes < World::subscribe().text().size() + 400);
    world.answered();
    world.change();
    CHECK(world.dues.size() == 4);
    CHECK_FALSE(world.dues.back().most_bytes);
}

TEST_CASE("another port, or a connection, makes no stranger of a watcher") {
    Moving world;
    world.answered();
    SUBCASE("a NAT has given him another port") {
        world.bench.flow.remote.port = 40'000;
    }
    SUBCASE("he listens at another port") {
        world.refresh(2, "<sip:w@198.51.100.7:5070>");
    }
    SUBCASE("he is elsewhere now, and connected") {
        world.bench.flow = bench_flow(Transport::tcp);
        world.bench.flow.remote = *Endpoint::parse("203.0.113.9:40000");
        world.refresh(2, "<sip:w@203.0.113.9;transport=tcp>");
    }
    world.answered();
    world.refresh(3, "<sip:w@" + world.bench.flow.remote.address.to_string() + ">");
    CHECK(world.dues.size() >= 3);
    CHECK_FALSE(world.dues.back().most_bytes);
}

TEST_CASE("no more watchers move to one target than may begin there") {
    NotifierSettings settings = two_packages();
    settings.max_unproven = 3;
    Moving world(settings);
    world.answered();
    std::vector<PeerRequest> moves;
    for (int n = 0; n < 5; ++n) {
        PeerRequest request = World::subscribe();
        request.call_id = "watch" + std::to_string(n);
        world.receive(request);
        world.answered();
        request.to_tag = std::string(world.bench.messages(Method::subscribe, 200).back()->to_tag());
        request.cseq = 2;
        request.contact = elsewhere;
        moves.push_back(request);
    }
    world.bench.forget();
    for (const PeerRequest& request : moves) world.receive(request);
    CHECK(world.bench.messages(Method::subscribe, 200).size() == 3);
    CHECK(world.bench.messages(Method::subscribe, 503).size() == 2);
    CHECK(world.notifier.size() == 6);
}
