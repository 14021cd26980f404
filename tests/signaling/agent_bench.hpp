// A user agent in virtual time and a peer played by hand: the test writes the peer's messages and reads the
// agent's.
#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "signaling/parser.hpp"
#include "signaling/user_agent.hpp"
#include "signaling/writer.hpp"

namespace rotunda::sip {

inline constexpr const char* peer_sdp =
    "v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP "
    "0\r\n";
inline constexpr const char* our_sdp =
    "v=0\r\no=- 2 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n";

inline Flow bench_flow(Transport transport = Transport::udp) {
    Flow flow;
    flow.transport = transport;
    flow.local = flow.advertised = *Endpoint::parse("192.0.2.1:5060");
    flow.remote = *Endpoint::parse("198.51.100.7:5060");
    if (is_reliable(transport)) flow.connection = ConnectionId{1};
    return flow;
}

// One request of the peer, as text. Each field has the value of an ordinary call from him.
struct PeerRequest {
    std::string method = "INVITE";
    std::string uri = "sip:1000@192.0.2.1";
    std::string branch = {};  // empty: made of method and CSeq
    std::string to_tag = {};
    std::string from_tag = "peer";
    std::string call_id = "call-1@198.51.100.7";
    int cseq = 1;
    std::string extra = {};  // whole header lines
    std::string body = {};
    std::string content_type = "application/sdp";
    std::string contact = "<sip:bob@198.51.100.7>";

    std::string text() const {
        std::string out = method + " " + uri + " SIP/2.0\r\n";
        out +=
            "Via: SIP/2.0/UDP 198.51.100.7;rport;branch=z9hG4bK" +
            (branch.empty() ? method + std::to_string(cseq) + call_id.substr(0, call_id.find('@')) : branch) +
            "\r\n";
        out += "Max-Forwards: 70\r\nFrom: Bob <sip:bob@198.51.100.7>;tag=" + from_tag + "\r\n";
        out += "To: <sip:1000@192.0.2.1>" + (to_tag.empty() ? "" : ";tag=" + to_tag) + "\r\n";
        out += "Call-ID: " + call_id + "\r\nCSeq: " + std::to_string(cseq) + " " + method + "\r\n";
        if (!contact.empty()) out += "Contact: " + contact + "\r\n";
        out += extra;
        if (!body.empty()) out += "Content-Type: " + content_type + "\r\n";
        return out + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
};

class AgentBench {
  public:
    explicit AgentBench(UserAgentSettings settings = {}) : agent(settings, random_) {}

    TimePoint now{};

  private:
    SeededRandom random_{42};

  public:
    UserAgent agent;
    Flow flow = bench_flow();
    std::vector<SipMessage> sent;  // by the agent, in order
    std::vector<Flow> sent_over;   // beside it
    std::vector<UserAgentEvent> events;

    void receive(const PeerRequest& request) { receive(request.text()); }
    void receive(const std::string& bytes) {
        agent.receive(bytes, flow, now);
        drain();
    }
    // A response of the peer to a request the agent sent.
    void answer(const SipMessage& request, int status, std::string_view to_tag = "peer",
                std::string_view sdp = {}, std::string_view extra_name = {},
                std::string_view extra_value = {}) {
        SipMessage response = SipMessage::response_to(request, status);
        if (request.to_tag().empty()) response.set_to_tag(to_tag);
        response.add(HeaderId::contact, "<sip:bob@198.51.100.7>");
        if (!extra_name.empty()) response.add(extra_name, extra_value);
        if (!sdp.empty()) response.set_body(std::string(sdp), "application/sdp");
        receive(to_wire(response));
    }
    void drain() {
        for (OutgoingMessage& out : agent.take_outgoing()) {
            ParsedMessage parsed = parse_message(out.bytes);
            REQUIRE_MESSAGE(parsed.ok(), out.bytes);
            sent.push_back(std::move(parsed.message));
            sent_over.push_back(out.flow);
        }
        for (UserAgentEvent& event : agent.take_events()) events.push_back(std::move(event));
    }
    // Lets time pass, waking the agent exactly when it asked to be.
    void pass(Duration time) {
        const TimePoint end = now + time;
        for (auto next = agent.next_timeout(); next && *next <= end; next = agent.next_timeout()) {
            now = std::max(now, *next);
            agent.on_timeout(now);
            drain();
        }
        now = end;
    }
    void forget() {
        sent.clear();
        sent_over.clear();
        events.clear();
    }

    template <typename Event>
    std::vector<const Event*> all() const {
        std::vector<const Event*> found;
        for (const UserAgentEvent& event : events)
            if (const auto* e = std::get_if<Event>(&event)) found.push_back(e);
        return found;
    }
    template <typename Event>
    const Event& only() const {
        const auto found = all<Event>();
        REQUIRE(found.size() == 1);
        return *found.front();
    }
    // Responses of the agent to that method with that status, or its requests when status is 0.
    std::vector<const SipMessage*> messages(const Method& method, int status) const {
        std::vector<const SipMessage*> found;
        for (const SipMessage& m : sent)
            if (m.method() == method && m.status() == status) found.push_back(&m);
        return found;
    }
    std::size_t count(const Method& method, int status = 0) const { return messages(method, status).size(); }
    const SipMessage& last() const {
        REQUIRE(!sent.empty());
        return sent.back();
    }

    // --- whole stretches of a call

    // Everything the call left behind must be gone when its last transaction is.
    void check_nothing_left() {
        pass(std::chrono::seconds(70));
        CHECK(agent.idle());
    }
    // The peer's call, answered; `to_tag` is ours.
    SessionId incoming_call(bool acknowledged = true, std::string offer = peer_sdp) {
        receive(PeerRequest{.body = offer});
        const SessionId session = only<IncomingInvite>().session;
        REQUIRE(agent.accept(session, our_sdp, now));
        drain();
        REQUIRE(last().status() == 200);
        our_tag = last().to_tag();
        if (acknowledged) ack(1, offer.empty() ? peer_sdp : "");
        return session;
    }
    void ack(int cseq, std::string body = {}) {
        receive(PeerRequest{.method = "ACK",
                            .branch = "ack" + std::to_string(cseq),
                            .to_tag = our_tag,
                            .cseq = cseq,
                            .body = std::move(body)});
    }
    PeerRequest in_dialog(std::string method, int cseq, std::string body = {}) const {
        return {.method = std::move(method), .to_tag = our_tag, .cseq = cseq, .body = std::move(body)};
    }
    // Our call, answered by the peer with tag "peer".
    SessionId outgoing_call() {
        const SessionId session = call();
        answer(last(), 200, "peer", peer_sdp);
        REQUIRE(all<SessionConfirmed>().size() == 1);
        return session;
    }
    SessionId call(std::optional<std::string> offer = our_sdp) {
        OutgoingInvite invite;
        invite.target = *Uri::parse("sip:bob@198.51.100.7");
        invite.from.uri = *Uri::parse("sip:1000@192.0.2.1");
        invite.contact.user = "1000";
        invite.flow = flow;
        invite.offer = std::move(offer);
        const SessionId session = agent.invite(std::move(invite), now);
        drain();
        REQUIRE(last().method() == Method::invite);
        our_tag = last().from_tag();
        our_call_id = last().call_id();
        return session;
    }
    // A request of the peer inside the dialog our call made.
    PeerRequest in_our_dialog(std::string method, int cseq, std::string body = {}) const {
        return {.method = std::move(method),
                .to_tag = our_tag,
                .call_id = our_call_id,
                .cseq = cseq,
                .body = std::move(body)};
    }

    std::string our_tag, our_call_id;
};

}  // namespace rotunda::sip
