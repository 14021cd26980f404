// Ten thousand random orders of messages, answers, cancellations, breakages and waiting; and ten thousand
// transactions at once.
#include <map>
#include <set>

#include "base/text.hpp"
#include "transaction_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace rotunda::sip::test;

namespace {

constexpr std::string_view mark = "X-Transaction";

// Millions of these hold: only a broken one is worth doctest's time.
void rule(bool holds) {
    if (!holds) CHECK(holds);
}

// Few branches, Call-IDs and tags, so that they collide.
const std::vector<SipMessage>& all_requests() {
    static const std::vector<SipMessage> all = [] {
        std::vector<SipMessage> made;
        for (const char* method : {"INVITE", "INVITE", "OPTIONS", "ACK", "CANCEL", "BYE"})
            for (const char* via :
                 {"SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKone;rport",
                  "SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKtwo", "SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKone",
                  "SIP/2.0/UDP 192.0.2.9:5070", "SIP/2.0/TCP 192.0.2.9:5070;branch=z9hG4bKtcp"})
                for (const char* to_tag : {"", "", "here", "there"})
                    for (const char* call_id : {"a", "b"})
                        for (int cseq : {1, 2})
                            made.push_back(request({.method = method,
                                                    .via = via,
                                                    .to_tag = to_tag,
                                                    .call_id = call_id,
                                                    .cseq = cseq}));
        return made;
    }();
    return all;
}

// The request this layer's user sends, without a Via.
const SipMessage& own_request(bool invite) {
    static const SipMessage both[] = {outgoing({.method = "OPTIONS"}), outgoing({.method = "INVITE"})};
    return both[invite];
}

// One transaction user with no plan, and the rules its layer must keep towards it.
class Disorder {
  public:
    explicit Disorder(std::uint64_t seed) : random_(seed) {}

    void run() {
        for (int step = 0; step < 40; ++step) {
            act();
            observe();
        }
        settle();
    }

  private:
    struct Server {
        SipMessage request;
        int final_status = 0;  // what the user meant, as respond() took it
        std::set<int> finals_sent = {};
        bool failed = false, ended = false;
    };
    struct Client {
        SipMessage request;  // as it went out
        int finals = 0, refusals = 0;
        bool failed = false, ended = false;
    };

    std::size_t pick(std::size_t n) { return random_.next() % n; }
    Flow flow() { return pick(4) == 0 ? tcp_flow(1 + pick(2)) : udp_flow(); }

    void act() {
        switch (pick(12)) {
            case 0:
            case 1:
            case 2:
            case 3:
                return peer_requests();
            case 4:
            case 5:
                return user_responds();
            case 6:
                return user_requests();
            case 7:
            case 8:
                return peer_responds();
            case 9:
                return cancel_something();
            case 10:
                return bench_.layer.on_transport_error(flow(), bench_.now);
            case 11:
                return bench_.run_until(ms_of(bench_.now) + (pick(5) == 0 ? 33'000 : pick(700)));
        }
    }

    void peer_requests() { bench_.receive(all_requests()[pick(all_requests().size())], flow()); }

    void user_responds() {
        if (servers_.empty()) return;
        static constexpr int statuses[] = {100, 180, 200, 202, 404, 486, 487, 408};
        respond(std::next(servers_.begin(), static_cast<long>(pick(servers_.size())))->first,
                statuses[pick(8)]);
    }
    void respond(ServerTransactionId id, int status) {
        Server& server = servers_.at(id);
        SipMessage response = SipMessage::response_to(server.request, status);
        response.add(mark, std::to_string(id.value));
        if (pick(2)) response.set_to_tag("here");
        const bool taken = bench_.layer.respond(id, response, bench_.now);
        if (server.ended) rule(!taken);
        if (!taken || status < 200) return;
        if (server.final_status != 0) {
            // Only a 2xx to an INVITE may be said again, and the test's user may change its number.
            rule(server.request.method() == Method::invite);
            rule(server.final_status < 300);
            rule(status < 300);
        }
        server.final_status = status;
        server.finals_sent.insert(status);
    }

    void user_requests() {
        take_sent();
        const auto id = bench_.layer.send_request(own_request(pick(2) == 0), flow(), bench_.now);
        clients_[id].request = bench_.sent_messages().at(0);
    }
    void peer_responds() {
        if (clients_.empty()) return;
        static constexpr int statuses[] = {100, 180, 200, 200, 486, 487};
        static constexpr const char* tags[] = {"x", "y"};
        const auto& any = *std::next(clients_.begin(), static_cast<long>(pick(clients_.size())));
        bench_.receive(bench_.answer_to(any.second.request, statuses[pick(6)], tags[pick(2)]), flow());
    }
    void cancel_something() {
        if (!clients_.empty())
            bench_.layer.cancel(std::next(clients_.begin(), static_cast<long>(pick(clients_.size())))->first,
                                bench_.now);
    }

    // A final response on the wire is one the user meant.
    void take_sent() {
        for (const OutgoingMessage& message : bench_.layer.take_outgoing()) {
            const std::string_view bytes = message.bytes;
            const auto found = bytes.find(mark);
            if (found == bytes.npos || !bytes.starts_with("SIP/2.0 ")) continue;
            const int status = parse_number<int>(bytes.substr(8, 3), 699).value();
            const std::string_view id = bytes.substr(found + mark.size() + 2);
            const auto number = parse_number<std::uint64_t>(id.substr(0, id.find('\r')), ~0ull);
            if (status >= 200)
                rule(servers_.at(ServerTransactionId{number.value()}).finals_sent.contains(status));
        }
    }

    void observe() {
        take_sent();
        for (const TransactionEvent& event : bench_.layer.take_events())
            std::visit([this](const auto& e) { on(e); }, event);
    }
    void on(const RequestReceived& e) {
        rule(!(e.request.method() == Method::ack));
        rule(!(e.request.method() == Method::cancel));
        rule(servers_.emplace(e.transaction, Server{.request = e.request}).second);
    }
    void on(const AckReceived& e) { rule(e.ack.method() == Method::ack); }
    void on(const CancelReceived& e) {
        const Server& server = servers_.at(e.invite);
        rule(!server.ended);
        rule(server.final_status == 0);
        rule(server.request.method() == Method::invite);
    }
    void on(const ResponseReceived& e) {
        Client& client = clients_.at(e.transaction);
        rule(!client.ended);
        rule(!client.failed);
        rule(client.refusals == 0);
        if (e.response.is_provisional()) rule(client.finals == 0);
        if (!e.response.is_final()) return;
        if (client.finals > 0) rule((e.response.is_success() && e.response.method() == Method::invite));
        ++client.finals;
        if (!e.response.is_success()) ++client.refusals;
    }
    void on(const StrayInviteSuccess& e) { rule(e.response.is_success()); }
    void on(const ClientTransactionFailed& e) {
        Client& client = clients_.at(e.transaction);
        rule((!client.ended && !client.failed && client.finals == 0));
        client.failed = true;
    }
    void on(const ServerTransactionFailed& e) {
        Server& server = servers_.at(e.transaction);
        rule((!server.ended && !server.failed));
        server.failed = true;
    }
    void on(const ClientTransactionEnded& e) {
        Client& client = clients_.at(e.transaction);
        rule(!client.ended);
        rule(client.failed == (client.finals == 0));
        client.ended = true;
    }
    void on(const WayFound&) {}
    void on(const ServerTransactionEnded& e) {
        Server& server = servers_.at(e.transaction);
        rule(!server.ended);
        server.ended = true;
    }

    // Everybody makes up his mind; then nothing may be left.
    void settle() {
        for (auto& [id, server] : servers_)
            if (server.final_status == 0) respond(id, 500);
        for (auto& [id, client] : clients_) bench_.layer.cancel(id, bench_.now);
        bench_.run_until(ms_of(bench_.now) + 100'000);
        observe();
        for (const auto& [id, server] : servers_) rule(server.ended);
        for (const auto& [id, client] : clients_) rule(client.ended);
        rule(bench_.empty());
    }

    SeededRandom random_;
    Bench bench_;
    std::map<ServerTransactionId, Server> servers_;
    std::map<ClientTransactionId, Client> clients_;
};

}  // namespace

TEST_CASE(
    "whatever the order of things, each transaction has one outcome, nothing follows its end, nothing is "
    "left") {
    for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
        CAPTURE(seed);
        Disorder(seed).run();
    }
}

TEST_CASE(
    "ten thousand unanswered requests and ten thousand unacknowledged refusals end in 32 s of virtual time") {
    Bench bench;
    const SipMessage request_out = outgoing({.method = "OPTIONS"});
    for (int i = 0; i < 10'000; ++i) {
        bench.layer.send_request(request_out, udp_flow(), bench.now);
        const std::string n = std::to_string(i);
        bench.receive(request({.via = "SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bK" + n, .call_id = n}));
    }
    for (const TransactionEvent& e : bench.layer.take_events()) {
        const auto& received = std::get<RequestReceived>(e);
        bench.layer.respond(received.transaction, SipMessage::response_to(received.request, 486), bench.now);
    }
    CHECK(bench.layer.server_transactions() == 10'000);
    CHECK(bench.layer.client_transactions() == 10'000);
    std::size_t sent = 0;
    for (int ms = 0; ms <= 32'000; ms += 500) {
        bench.run_until(ms);
        sent += bench.layer.take_outgoing().size();
    }
    CHECK(sent == 20'000 * 11);
    CHECK(bench.layer.take_events().size() == 20'000 * 2);
    CHECK(bench.layer.counters().timeouts == 20'000);
    CHECK(bench.empty());
}
