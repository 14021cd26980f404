// A transaction layer on a test bench: messages in as text, messages and events out as short lines.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "signaling/parser.hpp"
#include "signaling/transaction_layer.hpp"
#include "transaction_timeline.hpp"

namespace rotunda::sip::test {

inline Endpoint endpoint(std::string_view text) {
    return Endpoint::parse(text).value();
}

inline Flow udp_flow(std::string_view remote = "192.0.2.9:5070", std::string_view local = "192.0.2.1:5060") {
    return {Transport::udp, endpoint(local), endpoint(remote), {}, endpoint(local)};
}

inline Flow tcp_flow(std::uint64_t connection = 1, std::string_view remote = "192.0.2.9:40001") {
    const Endpoint local = endpoint("192.0.2.1:5060");
    return {Transport::tcp, local, endpoint(remote), ConnectionId{connection}, local};
}

inline SipMessage parsed(std::string_view text) {
    ParsedMessage result = parse_message(text);
    REQUIRE_MESSAGE(result.ok(), to_string(result.reason), "\n", text);
    return std::move(result.message);
}

// The parts of a request the transaction layer looks at.
struct RequestParts {
    std::string method = "INVITE";
    std::string via = "SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKone;rport";
    std::string from_tag = "alice";
    std::string to_tag = "";
    std::string call_id = "call-1";
    int cseq = 1;
    std::string uri = "sip:1000@192.0.2.1";
    std::string extra = "";
};

inline SipMessage request(const RequestParts& p) {
    const std::string to = p.to_tag.empty() ? "" : ";tag=" + p.to_tag;
    const std::string from = p.from_tag.empty() ? "" : ";tag=" + p.from_tag;
    return parsed(p.method + " " + p.uri + " SIP/2.0\r\nVia: " + p.via + "\r\nFrom: <sip:alice@example.com>" +
                  from + "\r\nTo: <sip:1000@192.0.2.1>" + to + "\r\nCall-ID: " + p.call_id +
                  "\r\nCSeq: " + std::to_string(p.cseq) + " " + p.method + "\r\nMax-Forwards: 70\r\n" +
                  p.extra + "Content-Length: 0\r\n\r\n");
}

// A request as a TU hands it down: no Via.
inline SipMessage outgoing(const RequestParts& p) {
    SipMessage message = request(p);
    message.remove(HeaderId::via);
    return message;
}

// "INVITE" or "200 INVITE"
inline std::string brief(const SipMessage& m) {
    return (m.is_response() ? std::to_string(m.status()) + " " : "") + std::string(m.method().name());
}

inline std::string describe(const TransactionEvent& event) {
    struct Visitor {
        std::string operator()(const RequestReceived& e) const { return "request " + brief(e.request); }
        std::string operator()(const AckReceived&) const { return "ack"; }
        std::string operator()(const CancelReceived&) const { return "cancel"; }
        std::string operator()(const ResponseReceived& e) const { return "response " + brief(e.response); }
        std::string operator()(const StrayInviteSuccess& e) const { return "stray " + brief(e.response); }
        std::string operator()(const ClientTransactionFailed& e) const {
            return "client failed " + word(e.failure);
        }
        std::string operator()(const ServerTransactionFailed& e) const {
            return "server failed " + word(e.failure);
        }
        std::string operator()(const ClientTransactionEnded&) const { return "client ended"; }
        std::string operator()(const ServerTransactionEnded&) const { return "server ended"; }
        std::string operator()(const WayFound&) const { return "way found"; }
        static std::string word(TransactionFailure f) {
            return f == TransactionFailure::timeout ? "timeout" : "transport";
        }
    };
    return std::visit(Visitor{}, event);
}

using Lines = std::vector<std::string>;

struct Bench {
    explicit Bench(TransactionLayer::Settings settings = {}) : layer(settings, random) {}

    void receive(const SipMessage& message, const Flow& flow = udp_flow()) {
        layer.receive(message, flow, now);
    }
    // Lets timers fire, each at its instant, and arrives at `ms`.
    void run_until(std::int64_t ms) {
        while (layer.next_timeout() && *layer.next_timeout() <= at_ms(ms)) {
            now = *layer.next_timeout();
            layer.on_timeout(now);
        }
        now = at_ms(ms);
    }

    // What went out since last asked; parsed, so that each is known to be well formed.
    std::vector<SipMessage> sent_messages() {
        std::vector<SipMessage> messages;
        last_out = layer.take_outgoing();
        for (const OutgoingMessage& out : last_out) messages.push_back(parsed(out.bytes));
        return messages;
    }
    Lines sent() {
        Lines lines;
        for (const SipMessage& m : sent_messages()) lines.push_back(brief(m));
        return lines;
    }
    Lines events() {
        last_events = layer.take_events();
        Lines lines;
        for (const TransactionEvent& e : last_events) lines.push_back(describe(e));
        return lines;
    }
    // The last event of that type among those of the latest events().
    template <typename Event>
    const Event& last() const {
        for (auto it = last_events.rbegin(); it != last_events.rend(); ++it)
            if (const Event* e = std::get_if<Event>(&*it)) return *e;
        FAIL("no such event");
        return std::get<Event>(last_events.front());
    }
    // A new request came; the id of its transaction.
    ServerTransactionId accept_request(const SipMessage& message, const Flow& flow = udp_flow()) {
        receive(message, flow);
        REQUIRE(events() == Lines{"request " + brief(message)});
        taken = last<RequestReceived>().request;
        return last<RequestReceived>().transaction;
    }
    bool respond(ServerTransactionId id, int status) {
        return layer.respond(id, SipMessage::response_to(taken, status), now);
    }
    // What the peer would answer to the message just sent.
    SipMessage answer_to(const SipMessage& sent_request, int status, std::string_view to_tag = "peer") {
        SipMessage response = SipMessage::response_to(sent_request, status);
        if (status > 100) response.set_to_tag(to_tag);
        return response;
    }
    bool empty() {
        return layer.server_transactions() == 0 && layer.client_transactions() == 0 && !layer.next_timeout();
    }

    TimePoint now = at_ms(0);
    SeededRandom random{7};
    TransactionLayer layer;
    SipMessage taken;  // the last request passed up
    std::vector<OutgoingMessage> last_out;
    std::vector<TransactionEvent> last_events;
};

}  // namespace rotunda::sip::test
