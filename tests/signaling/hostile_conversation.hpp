// Any conversation a hostile peer and a whimsical owner can have with a user agent, played from a script of
// bytes: messages, commands and pauses. Every session ends exactly once, says nothing afterwards, every
// request of the owner's is answered once, and nothing outlives the last session. On the wire a request is
// repeated as it was, CSeq counts up within each dialog, and no transaction has two final answers.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/byte_reader.hpp"
#include "base/random.hpp"
#include "signaling/parser.hpp"
#include "signaling/user_agent.hpp"
#include "signaling/writer.hpp"

namespace rotunda::sip {

class HostileConversation {
  public:
    // `require` is told each thing that must hold.
    using Require = void (*)(bool holds, const char* what);

    HostileConversation(Bytes script, Require require) : script_(script), require_(require) {
        flow_.local = flow_.advertised = *Endpoint::parse("192.0.2.1:5060");
        flow_.remote = *Endpoint::parse("192.0.2.9:5060");
    }

    void run() {
        for (std::size_t step = 0; step < max_steps && script_.remaining() > 0; ++step) {
            this->step(script_.u8());
            drain();
        }
        finish();
    }

    // Sessions that were set up in it.
    std::size_t confirmed() const { return confirmed_.size(); }
    std::size_t reliable() const { return reliable_; }

  private:
    static constexpr std::size_t max_steps = 300;
    static constexpr std::size_t max_remembered = 32;
    static constexpr std::string_view sdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\n";

    // Each command reads its own part of the script, from left to right.
    void step(std::uint8_t what) {
        switch (what % 18) {
            case 0:
                return receive(request("INVITE", {}));
            case 1:
                return request_of_some_method();
            case 2:
                return receive(request("ACK", some_tag()));
            case 3:
                return receive(request("CANCEL", {}));
            case 4:
                return respond();
            case 10:
                return call();
            case 11:
                return pass(std::chrono::milliseconds(script_.u8() * 300));
            case 12:
                return receive(raw());
            case 17:
                return prack();
            default:
                return command(what % 18, session());
        }
    }
    void command(int what, SessionId id) {
        switch (what) {
            case 5:
                return ignore(agent_.accept(id, std::string(sdp), now_));
            case 6:
                return ignore(agent_.reject(id, 300 + script_.u8() * 2, {}, {}, now_));
            case 7:
                return ignore(agent_.reinvite(id, description(), now_));
            case 8:
                return ignore(agent_.bye(id, {}, now_));
            case 9:
                return ignore(agent_.ping(id, now_));
            case 13:
                return ignore(agent_.ring(id, now_, 183, description()));
            case 14:
                return ignore(agent_.update(id, description(), now_));
            case 15:
                return ask(id);
            default:
                return hold(id);
        }
    }
    static void ignore(bool) {}

    // --- the peer
    void request_of_some_method() {
        const std::string name = method();
        receive(request(name, some_tag()));
    }
    std::string method() {
        constexpr std::array names = {"INVITE", "BYE", "OPTIONS", "INFO", "UPDATE", "NONSENSE", "REFER"};
        return names[script_.u8() % names.size()];
    }
    std::string some_tag() {
        const std::uint8_t which = script_.u8();
        return tags_.empty() ? "stranger" : tags_[which % tags_.size()];
    }
    // Few Call-IDs, CSeqs and branches, so that they meet.
    std::string request(const std::string& method, const std::string& to_tag) {
        const std::uint8_t details = script_.u8();
        const std::string cseq = std::to_string(1 + details % 8);
        const std::string body = details & 64 ? std::string(sdp) : "";
        std::string text = method +
                           " sip:1000@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK" +
                           (method == "CANCEL" ? "INVITE" : method) + cseq + to_tag + "\r\n";
        text += "From: <sip:p@192.0.2.9>;tag=p\r\nTo: <sip:1000@192.0.2.1>" +
                (to_tag.empty() ? "" : ";tag=" + to_tag) + "\r\nCall-ID: c" +
                std::to_string(details / 16 % 2) + "\r\nCSeq: " + cseq + " " + method +
                "\r\nContact: <sip:p@192.0.2.9>\r\n";
        if (details & 128) text += details & 8 ? "Require: 100rel\r\n" : "Supported: 100rel, timer\r\n";
        if (!body.empty()) text += "Content-Type: application/sdp\r\n";
        return text + "\r\n" + body;
    }
    void respond() {
        constexpr std::array statuses = {100, 180, 183, 200, 202, 302, 401, 408, 422, 481, 487, 491, 503};
        if (requests_.empty()) return;
        const SipMessage& request = requests_[script_.u8() % requests_.size()];
        const std::uint8_t details = script_.u8();
        SipMessage response = SipMessage::response_to(request, statuses[details % statuses.size()]);
        if (request.to_tag().empty()) response.set_to_tag(details & 32 ? "one" : "two");
        response.add(HeaderId::contact, "<sip:p@192.0.2.9>");
        if (response.status() == 401)
            response.add(HeaderId::www_authenticate, "Digest realm=\"r\", nonce=\"n\"");
        if (response.is_provisional() && details & 128) {
            response.add(HeaderId::require, "100rel");
            response.add(HeaderId::rseq, std::to_string(1 + script_.u8() % 3));
        }
        if (details & 64) response.set_body(std::string(sdp), "application/sdp");
        if (response.is_success() && details & 16)
            response.add(HeaderId::session_expires, details & 32 ? "90;refresher=uac" : "90;refresher=uas");
        receive(to_wire(response));
    }
    // For a reliable response of the agent, sometimes with an answer or offer.
    void prack() {
        if (reliable_responses_.empty()) return;
        const std::uint8_t details = script_.u8();
        const SipMessage& response = reliable_responses_[details % reliable_responses_.size()];
        std::string text = request("PRACK", std::string(response.to_tag()));
        const std::string rack = "RAck: " + std::string(*response.header(HeaderId::rseq)) + " " +
                                 response.cseq().to_string() + "\r\n";
        text.insert(text.find("From:"), rack);
        receive(text);
    }
    std::string raw() {
        wrote_raw_ = true;
        const std::size_t size = std::min<std::size_t>(script_.u8(), script_.remaining());
        const Bytes bytes = script_.take(size);
        return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    void receive(const std::string& bytes) { agent_.receive(bytes, flow_, now_); }

    // --- the owner
    std::optional<std::string> description() {
        if (script_.u8() % 2 == 0) return std::nullopt;
        return std::string(sdp);
    }
    SessionId session() {
        const std::uint8_t which = script_.u8();
        return sessions_.empty() ? SessionId{} : sessions_[which % sessions_.size()];
    }
    void call() {
        OutgoingInvite invite;
        invite.target = *Uri::parse("sip:p@192.0.2.9");
        invite.from.uri = *Uri::parse("sip:1000@192.0.2.1");
        invite.flow = flow_;
        invite.offer = description();
        if (script_.u8() % 4 == 0) invite.credentials = {{"user", "secret"}};
        const SessionId id = agent_.invite(std::move(invite), now_);
        if (id) begin(id);
    }
    void ask(SessionId id) {
        OutgoingRequest request;
        request.method = Method::info;
        note(agent_.request(id, std::move(request), now_));
    }
    void note(RequestId id) {
        if (id) asked_.insert(id);
    }
    void hold(SessionId id) {
        if (script_.u8() % 2 == 0)
            ignore(agent_.hold_dialog(id));
        else
            agent_.release_dialog(id, now_);
    }
    void begin(SessionId id) {
        sessions_.push_back(id);
        require_(living_.insert(id).second, "a session begins once");
    }

    // --- what comes out
    void drain() {
        for (const OutgoingMessage& out : agent_.take_outgoing()) {
            const ParsedMessage parsed = parse_message(out.bytes);
            if (!parsed.ok()) continue;  // repeats what the peer wrote
            if (parsed.message.is_request())
                check_request(parsed.message, out.bytes);
            else
                check_response(parsed.message);
            if (!finishing_) remember(parsed.message);  // then nobody answers any more
        }
        for (const UserAgentEvent& event : agent_.take_events())
            std::visit([&](const auto& e) { on(e); }, event);
    }
    // RFC 3261 §17.1.1.2, §12.2.1.1.
    void check_request(const SipMessage& request, const std::string& bytes) {
        if (request.method() == Method::ack) return;
        const std::string transaction =
            std::string(request.top_via().branch()) + ' ' + std::string(request.method().name());
        const auto [first, fresh] = sent_.emplace(transaction, bytes);
        require_(first->second == bytes, "a request is repeated as it was");
        if (!fresh || request.method() == Method::cancel) return;
        std::uint32_t& highest =
            counted_[std::string(request.call_id()) + ' ' + std::string(request.from_tag()) + ' ' +
                     std::string(request.to_tag())];
        require_(request.cseq().number > highest, "CSeq counts up within a dialog");
        highest = request.cseq().number;
    }
    // §17.2.2: as long as the transaction lives. An INVITE's ends with its ACK, and its branch is free again.
    // What is not even a message is answered without a transaction.
    void check_response(const SipMessage& response) {
        if (!response.is_final() || response.method() == Method::invite || wrote_raw_) return;
        const std::string transaction = std::string(response.top_via().branch()) + ' ' +
                                        response.cseq().to_string() + ' ' + std::string(response.call_id());
        const auto [last, fresh] = answered_.emplace(transaction, Answer{response.status(), now_});
        const bool over = now_ >= last->second.at + std::chrono::seconds(32);
        require_(fresh || over || last->second.status == response.status(),
                 "a transaction has one final answer");
        if (over) last->second = {response.status(), now_};
    }
    void remember(const SipMessage& message) {
        const auto tag = message.is_request() ? message.from_tag() : message.to_tag();
        if (tags_.size() < max_remembered) tags_.emplace_back(tag);
        if (message.is_request() && message.method() != Method::ack && requests_.size() < max_remembered)
            requests_.push_back(message);
        if (!message.is_request() && message.has(HeaderId::rseq)) {
            ++reliable_;
            if (reliable_responses_.size() < max_remembered) reliable_responses_.push_back(message);
        }
    }
    void on(const RequestReceived& event) {
        agent_.respond(event.transaction, agent_.make_response(event.request, 200), now_);
    }
    void on(const IncomingInvite& event) { begin(event.session); }
    void on(const SessionConfirmed& event) {
        check(event.session);
        require_(confirmed_.insert(event.session).second, "a session is confirmed once");
    }
    void on(const SessionEnded& event) { require_(living_.erase(event.session) == 1, "a session ends once"); }
    // These may come after a session's end, of its dialog, or concern no session at all.
    void on(const RequestAnswered& event) {
        require_(asked_.erase(event.request) == 1, "a request is answered once");
    }
    void on(const DialogRequestReceived& event) { on(event.received); }
    void on(const WayFound&) {}
    template <typename Event>
    void on(const Event& event) {
        check(event.session);
    }
    void check(SessionId id) const { require_(living_.contains(id), "no event but of a living session"); }

    // --- time
    void pass(Duration time) {
        const TimePoint end = now_ + time;
        for (auto next = agent_.next_timeout(); next && *next <= end; next = agent_.next_timeout()) {
            now_ = std::max(now_, *next);
            agent_.on_timeout(now_);
            drain();
        }
        now_ = end;
    }
    void finish() {
        finishing_ = true;
        for (const SessionId id : std::set(living_)) agent_.bye(id, {}, now_);
        drain();
        require_(living_.empty(), "bye() ends every session at once");
        pass(std::chrono::minutes(70));  // a held dialog is let go after an hour
        require_(asked_.empty(), "every request is answered");
        require_(agent_.idle(), "nothing is left");
    }

    static UserAgentSettings settings() {
        UserAgentSettings settings;
        settings.owner_methods = {Method::refer};
        return settings;
    }

    ByteReader script_;
    Require require_;
    SeededRandom random_{1};
    UserAgent agent_{settings(), random_};
    Flow flow_;
    TimePoint now_{};
    std::vector<std::string> tags_;
    std::vector<SipMessage> requests_, reliable_responses_;
    struct Answer {
        int status;
        TimePoint at;
    };
    std::map<std::string, std::string> sent_;       // the bytes of each request of ours, by transaction
    std::map<std::string, std::uint32_t> counted_;  // its highest CSeq, by dialog
    std::map<std::string, Answer> answered_;        // what we answered the peer's transactions
    bool wrote_raw_ = false;
    std::size_t reliable_ = 0;
    bool finishing_ = false;
    std::set<RequestId> asked_;
    std::vector<SessionId> sessions_;
    std::set<SessionId> living_, confirmed_;
};

}  // namespace rotunda::sip
