// Subscriptions from SUBSCRIBE to their end: RFC 6665 4.1 and 4.2, one rule a case.
#include "tests/signaling/notifier_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace rotunda::sip::notifier_test;
using namespace std::chrono_literals;

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
