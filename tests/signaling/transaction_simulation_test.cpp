// Two transaction layers over a network that loses, doubles, delays and reorders.
#include <functional>
#include <map>
#include <set>

#include "transaction_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace rotunda::sip::test;

namespace {

const Endpoint caller_address = endpoint("192.0.2.9:5060");
const Endpoint callee_address = endpoint("192.0.2.1:5060");

Flow flow_between(const Endpoint& local, const Endpoint& remote) {
    return {Transport::udp, local, remote, {}, local};
}

struct Faults {
    double loss = 0.0, duplicates = 0.0;
    int max_delay_ms = 1;
};

// A caller that sends INVITE and OPTIONS, cancels some, acknowledges; a callee that answers after a while.
// Each side's user knows only what its layer tells it.
class Simulation {
  public:
    Simulation(std::uint64_t seed, Faults faults) : random_(seed), faults_(faults) {}

    void run(int requests) {
        for (int i = 0; i < requests; ++i) at(pick(2'000), [this, i] { send_request(i); });
        while (const auto next = next_event()) {
            now_ = *next;
            if (!agenda_.empty() && agenda_.begin()->first <= now_) {
                const auto job = agenda_.extract(agenda_.begin()).mapped();
                job();
            }
            caller_.on_timeout(now_);
            callee_.on_timeout(now_);
            drain();
        }
    }
    void check_outcomes(int requests) const {
        CHECK(outcomes_.size() == static_cast<std::size_t>(requests));
        for (const auto& [id, outcome] : outcomes_) {
            CHECK(outcome.ended);
            CHECK(outcome.finals.size() + (outcome.failed ? 1 : 0) == 1);
            // What the caller heard is what the callee said.
            for (int status : outcome.finals) CHECK(answers_.at(outcome.call_id) == status);
        }
        CHECK(caller_.client_transactions() == 0);
        CHECK(callee_.server_transactions() == 0);
        for (const auto& [id, times] : answered_requests_) CHECK(times == 1);
    }
    std::size_t failures() const {
        std::size_t n = 0;
        for (const auto& [id, outcome] : outcomes_) n += outcome.failed;
        return n;
    }
    std::size_t answers_with(int status) const {
        std::size_t n = 0;
        for (const auto& [call, answer] : answers_) n += answer == status;
        return n;
    }

  private:
    struct Outcome {
        std::string call_id;
        std::set<int> finals;
        bool failed = false, ended = false;
    };
    using Job = std::function<void()>;

    std::int64_t pick(std::int64_t n) {
        return static_cast<std::int64_t>(random_.next() % static_cast<std::uint64_t>(n));
    }
    void at(std::int64_t in_ms, Job job) {
        agenda_.emplace(now_ + std::chrono::milliseconds(in_ms), std::move(job));
    }

    std::optional<TimePoint> next_event() {
        std::optional<TimePoint> next;
        const auto consider = [&](std::optional<TimePoint> t) {
            if (t && (!next || *t < *next)) next = t;
        };
        if (!agenda_.empty()) consider(agenda_.begin()->first);
        consider(caller_.next_timeout());
        consider(callee_.next_timeout());
        return next;
    }

    void send_request(int i) {
        const std::string call_id = "call-" + std::to_string(i);
        const bool invite = i % 2 == 0;
        const auto id =
            caller_.send_request(outgoing({.method = invite ? "INVITE" : "OPTIONS", .call_id = call_id}),
                                 flow_between(caller_address, callee_address), now_);
        outcomes_[id].call_id = call_id;
        // Every INVITE is canceled sooner or later, or a lost answer could leave it ringing for ever (no
        // Timer C here).
        if (invite) at(pick(4) == 0 ? pick(1'000) : 40'000, [this, id] { caller_.cancel(id, now_); });
    }

    void transmit(TransactionLayer& to, const OutgoingMessage& message) {
        const Flow arrival = flow_between(message.flow.remote, message.flow.local);
        const int copies = random_.unit() < faults_.loss ? 0 : random_.unit() < faults_.duplicates ? 2 : 1;
        for (int i = 0; i < copies; ++i)
            at(1 + pick(faults_.max_delay_ms),
               [this, &to, arrival, bytes = message.bytes] { to.receive(parsed(bytes), arrival, now_); });
    }

    void drain() {
        for (bool busy = true; busy;) {
            busy = false;
            for (const TransactionEvent& e : caller_.take_events()) busy = true, on_caller(e);
            for (const TransactionEvent& e : callee_.take_events()) busy = true, on_callee(e);
        }
        for (const OutgoingMessage& m : caller_.take_outgoing()) transmit(callee_, m);
        for (const OutgoingMessage& m : callee_.take_outgoing()) transmit(caller_, m);
    }

    void on_caller(const TransactionEvent& event) {
        if (const auto* e = std::get_if<ResponseReceived>(&event)) {
            Outcome& outcome = outcomes_.at(e->transaction);
            CHECK(!outcome.ended);
            if (e->response.is_final()) outcome.finals.insert(e->response.status());
            if (e->response.is_success() && e->response.method() == Method::invite) acknowledge(e->response);
        } else if (const auto* stray = std::get_if<StrayInviteSuccess>(&event)) {
            acknowledge(stray->response);
        } else if (const auto* failed = std::get_if<ClientTransactionFailed>(&event)) {
            outcomes_.at(failed->transaction).failed = true;
        } else if (const auto* ended = std::get_if<ClientTransactionEnded>(&event)) {
            CHECK(!outcomes_.at(ended->transaction).ended);
            outcomes_.at(ended->transaction).ended = true;
        }
    }
    void acknowledge(const SipMessage& ok) {
        caller_.send_ack(
            outgoing(
                {.method = "ACK", .to_tag = std::string(ok.to_tag()), .call_id = std::string(ok.call_id())}),
            flow_between(caller_address, callee_address), caller_.new_branch(), now_);
    }

    void on_callee(const TransactionEvent& event) {
        if (const auto* e = std::get_if<RequestReceived>(&event)) {
            const std::string call_id(e->request.call_id());
            ++answered_requests_[call_id];
            const int status = e->request.method() == Method::options || pick(2) ? 200 : 486;
            at(pick(3'000),
               [this, id = e->transaction, r = e->request, status] { answer(id, r, status, 500); });
            pending_[e->transaction] = e->request;
        } else if (const auto* cancel = std::get_if<CancelReceived>(&event)) {
            answer(cancel->invite, pending_.at(cancel->invite), 487, 500);
        } else if (const auto* ack = std::get_if<AckReceived>(&event)) {
            acknowledged_.insert(std::string(ack->ack.call_id()));
        }
    }
    // RFC 3261 §13.3.1.4: the 2xx is repeated by the user until its ACK comes.
    void answer(ServerTransactionId id, const SipMessage& r, int status, int repeat_ms) {
        const std::string call_id(r.call_id());
        if (answers_.contains(call_id) && answers_.at(call_id) != status) return;
        if (acknowledged_.contains(call_id)) return;
        if (!callee_.respond(id, SipMessage::response_to(r, status), now_)) return;
        answers_[call_id] = status;
        if (status == 200 && r.method() == Method::invite)
            at(repeat_ms, [this, id, r, repeat_ms] { answer(id, r, 200, std::min(2 * repeat_ms, 4'000)); });
    }

    SeededRandom random_;
    Faults faults_;
    TimePoint now_ = at_ms(0);
    SeededRandom caller_random_{1}, callee_random_{2};
    TransactionLayer caller_{{}, caller_random_}, callee_{{}, callee_random_};
    std::multimap<TimePoint, Job> agenda_;
    std::map<ClientTransactionId, Outcome> outcomes_;
    std::map<ServerTransactionId, SipMessage> pending_;
    std::map<std::string, int> answers_, answered_requests_;
    std::set<std::string> acknowledged_;
};

}  // namespace

TEST_CASE("over a clean network every request ends as its callee answered") {
    Simulation sim(1, {});
    sim.run(200);
    sim.check_outcomes(200);
    CHECK(sim.failures() == 0);
    CHECK(sim.answers_with(200) > 100);
    CHECK(sim.answers_with(486) > 10);
    CHECK(sim.answers_with(487) > 5);
}

TEST_CASE("with loss, doubles and reordering every request still ends in exactly one outcome on both sides") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Simulation sim(seed, {.loss = 0.2, .duplicates = 0.2, .max_delay_ms = 400});
        sim.run(100);
        sim.check_outcomes(100);
        CHECK(sim.failures() <= 2);
    }
}

TEST_CASE("over a dead network every request fails by timeout and nothing is left") {
    Simulation sim(3, {.loss = 1.0});
    sim.run(100);
    sim.check_outcomes(100);
    CHECK(sim.failures() == 100);
}
