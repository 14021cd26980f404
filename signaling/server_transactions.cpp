#include "signaling/server_transactions.hpp"

#include <algorithm>
#include <utility>

#include "signaling/response_route.hpp"
#include "signaling/stateless_response.hpp"
#include "signaling/transaction_key.hpp"
#include "signaling/transaction_outbox.hpp"
#include "signaling/writer.hpp"

namespace rotunda::sip {
namespace {

// Who has answered and only absorbs what still comes (Timers I, J and L) may do so a little longer: thousands
// that end at the same quarter of a second wake the thread once.
constexpr Duration gathered_by = std::chrono::milliseconds(250);

bool only_absorbs(const InviteServerTransaction& machine) {
    using State = InviteServerTransaction::State;
    return machine.state() == State::confirmed || machine.state() == State::accepted;
}
bool only_absorbs(const NonInviteServerTransaction& machine) {
    return machine.state() == NonInviteServerTransaction::State::completed;
}

template <typename Machine>
std::optional<TimePoint> wake_up(const Machine& machine) {
    const auto next = machine.next_timeout();
    if (!next || !only_absorbs(machine)) return next;
    const Duration beyond = next->time_since_epoch() % gathered_by;
    return beyond == Duration::zero() ? *next : *next + (gathered_by - beyond);
}

}  // namespace

ServerTransactions::ServerTransactions(const TimerSettings& timers, const ServerTransactionLimits& limits,
                                       RandomSource& random, TransactionOutput& output)
    : timers_(timers),
      limits_(limits),
      random_(random),
      output_(output),
      by_flow_(KeyedHash(random)),
      hash_(random) {}

void ServerTransactions::receive(SipMessage request, const Flow& flow, TimePoint now) {
    // §17.2.3: an ACK belongs to the transaction of its INVITE.
    const bool is_ack = request.method() == Method::ack;
    const KeyedDigest key = server_key(request, is_ack ? "INVITE" : request.method().name());
    if (const auto found = by_key_.find(key); found != by_key_.end())
        return receive_again(*records_.find(found->second), std::move(request), flow, now);
    // §17.2.1: the ACK for a 2xx is no part of a transaction.
    if (is_ack) {
        output_.events.push_back(AckReceived{std::move(request), flow});
        return;
    }
    while (overloaded(request))
        if (!make_room()) return refuse(request, flow);
    if (request.method() == Method::cancel) return receive_cancel(std::move(request), flow, now);
    receive_new(std::move(request), key, flow, now);
}

void ServerTransactions::receive_again(Entry& entry, SipMessage request, const Flow& flow, TimePoint now) {
    TransactionOutbox out;
    auto* invite = std::get_if<InviteServerTransaction>(&entry.second.machine);
    if (request.method() == Method::ack && invite) {
        invite->receive_ack(now, out);
        // RFC 6026 §7.1: delivered in Accepted only, from a peer that gives the ACK for a 2xx the INVITE's
        // branch.
        if (out.delivers()) output_.events.push_back(AckReceived{std::move(request), flow});
        return carry_out(entry, out);
    }
    ++output_.counters.retransmissions;
    std::visit([&](auto& machine) { machine.receive_retransmission(out); }, entry.second.machine);
    carry_out(entry, out);
}

void ServerTransactions::receive_cancel(SipMessage cancel, const Flow& flow, TimePoint now) {
    // §9.2. Only an INVITE can be cancelled in practice (§9.1); for all else the CANCEL comes too late
    // anyway.
    const auto found = by_key_.find(server_key(cancel, "INVITE"));
    if (found == by_key_.end()) {
        ++output_.counters.unmatched_cancels;
        return answer_here(cancel, flow, 481, random_.token(10), now);
    }
    const ServerTransactionId id = found->second;
    Record& invite = records_.at(id);
    // §9.2: the same To tag in the response to the CANCEL as in those to the INVITE.
    if (invite.to_tag.empty()) invite.to_tag = random_.token(10);
    answer_here(cancel, flow, 200, invite.to_tag, now);
    if (!invite.has_final && !invite.answered_here)
        output_.events.push_back(CancelReceived{id, std::move(cancel)});
}

void ServerTransactions::set_to_tag(ServerTransactionId id, std::string_view tag) {
    if (const auto found = records_.find(id); found != records_.end()) found->second.to_tag = tag;
}

void ServerTransactions::receive_new(SipMessage request, const KeyedDigest& key, const Flow& flow,
                                     TimePoint now) {
    std::optional<KeyedDigest> merge;
    if (request.to_tag().empty()) merge = merge_key(request);
    // §8.2.2.2: the same request by another way.
    if (merge && by_merge_key_.contains(*merge)) {
        ++output_.counters.merged_requests;
        return answer_here(request, flow, 482, random_.token(10), now);
    }
    Entry& entry = begin(request, key, flow);
    entry.second.merge_key = merge;
    if (merge) by_merge_key_.emplace(*merge, entry.first);
    std::string trying = trying_to(request);
    weigh(entry.second, trying.size());
    std::visit([&](auto& machine) { machine.start(std::move(trying), now); }, entry.second.machine);
    carry_out(entry, {});
    ++output_.counters.requests;
    output_.events.emplace_back(std::in_place_type<RequestReceived>, entry.first, std::move(request), flow);
}

KeyedDigest ServerTransactions::server_key(const SipMessage& request, std::string_view method) {
    write_server_key(request, method, request.to_tag(), scratch_);
    return hash_(scratch_);
}

KeyedDigest ServerTransactions::merge_key(const SipMessage& request) {
    write_merge_key(request, scratch_);
    return hash_(scratch_);
}

ServerTransactions::Entry& ServerTransactions::begin(const SipMessage& request, const KeyedDigest& key,
                                                     const Flow& flow) {
    const ServerTransactionId id = ids_.next();
    const bool reliable = is_reliable(flow.transport);
    Entry& entry = *records_.try_emplace(id, timers_, reliable, request.method() == Method::invite).first;
    Record& record = entry.second;
    record.back = response_flow(request.top_via(), flow);
    record.key = key;
    record.to_tag = request.to_tag();
    if (!request.top_via().has_rfc3261_branch()) {
        const std::size_t prefix =
            write_server_key(request, request.method().name(), request.to_tag(), scratch_);
        record.rfc2543_prefix = scratch_.substr(0, prefix);
    }
    by_key_.emplace(key, id);
    by_flow_.insert(record.back, record.link, id);
    return entry;
}

void ServerTransactions::answer_here(const SipMessage& request, const Flow& flow, int status,
                                     std::string to_tag, TimePoint now) {
    Entry& entry = begin(request, server_key(request, request.method().name()), flow);
    entry.second.answered_here = true;
    if (entry.second.to_tag.empty()) entry.second.to_tag = std::move(to_tag);
    answer(entry, SipMessage::response_to(request, status), now);
}

bool ServerTransactions::overloaded(const SipMessage& request) const {
    // Running calls come before new ones: their BYE, re-INVITE and CANCEL have room of their own.
    const bool outside = request.to_tag().empty() && !(request.method() == Method::cancel);
    return records_.size() >= (outside ? limits_.outside_dialogs : limits_.all) ||
           bytes_ >= (outside ? limits_.bytes : limits_.bytes / 4 * 5);
}

// Its sender has long had the answer, or asks again and is answered like the first time: 481, 401, 200.
bool ServerTransactions::make_room() {
    auto& oldest = absorbing_[0];
    while (!oldest.empty()) {
        const auto found = records_.find(oldest.front().id);
        oldest.pop_front();
        if (found == records_.end()) continue;
        bury(*found);
        return true;
    }
    // Whoever floods with INVITEs need not acknowledge what refuses them (Timer H). A caller whose 4xx or ACK
    // was lost meanwhile has the answer in the end, or his call ends by his own time limit.
    if (refused_.empty()) return false;
    bury(*records_.find(refused_.front()));
    return true;
}

void ServerTransactions::refuse(const SipMessage& request, const Flow& flow) {
    ++output_.counters.refused_overload;
    SipMessage response = SipMessage::response_to(request, 503);
    response.set(HeaderId::retry_after, std::to_string(limits_.retry_after_seconds));
    output_.outgoing.push_back(stateless_response(std::move(response), flow));
}

bool ServerTransactions::respond(ServerTransactionId id, SipMessage response, TimePoint now) {
    const auto found = records_.find(id);
    const bool sent =
        found != records_.end() && !found->second.answered_here && answer(*found, std::move(response), now);
    if (!sent) ++output_.counters.unsendable_responses;
    return sent;
}

bool ServerTransactions::answer(Entry& entry, SipMessage response, TimePoint now) {
    Record& record = entry.second;
    const int status = response.status();
    if (status > 100) agree_on_to_tag(record, response);
    std::string wire = to_wire(response);
    weigh(record, wire.size());
    TransactionOutbox out;
    const bool sent = std::visit(
        [&](auto& machine) { return machine.respond(status, std::move(wire), now, out); }, record.machine);
    if (sent && status >= 200) {
        record.has_final = true;
        expect_rfc2543_ack(entry);
        if (status >= 300) note_refused_invite(entry);
    }
    carry_out(entry, out);
    return sent;
}

void ServerTransactions::note_refused_invite(Entry& entry) {
    if (!std::holds_alternative<InviteServerTransaction>(entry.second.machine) || entry.second.refused)
        return;
    entry.second.refused = refused_.insert(refused_.end(), entry.first);
}

void ServerTransactions::weigh(Record& record, std::size_t response_size) {
    if (response_size <= record.bytes) return;  // the larger one counts until the end
    bytes_ += response_size - record.bytes;
    record.bytes = response_size;
}

void ServerTransactions::agree_on_to_tag(Record& record, SipMessage& response) {
    if (!response.to_tag().empty()) {
        record.to_tag = response.to_tag();
        return;
    }
    if (record.to_tag.empty()) record.to_tag = random_.token(10);
    response.set_to_tag(record.to_tag);
}

// §17.2.3: where there is no branch, the ACK for a final response is known by the To tag of that response,
// which the INVITE did not have.
void ServerTransactions::expect_rfc2543_ack(Entry& entry) {
    Record& record = entry.second;
    if (record.rfc2543_prefix.empty() || record.ack_key ||
        !std::holds_alternative<InviteServerTransaction>(record.machine))
        return;
    scratch_ = record.rfc2543_prefix;
    append_to_tag(record.to_tag, scratch_);
    const KeyedDigest key = hash_(scratch_);
    if (by_key_.emplace(key, entry.first).second) record.ack_key = key;
}

void ServerTransactions::on_transport_error(const Flow& flow) {
    for (const ServerTransactionId id : by_flow_.using_flow(flow)) {
        Entry& entry = *records_.find(id);
        TransactionOutbox out;
        std::visit([&](auto& machine) { machine.on_transport_error(out); }, entry.second.machine);
        carry_out(entry, out);
    }
}

void ServerTransactions::on_timeout(TimePoint now) {
    queue_unanswered();
    while (const auto due = timers_due_.pop_due(now)) {
        Entry& entry = *records_.find(*due);
        entry.second.queued = false;
        let_time_pass(entry, now);
        queue_unanswered();
    }
    for (auto& absorbing : absorbing_)
        while (!absorbing.empty() && absorbing.front().at <= now) {
            const auto found = records_.find(absorbing.front().id);
            absorbing.pop_front();
            if (found == records_.end()) continue;
            found->second.absorbs = false;
            let_time_pass(*found, now);
        }
}

void ServerTransactions::let_time_pass(Entry& entry, TimePoint now) {
    TransactionOutbox out;
    std::visit([&](auto& machine) { machine.on_timeout(now, out); }, entry.second.machine);
    carry_out(entry, out);
}

std::optional<TimePoint> ServerTransactions::next_timeout() {
    queue_unanswered();
    auto next = timers_due_.next();
    for (const auto& absorbing : absorbing_)
        if (!absorbing.empty()) next = std::min(next.value_or(TimePoint::max()), absorbing.front().at);
    return next;
}

void ServerTransactions::carry_out(Entry& entry, const TransactionOutbox& out) {
    Record& record = entry.second;
    for (const TransactionAction& action : out.actions()) {
        switch (action.kind) {
            case TransactionAction::Kind::send:
                output_.outgoing.push_back({record.back, std::string(action.bytes)});
                break;
            case TransactionAction::Kind::deliver:
                break;  // an ACK: receive_again() has passed it on
            case TransactionAction::Kind::timeout:
                fail(entry, TransactionFailure::timeout);
                break;
            case TransactionAction::Kind::transport_error:
                fail(entry, TransactionFailure::transport);
                break;
        }
    }
    if (std::visit([](const auto& machine) { return machine.terminated(); }, record.machine))
        return bury(entry);
    keep_deadline(entry);
}

void ServerTransactions::keep_deadline(Entry& entry) {
    auto& [id, record] = entry;
    if (record.absorbs) return;
    const auto next = std::visit([](const auto& machine) { return wake_up(machine); }, record.machine);
    const bool absorbs =
        std::visit([](const auto& machine) { return only_absorbs(machine); }, record.machine);
    if (!absorbs && !record.queued) return put_aside(entry);
    record.aside = false;
    auto& absorbing = absorbing_[std::holds_alternative<InviteServerTransaction>(record.machine) ? 1 : 0];
    if (!absorbs || (!absorbing.empty() && *next < absorbing.back().at)) {
        record.queued = next.has_value();
        return timers_due_.set(id, next);
    }
    if (std::exchange(record.queued, false)) timers_due_.erase(id);
    absorbing.push_back({*next, id});
    record.absorbs = true;
}

// Most requests are answered before anybody asks for a deadline, and then need none in the queue.
void ServerTransactions::put_aside(Entry& entry) {
    if (std::exchange(entry.second.aside, true)) return;
    unanswered_.push_back(entry.first);
}

void ServerTransactions::queue_unanswered() {
    for (const ServerTransactionId id : unanswered_) {
        const auto found = records_.find(id);
        if (found == records_.end() || !std::exchange(found->second.aside, false)) continue;
        const auto next =
            std::visit([](const auto& machine) { return wake_up(machine); }, found->second.machine);
        found->second.queued = next.has_value();
        timers_due_.set(id, next);
    }
    unanswered_.clear();
}

void ServerTransactions::fail(Entry& entry, TransactionFailure failure) {
    Record& record = entry.second;
    if (record.failed || record.answered_here) return;
    record.failed = true;
    const bool timeout = failure == TransactionFailure::timeout;
    ++(timeout ? output_.counters.timeouts : output_.counters.transport_errors);
    output_.events.push_back(ServerTransactionFailed{entry.first, failure});
}

void ServerTransactions::bury(Entry& entry) {
    const ServerTransactionId id = entry.first;
    Record& record = entry.second;
    bytes_ -= record.bytes;
    by_key_.erase(record.key);
    if (record.ack_key) by_key_.erase(*record.ack_key);
    if (record.merge_key) by_merge_key_.erase(*record.merge_key);
    by_flow_.erase(record.back, record.link);
    if (record.queued) timers_due_.erase(id);
    if (record.refused) refused_.erase(*record.refused);
    if (!record.answered_here) output_.events.push_back(ServerTransactionEnded{id});
    records_.erase(id);
}

}  // namespace rotunda::sip
