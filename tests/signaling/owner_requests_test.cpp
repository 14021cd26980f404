// Requests of methods the user agent leaves to its owner, in both directions, inside a session's dialog and
// outside; and dialogs that outlive their call (RFC 5057).
#include "tests/signaling/agent_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

namespace {

UserAgentSettings with_refer() {
    UserAgentSettings settings;
    settings.owner_methods = {Method::refer, Method::subscribe, Method::notify, Method::message};
    return settings;
}

OutgoingRequest in_dialog(Method::Id method) {
    OutgoingRequest request;
    request.method = method;
    return request;
}

OutgoingRequest notify() {
    OutgoingRequest request = in_dialog(Method::notify);
    request.headers = {{HeaderId::event, "refer"}, {HeaderId::subscription_state, "active;expires=60"}};
    request.body = "SIP/2.0 100 Trying\r\n";
    request.content_type = "message/sipfrag;version=2.0";
    return request;
}

OutgoingRequest outside(const AgentBench& bench, Method::Id method) {
    OutgoingRequest request;
    request.method = method;
    request.target = *Uri::parse("sip:198.51.100.7");
    request.from.uri = *Uri::parse("sip:1000@192.0.2.1");
    request.flow = bench.flow;
    return request;
}

}  // namespace

TEST_CASE("Allow names what the user agent handles, and the owner's methods when he has announced them") {
    AgentBench plain;
    plain.receive(PeerRequest{.method = "REFER"});
    CHECK(plain.last().status() == 405);
    CHECK_FALSE(plain.last().lists(HeaderId::allow, "REFER"));

    AgentBench bench(with_refer());
    bench.receive(PeerRequest{.method = "PUBLISH"});
    CHECK(bench.last().status() == 405);
    CHECK(bench.last().lists(HeaderId::allow, "REFER"));
    CHECK(bench.last().lists(HeaderId::allow, "INVITE"));
}

TEST_CASE("A request of an owner's method inside the dialog is his to answer, its body too") {
    AgentBench bench(with_refer());
    const SessionId session = bench.incoming_call();
    bench.forget();
    PeerRequest refer = bench.in_dialog("REFER", 2, "whatever");
    refer.content_type = "text/plain";
    refer.contact = "<sip:bob@198.51.100.9>";
    bench.receive(refer);
    CHECK(bench.sent.empty());
    const auto& event = bench.only<DialogRequestReceived>();
    CHECK(event.session == session);
    SipMessage response = bench.agent.make_response(event.received.request, 202);
    response.add(HeaderId::contact, bench.agent.contact(session).value());
    bench.agent.respond(event.received.transaction, std::move(response), bench.now);
    bench.drain();
    CHECK(bench.last().status() == 202);
    CHECK(bench.last().to_tag() == bench.our_tag);

    refer.branch = "older";
    bench.receive(refer);
    CHECK(bench.last().status() == 500);
    CHECK(bench.all<DialogRequestReceived>().size() == 1);

    CHECK(bench.agent.request(session, notify(), bench.now));
    bench.drain();
    CHECK(bench.last().uri().to_string() == "sip:bob@198.51.100.9");  // the REFER moved the target
}

TEST_CASE("A request of an owner's method in a dialog of his own reaches him; BYE for none gets 481") {
    AgentBench bench(with_refer());
    bench.receive(PeerRequest{.method = "SUBSCRIBE", .to_tag = "his-own"});
    CHECK(bench.only<RequestReceived>().request.to_tag() == "his-own");
    bench.receive(PeerRequest{.method = "MESSAGE", .body = "Hello", .content_type = "text/plain"});
    CHECK(bench.all<RequestReceived>().size() == 2);
    bench.receive(PeerRequest{.method = "BYE", .to_tag = "his-own"});
    CHECK(bench.last().status() == 481);
}

TEST_CASE("The owner's request in the dialog carries its place in it, and its answer comes back once") {
    AgentBench bench(with_refer());
    const SessionId session = bench.incoming_call();
    bench.forget();
    const RequestId id = bench.agent.request(session, notify(), bench.now);
    CHECK(id);
    bench.drain();
    const SipMessage sent = bench.last();
    CHECK(sent.method() == Method::notify);
    CHECK(sent.from_tag() == bench.our_tag);
    CHECK(sent.to_tag() == "peer");
    CHECK(sent.contacts().size() == 1);
    CHECK(sent.header(HeaderId::event) == "refer");
    CHECK(sent.body() == "SIP/2.0 100 Trying\r\n");
    SUBCASE("an answer") {
        bench.answer(sent, 100);
        CHECK(bench.events.empty());
        bench.answer(sent, 200);
        bench.answer(sent, 200);
        CHECK(bench.only<RequestAnswered>().request == id);
        CHECK(bench.only<RequestAnswered>().session == session);
        CHECK(bench.only<RequestAnswered>().status() == 200);
    }
    SUBCASE("none") {
        bench.pass(33s);
        CHECK(bench.only<RequestAnswered>().status() == 408);
        CHECK_FALSE(bench.only<RequestAnswered>().response);
    }
    SUBCASE("the network refuses it") {
        bench.agent.on_transport_error(bench.sent_over.back(), bench.now);
        bench.drain();
        CHECK(bench.only<RequestAnswered>().status() == 503);
    }
    SUBCASE("481 to a NOTIFY ends a subscription, not the call") {
        bench.answer(sent, 481);
        CHECK(bench.only<RequestAnswered>().status() == 481);
        CHECK(bench.all<SessionEnded>().empty());
    }
}

TEST_CASE("481 to an INFO of ours says that the call is gone, to a MESSAGE only that none is taken") {
    for (const Method::Id method : {Method::info, Method::message}) {
        AgentBench bench(with_refer());
        const SessionId session = bench.incoming_call();
        CHECK(bench.agent.request(session, in_dialog(method), bench.now));
        bench.drain();
        CHECK(bench.last().contacts().empty());  // RFC 3428 §4: MESSAGE has no Contact
        bench.answer(bench.last(), 481);
        CHECK(bench.only<RequestAnswered>().status() == 481);
        CHECK(bench.all<SessionEnded>().size() == (method == Method::info ? 1 : 0));
    }
}

TEST_CASE("the display name of From may be another one in each request inside a dialog, the rest may not") {
    AgentBench bench(with_refer());
    const SessionId session = bench.incoming_call();
    OutgoingRequest request = in_dialog(Method::message);
    request.from.display_name = "Alice \"A\"";
    request.from.uri = *Uri::parse("sip:somebody@else.example");
    CHECK(bench.agent.request(session, request, bench.now));
    bench.drain();
    CHECK(bench.last().from().display_name == "Alice \"A\"");
    CHECK(bench.last().from().uri.to_string() == "sip:1000@192.0.2.1");
    CHECK(bench.last().from_tag() == bench.our_tag);
}

TEST_CASE("the other party of a session: his address, his Contact and whether he takes MESSAGE") {
    AgentBench bench(with_refer());
    PeerRequest invite{.extra = "Allow: INVITE, MESSAGE\r\n", .body = peer_sdp};
    bench.receive(invite);
    const auto peer = bench.agent.peer(bench.only<IncomingInvite>().session);
    REQUIRE(peer);
    CHECK(peer->address.to_string() == "\"Bob\" <sip:bob@198.51.100.7>");
    CHECK(peer->target.to_string() == "sip:bob@198.51.100.7");
    CHECK(peer->takes_messages);
    CHECK_FALSE(bench.agent.peer(SessionId{77}));
    AgentBench other(with_refer());
    const auto silent = other.agent.peer(other.outgoing_call());
    REQUIRE(silent);
    CHECK_FALSE(silent->takes_messages);
    CHECK(silent->address.tag().empty());
}

TEST_CASE("No request goes into a dialog that is not confirmed or is gone") {
    AgentBench bench(with_refer());
    CHECK_FALSE(bench.agent.request(SessionId{77}, in_dialog(Method::refer), bench.now));
    const SessionId session = bench.call();
    CHECK_FALSE(bench.agent.request(session, in_dialog(Method::refer), bench.now));
    bench.answer(bench.last(), 200, "peer", peer_sdp);
    CHECK(bench.agent.request(session, in_dialog(Method::refer), bench.now));
    CHECK(bench.agent.bye(session, {}, bench.now));
    CHECK_FALSE(bench.agent.request(session, in_dialog(Method::refer), bench.now));
}

TEST_CASE("A request outside every dialog: new Call-ID and tag, or those it brings") {
    AgentBench bench;
    const RequestId id = bench.agent.send(outside(bench, Method::options), bench.now);
    bench.drain();
    const SipMessage first = bench.last();
    CHECK(first.uri().to_string() == "sip:198.51.100.7");
    CHECK_FALSE(first.call_id().empty());
    CHECK_FALSE(first.from_tag().empty());
    CHECK(first.to_tag().empty());
    CHECK(first.cseq().number == 1);
    bench.answer(first, 200);
    CHECK(bench.only<RequestAnswered>().request == id);
    CHECK_FALSE(bench.only<RequestAnswered>().session);

    OutgoingRequest again = outside(bench, Method::register_);
    again.from = first.from();
    again.to = again.from;
    again.to->params.remove("tag");
    again.call_id = first.call_id();
    again.cseq = 2;
    again.contact = LocalContact{"1000", {}, {}};
    again.route = {NameAddr{{}, *Uri::parse("sip:proxy.example;lr"), {}}};
    CHECK(bench.agent.send(std::move(again), bench.now));
    bench.drain();
    CHECK(bench.last().call_id() == first.call_id());
    CHECK(bench.last().from_tag() == first.from_tag());
    CHECK(bench.last().to().uri == first.from().uri);
    CHECK(bench.last().cseq().number == 2);
    CHECK(bench.last().contacts().size() == 1);
    CHECK(bench.last().routes().size() == 1);
    bench.pass(40s);
    CHECK(bench.agent.idle());
}

TEST_CASE("A held dialog goes on after BYE: NOTIFY out, SUBSCRIBE in, until it is released (RFC 5057)") {
    AgentBench bench(with_refer());
    const SessionId session = bench.incoming_call();
    CHECK(bench.agent.hold_dialog(session));
    CHECK(bench.agent.hold_dialog(session));
    bench.receive(bench.in_dialog("BYE", 2));
    CHECK(bench.only<SessionEnded>().cause == EndCause::remote_bye);
    bench.pass(40s);
    CHECK(bench.agent.session_count() == 1);
    bench.forget();

    CHECK(bench.agent.request(session, notify(), bench.now));
    bench.drain();
    CHECK(bench.last().method() == Method::notify);
    bench.answer(bench.last(), 200);
    CHECK(bench.only<RequestAnswered>().status() == 200);
    bench.receive(bench.in_dialog("SUBSCRIBE", 3));
    CHECK(bench.all<DialogRequestReceived>().size() == 1);
    bench.agent.respond(bench.only<DialogRequestReceived>().received.transaction,
                        bench.agent.make_response(bench.only<DialogRequestReceived>().received.request, 200),
                        bench.now);
    bench.receive(bench.in_dialog("INVITE", 4, peer_sdp));
    CHECK(bench.last().status() == 481);  // the call itself is over
    bench.receive(bench.in_dialog("BYE", 5));
    CHECK(bench.last().status() == 481);

    bench.agent.release_dialog(session, bench.now);
    CHECK(bench.agent.session_count() == 1);
    bench.agent.release_dialog(session, bench.now);
    CHECK(bench.agent.session_count() == 0);
    bench.pass(40s);
    CHECK(bench.agent.idle());
}

TEST_CASE("A dialog nobody releases is let go after the hold limit") {
    UserAgentSettings settings = with_refer();
    settings.hold_limit = 10min;
    AgentBench bench(settings);
    const SessionId session = bench.incoming_call();
    bench.agent.hold_dialog(session);
    bench.pass(20min);  // the limit does not run while the call lasts
    CHECK(bench.agent.bye(session, {}, bench.now));
    bench.drain();
    bench.answer(bench.last(), 200);
    bench.pass(9min);
    CHECK(bench.agent.request(session, notify(), bench.now));
    bench.pass(2min);
    CHECK_FALSE(bench.agent.request(session, notify(), bench.now));
    CHECK(bench.agent.idle());
}
