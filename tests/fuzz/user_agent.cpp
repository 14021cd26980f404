// Any conversation a hostile peer and a whimsical owner can have with a user agent: the input is a script of
// messages, commands and pauses. Every session ends exactly once, says nothing afterwards, and nothing
// outlives the last one.
#include "signaling/user_agent.hpp"

#include <array>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/byte_reader.hpp"
#include "base/random.hpp"
#include "signaling/writer.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using rotunda::fuzz::require;

namespace {

constexpr std::size_t max_steps = 300;
constexpr std::size_t max_remembered = 32;
constexpr std::string_view sdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\n";

class Conversation {
  public:
    explicit Conversation(Bytes script) : script_(script) {
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

  private:
    void step(std::uint8_t what) {
        switch (what % 14) {
            case 0:
                return receive(request("INVITE", {}));
            case 1:
                return receive(request(method(), some_tag()));
            case 2:
                return receive(request("ACK", some_tag()));
            case 3:
                return receive(request("CANCEL", {}));
            case 4:
                return respond();
            case 5:
                return ignore(agent_.accept(session(), std::string(sdp), now_));
            case 6:
                return ignore(agent_.reject(session(), 300 + script_.u8() * 2, {}, {}, now_));
            case 7:
                return ignore(agent_.reinvite(session(), description(), now_));
            case 8:
                return ignore(agent_.bye(session(), {}, now_));
            case 9:
                return ignore(agent_.ping(session(), now_));
            case 10:
                return call();
            case 11:
                return pass(std::chrono::milliseconds(script_.u8() * 300));
            case 12:
                return receive(raw());
            default:
                return ignore(agent_.ring(session(), now_));
        }
    }
    static void ignore(bool) {}

    // --- the peer
    std::string method() {
        constexpr std::array names = {"INVITE", "BYE", "OPTIONS", "INFO", "NONSENSE"};
        return names[script_.u8() % names.size()];
    }
    std::string some_tag() {
        const std::uint8_t which = script_.u8();
        return tags_.empty() ? "stranger" : tags_[which % tags_.size()];
    }
    // Few Call-IDs, CSeqs and branches, so that they meet.
    std::string request(const std::string& method, const std::string& to_tag) {
        const std::uint8_t details = script_.u8();
        const std::string cseq = std::to_string(1 + details % 4);
        const std::string body = details & 64 ? std::string(sdp) : "";
        std::string text = method +
                           " sip:1000@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK" +
                           (method == "CANCEL" ? "INVITE" : method) + cseq + to_tag + "\r\n";
        text += "From: <sip:p@192.0.2.9>;tag=p\r\nTo: <sip:1000@192.0.2.1>" +
                (to_tag.empty() ? "" : ";tag=" + to_tag) + "\r\nCall-ID: c" +
                std::to_string(details / 16 % 2) + "\r\nCSeq: " + cseq + " " + method +
                "\r\nContact: <sip:p@192.0.2.9>\r\n";
        if (!body.empty()) text += "Content-Type: application/sdp\r\n";
        return text + "\r\n" + body;
    }
    void respond() {
        constexpr std::array statuses = {100, 180, 200, 202, 302, 408, 481, 487, 491, 503};
        if (requests_.empty()) return;
        const SipMessage& request = requests_[script_.u8() % requests_.size()];
        const std::uint8_t details = script_.u8();
        SipMessage response = SipMessage::response_to(request, statuses[details % statuses.size()]);
        if (request.to_tag().empty()) response.set_to_tag(details & 32 ? "one" : "two");
        response.add(HeaderId::contact, "<sip:p@192.0.2.9>");
        if (details & 64) response.set_body(std::string(sdp), "application/sdp");
        receive(to_wire(response));
    }
    std::string raw() {
        const std::size_t size = std::min<std::size_t>(script_.u8(), script_.remaining());
        const Bytes bytes = script_.take(size);
        return std::string(fuzz::as_text(bytes.data(), bytes.size()));
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
        const SessionId id = agent_.invite(std::move(invite), now_);
        if (id) begin(id);
    }
    void begin(SessionId id) {
        sessions_.push_back(id);
        require(living_.insert(id).second, "a session begins once");
    }

    // --- what comes out
    void drain() {
        for (const OutgoingMessage& out : agent_.take_outgoing()) {
            const ParsedMessage parsed = parse_message(out.bytes);
            if (!parsed.ok()) continue;  // repeats what the peer wrote
            remember(parsed.message);
        }
        for (const UserAgentEvent& event : agent_.take_events())
            std::visit([&](const auto& e) { on(e); }, event);
    }
    void remember(const SipMessage& message) {
        const auto tag = message.is_request() ? message.from_tag() : message.to_tag();
        if (tags_.size() < max_remembered) tags_.emplace_back(tag);
        if (message.is_request() && message.method() != Method::ack && requests_.size() < max_remembered)
            requests_.push_back(message);
    }
    void on(const RequestReceived& event) {
        agent_.respond(event.transaction, agent_.make_response(event.request, 200), now_);
    }
    void on(const IncomingInvite& event) { begin(event.session); }
    void on(const SessionConfirmed& event) {
        check(event.session);
        require(confirmed_.insert(event.session).second, "a session is confirmed once");
    }
    void on(const SessionEnded& event) { require(living_.erase(event.session) == 1, "a session ends once"); }
    // These may come after a session's end, of its dialog, or concern no session at all.
    void on(const RequestAnswered&) {}
    void on(const DialogRequestReceived&) {}
    template <typename Event>
    void on(const Event& event) {
        check(event.session);
    }
    void check(SessionId id) const { require(living_.contains(id), "no event but of a living session"); }

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
        for (const SessionId id : std::set(living_)) agent_.bye(id, {}, now_);
        drain();
        require(living_.empty(), "bye() ends every session at once");
        pass(std::chrono::minutes(10));
        require(agent_.idle(), "nothing is left");
    }

    ByteReader script_;
    SeededRandom random_{1};
    UserAgent agent_{{}, random_};
    Flow flow_;
    TimePoint now_{};
    std::vector<std::string> tags_;
    std::vector<SipMessage> requests_;
    std::vector<SessionId> sessions_;
    std::set<SessionId> living_, confirmed_;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Conversation(Bytes(data, size)).run();
    return 0;
}
