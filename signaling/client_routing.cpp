// The part of ClientTransactions that finds a request's way and, where that fails, the next one
// (RFC 3263 §4.3). The user sees one transaction, whatever was tried.
#include <utility>

#include "signaling/client_transactions.hpp"

namespace rotunda::sip {
namespace {

Target target_of(const Flow& flow) {
    return {flow.transport, flow.remote};
}

}  // namespace

void ClientTransactions::look_up(Waiting waiting, TimePoint now) {
    const auto guest =
        is_unspecified(waiting.asked) ? std::nullopt : std::optional(waiting.asked.remote.address);
    const LookupId id = router_.resolver().resolve(waiting.uri, guest, now);
    waiting_.emplace(id, std::move(waiting));
    take_found(now);
}

LookupId ClientTransactions::find_way(const Uri& uri, const std::optional<IpAddress>& asker, TimePoint now) {
    const LookupId id = router_.resolver().resolve(uri, std::nullopt, now);
    ways_wanted_.emplace(id, WayWanted{uri, asker});
    take_found(now);
    return id;
}

void ClientTransactions::say_way(LookupId lookup, const std::vector<Target>& targets,
                                 const WayWanted& wanted) {
    Flow anywhere;
    anywhere.asker = wanted.asker;
    std::vector<Flow> flows = router_.flows_to(targets, anywhere, wanted.uri);
    output_.events.emplace_back(
        WayFound{lookup, flows.empty() ? std::nullopt : std::optional(std::move(flows.front()))});
}

void ClientTransactions::on_dns_answer(const DnsAnswer& answer, TimePoint now) {
    router_.resolver().on_answer(answer, now);
    take_found(now);
}

void ClientTransactions::take_found(TimePoint now) {
    for (const Resolver::Found& found : router_.resolver().take_found()) {
        if (auto node = waiting_.extract(found.lookup))
            on_found(std::move(node.mapped()), found.targets, now);
        else if (auto wanted = ways_wanted_.extract(found.lookup))
            say_way(found.lookup, found.targets, wanted.mapped());
    }
}

void ClientTransactions::on_found(Waiting waiting, const std::vector<Target>& targets, TimePoint now) {
    std::vector<Flow> flows = router_.flows_to(targets, waiting.asked, waiting.uri);
    // A name that leads nowhere may be known to the peer's own network only: the way it came by remains.
    // Never for sips: what it asks for is said by the URI alone (RFC 5630).
    const bool may_go_back = !is_unspecified(waiting.asked) && waiting.uri.scheme() != Uri::Scheme::sips;
    if (flows.empty() && may_go_back) flows.push_back(waiting.asked);
    if (!waiting.transaction) {
        if (flows.empty()) return;
        RequestRouter::fit_contact(waiting.request, waiting.asked, flows.front());
        Addressed ready = address(std::move(waiting.request), flows.front(), waiting.branch, now);
        output_.outgoing.push_back({ready.flow, std::move(ready.bytes), {}});
        return;
    }
    const auto found = records_.find(waiting.transaction);
    if (found == records_.end()) return;
    Record& record = found->second;
    if (flows.empty()) return fail_unsent(*found);
    RequestRouter::fit_contact(waiting.request, waiting.asked, flows.front());
    record.others.assign(flows.begin() + 1, flows.end());
    run(*found, address(std::move(waiting.request), flows.front(), waiting.branch, now), now);
}

void ClientTransactions::fail_unsent(Entry& entry) {
    fail(entry, TransactionFailure::transport);
    bury(entry);
}

void ClientTransactions::try_next(Entry& entry, TimePoint now) {
    Record& record = entry.second;
    const Flow next = std::move(record.others.front());
    record.others.erase(record.others.begin());
    SipMessage request = std::move(record.request);
    request.remove_first(HeaderId::via);
    RequestRouter::fit_contact(request, record.flow, next);
    record.answered = false;
    run(entry, address(std::move(request), next, new_branch(), now), now);
}

// Nobody was there. Once somebody has answered, asking another server would ask twice.
bool ClientTransactions::moves_on(Entry& entry, Duration avoided_for, TimePoint now) {
    Record& record = entry.second;
    if (record.answered || record.answered_here) return false;
    if (!record.flow.domain.empty()) router_.resolver().avoid(target_of(record.flow), avoided_for, now);
    if (record.others.empty() || record.cancel != Cancel::none) return false;
    forget_keys(entry);
    try_next(entry, now);
    return true;
}

// A server that says 503 is no reason to give up while there are others; with Retry-After it is left alone
// for that time (RFC 3261 §21.5.4).
bool ClientTransactions::moves_on(Entry& entry, const SipMessage& response, TimePoint now) {
    Record& record = entry.second;
    if (response.status() != 503 || record.has_final || record.answered_here) return false;
    if (const auto retry = response.retry_after())
        router_.resolver().avoid(target_of(record.flow), std::chrono::seconds(retry->seconds), now);
    if (record.others.empty() || record.cancel != Cancel::none) return false;
    TransactionOutbox out;
    record.answered = true;
    feed(record, response, now, out);
    leave_behind(entry, out);
    try_next(entry, now);
    return true;
}

// The transaction that has its 503 goes on by itself, unseen, to acknowledge copies of it.
void ClientTransactions::leave_behind(Entry& entry, const TransactionOutbox& out) {
    forget_keys(entry);
    timers_due_.erase(entry.first);
    const ClientTransactionId id = ids_.next();
    Record left{.machine = entry.second.machine, .flow = entry.second.flow, .key = entry.second.key};
    left.request = entry.second.request;
    left.answered_here = left.has_final = true;
    Entry& old = *records_.emplace(id, std::move(left)).first;
    by_key_.emplace(old.second.key, id);
    by_flow_.insert(old.second.flow, old.second.link, id);
    carry_out(old, out);
}

}  // namespace rotunda::sip
