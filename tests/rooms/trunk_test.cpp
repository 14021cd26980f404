#include "tests/rooms/trunk_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;

TEST_CASE("a number goes through the trunk that takes it: its domain, its proxy, its caller, its codecs") {
    Trunk trunk = carrier();
    trunk.caller_id = "+4930";
    trunk.codecs = {AudioCodec::pcma, AudioCodec::pcmu};
    trunk.isfocus = false;
    trunk.contact_host = "sbc.example.net";
    OnTrunk world(std::move(trunk));
    const auto invite = world.dial("tel:+49-40-123;phone-context=x");
    CHECK(invite.uri().to_string() == "sip:+4940123@carrier.example");
    CHECK(invite.routes().at(0).uri.to_string() == "sip:198.51.100.7:5070;lr");
    CHECK(invite.from().uri.to_string() == "sip:+4930@carrier.example");
    CHECK(invite.header(sip::HeaderId::p_asserted_identity) == "<sip:+4930@carrier.example>");
    CHECK(invite.contacts().at(0).uri.host() == "sbc.example.net");
    CHECK(!invite.contacts().at(0).params.has("isfocus"));
    CHECK(invite.body().find("m=audio 20002 RTP/AVP 8 0 ") != std::string::npos);
    CHECK(invite.body().find("opus") == std::string::npos);
}

TEST_CASE("a proxy that is the domain needs no Route") {
    Trunk trunk = carrier();
    trunk.domain = "198.51.100.7";
    OnTrunk world(std::move(trunk));
    CHECK(world.dial("tel:+4940123").routes().empty());
}

TEST_CASE("a number at our own address is a number, an address elsewhere is called straight") {
    OnTrunk world(carrier());
    CHECK(world.dial("sip:+4940123@192.0.2.1").uri().host() == "carrier.example");
    CHECK(world.dial("sip:+4940123@carrier.example").uri().host() == "carrier.example");
    CHECK(world.dial("sip:+4940123@192.0.2.77").uri().host() == "192.0.2.77");
}

TEST_CASE("a number no trunk takes, and our own address, are not called") {
    OnTrunk world(carrier());
    world.dial("tel:abc");
    CHECK(world.log.field("dial.failed", "status") == "404");
    world.log.records.clear();
    world.dial("sip:bob@192.0.2.1");
    CHECK(world.log.field("dial.failed", "status") == "480");
    world.log.records.clear();
    world.dial("mailto:bob@example.com");
    CHECK(world.log.field("dial.failed", "status") == "416");
    CHECK(world.requests(sip::Method::invite).empty());
}

TEST_CASE("a trunk's number is a room before anything else is looked up, for the trunk alone") {
    Trunk trunk = carrier();
    trunk.addresses = {*IpPrefix::parse("192.0.2.9")};
    OnTrunk world(std::move(trunk));
    world.request("INVITE", 1, 1, pcmu_offer, "+49301");
    CHECK(world.last_status() == 200);
    CHECK(world.log.field("call.joined", "room") == "conference");
    // Whoever else dials it has not passed what "conference" asks of its callers.
    OnTrunk elsewhere(carrier());
    elsewhere.request("INVITE", 1, 1, pcmu_offer, "+49301");
    CHECK(elsewhere.last_status() == 404);
    elsewhere.request("SUBSCRIBE", 2, 1, {}, "+49301", {}, "Event: conference\r\n");
    CHECK(elsewhere.last_status() == 404);
}

TEST_CASE("of two trunks with one number the one the call comes from decides") {
    Trunk one = carrier();
    Trunk two = carrier();
    two.name = "other";
    two.addresses = {*IpPrefix::parse("203.0.113.0/24")};
    two.dids = {{"+49301", "2000"}};
    Trunk three = carrier();
    three.name = "certified";
    three.addresses.clear();
    three.certificate = "sip.example.org";
    three.dids = {{"+49301", "3000"}};
    const TrunkTable table({one, two, three});
    const auto from = [](const char* address, sip::Transport transport = sip::Transport::udp,
                         std::string proved = {}) {
        sip::Flow flow;
        flow.transport = transport;
        flow.remote.address = *IpAddress::parse(address);
        flow.domain = std::move(proved);
        return flow;
    };
    CHECK(*table.room_of("+49301", from("203.0.113.9")) == "2000");
    CHECK(*table.room_of("+49301", from("198.51.100.9")) == "conference");
    CHECK(*table.room_of("+49301", from("::ffff:203.0.113.9")) == "2000");
    CHECK(table.room_of("+49301", from("192.0.2.1")) == nullptr);
    CHECK(table.room_of("+49302", from("203.0.113.9")) == nullptr);
    CHECK(table.from(from("::ffff:203.0.113.9"))->name == "other");
    CHECK(table.from(from("192.0.2.1")) == nullptr);
    // A certificate counts where there is one, whatever the address.
    CHECK(*table.room_of("+49301", from("192.0.2.1", sip::Transport::tls, "SIP.example.org")) == "3000");
    CHECK(table.from(from("192.0.2.1", sip::Transport::tls, "sip.example.com")) == nullptr);
    CHECK(table.from(from("192.0.2.1", sip::Transport::tcp, "sip.example.org")) == nullptr);
    CHECK(table.named("other")->name == "other");
}

TEST_CASE(
    "a trunk that registers sends REGISTER, keeps Call-ID and counts CSeq, and takes it back at the end") {
    Trunk trunk = carrier();
    trunk.registration = 600s;
    OnTrunk world(std::move(trunk));
    world.start();
    const auto first = world.last(sip::Method::register_);
    CHECK(first.uri().to_string() == "sip:carrier.example");
    CHECK(first.to().uri.to_string() == "sip:4930@carrier.example");
    CHECK(first.from().uri == first.to().uri);
    CHECK(first.contacts().at(0).uri.user() == "4930");
    CHECK(first.header(sip::HeaderId::expires) == "600");
    const std::string contact = first.contacts().at(0).to_string();
    world.answer(first, 200, {},
                 {{sip::HeaderId::contact, "<sip:4930@192.0.2.200>;expires=30"},
                  {sip::HeaderId::contact, contact + ";expires=300"}});
    CHECK(world.log.count("trunk.registered") == 1);
    world.pass_focus(239s);
    CHECK(world.last(sip::Method::register_).cseq().number == first.cseq().number);
    world.pass_focus(1s);
    const auto second = world.last(sip::Method::register_);
    CHECK(second.call_id() == first.call_id());
    CHECK(second.from_tag() == first.from_tag());
    CHECK(second.cseq().number == first.cseq().number + 1);
    world.answer(second, 200, {}, {{sip::HeaderId::contact, contact + ";expires=300"}});

    world.focus.sign_off(world.now);
    world.run();
    const auto last = world.last(sip::Method::register_);
    CHECK(last.header(sip::HeaderId::expires) == "0");
    CHECK(!world.focus.idle());
    world.answer(last, 200);
    CHECK(world.focus.idle());
}

TEST_CASE("a trunk's challenges are answered with its password, nobody else's are") {
    Trunk trunk = carrier();
    trunk.registration = 600s;
    trunk.password = "secret";
    OnTrunk world(std::move(trunk));
    const std::string challenge =
        "Digest realm=\"carrier.example\", nonce=\"n\", qop=\"auth\", algorithm=MD5";
    world.start();
    world.answer(world.last(sip::Method::register_), 401, {}, {{sip::HeaderId::www_authenticate, challenge}});
    REQUIRE(world.requests(sip::Method::register_).size() == 2);
    const auto again = world.last(sip::Method::register_);
    CHECK(again.header(sip::HeaderId::authorization)->find("username=\"4930\"") != std::string::npos);
    world.answer(again, 200, {},
                 {{sip::HeaderId::contact, again.contacts().at(0).to_string() + ";expires=300"}});
    CHECK(world.log.count("trunk.registered") == 1);
    world.pass_focus(240s);
    CHECK(world.last(sip::Method::register_).cseq().number == again.cseq().number + 1);

    world.answer(world.dial("tel:+4940123"), 407, {}, {{sip::HeaderId::proxy_authenticate, challenge}});
    CHECK(world.last(sip::Method::invite).has(sip::HeaderId::proxy_authorization));
    const auto calls = world.requests(sip::Method::invite).size();
    world.answer(world.dial("sip:bob@192.0.2.77"), 407, {}, {{sip::HeaderId::proxy_authenticate, challenge}});
    CHECK(world.requests(sip::Method::invite).size() == calls + 1);
    CHECK(world.log.field("dial.failed", "status") == "407");
}

TEST_CASE(
    "a trunk's password answers its realm alone: the registrar's, the configured one, else its domain") {
    Trunk trunk = carrier();
    trunk.password = "secret";
    const auto challenge_of = [](std::string_view realm) {
        return sip::ExtraHeaders{{sip::HeaderId::proxy_authenticate,
                                  fmt::format("Digest realm=\"{}\", nonce=\"n\", algorithm=MD5", realm)}};
    };
    const auto answers = [&](OnTrunk& world, std::string_view realm) {
        const auto invite = world.dial("tel:+4940123");
        world.answer(invite, 407, {}, challenge_of(realm));
        return world.last(sip::Method::invite).has(sip::HeaderId::proxy_authorization);
    };
    OnTrunk plain(trunk);
    CHECK_FALSE(answers(plain, "evil.example"));
    CHECK(answers(plain, "carrier.example"));
    trunk.realm = "asterisk";
    OnTrunk configured(trunk);
    CHECK_FALSE(answers(configured, "carrier.example"));
    CHECK(answers(configured, "asterisk"));
    trunk.realm.clear();
    trunk.registration = 600s;
    OnTrunk registered(trunk);
    registered.start();
    registered.answer(registered.last(sip::Method::register_), 401, {},
                      {{sip::HeaderId::www_authenticate, challenge_of("registrar").at(0).value}});
    registered.answer(registered.last(sip::Method::register_), 200);
    CHECK_FALSE(answers(registered, "carrier.example"));
    CHECK(answers(registered, "registrar"));
}

TEST_CASE("a registration counts on behind the number that was used last, answered or not") {
    Trunk trunk = carrier();
    trunk.registration = 600s;
    trunk.password = "secret";
    OnTrunk world(std::move(trunk));
    world.start();
    world.answer(world.last(sip::Method::register_), 401, {},
                 {{sip::HeaderId::www_authenticate, "Digest realm=\"r\", nonce=\"n\", algorithm=MD5"}});
    CHECK(world.last(sip::Method::register_).cseq().number == 2);
    for (int i = 0; i < 200 && world.last(sip::Method::register_).cseq().number == 2; ++i)
        world.pass_focus(1s);
    CHECK(world.last(sip::Method::register_).cseq().number == 3);
}

TEST_CASE("a registrar that refuses is told about and asked again later") {
    Trunk trunk = carrier();
    trunk.registration = 600s;
    OnTrunk world(std::move(trunk));
    world.start();
    world.answer(world.last(sip::Method::register_), 403);
    CHECK(world.log.field("trunk.not_registered", "status") == "403");
    CHECK(*world.focus.next_timeout() >= world.now + 15s);
    world.pass_focus(31s);
    CHECK(world.requests(sip::Method::register_).size() == 2);
}

TEST_CASE("a trunk asked by OPTIONS first is called only when it has answered") {
    Trunk trunk = carrier();
    trunk.options_first = true;
    OnTrunk world(std::move(trunk));
    world.start();
    world.dial("tel:+4940123");
    CHECK(world.requests(sip::Method::invite).empty());
    CHECK(world.log.field("dial.failed", "status") == "503");
    world.answer(world.last(sip::Method::options), 200);
    world.dial("tel:+4940123");
    CHECK(world.requests(sip::Method::invite).size() == 1);
}

TEST_CASE("a trunk that is no sips one takes no call that was asked for by sips") {
    OnTrunk world(carrier());
    CHECK(world.dial("sips:+4940123@192.0.2.1").uri().user().empty());
    CHECK(world.log.field("dial.failed", "status") == "480");
}

TEST_CASE(
    "port and transport of a proxy with a name are kept by a Route, or by the Request-URI that has them "
    "all") {
    Trunk trunk = carrier();
    trunk.domain = "carrier.example";
    const auto routes = [&](std::string_view proxy) {
        trunk.proxy = *sip::Uri::parse(proxy);
        const auto route = route_to(trunk);
        return route.empty() ? std::string() : route[0].uri.to_string();
    };
    CHECK(routes("sip:carrier.example").empty());
    CHECK(routes("sip:carrier.example:5080") == "sip:carrier.example:5080;lr");
    CHECK(routes("sip:carrier.example;transport=tcp") == "sip:carrier.example;transport=tcp;lr");
    CHECK(routes("sip:proxy.example") == "sip:proxy.example;lr");
    trunk.domain = "198.51.100.7";
    CHECK(routes("sip:198.51.100.7:5070").empty());
}

TEST_CASE(
    "a registration whose Contact comes back changed is refreshed in the shortest time that is granted") {
    Trunk trunk = carrier();
    trunk.registration = 600s;
    OnTrunk world(std::move(trunk));
    world.start();
    world.answer(world.last(sip::Method::register_), 200, {},
                 {{sip::HeaderId::contact, "<sip:4930@203.0.113.5:1024>;expires=300"},
                  {sip::HeaderId::contact, "<sip:4930@203.0.113.6>;expires=3600"}});
    const auto first = world.last(sip::Method::register_).cseq().number;
    world.pass_focus(239s);
    CHECK(world.last(sip::Method::register_).cseq().number == first);
    world.pass_focus(1s);
    CHECK(world.last(sip::Method::register_).cseq().number == first + 1);
}

TEST_CASE(
    "a call through a trunk only for who has proved who he is; to a SIP address for everybody in the room") {
    OnTrunk world(carrier());
    world.focus.dial("1000", *sip::Uri::parse("tel:+493012345"), {}, world.now, {.trunks = false});
    world.run();
    CHECK(world.requests(sip::Method::invite).empty());
    CHECK(world.log.field("dial.failed", "status") == "403");
    world.focus.dial("1000", *sip::Uri::parse("sip:bob@192.0.2.50"), {}, world.now, {.trunks = false});
    world.run();
    CHECK(world.requests(sip::Method::invite).size() == 1);
}

TEST_CASE("as many calls at once through a trunk as it may have, one alarm for a burst of more") {
    Trunk trunk = carrier();
    trunk.tolls.calls = 2;
    OnTrunk world(trunk);
    for (int n = 0; n < 10; ++n) world.dial("tel:+49301234" + std::to_string(n));
    CHECK(world.requests(sip::Method::invite).size() == 2);
    CHECK(world.log.count("dial.failed") == 8);
    CHECK(world.log.count("toll.alarm") == 1);
    CHECK(world.log.field("toll.alarm", "trunk") == "carrier");
}

TEST_CASE("as many calls a day through a trunk as it may have") {
    TollGuard guard;
    const TollLimits limits{0, 3, {}}, none;
    TimePoint now{1000h};
    const auto refused = [&](const char* trunk, const TollLimits& by) {
        return guard.refusal({{TollParty::Kind::trunk, trunk, &by, 0}}, 0, now).has_value();
    };
    for (int n = 0; n < 3; ++n, now += 1h) CHECK_FALSE(refused("carrier", limits));
    CHECK(refused("carrier", limits));
    now += 1min;
    CHECK(refused("carrier", limits));
    CHECK(guard.take_alarms().size() == 1);
    CHECK_FALSE(refused("other", limits));
    CHECK_FALSE(refused("carrier", none));
    now += 24h;
    CHECK_FALSE(refused("carrier", limits));
}

TEST_CASE("hours of the week, past midnight and past Sunday too") {
    constexpr int hour = 60, day = 24 * hour;
    const auto office = *WeekHours::parse("mon-fri 08:00-18:00"), night = *WeekHours::parse("22:00-06:00"),
               weekend = *WeekHours::parse("sat-sun 20:00-04:30"), all = *WeekHours::parse("00:00-24:00");
    CHECK(office.contains(8 * hour));
    CHECK_FALSE(office.contains(8 * hour - 1));
    CHECK_FALSE(office.contains(18 * hour));
    CHECK_FALSE(office.contains(5 * day + 12 * hour));
    CHECK(night.contains(23 * hour));
    CHECK(night.contains(3 * day + 5 * hour));
    CHECK_FALSE(night.contains(3 * day + 6 * hour));
    CHECK(weekend.contains(4 * hour));  // Monday, from Sunday on
    CHECK_FALSE(weekend.contains(4 * hour + 30));
    CHECK_FALSE(weekend.contains(5 * day + 4 * hour));
    CHECK(all.contains(0));
    CHECK(all.contains(7 * day - 1));
    for (const char* wrong : {"", "mon", "8-18", "08:00-08:00", "08:60-09:00", "24:01-25:00",
                              "mon-foo 08:00-09:00", "mon 08:00", "08:00 - 09:00"})
        CHECK_FALSE(WeekHours::parse(wrong));
}

TEST_CASE("a trunk has its hours, and so has a user, who has numbers and limits of his own") {
    Trunk trunk = carrier();
    trunk.tolls.hours = {*WeekHours::parse("mon-fri 08:00-18:00")};
    FocusSettings settings = with(trunk);
    CallerRule& alice = settings.caller_rules["alice"];
    alice.numbers = [](std::string_view number) { return number.starts_with("+49"); };
    alice.limits.calls = 1;
    settings.caller_rules["*"].limits.calls_per_day = 1;
    World world(settings);
    int minute = 12 * 60;
    world.focus.set_calendar([&](TimePoint) { return minute; });
    const auto dial = [&](const char* target, const char* user, const char* account) {
        const std::size_t before = world.requests(sip::Method::invite).size();
        world.focus.dial("1000", *sip::Uri::parse(target), {}, world.now, {.user = user, .account = account});
        world.run();
        return world.requests(sip::Method::invite).size() > before;
    };
    CHECK_FALSE(dial("tel:+1900123", "alice", "user alice"));
    CHECK(world.log.field("dial.failed", "status") == "403");
    CHECK(world.log.field("toll.alarm", "caller") == "user alice");
    CHECK(dial("tel:+49301", "alice", "user alice"));
    CHECK_FALSE(dial("tel:+49302", "alice", "user alice"));
    CHECK(dial("tel:+1900123", "bob", "user bob"));
    CHECK_FALSE(dial("tel:+1900124", "bob", "user bob"));
    CHECK(dial("tel:+1900124", "", "address 192.0.2.7"));
    CHECK(dial("tel:+1900125", "", ""));  // our own wish
    minute = 20 * 60;
    CHECK_FALSE(dial("tel:+1900125", "", ""));
    CHECK(world.log.field("toll.alarm", "trunk") == "carrier");
}

TEST_CASE("the trunk's own address leads past neither its numbers nor its limits nor its encryption") {
    Trunk trunk = carrier();
    trunk.numbers = [](std::string_view number) { return number.starts_with("+49"); };
    trunk.tolls.calls = 1;
    trunk.encryption = sdp::MediaEncryption::off;
    OnTrunk world(std::move(trunk));
    for (const char* past :
         {"sip:+1900123@198.51.100.7", "sip:+1900123@carrier.example", "sip:%2b1900123@198.51.100.9",
          "sip:+1900123;npdi@198.51.100.7", "sip:+1900123;phone-context=x@carrier.example",
          "sip:+1900%20123@198.51.100.7", "sip:+1900123x@198.51.100.7", "sip:(%2b1)900@198.51.100.7",
          "sip:%001900123@198.51.100.7", "sip:+1900123@elsewhere.example;maddr=198.51.100.7"}) {
        CAPTURE(past);
        world.dial(past);
        CHECK(world.requests(sip::Method::invite).empty());
    }
    CHECK(world.log.count("toll.alarm") == 1);
    const auto invite = world.dial("sip:+49301@198.51.100.9");
    CHECK(world.requests(sip::Method::invite).size() == 1);
    CHECK(invite.body().find("a=crypto") == std::string::npos);
    world.dial("sip:+49302@198.51.100.7");
    CHECK(world.requests(sip::Method::invite).size() == 1);
}

TEST_CASE("a trunk without numbers takes none; whom it knows by name it is asked for") {
    Trunk trunk = carrier();
    trunk.numbers = {};
    OnTrunk world(std::move(trunk));
    for (const char* number : {"sip:+4930@198.51.100.7", "sip:100@198.51.100.7", "tel:+4930"}) {
        CAPTURE(number);
        world.dial(number);
        CHECK(world.requests(sip::Method::invite).empty());
    }
    CHECK(world.dial("sip:bob;x=y@198.51.100.7").uri().to_string() == "sip:bob;x=y@198.51.100.7");
}

TEST_CASE("what stands beside a number does not reach the trunk") {
    Trunk trunk = carrier();
    trunk.numbers = [](std::string_view number) { return number.starts_with("+49"); };
    OnTrunk world(trunk);
    CHECK(world.dial("sip:+49-301;rn=+1900@192.0.2.1").uri().to_string() == "sip:+49301@carrier.example");
    CHECK(world.dial("sip:+49301;rn=+1900:x@198.51.100.7;rn=+1900;user=phone").uri().to_string() ==
          "sip:+49301@198.51.100.7;user=phone");
}

TEST_CASE("a trunk's domain is the trunk's, though nobody knows yet where it leads") {
    Trunk trunk = carrier();
    trunk.numbers = [](std::string_view number) { return number.starts_with("+49"); };
    trunk.addresses.clear();
    trunk.proxy = *sip::Uri::parse("sip:proxy.carrier.example");
    OnTrunk world(std::move(trunk));
    world.routes.names = true;
    for (const char* past :
         {"sip:+1900123@carrier.example", "sip:+1900123@carrier.example.",
          "sip:+1900123@proxy.carrier.example", "sip:+1900@x.example;maddr=carrier.example"}) {
        CAPTURE(past);
        world.log.records.clear();
        world.dial(past);
        CHECK(world.log.field("dial.failed", "status") == "403");
    }
}
