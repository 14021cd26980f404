// What the user agent refuses before its owner sees it (RFC 3261 8.2), and what it says of itself.
#include "tests/signaling/agent_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;

namespace {

// Sends one request to a fresh agent and hands back the final response.
SipMessage answer_to(const PeerRequest& request, Refusal expected, UserAgentSettings settings = {}) {
    AgentBench bench(settings);
    bench.receive(request);
    CHECK(bench.agent.refused(expected) == 1);
    CHECK(bench.events.empty());
    CHECK(bench.agent.session_count() == 0);
    REQUIRE(bench.sent.size() == 1);
    CHECK_FALSE(bench.last().to_tag().empty());
    return bench.last();
}

std::string header(const SipMessage& message, HeaderId id) {
    return std::string(message.header(id).value_or("(none)"));
}

}  // namespace

TEST_CASE("A known method that is not handled gets 405 with Allow, an unknown one 501") {
    const SipMessage no = answer_to({.method = "REFER"}, Refusal::method_not_allowed);
    CHECK(no.status() == 405);
    CHECK(header(no, HeaderId::allow) == "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK");
    const SipMessage unknown = answer_to({.method = "DANCE"}, Refusal::method_unknown);
    CHECK(unknown.status() == 501);
    CHECK(unknown.has(HeaderId::allow));
}

TEST_CASE("A scheme that is not SIP gets 416") {
    CHECK(answer_to({.method = "OPTIONS", .uri = "tel:+15550100"}, Refusal::uri_scheme).status() == 416);
}

TEST_CASE("Require names what is missing in Unsupported; what is supported passes") {
    const SipMessage no =
        answer_to({.extra = "Require: precondition, nothingSupportsThis\r\n", .body = peer_sdp},
                  Refusal::required_extension);
    CHECK(no.status() == 420);
    CHECK(header(no, HeaderId::unsupported) == "precondition, nothingSupportsThis");

    UserAgentSettings settings;
    settings.supported = {"replaces"};
    AgentBench bench(settings);
    bench.receive(PeerRequest{.extra = "Require: Replaces\r\n", .body = peer_sdp});
    CHECK(bench.all<IncomingInvite>().size() == 1);
}

TEST_CASE("Replaces outside INVITE is 400 (RFC 3891 3)") {
    for (const char* method : {"OPTIONS", "MESSAGE"}) {
        UserAgentSettings settings;
        settings.owner_methods = {Method::message};
        AgentBench bench(settings);
        bench.receive(PeerRequest{.method = method, .extra = "Replaces: a@b;to-tag=1;from-tag=2\r\n"});
        CHECK(bench.last().status() == 400);
        CHECK(bench.events.empty());
    }
    AgentBench invited;
    invited.receive(PeerRequest{.extra = "Replaces: a@b;to-tag=1;from-tag=2\r\n", .body = peer_sdp});
    CHECK(invited.all<IncomingInvite>().size() == 1);
}

TEST_CASE("The method is looked at before Require, Require before the body") {
    CHECK(answer_to({.method = "REFER", .extra = "Require: x\r\n"}, Refusal::method_not_allowed).status() ==
          405);
    CHECK(answer_to({.extra = "Require: x\r\n", .body = "?", .content_type = "text/x"},
                    Refusal::required_extension)
              .status() == 420);
}

TEST_CASE("A body of unknown type gets 415 with Accept, one in unknown encoding 415 with Accept-Encoding") {
    const SipMessage type =
        answer_to({.body = "<x/>", .content_type = "application/xml"}, Refusal::content_type);
    CHECK(type.status() == 415);
    CHECK(header(type, HeaderId::accept) == "application/sdp, multipart/mixed");
    const SipMessage encoding =
        answer_to({.extra = "Content-Encoding: gzip\r\n", .body = "zip"}, Refusal::content_encoding);
    CHECK(encoding.status() == 415);
    CHECK(header(encoding, HeaderId::accept_encoding) == "identity");
}

TEST_CASE("An INVITE that accepts no SDP gets 406; one that accepts all passes") {
    CHECK(
        answer_to({.extra = "Accept: text/plain\r\n", .body = peer_sdp}, Refusal::not_acceptable).status() ==
        406);
    for (const char* accept :
         {"Accept: */*\r\n", "Accept: text/plain, application/*\r\n", "Accept: application/sdp\r\n"}) {
        AgentBench bench;
        bench.receive(PeerRequest{.extra = accept, .body = peer_sdp});
        CHECK(bench.all<IncomingInvite>().size() == 1);
    }
}

TEST_CASE(
    "SDP is found inside multipart; optional strangers beside it are ignored, required ones are not (interop "
    "rule 8)") {
    const auto multipart = [](const std::string& disposition) {
        return "--b\r\nContent-Type: application/sdp\r\n\r\n" + std::string(peer_sdp) +
               "\r\n--b\r\nContent-Type: application/isup\r\n" + disposition + "\r\nx\r\n--b--\r\n";
    };
    AgentBench bench;
    bench.receive(PeerRequest{.body = multipart("Content-Disposition: signal;handling=optional\r\n"),
                              .content_type = "multipart/mixed;boundary=b"});
    CHECK(bench.only<IncomingInvite>().offer == std::string(peer_sdp));
    CHECK(answer_to({.body = multipart("Content-Disposition: signal;handling=required\r\n"),
                     .content_type = "multipart/mixed;boundary=b"},
                    Refusal::content_type)
              .status() == 415);
}

TEST_CASE("An INVITE needs a Contact with a SIP URI") {
    CHECK(answer_to({.body = peer_sdp, .contact = ""}, Refusal::no_contact).status() == 400);
    CHECK(
        answer_to({.body = peer_sdp, .contact = "<mailto:bob@example.com>"}, Refusal::no_contact).status() ==
        400);
}

TEST_CASE("A request inside a dialog nobody knows gets 481, whatever of it is wrong") {
    AgentBench bench;
    bench.incoming_call();
    bench.forget();
    std::uint64_t count = 0;
    const auto expect_481 = [&](PeerRequest request) {
        request.cseq = 50 + static_cast<int>(count);
        bench.receive(request);
        CHECK(bench.last().status() == 481);
        CHECK(bench.agent.refused(Refusal::no_dialog) == ++count);
    };
    for (const char* method : {"INVITE", "BYE", "OPTIONS", "INFO", "UPDATE"}) {
        expect_481({.method = method, .to_tag = "stranger"});
        expect_481({.method = method, .to_tag = bench.our_tag, .from_tag = "stranger"});
        expect_481({.method = method, .to_tag = bench.our_tag, .call_id = "other@198.51.100.7"});
    }
    expect_481({.method = "BYE"});  // outside of any
    CHECK(bench.events.empty());
    CHECK(bench.agent.session_count() == 1);
}

TEST_CASE("Beyond the limit of sessions a call gets 503 with Retry-After") {
    UserAgentSettings settings;
    settings.max_sessions = 1;
    settings.retry_after_s = 17;
    AgentBench bench(settings);
    bench.incoming_call();
    bench.receive(PeerRequest{.from_tag = "other", .call_id = "call-2@198.51.100.7", .body = peer_sdp});
    CHECK(bench.last().status() == 503);
    CHECK(header(bench.last(), HeaderId::retry_after) == "17");
    CHECK(bench.agent.refused(Refusal::session_limit) == 1);
    CHECK(bench.agent.invite({}, bench.now) == SessionId{});
}

TEST_CASE("Broken requests get the parser's status, broken responses and ACKs silence") {
    AgentBench bench;
    std::string text = PeerRequest{}.text();
    bench.receive(text.replace(text.find("SIP/2.0"), 7, "SIP/7.0"));
    CHECK(bench.last().status() == 505);
    CHECK_FALSE(bench.last().to_tag().empty());
    std::string mismatch = PeerRequest{}.text();
    bench.receive(mismatch.replace(mismatch.find("1 INVITE"), 8, "1 OPTIONS"));
    CHECK(bench.last().status() == 400);
    CHECK(bench.agent.refused(Refusal::malformed) == 2);
    bench.forget();
    bench.receive(std::string("SIP/2.0 200 OK\r\n\r\n"));
    bench.receive(std::string("ACK sip:x SIP/2.0\r\n\r\n"));
    bench.receive(std::string("\r\n\r\n"));
    CHECK(bench.sent.empty());
}

TEST_CASE("A message above the limit gets 513") {
    UserAgentSettings settings;
    settings.parse.message = 4096;
    PeerRequest request{.method = "OPTIONS"};
    request.body = std::string(5000, 'x');
    CHECK(answer_to(request, Refusal::malformed, settings).status() == 513);
}

TEST_CASE("OPTIONS outside a dialog is the owner's; Max-Forwards 0 does not matter to an endpoint") {
    UserAgentSettings settings;
    settings.product = "Rotunda";
    settings.product_in_responses = true;
    settings.supported = {"timer"};
    AgentBench bench(settings);
    std::string text = PeerRequest{.method = "OPTIONS", .contact = ""}.text();
    bench.receive(text.replace(text.find("Forwards: 70"), 12, "Forwards: 0"));
    const RequestReceived event = bench.only<RequestReceived>();
    SipMessage response = bench.agent.make_response(event.request, 200);
    response.set_body(our_sdp, "application/sdp");
    bench.agent.respond(event.transaction, response, bench.now);
    bench.drain();
    CHECK(bench.last().status() == 200);
    CHECK(header(bench.last(), HeaderId::allow) == "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK");
    CHECK(header(bench.last(), HeaderId::supported) == "timer");
    CHECK(header(bench.last(), HeaderId::accept) == "application/sdp, multipart/mixed");
    CHECK(header(bench.last(), HeaderId::server) == "Rotunda");
    CHECK(bench.last().body() == our_sdp);
    CHECK_FALSE(bench.last().to_tag().empty());
}

TEST_CASE("who calls and proves nothing does not learn the product, unless that is switched on") {
    for (const bool told : {false, true}) {
        UserAgentSettings settings;
        settings.product = "Rotunda";
        settings.product_in_responses = told;
        AgentBench bench(settings);
        const SessionId session = bench.incoming_call();
        CHECK(bench.last().has(HeaderId::server) == told);
        bench.agent.ping(session, bench.now);
        bench.drain();
        CHECK(bench.last().method() == Method::options);
        CHECK(bench.last().has(HeaderId::user_agent) == told);
        bench.agent.bye(session, {}, bench.now);
        bench.drain();
        CHECK(bench.last().method() == Method::bye);
        CHECK(bench.last().has(HeaderId::user_agent) == told);
    }
}

TEST_CASE("users and those we call learn the product") {
    struct Everybody final : RequestGuard {
        GuardVerdict check(const SipMessage&, const Flow&, const Identity* dialog, TimePoint) override {
            return {dialog ? *dialog : Identity::user("alice", "example.com"), {}};
        }
    } guard;
    UserAgentSettings settings;
    settings.product = "Rotunda";
    AgentBench bench(settings);
    bench.agent.set_guard(&guard);
    const SessionId session = bench.incoming_call();
    bench.agent.bye(session, {}, bench.now);
    bench.drain();
    CHECK(header(bench.last(), HeaderId::user_agent) == "Rotunda");
}

TEST_CASE("An agent without a product name says neither Server nor User-Agent") {
    AgentBench bench;
    const SessionId session = bench.incoming_call();
    CHECK_FALSE(bench.last().has(HeaderId::server));
    bench.agent.bye(session, {}, bench.now);
    bench.drain();
    CHECK_FALSE(bench.last().has(HeaderId::user_agent));
}

TEST_CASE("Contact is the room's URI at the advertised address, with isfocus where it is switched on") {
    AgentBench bench;
    bench.flow.advertised = *Endpoint::parse("203.0.113.1:5080");
    bench.incoming_call(false);
    CHECK(header(bench.last(), HeaderId::contact) == "<sip:1000@203.0.113.1:5080>;isfocus");

    UserAgentSettings plain;
    plain.isfocus = false;
    AgentBench other(plain);
    other.flow = bench_flow(Transport::tcp);
    other.receive(PeerRequest{.body = peer_sdp});
    const SessionId session = other.only<IncomingInvite>().session;
    CHECK(other.agent.set_contact(session, {"lobby", "The Lobby", {}}));
    other.agent.accept(session, our_sdp, other.now);
    other.drain();
    CHECK(header(other.last(), HeaderId::contact) ==
          "\"The Lobby\" <sip:lobby@192.0.2.1:5060;transport=tcp>");
    CHECK_FALSE(other.agent.set_contact(SessionId{99}, {}));
}

TEST_CASE("What cannot be parsed is counted by its reason, answered or not") {
    AgentBench bench;
    bench.receive("hello\r\n\r\n");
    CHECK(bench.sent.empty());
    CHECK(bench.agent.malformed(ParseReason::start_line) == 1);
    bench.receive(std::string("SIP/2.0 200 OK\r\n\r\n"));
    CHECK(bench.sent.empty());
    CHECK(bench.agent.malformed(ParseReason::missing_header) == 1);
}
