#include "signaling/notifier.hpp"

#include "agent_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

namespace {

NotifierSettings two_packages() {
    EventPackage conference;
    conference.name = "conference";
    conference.content_type = "application/conference-info+xml";
    EventPackage refer;
    refer.name = "refer";
    refer.content_type = "message/sipfrag;version=2.0";
    refer.default_expires = 180s;
    refer.implicit = true;
    NotifierSettings settings;
    settings.packages = {conference, refer};
    return settings;
}

UserAgentSettings with_subscribe() {
    UserAgentSettings settings;
    settings.owner_methods = {Method::subscribe, Method::refer};
    return settings;
}

// An owner who lets everybody watch everything; the body of each NOTIFY is what stands in `body`.
struct World {
    explicit World(NotifierSettings settings = two_packages())
        : notifier(std::move(settings), bench.agent, random) {}

    SeededRandom random{5};
    AgentBench bench{with_subscribe()};
    Notifier notifier;
    std::vector<SubscriptionId> begun, over;
    std::vector<NotifyDue> dues;
    std::string body = "state";

    void receive(const PeerRequest& request) {
        bench.receive(request);
        run();
    }
    void answer(const SipMessage& notify, int status, std::string_view name = {},
                std::string_view value = {}) {
        bench.answer(notify, status, {}, {}, name, value);
        run();
    }
    void run() {
        for (bool more = true; more;) {
            const auto events = std::exchange(bench.events, {});
            for (const UserAgentEvent& event : events) handle(event);
            while (const auto due = notifier.next_due(bench.now)) {
                dues.push_back(*due);
                notifier.notify(due->subscription, body, bench.now);
            }
            for (const SubscriptionId id : notifier.take_over()) over.push_back(id);
            bench.drain();
            more = !bench.events.empty();
        }
    }
    void handle(const UserAgentEvent& event) {
        const LocalContact room{"1000", {}, {}};
        std::optional<SubscriptionId> id;
        if (const auto* request = std::get_if<RequestReceived>(&event))
            id = request->request.method() == Method::refer
                     ? notifier.open(*request, std::nullopt, room, "refer", "", bench.now)
                 : notifier.resubscribe(*request, std::nullopt, bench.now)
                     ? std::nullopt
                     : notifier.subscribe(*request, std::nullopt, room, bench.now);
        if (const auto* inside = std::get_if<DialogRequestReceived>(&event))
            id = inside->received.request.method() == Method::refer
                     ? notifier.open(inside->received, inside->session, room, "refer", "93", bench.now)
                 : notifier.resubscribe(inside->received, inside->session, bench.now)
                     ? std::nullopt
                     : notifier.subscribe(inside->received, inside->session, room, bench.now);
        if (const auto* answered = std::get_if<RequestAnswered>(&event))
            CHECK(notifier.on_answer(*answered, bench.now));
        if (id) begun.push_back(*id);
    }
    void pass(Duration time) {
        const TimePoint end = bench.now + time;
        const auto next = [&] {
            const auto a = bench.agent.next_timeout(), b = notifier.next_timeout();
            return a && b ? std::min(*a, *b) : a ? a : b;
        };
        for (auto at = next(); at && *at <= end; at = next()) {
            bench.now = std::max(bench.now, *at);
            bench.agent.on_timeout(bench.now);
            notifier.on_timeout(bench.now);
            bench.drain();
            run();
        }
        bench.now = end;
    }

    static PeerRequest subscribe(int cseq = 1, std::string extra = "Event: conference\r\n") {
        PeerRequest request;
        request.method = "SUBSCRIBE";
        request.cseq = cseq;
        request.extra = std::move(extra);
        return request;
    }
    // Another one, in a dialog of its own.
    void subscribe_as(int n, std::string contact = "<sip:bob@198.51.100.7>") {
        PeerRequest request = subscribe();
        request.call_id = "watch" + std::to_string(n);
        request.contact = std::move(contact);
        receive(request);
    }
    std::vector<SipMessage> all_notifies() const {
        std::vector<SipMessage> found;
        for (const SipMessage* notify : bench.messages(Method::notify, 0)) found.push_back(*notify);
        return found;
    }
    PeerRequest inside(int cseq, std::string extra = "Event: conference\r\n") const {
        PeerRequest request = subscribe(cseq, std::move(extra));
        request.to_tag = std::string(bench.messages(Method::subscribe, 200).at(0)->to_tag());
        return request;
    }
    // Subscribed, the first NOTIFY answered.
    void begin(std::string extra = "Event: conference\r\n") {
        receive(subscribe(1, std::move(extra)));
        REQUIRE(begun.size() == 1);
        answer(last_notify(), 200);
    }
    const SipMessage& last_notify() const {
        const auto all = bench.messages(Method::notify, 0);
        REQUIRE_FALSE(all.empty());
        return *all.back();
    }
    std::size_t notifies() const { return bench.messages(Method::notify, 0).size(); }
    std::string state() const {
        return std::string(last_notify().header(HeaderId::subscription_state).value_or(""));
    }
};

}  // namespace

TEST_CASE(
    "SUBSCRIBE is answered 200 with Expires and the room's Contact, and a NOTIFY follows in the dialog") {
    World world;
    PeerRequest request = World::subscribe();
    request.extra += "Record-Route: <sip:proxy.example.com;lr>\r\nExpires: 7200\r\n";
    world.receive(request);
    REQUIRE(world.bench.sent.size() == 2);
    const SipMessage& ok = world.bench.sent[0];
    CHECK(ok.status() == 200);
    CHECK(ok.expires() == 3600);  // never more than we grant
    REQUIRE(ok.contacts().size() == 1);
    CHECK(ok.contacts()[0].uri.user() == "1000");
    CHECK(ok.contacts()[0].params.has("isfocus"));
    CHECK(ok.record_routes().size() == 1);
    const SipMessage& notify = world.bench.sent[1];
    CHECK(notify.method() == Method::notify);
    CHECK(notify.uri().to_string() == "sip:bob@198.51.100.7");
    CHECK(notify.call_id() == ok.call_id());
    CHECK(notify.from_tag() == ok.to_tag());
    CHECK(notify.to_tag() == "peer");
    CHECK(notify.routes().size() == 1);
    CHECK(notify.header(HeaderId::event) == "conference");
    CHECK(world.state() == "active;expires=3600");
    CHECK(notify.contacts().size() == 1);
    CHECK(notify.header(HeaderId::content_type) == "application/conference-info+xml");
    CHECK(notify.body() == "state");
    CHECK(world.dues[0].full);
}

TEST_CASE("without Expires the package's default is granted") {
    World world;
    world.begin();
    CHECK(world.bench.sent[0].expires() == 3600);
}

TEST_CASE("what SUBSCRIBE may not ask is refused by the book, and nothing begins") {
    struct Row {
        std::string extra;
        int status;
        HeaderId header;
        std::string value;
    };
    const std::vector<Row> rows = {
        {"Event: presence\r\n", 489, HeaderId::allow_events, "conference, refer"},
        {"", 489, HeaderId::allow_events, "conference, refer"},
        {"Event: ;id=1\r\n", 400, HeaderId::cseq, "1 SUBSCRIBE"},
        {"Event: conference\r\nExpires: 59\r\n", 423, HeaderId::min_expires, "60"},
        {"Event: conference\r\nExpires: soon\r\n", 400, HeaderId::cseq, "1 SUBSCRIBE"},
        {"Event: conference\r\nAccept: application/pidf+xml\r\n", 406, HeaderId::cseq, "1 SUBSCRIBE"},
        {"Event: refer;id=5\r\n", 403, HeaderId::cseq, "1 SUBSCRIBE"}};
    for (const Row& row : rows) {
        CAPTURE(row.extra);
        World world;
        world.receive(World::subscribe(1, row.extra));
        REQUIRE(world.bench.sent.size() == 1);
        CHECK(world.bench.last().status() == row.status);
        CHECK(world.bench.last().header(row.header) == row.value);
        CHECK(world.notifier.size() == 0);
    }
}

TEST_CASE("a SUBSCRIBE that nobody can be reached by is 400") {
    World world;
    PeerRequest request = World::subscribe();
    request.contact.clear();
    world.receive(request);
    CHECK(world.bench.last().status() == 400);
}

TEST_CASE("Accept may name the type among others, or all") {
    for (const char* accept : {"application/*", "*/*", "text/plain, application/conference-info+xml"}) {
        World world;
        world.begin(std::string("Event: conference\r\nAccept: ") + accept + "\r\n");
    }
}

TEST_CASE("a refresh in the dialog goes on, one without a subscription is 481") {
    World world;
    world.begin();
    world.pass(100s);
    world.receive(world.inside(2));
    CHECK(world.bench.messages(Method::subscribe, 200).size() == 2);
    CHECK(world.notifies() == 2);
    CHECK(world.dues.back().full);
    CHECK(world.state() == "active;expires=3600");
    CHECK(world.begun.size() == 1);
    world.receive(world.inside(3, "Event: conference;id=7\r\n"));
    CHECK(world.bench.messages(Method::subscribe, 481).size() == 1);
    PeerRequest stranger = World::subscribe(4);
    stranger.to_tag = "nobody";
    world.receive(stranger);
    CHECK(world.bench.messages(Method::subscribe, 481).size() == 2);
}

TEST_CASE("a refresh whose CSeq is not above the last one is 500 and changes nothing") {
    World world;
    world.begin();
    world.receive(world.inside(5));
    world.answer(world.last_notify(), 200);
    world.pass(10s);
    PeerRequest old = world.inside(4);
    old.extra += "Expires: 0\r\n";
    world.receive(old);
    CHECK(world.bench.messages(Method::subscribe, 500).size() == 1);
    CHECK(world.notifier.size() == 1);
}

TEST_CASE("the refresh's Contact is where the next NOTIFY goes") {
    World world;
    world.begin();
    PeerRequest moved = world.inside(2);
    moved.contact = "<sip:bob@198.51.100.7:5070>";
    world.receive(moved);
    world.pass(1s);
    CHECK(world.last_notify().uri().port() == 5070);
}

TEST_CASE("Expires: 0 ends it with a last NOTIFY, and the id is told once") {
    World world;
    world.begin();
    world.receive(world.inside(2, "Event: conference\r\nExpires: 0\r\n"));
    CHECK(world.bench.messages(Method::subscribe, 200).back()->expires() == 0);
    CHECK(world.state() == "terminated;reason=timeout");
    CHECK(world.over.empty());
    world.answer(world.last_notify(), 200);
    CHECK(world.over == world.begun);
    CHECK(world.notifier.size() == 0);
    world.pass(1min);
    CHECK(world.bench.agent.idle());
}

TEST_CASE("it runs out to the second") {
    World world;
    world.begin("Event: conference\r\nExpires: 60\r\n");
    world.pass(59999ms);
    CHECK(world.notifies() == 1);
    world.pass(1ms);
    CHECK(world.notifies() == 2);
    CHECK(world.state() == "terminated;reason=timeout");
}

TEST_CASE("a hundred changes in a second are one NOTIFY") {
    World world;
    world.begin();
    world.pass(5s);
    for (int i = 0; i < 100; ++i) {
        world.notifier.changed(world.begun[0], world.bench.now);
        world.run();
        if (world.notifies() == 2 && i == 0) world.answer(world.last_notify(), 200);
        world.pass(10ms);
    }
    CHECK(world.notifies() == 3);
}

TEST_CASE("the end of what is watched is told with its reason") {
    World world;
    world.begin();
    world.notifier.terminate(world.begun[0], SubscriptionEnd::noresource, world.bench.now);
    world.run();
    CHECK(world.state() == "terminated;reason=noresource");
    CHECK(world.dues.back().last);
}

TEST_CASE("a NOTIFY that is refused or that nobody answers ends the subscription") {
    for (const int status : {481, 500, 0}) {
        World world;
        world.receive(World::subscribe());
        if (status == 0)
            world.pass(32s);
        else
            world.answer(world.last_notify(), status);
        CHECK(world.over == world.begun);
        CHECK(world.notifier.bytes_under_way() == 0);
        world.pass(1min);
        CHECK(world.notifies() > 0);
        CHECK(world.bench.agent.idle());
    }
}

TEST_CASE("a NOTIFY refused with Retry-After is sent again then") {
    World world;
    world.begin();
    world.pass(5s);
    world.notifier.changed(world.begun[0], world.bench.now);
    world.run();
    world.answer(world.last_notify(), 503, "Retry-After", "7");
    world.pass(6999ms);
    CHECK(world.notifies() == 2);
    world.pass(1ms);
    CHECK(world.notifies() == 3);
    CHECK(world.dues.back().full);
}

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

TEST_CASE("a subscription inside a call shares its dialog and outlives its BYE") {
    World world;
    world.bench.incoming_call();
    world.bench.forget();
    PeerRequest request = world.bench.in_dialog("SUBSCRIBE", 2);
    request.extra = "Event: conference\r\n";
    world.receive(request);
    REQUIRE(world.begun.size() == 1);
    CHECK(world.bench.sent[0].contacts().size() == 1);
    const SipMessage first = world.last_notify();
    CHECK(first.from_tag() == world.bench.our_tag);
    world.answer(first, 200);
    world.receive(world.bench.in_dialog("BYE", 3));
    world.pass(2s);
    world.notifier.changed(world.begun[0], world.bench.now);
    world.run();
    CHECK(world.last_notify().cseq().number > first.cseq().number);
    world.answer(world.last_notify(), 200);
    PeerRequest end = world.bench.in_dialog("SUBSCRIBE", 4);
    end.extra = "Event: conference\r\nExpires: 0\r\n";
    world.receive(end);
    CHECK(world.state() == "terminated;reason=timeout");
    world.answer(world.last_notify(), 200);
    CHECK(world.over == world.begun);
    CHECK(world.bench.agent.session_count() == 0);
}

TEST_CASE("a refused NOTIFY inside a call leaves the call alone") {
    World world;
    world.bench.incoming_call();
    PeerRequest request = world.bench.in_dialog("SUBSCRIBE", 2);
    request.extra = "Event: conference\r\n";
    world.receive(request);
    world.answer(world.last_notify(), 481);
    CHECK(world.over == world.begun);
    CHECK(world.bench.agent.session_count() == 1);
    CHECK(world.bench.messages(Method::bye, 0).empty());
}

TEST_CASE("REFER makes a subscription of its own kind, answered 202, in the call's dialog or a new one") {
    World world;
    world.bench.incoming_call();
    world.bench.forget();
    world.receive(world.bench.in_dialog("REFER", 93));
    REQUIRE(world.begun.size() == 1);
    CHECK(world.bench.sent[0].status() == 202);
    CHECK_FALSE(world.bench.sent[0].has(HeaderId::expires));
    CHECK(world.last_notify().header(HeaderId::event) == "refer;id=93");
    CHECK(world.last_notify().header(HeaderId::content_type) == "message/sipfrag;version=2.0");
    CHECK(world.state() == "active;expires=180");
    // SUBSCRIBE can end it and refresh it, by its id only.
    PeerRequest other = world.bench.in_dialog("SUBSCRIBE", 94);
    other.extra = "Event: refer;id=1\r\n";
    world.receive(other);
    CHECK(world.bench.last().status() == 481);
    PeerRequest end = world.bench.in_dialog("SUBSCRIBE", 95);
    end.extra = "Event: refer;id=93\r\nExpires: 0\r\n";
    world.receive(end);
    CHECK(world.bench.last().status() == 200);

    World alone;
    PeerRequest refer;
    refer.method = "REFER";
    alone.receive(refer);
    CHECK(alone.bench.sent[0].status() == 202);
    CHECK(alone.bench.sent[0].to_tag() == alone.last_notify().from_tag());
    CHECK(alone.last_notify().header(HeaderId::event) == "refer");
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
