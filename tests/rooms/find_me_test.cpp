#include "accounts/access_policy.hpp"
#include "accounts/gatekeeper.hpp"
#include "tests/rooms/referring_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;

namespace {

// alice is registered at several phones; bob is a user who is nowhere.
struct FindMe : World {
    explicit FindMe(FocusSettings settings = default_settings()) : World(std::move(settings)) {
        focus.set_registrar(&registrar);
        focus.set_users(
            [](std::string_view user) { return user == "alice" || user == "bob" || user == "2000"; });
    }

    void register_at(std::string_view uri, std::string_view instance = {}, std::uint32_t reg_id = 0,
                     std::string_view path = {}) {
        accounts::Binding binding;
        binding.contact.uri = *sip::Uri::parse(uri);
        binding.expires = now + 1h;
        binding.registered = now - std::chrono::seconds(bindings.size());
        binding.instance = instance;
        binding.reg_id = reg_id;
        if (!path.empty()) binding.path.push_back(*sip::NameAddr::parse(path));
        bindings.push_back(std::move(binding));
        registrar.locations().replace("alice", bindings);
    }
    // By REGISTER over `flow`, as it came.
    void enroll(std::string_view contact, std::string_view via) {
        sip::SipMessage message =
            sip::SipMessage::request(sip::Method::register_, *sip::Uri::parse("sip:here"));
        message.prepend_via(*sip::Via::parse(via));
        message.set_from(*sip::NameAddr::parse("<sip:alice@here>;tag=r"));
        message.set_to(*sip::NameAddr::parse("<sip:alice@here>"));
        message.set_call_id("register");
        message.set_cseq(1, sip::Method::register_);
        message.add(sip::HeaderId::contact, contact);
        REQUIRE(
            registrar.on_register({{}, message, flow, sip::Identity::user("alice", "here")}, now).status ==
            200);
    }
    // As run(), and says where the last one went.
    std::string run_and_see() {
        focus.drain_agent(now);
        std::string last;
        for (auto& out : agent.take_outgoing()) {
            last = out.flow.remote.to_string();
            sent.push_back(std::move(sip::parse_message(out.bytes).message));
        }
        return last;
    }
    void dial(std::string_view target = "sip:alice@192.0.2.1") {
        focus.dial("1000", *sip::Uri::parse(target), {}, now);
        run();
    }
    std::vector<sip::SipMessage> invites() const { return requests(sip::Method::invite); }
    std::string outcome() const { return log.field("dial.failed", "status"); }

    accounts::UserTable users;
    accounts::Gatekeeper gatekeeper{{.domains = {"here"}}, {"here"}, users, random};
    accounts::Registrar registrar{{}, gatekeeper};
    std::vector<accounts::Binding> bindings;
};

}  // namespace

TEST_CASE("all phones of a user ring at once, the first to answer joins, the others are cancelled") {
    FindMe world;
    world.register_at("sip:alice@192.0.2.51");
    world.register_at("sip:alice@192.0.2.52");
    world.register_at("sip:alice@192.0.2.53", {}, 0, "<sip:edge@192.0.2.60;lr>");
    world.dial();
    REQUIRE(world.invites().size() == 3);
    CHECK(world.invites()[2].routes().at(0).uri.host() == "192.0.2.60");
    for (const auto& invite : world.invites()) world.answer(invite, 180, {}, {}, invite.uri().host());
    world.answer(world.invites()[1], 200, pcmu_offer);
    REQUIRE(world.requests(sip::Method::cancel).size() == 2);
    // RFC 3326: else they show a call he missed.
    for (const auto& cancel : world.requests(sip::Method::cancel))
        CHECK(cancel.header(sip::HeaderId::reason) == "SIP;cause=200;text=\"Call completed elsewhere\"");
    CHECK(world.all<JoinRoom>().size() == 1);
    CHECK(world.focus.calls() == 1);
    // One of the others was quicker than our CANCEL.
    world.answer(world.invites()[0], 200, pcmu_offer, {}, "quick");
    REQUIRE(world.requests(sip::Method::bye).size() == 1);
    CHECK(world.requests(sip::Method::bye)[0].to_tag() == "quick");
    CHECK(world.all<JoinRoom>().size() == 1);
}

TEST_CASE("who listens at another port than he registered from is called there") {
    FindMe world;
    world.flow.remote = *Endpoint::parse("192.0.2.51:49152");
    world.enroll("<sip:alice@192.0.2.51:5070>", "SIP/2.0/UDP 192.0.2.51:5070;branch=z9hG4bK1");
    world.focus.dial("1000", *sip::Uri::parse("sip:alice@192.0.2.1"), {}, world.now);
    CHECK(world.run_and_see() == "192.0.2.51:5070");
    CHECK(world.invites().size() == 1);
}

TEST_CASE("a phone behind a NAT that we called is acknowledged and hung up by the way it registered") {
    FindMe world;
    world.flow.remote = *Endpoint::parse("10.8.0.2:34000");
    world.enroll("<sip:alice@192.168.1.20:5060>", "SIP/2.0/UDP 192.168.1.20:5060;rport;branch=z9hG4bK1");
    world.focus.dial("1000", *sip::Uri::parse("sip:alice@192.0.2.1"), {}, world.now);
    CHECK(world.run_and_see() == "10.8.0.2:34000");
    sip::SipMessage ok = sip::SipMessage::response_to(world.invites().at(0), 200);
    ok.set_to_tag("callee");
    ok.add(sip::HeaderId::contact, "<sip:alice@192.168.1.20:5060>");
    ok.set_body(std::string(pcmu_offer), "application/sdp");
    world.agent.receive(sip::to_wire(ok), world.flow, world.now);
    CHECK(world.run_and_see() == "10.8.0.2:34000");
    CHECK(world.requests(sip::Method::ack).size() == 1);
    world.focus.end_all_calls("SIP;cause=503", world.now);
    CHECK(world.run_and_see() == "10.8.0.2:34000");
    CHECK(world.requests(sip::Method::bye).size() == 1);
}

TEST_CASE("no registration from a trunk's address is a way to call its numbers") {
    FocusSettings settings = World::default_settings();
    Trunk trunk;
    trunk.name = "carrier";
    trunk.proxy = *sip::Uri::parse("sip:198.51.100.7:5060");
    trunk.domain = "carrier.example";
    trunk.addresses = {*IpPrefix::parse("198.51.100.7")};
    trunk.numbers = [](std::string_view number) { return number == "123"; };
    settings.trunks = TrunkTable({trunk});
    FindMe world(std::move(settings));
    world.flow.remote = *Endpoint::parse("198.51.100.7:49152");
    const auto dial_to = [&](const char* contact) {
        world.enroll(contact, "SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK1");
        world.dial();
        return world.invites().size();
    };
    CHECK(dial_to("<sip:+900123456@198.51.100.7:5060>") == 0);
    CHECK(world.outcome() == "480");
    CHECK(dial_to("<sip:alice@198.51.100.7:5060>") == 1);
}

TEST_CASE("one place in the room is enough for all of his phones") {
    FindMe world;
    world.call(1);
    for (int i = 51; i < 55; ++i) world.register_at(fmt::format("sip:alice@192.0.2.{}", i));
    world.dial();
    CHECK(world.invites().size() == 4);
    world.answer(world.invites()[0], 200, pcmu_offer);
    CHECK(world.all<JoinRoom>().size() == 2);
}

TEST_CASE("the dial fails when the last phone has refused, with the answer that says most") {
    FindMe world;
    world.register_at("sip:alice@192.0.2.51");
    world.register_at("sip:alice@192.0.2.52");
    world.dial();
    world.answer(world.invites()[0], 503);
    CHECK(world.outcome().empty());
    world.answer(world.invites()[1], 486);
    CHECK(world.outcome() == "486");
    CHECK(world.ports.out == 0);
}

TEST_CASE("who declines on one phone declines for all") {
    FindMe world;
    world.register_at("sip:alice@192.0.2.51");
    world.register_at("sip:alice@192.0.2.52");
    world.dial();
    for (const auto& invite : world.invites()) world.answer(invite, 180, {}, {}, invite.uri().host());
    world.answer(world.invites()[0], 603);
    CHECK(world.outcome() == "603");
    REQUIRE(world.requests(sip::Method::cancel).size() == 1);
    CHECK(world.requests(sip::Method::cancel)[0].header(sip::HeaderId::reason) ==
          "SIP;cause=603;text=\"Declined elsewhere\"");
}

TEST_CASE("a phone with two flows rings once, and by the other flow when the first is dead") {
    FindMe world;
    world.register_at("sip:alice@192.0.2.51", "<urn:uuid:1>", 1);
    world.register_at("sip:alice@192.0.2.52", "<urn:uuid:1>", 2);
    world.register_at("sip:alice@192.0.2.53", "<urn:uuid:2>", 1);
    world.dial();
    REQUIRE(world.invites().size() == 2);
    world.answer(world.invites()[0], 430);
    REQUIRE(world.invites().size() == 3);
    CHECK(world.invites()[2].uri().host() == "192.0.2.52");
    world.answer(world.invites()[2], 486);
    CHECK(world.invites().size() == 3);
}

TEST_CASE("a user who is registered nowhere is 480") {
    FindMe world;
    world.dial("sip:bob@192.0.2.1");
    CHECK(world.outcome() == "480");
    CHECK(world.invites().empty());
}

TEST_CASE("a call for a user is 480; his name is a room only if it is open or configured") {
    FindMe world;
    Believer guard;
    world.agent.set_guard(&guard);
    const auto call = [&](int id, const char* user, const char* who) {
        world.request("INVITE", id, 1, pcmu_offer, user, "application/sdp", who);
        return world.last_status();
    };
    CHECK(call(1, "alice", "X-Who: user bob\r\n") == 480);
    CHECK(call(2, "2000", "X-Who: user bob\r\n") == 480);  // would be a room on demand
    // Who has not proved who he is does not learn who our users are.
    CHECK(call(3, "alice", "") == 404);
    CHECK(call(4, "nobody", "") == 404);
    world.request("INVITE", 5, 1, pcmu_offer, "2001");
    CHECK(world.last_status() == 200);
}

TEST_CASE("who is called by sips is called only at phones that have registered by sips (RFC 5630 5.4)") {
    FindMe world;
    world.register_at("sip:alice@192.0.2.51");
    world.dial("sips:alice@192.0.2.1");
    CHECK(world.invites().empty());
    CHECK(world.outcome() == "480");
    world.register_at("sips:alice@192.0.2.52");
    world.dial("sips:alice@192.0.2.1");
    REQUIRE(world.invites().size() == 1);
    CHECK(world.invites()[0].uri().to_string() == "sips:alice@192.0.2.52");
    CHECK(world.invites()[0].contacts().at(0).uri.scheme() == sip::Uri::Scheme::sips);
    world.dial("sip:alice@192.0.2.1");
    CHECK(world.invites().size() == 3);
}

TEST_CASE("a user we called is that user: he takes his call over with another phone, nobody else does") {
    FindMe world;
    Believer guard;
    world.agent.set_guard(&guard);
    world.register_at("sip:alice@192.0.2.51");
    world.dial();
    const auto invite = world.invites().at(0);
    world.answer(invite, 200, pcmu_offer);
    const std::string replaces =
        fmt::format("Replaces: {};to-tag={};from-tag=callee\r\n", invite.call_id(), invite.from_tag());
    world.request("INVITE", 1, 1, pcmu_offer, "1000", "application/sdp", "X-Who: user bob\r\n" + replaces);
    CHECK(world.last_status() == 403);
    world.request("INVITE", 2, 1, pcmu_offer, "1000", "application/sdp", "X-Who: user alice\r\n" + replaces);
    CHECK(world.last_status() == 200);
}
