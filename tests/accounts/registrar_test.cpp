#include "accounts/registrar.hpp"

#include "accounts/contact_fields.hpp"
#include "tests/accounts/account_bench.hpp"

namespace rotunda::accounts {
namespace {

using sip::HeaderId;
using sip::SipMessage;
using Texts = std::vector<std::string>;

TEST_CASE("a registered contact is found until it expires") {
    AccountBench bench;
    const auto answer = bench.enroll("<sip:alice@198.51.100.7:5062>;expires=120");
    CHECK(answer.status == 200);
    CHECK(bench.values(answer, HeaderId::contact) == Texts{"<sip:alice@198.51.100.7:5062>;expires=120"});
    CHECK(bench.contacts() == Texts{"sip:alice@198.51.100.7:5062"});
    CHECK(bench.registrar.locations().next_timeout() == bench.now + 120s);
    bench.now += 120s;
    CHECK(bench.contacts().empty());
    bench.registrar.locations().on_timeout(bench.now);
    CHECK(bench.registrar.locations().size() == 0);
    CHECK(bench.registrar.locations().users() == 0);
    CHECK_FALSE(bench.registrar.locations().next_timeout());
}

TEST_CASE("expiry is the contact's, else the request's, else ours, and never above ours") {
    AccountBench bench;
    auto message = bench.register_request("<sip:a@h>;expires=90");
    message.add(HeaderId::contact, "<sip:b@h>");
    message.add(HeaderId::expires, "300");
    CHECK(bench.values(bench.enroll(message), HeaderId::contact) ==
          Texts{"<sip:a@h>;expires=90", "<sip:b@h>;expires=300"});
    CHECK(bench.values(bench.enroll("<sip:c@h>;expires=999999", 2), HeaderId::contact).back() ==
          "<sip:c@h>;expires=3600");
    CHECK(bench.values(bench.enroll("<sip:d@h>", 3), HeaderId::contact).back() == "<sip:d@h>;expires=3600");
}

TEST_CASE("too short an expiry gives 423 with Min-Expires, and nothing changes") {
    AccountBench bench;
    const auto answer = bench.enroll("<sip:a@h>;expires=59");
    CHECK(answer.status == 423);
    CHECK(bench.values(answer, HeaderId::min_expires) == Texts{"60"});
    auto message = bench.register_request("<sip:good@h>;expires=600");
    message.add(HeaderId::contact, "<sip:bad@h>;expires=1");
    CHECK(bench.enroll(message).status == 423);
    CHECK(bench.contacts().empty());
}

TEST_CASE("contacts ring in the order of q, then the latest first") {
    AccountBench bench;
    bench.enroll("<sip:low@h>;q=0.1", 1);
    bench.now += 1s;
    bench.enroll("<sip:old@h>;q=0.5", 2);
    bench.now += 1s;
    const auto answer = bench.enroll("<sip:new@h>;q=0.5", 3);
    bench.enroll("<sip:top@h>", 4);
    CHECK(bench.contacts() == Texts{"sip:top@h", "sip:new@h", "sip:old@h", "sip:low@h"});
    CHECK(bench.values(answer, HeaderId::contact).front() == "<sip:low@h>;expires=3598;q=0.1");
}

TEST_CASE("expires=0 takes one contact away, a star all of them") {
    AccountBench bench;
    bench.enroll("<sip:a@h>", 1);
    bench.enroll("<sip:b@h>", 2);
    CHECK(bench.enroll("<sip:a@H>;expires=0", 3).status == 200);
    CHECK(bench.contacts() == Texts{"sip:b@h"});
    CHECK(bench.enroll("*", 4).status == 400);  // without Expires: 0
    auto star = bench.register_request("*", 5);
    star.add(HeaderId::expires, "0");
    auto mixed = star;
    mixed.add(HeaderId::contact, "<sip:c@h>");
    CHECK(bench.enroll(mixed).status == 400);
    CHECK(bench.contacts().size() == 1);
    CHECK(bench.enroll(star).status == 200);
    CHECK(bench.contacts().empty());
}

TEST_CASE("a REGISTER without contacts only asks") {
    AccountBench bench;
    bench.enroll("<sip:a@h>;expires=600");
    bench.registrar.locations().take_changed();
    bench.now += 500ms;
    CHECK(bench.values(bench.enroll("", 2), HeaderId::contact) == Texts{"<sip:a@h>;expires=600"});
    CHECK(bench.registrar.locations().take_changed().empty());
}

TEST_CASE("an older REGISTER of the same Call-ID changes nothing, one of another does") {
    AccountBench bench;
    bench.enroll("<sip:a@h>;q=0.5", 10);
    CHECK(bench.enroll("<sip:a@h>;expires=0", 10).status == 500);
    CHECK(bench.enroll("<sip:a@h>;expires=0", 9).status == 500);
    CHECK(bench.contacts().size() == 1);
    auto rebooted = bench.register_request("<sip:a@h>;expires=0", 1);
    rebooted.set_call_id("call-2");
    CHECK(bench.enroll(rebooted).status == 200);
    CHECK(bench.contacts().empty());
}

TEST_CASE("nobody changes another's contacts, and other domains are not ours") {
    AccountBench bench;
    auto message = bench.register_request("<sip:a@h>");
    const auto as = [&](sip::Identity identity) {
        return bench.registrar.on_register({{}, message, bench.flow, std::move(identity)}, bench.now).status;
    };
    CHECK(as(sip::Identity::user("bob", "example.com")) == 403);
    CHECK(as({}) == 403);
    CHECK(as(sip::Identity::trunk("alice")) == 403);
    message.set_to(*sip::NameAddr::parse("<sip:alice@elsewhere.org>"));
    CHECK(as(sip::Identity::user("alice", "example.com")) == 404);
}

TEST_CASE("contacts are limited in number, size and kind") {
    AccountBench bench({.domains = {"example.com"}}, {"example.com"}, {.max_contacts = 2});
    bench.enroll("<sip:a@h>", 1);
    bench.enroll("<sip:b@h>", 2);
    auto three = bench.register_request("<sip:c@h>", 3);
    for (const char* more : {"<sip:d@h>", "<sip:e@h>"}) three.add(HeaderId::contact, more);
    CHECK(bench.enroll(three).status == 403);
    CHECK(bench.contacts() == Texts{"sip:a@h", "sip:b@h"});
    CHECK(bench.enroll("<sip:b@h>", 3).status == 200);  // a refresh is no more
    CHECK(bench.contacts().size() == 2);
    CHECK(bench.enroll("<tel:+1234>", 4).status == 400);
    CHECK(bench.enroll(("<sip:" + std::string(2000, 'a') + "@h>").c_str(), 5).status == 400);
    auto long_path = bench.register_request("<sip:b@h>", 6);
    for (int i = 0; i < 20; ++i) long_path.add(HeaderId::path, "<sip:p@h;lr>");
    CHECK(bench.enroll(long_path).status == 400);
    AccountBench full({.domains = {"example.com"}}, {"example.com"}, {.max_bindings = 1});
    full.enroll("<sip:a@h>", 1);
    CHECK(full.enroll("<sip:b@h>", 2).status == 503);
}

TEST_CASE("a contact too many takes the place of one whose connection is gone, else of the oldest") {
    AccountBench bench({.domains = {"example.com"}}, {"example.com"}, {.max_contacts = 3});
    const auto enroll = [&](std::uint64_t connection, const char* contact, const char* call) {
        bench.now += 1s;
        bench.flow = phone_flow(connection);
        auto message = bench.register_request(contact, 1);
        message.set_call_id(call);
        CHECK(bench.enroll(message).status == 200);
    };
    enroll(1, "<sip:desk@h;transport=tcp>", "desk");
    enroll(2, "<sip:app@h:2;transport=tcp>", "app2");
    enroll(3, "<sip:app@h:3;transport=tcp>", "app3");
    bench.registrar.locations().on_connection_lost(sip::ConnectionId{3});
    enroll(4, "<sip:app@h:4;transport=tcp>", "app4");
    CHECK(bench.contacts() ==
          Texts{"sip:app@h:4;transport=tcp", "sip:app@h:2;transport=tcp", "sip:desk@h;transport=tcp"});
    enroll(5, "<sip:app@h:5;transport=tcp>", "app5");
    CHECK(bench.contacts() ==
          Texts{"sip:app@h:5;transport=tcp", "sip:app@h:4;transport=tcp", "sip:app@h:2;transport=tcp"});
    CHECK(bench.registrar.locations().size() == 3);
    // Behind a proxy that adds no Path there is no way but the Contact's, and yet it is the newest.
    bench.now += 1s;
    auto proxied = bench.register_request("<sip:app@h:6>", 1);
    proxied.set_call_id("app6");
    proxied.prepend_via(*sip::Via::parse("SIP/2.0/UDP proxy.example.com;branch=z9hG4bK2"));
    CHECK(bench.enroll(proxied).status == 200);
    CHECK(bench.contacts().front() == "sip:app@h:6");
    CHECK(bench.registrar.locations().size() == 3);
}

TEST_CASE("the same contact in the same words is refreshed, by the limits of the day") {
    AccountBench bench;
    const auto granted = [&](sip::SipMessage message, const char* expires, std::uint32_t cseq) {
        message.set(HeaderId::expires, expires);
        message.set_cseq(cseq, sip::Method::register_);
        return bench.values(bench.enroll(message), HeaderId::contact);
    };
    auto message = bench.register_request("<sip:a@h>;q=0.5");
    message.replace_top_via(*sip::Via::parse("SIP/2.0/UDP 198.51.100.7;rport;branch=z9hG4bK1"));
    const auto standing = [&] { return bench.registrar.locations().lookup("alice", bench.now); };
    CHECK(granted(message, "3000", 1) == Texts{"<sip:a@h>;expires=3000;q=0.5"});
    bench.now += 1000s;
    CHECK(granted(message, "3000", 2) == Texts{"<sip:a@h>;expires=3000;q=0.5"});
    CHECK(granted(message, "3000", 2).empty());  // out of order
    CHECK(granted(message, "2000", 3) == Texts{"<sip:a@h>;expires=2000;q=0.5"});
    bench.registrar.configure({.max_expires = 1500s});
    CHECK(granted(message, "2000", 4) == Texts{"<sip:a@h>;expires=1500;q=0.5"});
    bench.registrar.configure({});
    CHECK(granted(message, "2000", 5) == Texts{"<sip:a@h>;expires=2000;q=0.5"});
    bench.registrar.configure({.min_expires = 2500s});
    CHECK(granted(message, "2000", 6).empty());  // 423
    CHECK(standing().size() == 1);
    bench.registrar.configure({});
    bench.flow.remote.port += 1;  // his NAT has forgotten him
    CHECK(granted(message, "2000", 7).size() == 1);
    CHECK(standing().at(0).flow == bench.flow);
    auto routed = message;
    routed.prepend_via(*sip::Via::parse("SIP/2.0/UDP proxy.example.com;branch=z9hG4bK2"));
    CHECK(granted(routed, "2000", 8).size() == 1);
    CHECK_FALSE(standing().at(0).flow);
    bench.now += 2000s;
    CHECK(granted(routed, "2000", 9).size() == 1);  // it had expired
    CHECK(bench.registrar.locations().size() == 1);
}

TEST_CASE("Path is kept, echoed, and the way to the contact (RFC 3327)") {
    AccountBench bench;
    auto message = bench.register_request("<sip:a@10.0.0.9>");
    message.prepend_via(*sip::Via::parse("SIP/2.0/UDP proxy.example.com;branch=z9hG4bK2"));
    message.add(HeaderId::path, "<sip:p1.example.com;lr>");
    message.add(HeaderId::path, "<sip:p2.example.com;lr>");
    const auto answer = bench.enroll(message);
    CHECK(bench.values(answer, HeaderId::path) ==
          Texts{"<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>"});
    const auto targets = bench.registrar.locations().lookup("alice", bench.now);
    REQUIRE(targets.size() == 1);
    REQUIRE(targets[0].route.size() == 2);
    CHECK(targets[0].route[0].uri.host() == "p1.example.com");
    CHECK_FALSE(targets[0].flow);  // the flow is the proxy's
}

TEST_CASE(
    "a phone's flow replaces its old one by instance and reg-id, and dies with its connection (RFC 5626)") {
    AccountBench bench;
    bench.flow = phone_flow(1);
    const auto answer = bench.enroll("<sip:a@10.0.0.9;ob>;+sip.instance=\"<urn:uuid:1>\";reg-id=1", 1);
    CHECK(bench.values(answer, HeaderId::require) == Texts{"outbound"});
    CHECK(bench.values(answer, HeaderId::flow_timer) == Texts{"120"});
    bench.flow = phone_flow(2);
    bench.enroll("<sip:a@10.0.0.77;ob>;+sip.instance=\"<urn:uuid:1>\";reg-id=1", 2);
    bench.flow = phone_flow(3);
    bench.enroll("<sip:a@10.0.0.77;ob>;+sip.instance=\"<urn:uuid:1>\";reg-id=2", 3);
    auto targets = bench.registrar.locations().lookup("alice", bench.now);
    REQUIRE(targets.size() == 2);
    CHECK(targets[0].instance == "<urn:uuid:1>");
    CHECK(targets[0].flow->connection == sip::ConnectionId{2});
    bench.registrar.locations().on_connection_lost(sip::ConnectionId{1});
    CHECK(bench.contacts().size() == 2);
    bench.registrar.locations().on_connection_lost(sip::ConnectionId{2});
    targets = bench.registrar.locations().lookup("alice", bench.now);
    REQUIRE(targets.size() == 1);
    CHECK(targets[0].flow->connection == sip::ConnectionId{3});
}

TEST_CASE("who listens at another port than he sends from is called where he listens (interop rule 15)") {
    struct Row {
        const char *via, *called;
    };
    for (const Row& row : {
             Row{"SIP/2.0/UDP 198.51.100.7:5070;branch=z9hG4bK1", "198.51.100.7:5070"},
             Row{"SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1", "198.51.100.7:5060"},
             Row{"SIP/2.0/UDP 198.51.100.7:5070;rport;branch=z9hG4bK1", "198.51.100.7:49152"},
             Row{"SIP/2.0/UDP 10.0.0.9:5070;branch=z9hG4bK1", "198.51.100.7:49152"},  // behind a NAT
             Row{"SIP/2.0/UDP 198.51.100.7:5070;maddr=203.0.113.9;branch=z9hG4bK1", "198.51.100.7:5070"},
         }) {
        CAPTURE(row.via);
        AccountBench bench;
        bench.flow = phone_flow(0, "198.51.100.7:49152");
        for (const std::uint32_t cseq : {1u, 2u}) {  // the second is the same in the same words
            auto message = bench.register_request("<sip:a@198.51.100.7:5070>", cseq);
            message.replace_top_via(*sip::Via::parse(row.via));
            REQUIRE(bench.enroll(message).status == 200);
            const auto targets = bench.registrar.locations().lookup("alice", bench.now);
            REQUIRE(targets.size() == 1);
            CHECK(targets[0].flow->remote == *Endpoint::parse(row.called));
            CHECK(targets[0].flow->local == bench.flow.local);
        }
    }
    AccountBench stream;
    stream.flow = phone_flow(4, "198.51.100.7:49152");
    stream.enroll("<sip:a@198.51.100.7:5070;transport=tcp>");
    CHECK(stream.registrar.locations().lookup("alice", stream.now).at(0).flow == stream.flow);
}

TEST_CASE("the same contact from another port he listens at is no refresh: he is called there") {
    AccountBench bench;
    bench.flow = phone_flow(0, "198.51.100.7:49152");
    for (const auto& [cseq, port] : {std::pair{1u, 5070}, {2u, 5080}}) {
        auto message = bench.register_request("<sip:a@198.51.100.7:5070>", cseq);
        message.replace_top_via(
            *sip::Via::parse("SIP/2.0/UDP 198.51.100.7:" + std::to_string(port) + ";branch=z9hG4bK1"));
        bench.enroll(message);
        CHECK(bench.registrar.locations().lookup("alice", bench.now).at(0).flow->remote.port == port);
    }
}

TEST_CASE("an answer proves nothing of us and hands out no nonce: the next one comes with a challenge") {
    AccountBench bench;
    const auto answer = bench.enroll("<sip:a@h>");
    CHECK(answer.status == 200);
    CHECK(bench.values(answer, HeaderId::authentication_info).empty());
}

TEST_CASE("an outbound registration through a proxy that keeps no flow gives 439") {
    AccountBench bench;
    auto message = bench.register_request("<sip:a@10.0.0.9;ob>;+sip.instance=\"<urn:uuid:1>\";reg-id=1");
    message.prepend_via(*sip::Via::parse("SIP/2.0/UDP proxy.example.com;branch=z9hG4bK2"));
    const auto out_of_habit = message;
    message.add(HeaderId::supported, "path, outbound");
    CHECK(bench.enroll(message).status == 439);
    message.add(HeaderId::path, "<sip:edge.example.com;lr;ob>");
    CHECK(bench.enroll(message).status == 200);
    // reg-id without Supported asks for nothing.
    AccountBench plain;
    const auto answer = plain.enroll(out_of_habit);
    CHECK(answer.status == 200);
    CHECK(plain.values(answer, HeaderId::require).empty());
    const auto targets = plain.registrar.locations().lookup("alice", plain.now);
    REQUIRE(targets.size() == 1);
    CHECK(targets[0].instance.empty());
}

TEST_CASE("a contact over TCP outlives its connection by its URI") {
    AccountBench bench;
    bench.flow = phone_flow(5);
    bench.enroll("<sip:a@198.51.100.7;transport=tcp>");
    bench.registrar.locations().on_connection_lost(sip::ConnectionId{5});
    const auto targets = bench.registrar.locations().lookup("alice", bench.now);
    REQUIRE(targets.size() == 1);
    CHECK_FALSE(targets[0].flow);
}

TEST_CASE("changes are told by user, and what was kept comes back after a restart") {
    AccountBench bench;
    bench.enroll("<sip:a@h>;q=0.25;expires=600", 7);
    CHECK(bench.registrar.locations().take_changed() == std::vector<std::string>{"alice"});
    const auto kept = bench.registrar.locations().bindings("alice");

    AccountBench after;
    after.registrar.locations().replace("alice", kept);
    CHECK(after.contacts() == bench.contacts());
    CHECK(after.enroll("<sip:a@h>;expires=600", 7).status == 500);  // the order of the Call-ID holds
    after.now += 600s;
    after.registrar.locations().on_timeout(after.now);
    CHECK(after.contacts().empty());
}

TEST_CASE("q is read and written in thousandths") {
    for (const auto& [q, text] : {std::pair{500, "0.5"}, {0, "0.0"}, {125, "0.125"}, {10, "0.01"}})
        CHECK(q_text(q) == text);
    AccountBench bench;
    for (const char* contact : {"<sip:a@h>;q=1.0", "<sip:b@h>;q=7", "<sip:c@h>;q=0.5x", "<sip:d@h>;q=0.1234"})
        bench.enroll(contact);
    for (const ContactTarget& target : bench.registrar.locations().lookup("alice", bench.now))
        CHECK(target.q == 1000);
}

TEST_CASE("one contact twice in a REGISTER is one contact, and not out of order") {
    AccountBench bench;
    for (const std::uint32_t cseq : {1u, 2u}) {
        auto message = bench.register_request("<sip:a@h>;expires=300", cseq);
        message.add(HeaderId::contact, "<sip:a@h>;expires=600");
        const auto answer = bench.enroll(message);
        CHECK(answer.status == 200);
        CHECK(bench.values(answer, HeaderId::contact) == Texts{"<sip:a@h>;expires=600"});
    }
    CHECK(bench.contacts() == Texts{"sip:a@h"});
}

}  // namespace
}  // namespace rotunda::accounts
