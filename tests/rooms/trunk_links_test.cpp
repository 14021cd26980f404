// Registrations with trunks: whose name answers their challenges, and the way they have to us.
#include "rooms/flow_keep_alive.hpp"
#include "tests/rooms/trunk_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;

namespace {

struct Registering : OnTrunk {
    explicit Registering(std::string_view proxy, std::uint64_t connection = 0) : OnTrunk(registrar(proxy)) {
        come_over(connection);
        start();
    }
    static Trunk registrar(std::string_view proxy) {
        Trunk trunk = carrier();
        trunk.proxy = *sip::Uri::parse(proxy);
        trunk.registration = 600s;
        return trunk;
    }
    // What comes from now on.
    void come_over(std::uint64_t connection) {
        flow.transport = connection == 0 ? sip::Transport::udp : sip::Transport::tcp;
        flow.connection = sip::ConnectionId{connection};
    }
    void accept(const sip::ExtraHeaders& more = {}) {
        const auto request = last(sip::Method::register_);
        sip::ExtraHeaders headers = {
            {sip::HeaderId::contact, request.contacts().at(0).to_string() + ";expires=600"}};
        headers.insert(headers.end(), more.begin(), more.end());
        answer(request, 200, {}, headers);
    }
    void lose(std::uint64_t connection) {
        focus.on_connection_lost(sip::ConnectionId{connection}, now);
        run();
    }
    std::size_t registers() const { return requests(sip::Method::register_).size(); }
    bool registered() const { return focus.trunk_links().registered(*focus.trunks().named("carrier"), now); }
    // How long until something is sent to keep the way open; none within `most`.
    std::optional<Duration> kept_open_after(Duration most) {
        const TimePoint from = now;
        while (now < from + most) {
            pass_focus(100ms);
            auto pings = focus.take_keep_alives();
            if (pings.empty()) continue;
            CHECK(pings.size() == 1);
            pong_was_due = pings[0].pong_due;
            CHECK(pings[0].flow.remote == *Endpoint::parse("192.0.2.50:5060"));
            CHECK(pings[0].flow.connection == flow.connection);
            return now - from;
        }
        return std::nullopt;
    }
    bool pong_was_due = false;
};

constexpr auto by_tcp = "sip:198.51.100.7:5070;transport=tcp", by_udp = "sip:198.51.100.7:5070";

}  // namespace

TEST_CASE("a registration whose connection is lost is made anew, at once, but not again and again") {
    Registering world(by_tcp, 7);
    world.accept();
    const auto first = world.last(sip::Method::register_);
    world.lose(8);
    CHECK(world.registered());
    CHECK(world.registers() == 1);

    world.pass_focus(200s);
    world.lose(7);
    REQUIRE(world.registers() == 2);
    CHECK_FALSE(world.registered());
    CHECK(world.log.field("trunk.not_registered", "status") == "503");
    CHECK(world.last(sip::Method::register_).call_id() == first.call_id());
    CHECK(world.last(sip::Method::register_).cseq().number == first.cseq().number + 1);
    world.come_over(9);
    world.accept();
    CHECK(world.registered());
    world.lose(7);  // is long gone
    CHECK(world.registers() == 2);

    world.lose(9);  // too soon, but once is chance
    CHECK(world.registers() == 3);
    world.come_over(10);
    world.accept();
    world.lose(10);
    CHECK(world.registers() == 3);
    world.pass_focus(14s);
    CHECK(world.registers() == 3);
    world.pass_focus(16s);
    REQUIRE(world.registers() == 4);
    world.come_over(11);
    world.accept();
    CHECK(world.registered());
}

TEST_CASE("a connection that is lost while we take our leave is not made anew") {
    Registering world(by_tcp, 7);
    world.accept();
    world.focus.sign_off(world.now);
    world.run();
    CHECK(world.registers() == 2);
    world.lose(7);
    CHECK(world.registers() == 2);
    world.answer(world.last(sip::Method::register_), 200);
    CHECK(world.registers() == 2);
    CHECK(world.focus.idle());
}

TEST_CASE("a registration's flow is kept open: over UDP below half a minute, as often as Flow-Timer asks") {
    Registering plain(by_udp);
    CHECK(!plain.kept_open_after(30s));  // nothing is registered yet
    plain.accept();
    for (int i = 0; i < 5; ++i) {
        const auto after = plain.kept_open_after(30s);
        REQUIRE(after.has_value());
        CHECK(*after >= 23s);
        CHECK(*after <= 29100ms);
    }
    plain.focus.sign_off(plain.now);
    plain.run();
    plain.answer(plain.last(sip::Method::register_), 200);
    CHECK(!plain.kept_open_after(60s));

    Registering hurried(by_udp);
    hurried.accept({{sip::HeaderId::flow_timer, "10"}});
    const auto soon = hurried.kept_open_after(30s);
    REQUIRE(soon.has_value());
    CHECK(*soon >= 8s);
    CHECK(*soon <= 10100ms);

    CHECK_FALSE(hurried.pong_was_due);  // over UDP that would take STUN

    Registering patient(by_tcp, 7);
    patient.accept({{sip::HeaderId::flow_timer, "100"}});
    const auto late = patient.kept_open_after(200s);
    REQUIRE(late.has_value());
    CHECK(*late >= 80s);
    CHECK(*late <= 100100ms);
    // The connection is gone, and with it what there was to keep.
    patient.lose(7);
    CHECK(!patient.kept_open_after(30s));
}

TEST_CASE("a pong is waited for over the stream of a registrar who has named a Flow-Timer, and of no other") {
    Registering unaware(by_tcp, 7);
    unaware.accept();
    REQUIRE(unaware.kept_open_after(30s));
    CHECK_FALSE(unaware.pong_was_due);
    Registering aware(by_tcp, 7);
    aware.accept({{sip::HeaderId::flow_timer, "20"}});
    REQUIRE(aware.kept_open_after(30s));
    CHECK(aware.pong_was_due);
}

TEST_CASE("over a stream a trunk's registration is one of outbound: the same phone and flow each time") {
    Registering world(by_tcp, 7);
    const auto contact = world.last(sip::Method::register_).contacts().at(0);
    CHECK(contact.params.get("reg-id") == "1");
    const auto instance = std::string(contact.params.get("+sip.instance").value_or(""));
    CHECK(instance.starts_with("\"<urn:uuid:"));
    CHECK(instance.size() == std::string_view("\"<urn:uuid:f81d4fae-7dec-81d0-8765-00a0c91e6bf6>\"").size());
    CHECK(world.last(sip::Method::register_).lists(sip::HeaderId::supported, "outbound"));
    CHECK(world.last(sip::Method::register_).lists(sip::HeaderId::supported, "path"));
    world.accept();
    CHECK(world.registered());
    world.focus.sign_off(world.now);
    world.run();
    CHECK(world.last(sip::Method::register_).contacts().at(0) == contact);

    Registering restarted(by_tcp, 7);
    CHECK(restarted.last(sip::Method::register_).contacts().at(0) == contact);
    Trunk other = Registering::registrar(by_tcp);
    other.user = "4940";
    OnTrunk another(std::move(other));
    another.start();
    CHECK(another.last(sip::Method::register_).contacts().at(0).params.get("+sip.instance") != instance);

    Registering datagrams(by_udp);
    CHECK_FALSE(datagrams.last(sip::Method::register_).contacts().at(0).params.has("reg-id"));
    Trunk plain = Registering::registrar(by_tcp);
    plain.outbound = false;
    OnTrunk told(std::move(plain));
    told.start();
    CHECK_FALSE(told.last(sip::Method::register_).contacts().at(0).params.has("reg-id"));
}

TEST_CASE("where a proxy on the way knows nothing of outbound, 439 has us register without it at once") {
    Registering world(by_tcp, 7);
    world.answer(world.last(sip::Method::register_), 439);
    REQUIRE(world.registers() == 2);
    CHECK_FALSE(world.last(sip::Method::register_).contacts().at(0).params.has("reg-id"));
    world.answer(world.last(sip::Method::register_), 439);
    CHECK(world.registers() == 2);  // not in circles
    world.pass_focus(40s);
    REQUIRE(world.registers() == 3);
    world.accept();
    CHECK(world.registered());
}

TEST_CASE("nobody has a flow kept open more often than is sane, or so rarely that it is lost") {
    SeededRandom random(1);
    FlowKeepAlive keep(random);
    const TimePoint now{};
    keep.start(true, 0s, now);
    CHECK(*keep.next_timeout() >= now + 4s);
    keep.start(true, 86'400s, now);
    CHECK(*keep.next_timeout() <= now + 120s);
    keep.start(false, 86'400s, now);
    CHECK(*keep.next_timeout() <= now + 29s);
    keep.stop();
    CHECK_FALSE(keep.next_timeout());
}

TEST_CASE("a refresh that fails leaves the flow of what is registered open") {
    Registering world(by_udp);
    world.accept();
    world.pass_focus(540s);
    REQUIRE(world.registers() == 2);
    world.answer(world.last(sip::Method::register_), 503);
    (void)world.focus.take_keep_alives();
    CHECK(world.registered());
    CHECK(world.kept_open_after(30s).has_value());
}

TEST_CASE("a trunk's challenges are answered under auth_user, where there is one") {
    Trunk trunk = carrier();
    trunk.registration = 600s;
    trunk.auth_user = "line-77";
    trunk.password = "secret";
    OnTrunk world(std::move(trunk));
    const std::string challenge =
        "Digest realm=\"carrier.example\", nonce=\"n\", qop=\"auth\", algorithm=MD5";
    world.start();
    CHECK(world.last(sip::Method::register_).from().uri.user() == "4930");
    world.answer(world.last(sip::Method::register_), 401, {}, {{sip::HeaderId::www_authenticate, challenge}});
    const auto again = world.last(sip::Method::register_);
    REQUIRE(again.has(sip::HeaderId::authorization));
    CHECK(again.header(sip::HeaderId::authorization)->find("username=\"line-77\"") != std::string::npos);
    CHECK(again.from().uri.user() == "4930");
    world.answer(again, 200);
    world.answer(world.dial("tel:+4940123"), 407, {}, {{sip::HeaderId::proxy_authenticate, challenge}});
    const auto invite = world.last(sip::Method::invite);
    REQUIRE(invite.has(sip::HeaderId::proxy_authorization));
    CHECK(invite.header(sip::HeaderId::proxy_authorization)->find("username=\"line-77\"") !=
          std::string::npos);
}
