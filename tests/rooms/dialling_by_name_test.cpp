// Who is called by a name is looked up first: what our offer says of us depends on where he is (RFC 3263).
#include "signaling/dns.hpp"
#include "tests/rooms/focus_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;

namespace {

// The server's own ways: to 198.51.100.0/24 by a second address of ours.
class TwoNetworks final : public sip::FlowSource {
  public:
    std::optional<sip::Flow> flow_to(sip::Transport transport, const Endpoint& remote) override {
        const bool second = IpPrefix::parse("198.51.100.0/24")->contains(remote.address);
        const Endpoint here = *Endpoint::parse(second ? "198.51.100.1:5060" : "192.0.2.1:5060");
        return sip::Flow{transport, here, remote, {}, here};
    }
};

struct ByName : World {
    explicit ByName(FocusSettings settings = default_settings()) : World(std::move(settings)) {
        routes.names = true;
        agent.set_flow_source(ways);
    }
    void dial(std::string_view target, DialOrigin origin = {}) {
        id = focus.dial("1000", *sip::Uri::parse(target), {}, now, std::move(origin));
        run();
    }
    // Answers every question: with this address for A, else with nothing.
    void answer_dns(std::string_view address) {
        for (auto questions = agent.take_dns_questions(); !questions.empty();
             questions = agent.take_dns_questions())
            for (const sip::DnsQuestion& question : questions) {
                sip::DnsAnswer answer;
                answer.question = question;
                if (question.type == sip::DnsType::a && !address.empty())
                    answer.addresses.push_back(*IpAddress::parse(address));
                agent.on_dns_answer(answer, now);
                run();
            }
    }
    std::size_t invites() const { return requests(sip::Method::invite).size(); }

    TwoNetworks ways;
    DialId id;
};

}  // namespace

TEST_CASE(
    "a name is looked up before the offer is made: media, From and Contact name the address that leads "
    "there") {
    ByName world;
    world.dial("sip:callee@phones.example");
    CHECK(world.invites() == 0);
    CHECK(world.focus.calls() == 1);
    world.answer_dns("198.51.100.7");
    REQUIRE(world.invites() == 1);
    const auto invite = world.requests(sip::Method::invite)[0];
    CHECK(world.ports.peer.to_string() == "198.51.100.7");
    CHECK(invite.from().uri.host() == "198.51.100.1");
    CHECK(invite.contacts().at(0).uri.host() == "198.51.100.1");
    CHECK(invite.uri().host() == "phones.example");
    world.answer(invite, 200, pcmu_offer);
    CHECK(world.log.count("dial.answered") == 1);
}

TEST_CASE("a name that leads nowhere is told as 503") {
    ByName world;
    world.dial("sip:callee@nowhere.example");
    world.answer_dns("");
    CHECK(world.log.field("dial.failed", "status") == "503");
    CHECK(world.invites() == 0);
    CHECK(world.focus.calls() == 0);
    CHECK(world.focus.rooms() == 0);
}

TEST_CASE("a dial that is given up while its name is looked up calls nobody") {
    ByName world;
    world.dial("sip:callee@phones.example");
    world.focus.cancel_dial(world.id, world.now);
    world.run();
    CHECK(world.log.field("dial.failed", "status") == "487");
    world.answer_dns("198.51.100.7");
    CHECK(world.invites() == 0);
    CHECK(world.focus.calls() == 0);
}

TEST_CASE("an answer of the DNS that comes after the ring limit is too late") {
    ByName world;
    world.dial("sip:callee@phones.example");
    world.now += 61s;
    world.answer_dns("198.51.100.7");
    CHECK(world.invites() == 0);
    CHECK(world.log.field("dial.failed", "status") == "408");
}

TEST_CASE("a name leads nobody inside who is outside, nor past refer.trunks to a trunk") {
    FocusSettings settings = World::default_settings();
    Trunk trunk;
    trunk.name = "carrier";
    trunk.proxy = *sip::Uri::parse("sip:sip.carrier.example");
    trunk.domain = "carrier.example";
    trunk.addresses = {*IpPrefix::parse("198.51.100.7")};
    trunk.numbers = [](std::string_view number) { return number == "+4940"; };
    settings.trunks = TrunkTable({trunk});
    const IpAddress outside = *IpAddress::parse("203.0.113.9");
    struct Row {
        const char* address;
        DialOrigin origin;
        std::size_t invites;
    };
    const Row rows[] = {
        {"127.0.0.1", {.asker = outside}, 0},
        {"10.0.0.9", {.asker = outside}, 0},
        {"198.51.100.7", {.trunks = false, .asker = outside}, 0},
        {"198.51.100.7", {.asker = outside}, 1},
        {"198.51.100.8", {.trunks = false, .asker = outside}, 1},
        {"10.0.0.9", {}, 1},
    };
    for (const Row& row : rows) {
        CAPTURE(row.address);
        ByName world(settings);
        world.dial("sip:+4940@evil.example", row.origin);
        world.answer_dns(row.address);
        CHECK(world.invites() == row.invites);
        CHECK(world.log.count("dial.failed") == (row.invites == 0 ? 1 : 0));
    }
}

TEST_CASE("a foreign name that leads to a trunk is called as the trunk wants its calls") {
    FocusSettings settings = World::default_settings();
    Trunk trunk;
    trunk.name = "carrier";
    trunk.proxy = *sip::Uri::parse("sip:sip.carrier.example");
    trunk.domain = "carrier.example";
    trunk.addresses = {*IpPrefix::parse("198.51.100.7")};
    trunk.numbers = [](std::string_view number) { return number == "+4940"; };
    trunk.codecs = {AudioCodec::pcma};
    trunk.caller_id = "+4930";
    trunk.isfocus = trunk.replaces = false;
    trunk.contact_host = "sbc.example.net";
    settings.trunks = TrunkTable({trunk});
    const auto call = [&](std::string_view address) {
        ByName world(settings);
        world.focus.dial("1000", *sip::Uri::parse("sip:+4940@elsewhere.example"),
                         {{sip::HeaderId::replaces, "a@b;to-tag=1;from-tag=2"}}, world.now);
        world.run();
        world.answer_dns(address);
        REQUIRE(world.invites() == 1);
        return world.requests(sip::Method::invite)[0];
    };
    const auto theirs = call("198.51.100.7");
    CHECK(theirs.contacts().at(0).uri.host() == "sbc.example.net");
    CHECK_FALSE(theirs.contacts().at(0).params.has("isfocus"));
    CHECK(theirs.body().find("RTP/AVP 8 ") != std::string::npos);
    CHECK(theirs.body().find("opus") == std::string::npos);
    CHECK(theirs.from().uri.to_string() == "sip:+4930@carrier.example");
    CHECK(theirs.header(sip::HeaderId::p_asserted_identity) == "<sip:+4930@carrier.example>");
    CHECK_FALSE(theirs.has(sip::HeaderId::replaces));
    CHECK(theirs.uri().host() == "elsewhere.example");
    const auto others = call("198.51.100.8");
    CHECK(others.contacts().at(0).uri.host() == "198.51.100.1");
    CHECK(others.has(sip::HeaderId::replaces));
}
