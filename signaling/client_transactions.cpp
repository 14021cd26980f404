#include "signaling/client_transactions.hpp"

#include <utility>

#include "signaling/client_requests.hpp"
#include "signaling/flow_proof.hpp"
#include "signaling/transaction_key.hpp"
#include "signaling/transaction_outbox.hpp"
#include "signaling/writer.hpp"

namespace rotunda::sip {
namespace {

// How long a connection may take when there is another way.
Duration patience(bool too_large) {
    return too_large ? LargeRequests::connect_within : Duration{};
}

}  // namespace

ClientTransactions::ClientTransactions(const TimerSettings& timers, RouterSettings router,
                                       RandomSource& random, TransactionOutput& output)
    : timers_(timers),
      random_(random),
      output_(output),
      router_(std::move(router), random),
      by_flow_(KeyedHash(random)) {}

ClientTransactionId ClientTransactions::send(SipMessage request, const Flow& flow, TimePoint now) {
    if (auto uri = router_.to_resolve(request, flow)) {
        const ClientTransactionId id = ids_.next();
        records_.emplace(id, Record{.machine = NonInviteClientTransaction(timers_, true), .flow = flow});
        look_up({id, std::move(request), flow, std::move(*uri), new_branch()}, now);
        return id;
    }
    return start(address(std::move(request), flow, new_branch(), now), now).first;
}

ClientTransactions::Addressed ClientTransactions::address(SipMessage request, const Flow& flow,
                                                          const std::string& branch, TimePoint now) {
    request.prepend_via(client_via(flow, branch));
    Addressed ready{std::move(request), {}, flow};
    ready.bytes = to_wire(ready.request);
    if (!large_.prefer_tcp(flow, ready.bytes.size(), now)) return ready;
    ready.too_large = true;
    ready.flow = LargeRequests::tcp_flow(flow);
    ready.request.replace_top_via(client_via(ready.flow, ready.request.top_via().branch()));
    ready.bytes = to_wire(ready.request);
    return ready;
}

ClientTransactions::Entry& ClientTransactions::start(Addressed request, TimePoint now) {
    const ClientTransactionId id = ids_.next();
    Record record{.machine = NonInviteClientTransaction(timers_, true), .flow = request.flow};
    Entry& entry = *records_.emplace(id, std::move(record)).first;
    run(entry, std::move(request), now);
    return entry;
}

// One transaction: the first of the record, or the one after it on another way.
void ClientTransactions::run(Entry& entry, Addressed ready, TimePoint now) {
    Record& record = entry.second;
    SipMessage& request = ready.request;
    record.flow = ready.flow;
    record.too_large = ready.too_large;
    write_client_key(request.top_via().branch(), request.method().name(), scratch_);
    record.key = scratch_;
    by_key_.emplace(scratch_, entry.first);
    by_flow_.insert(record.flow, record.link, entry.first);
    const bool reliable = is_reliable(record.flow.transport);
    const bool is_invite = request.method() == Method::invite;
    if (is_invite)
        record.machine = InviteClientTransaction(timers_, reliable);
    else
        record.machine = NonInviteClientTransaction(timers_, reliable);

    TransactionOutbox out;
    std::visit([&](auto& m) { m.start(std::move(ready.bytes), now, out); }, record.machine);
    if (is_invite || record.too_large || !record.others.empty()) record.request = std::move(request);
    carry_out(entry, out);
}

// §18.1.1: the connection was refused or did not come about, so UDP is what the peer has.
void ClientTransactions::send_again_by_udp(Entry& entry, TimePoint now) {
    Record& record = entry.second;
    large_.note_no_tcp(record.flow.remote, now);
    forget_keys(entry);
    SipMessage request = std::move(record.request);
    request.remove_first(HeaderId::via);
    run(entry, address(std::move(request), LargeRequests::udp_flow(record.flow), new_branch(), now), now);
}

void ClientTransactions::cancel(ClientTransactionId invite, TimePoint now, std::string_view reason) {
    const auto found = records_.find(invite);
    if (found == records_.end()) return;
    Record& record = found->second;
    if (record.key.empty()) return fail_unsent(*found);  // the DNS has not answered yet
    const auto* machine = std::get_if<InviteClientTransaction>(&record.machine);
    if (!machine || record.cancel != Cancel::none) return;
    record.cancel_reason = reason;
    // §9.1: not before a provisional response, or the CANCEL may overtake the INVITE; of no use after a final
    // one.
    if (machine->state() == InviteClientTransaction::State::calling) record.cancel = Cancel::wanted;
    if (machine->state() == InviteClientTransaction::State::proceeding) send_cancel(*found, now);
}

void ClientTransactions::send_cancel(Entry& invite, TimePoint now) {
    Record& record = invite.second;
    record.cancel = Cancel::sent;
    SipMessage cancel = cancel_request(record.request);
    if (!record.cancel_reason.empty()) cancel.add(HeaderId::reason, record.cancel_reason);
    std::string bytes = to_wire(cancel);
    start({std::move(cancel), std::move(bytes), record.flow}, now).second.answered_here = true;
    auto& machine = std::get<InviteClientTransaction>(record.machine);
    machine.cancel_sent(now);
    timers_due_.set(invite.first, machine.next_timeout());
}

// §13.2.2.4 and §17.1.1.3: the ACK for a 2xx has a branch of its own. No transaction waits for its fate:
// where TCP has failed meanwhile, the peer, who repeats his 2xx, gets the next copy by UDP.
void ClientTransactions::send_ack(SipMessage ack, const Flow& flow, const std::string& branch,
                                  TimePoint now) {
    if (auto uri = router_.to_resolve(ack, flow))
        return look_up({{}, std::move(ack), flow, std::move(*uri), branch}, now);
    Addressed ready = address(std::move(ack), flow, branch, now);
    output_.outgoing.push_back({ready.flow, std::move(ready.bytes), patience(ready.too_large)});
}

std::string ClientTransactions::new_branch() {
    // §8.1.1.7: the magic cookie; 100 random bits behind it, so that nobody off the path can forge a
    // response.
    return "z9hG4bK" + random_.token(20);
}

void ClientTransactions::receive(SipMessage response, const Flow& flow, TimePoint now) {
    write_client_key(response.top_via().branch(), response.method().name(), scratch_);
    const auto found = by_key_.find(scratch_);
    if (found == by_key_.end()) return receive_stray(std::move(response), flow);
    Entry& entry = *records_.find(found->second);
    Record& record = entry.second;
    if (!is_own_via(response.top_via(), record.flow)) {
        ++output_.counters.foreign_responses;
        return;
    }
    if (moves_on(entry, response, now)) return;
    TransactionOutbox out;
    record.answered = true;
    record.has_final = record.has_final || response.is_final();
    const bool cancel_now = feed(record, response, now, out);
    if (!out.delivers())
        ++output_.counters.retransmissions;
    else if (!record.answered_here)
        // Only this one request was too large: what follows goes by UDP again.
        output_.events.push_back(ResponseReceived{
            entry.first, std::move(response), record.too_large ? LargeRequests::udp_flow(flow) : flow,
            is_from(flow, record.flow) ? std::optional(record.flow) : std::nullopt});
    carry_out(entry, out);
    if (cancel_now) send_cancel(entry, now);
}

// True if the response is the one a wanted CANCEL has waited for.
bool ClientTransactions::feed(Record& record, const SipMessage& response, TimePoint now,
                              TransactionOutbox& out) {
    using State = InviteClientTransaction::State;
    if (auto* other = std::get_if<NonInviteClientTransaction>(&record.machine)) {
        other->receive_response(response.status(), now, out);
        return false;
    }
    auto& invite = std::get<InviteClientTransaction>(record.machine);
    const bool open = invite.state() == State::calling || invite.state() == State::proceeding;
    std::string ack;
    if (open && response.status() >= 300) ack = to_wire(refusal_ack(record.request, response));
    invite.receive_response(response.status(), std::move(ack), now, out);
    return record.cancel == Cancel::wanted && invite.state() == State::proceeding;
}

void ClientTransactions::receive_stray(SipMessage response, const Flow& flow) {
    if (!is_own_via(response.top_via(), flow)) {
        // §18.1.2: a Via that is not ours means a response that went astray.
        ++output_.counters.foreign_responses;
    } else if (response.is_success() && response.method() == Method::invite) {
        output_.events.push_back(StrayInviteSuccess{std::move(response), flow});
    } else {
        ++output_.counters.stray_responses;
    }
}

void ClientTransactions::on_transport_error(const Flow& flow, TimePoint now) {
    // An ACK may have been all that the connection was for.
    if (flow.transport == Transport::tcp && by_flow_.using_flow(flow).empty())
        large_.note_no_tcp(flow.remote, now);
    for (const ClientTransactionId id : by_flow_.using_flow(flow)) {
        Entry& entry = *records_.find(id);
        if (entry.second.too_large && !entry.second.answered) {
            send_again_by_udp(entry, now);
            continue;
        }
        if (moves_on(entry, unreachable_avoided_for, now)) continue;
        TransactionOutbox out;
        std::visit([&](auto& machine) { machine.on_transport_error(out); }, entry.second.machine);
        carry_out(entry, out);
    }
}

void ClientTransactions::on_timeout(TimePoint now) {
    while (const auto due = timers_due_.pop_due(now)) {
        Entry& entry = *records_.find(*due);
        TransactionOutbox out;
        std::visit([&](auto& machine) { machine.on_timeout(now, out); }, entry.second.machine);
        const bool cost_a_call = std::holds_alternative<InviteClientTransaction>(entry.second.machine);
        if (out.times_out() &&
            moves_on(entry, cost_a_call ? silent_avoided_for : unreachable_avoided_for, now))
            continue;
        carry_out(entry, out);
    }
}

void ClientTransactions::carry_out(Entry& entry, const TransactionOutbox& out) {
    for (const TransactionAction& action : out.actions()) {
        switch (action.kind) {
            case TransactionAction::Kind::send:
                output_.outgoing.push_back(
                    {entry.second.flow, std::string(action.bytes), patience(entry.second.too_large)});
                break;
            case TransactionAction::Kind::deliver:
                break;  // receive() has passed the response on
            case TransactionAction::Kind::timeout:
                fail(entry, TransactionFailure::timeout);
                break;
            case TransactionAction::Kind::transport_error:
                fail(entry, TransactionFailure::transport);
                break;
        }
    }
    const Machine& machine = entry.second.machine;
    if (std::visit([](const auto& m) { return m.terminated(); }, machine)) return bury(entry);
    timers_due_.set(entry.first, std::visit([](const auto& m) { return m.next_timeout(); }, machine));
}

void ClientTransactions::fail(const Entry& entry, TransactionFailure failure) {
    // An ACK that could not be sent is no second outcome.
    if (entry.second.answered_here || entry.second.has_final) return;
    const bool timeout = failure == TransactionFailure::timeout;
    ++(timeout ? output_.counters.timeouts : output_.counters.transport_errors);
    output_.events.push_back(ClientTransactionFailed{entry.first, failure});
}

void ClientTransactions::forget_keys(Entry& entry) {
    by_key_.erase(entry.second.key);
    by_flow_.erase(entry.second.flow, entry.second.link);
}

void ClientTransactions::bury(Entry& entry) {
    const ClientTransactionId id = entry.first;
    forget_keys(entry);
    timers_due_.erase(id);
    if (!entry.second.answered_here) output_.events.push_back(ClientTransactionEnded{id});
    records_.erase(id);
}

}  // namespace rotunda::sip
