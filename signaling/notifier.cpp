#include "signaling/notifier.hpp"

#include <algorithm>
#include <utility>

#include "signaling/capabilities.hpp"

namespace rotunda::sip {

using std::chrono::seconds;

Notifier::Notifier(NotifierSettings settings, UserAgent& agent, RandomSource& random)
    : settings_(std::move(settings)), agent_(agent), random_(random) {
    std::vector<std::string> names;
    for (const EventPackage& package : settings_.packages) names.push_back(package.name);
    allow_events_ = join(names);
}

// --- from the user agent and the clock

bool Notifier::on_answer(const RequestAnswered& answer, TimePoint now) {
    const auto it = under_way_.find(answer.request);
    if (it == under_way_.end()) return false;
    Usage* usage = find(it->second);
    under_way_.erase(it);
    if (!usage) return true;
    free_bytes(*usage);
    usage->request = {};
    if (!answer.response) {
        usage->subscription.failed();
    } else {
        if (answer.response->is_success()) on_success(*usage, answer.request, *answer.response);
        const auto later = answer.response->retry_after();
        usage->subscription.answered(answer.response->status(),
                                     later ? std::optional(seconds(later->seconds)) : std::nullopt, now);
    }
    settle(*usage, now);
    return true;
}

void Notifier::on_timeout(TimePoint now) {
    while (const auto due = timers_.pop_due(now)) settle(*find(*due), now);
}

// --- to the owner

std::optional<NotifyDue> Notifier::next_due(TimePoint now) {
    for (Usage* usage = next_ready(); usage; usage = next_ready()) {
        usage->queued = false;
        auto due = usage->subscription.take_due(now);
        if (due) {
            usage->state = std::move(due->state);
            return NotifyDue{usage->id, due->full, due->last, usage->size};
        }
        settle(*usage, now);
    }
    return std::nullopt;
}

// Nobody is kept from his last word, nor a referrer from his progress, by others who do not answer.
bool Notifier::must_wait(const Usage& usage) const {
    if (usage.wish.package->implicit || usage.subscription.ending()) return false;
    return bytes_under_way_ >= settings_.max_bytes_under_way ||
           peers_.at(usage.peer).bytes >= settings_.max_bytes_of_peer;
}

Notifier::Usage* Notifier::next_ready() {
    while (!ready_.empty()) {
        Usage* usage = find(ready_.front());
        ready_.pop_front();
        if (!usage) continue;
        if (!must_wait(*usage)) return usage;
        auto& waiting = peers_.at(usage->peer).waiting;
        if (waiting.empty()) hungry_.push_back(usage->peer);
        waiting.push_back(usage->id);
    }
    return next_waiting();
}

// One of each address in turn. Those that have to wait although all together may go on are few: each of them
// has max_bytes_of_peer under way.
Notifier::Usage* Notifier::next_waiting() {
    if (bytes_under_way_ >= settings_.max_bytes_under_way) return nullptr;
    for (std::size_t left = hungry_.size(); left > 0; --left) {
        const IpAddress address = hungry_.front();
        hungry_.pop_front();
        const auto peer = peers_.find(address);
        if (peer == peers_.end()) continue;
        auto& waiting = peer->second.waiting;
        Usage* usage = nullptr;
        while (!usage && !waiting.empty() && peer->second.bytes < settings_.max_bytes_of_peer) {
            usage = find(waiting.front());
            waiting.pop_front();
        }
        if (!waiting.empty()) hungry_.push_back(address);
        if (usage) return usage;
    }
    return nullptr;
}

std::vector<SubscriptionId> Notifier::take_over() {
    return std::exchange(over_, {});
}

// --- commands

void Notifier::changed(SubscriptionId subscription, TimePoint now) {
    Usage* usage = find(subscription);
    if (!usage) return;
    usage->subscription.changed();
    settle(*usage, now);
}

void Notifier::terminate(SubscriptionId subscription, SubscriptionEnd reason, TimePoint now) {
    Usage* usage = find(subscription);
    if (!usage) return;
    usage->subscription.terminate(reason);
    settle(*usage, now);
}

void Notifier::notify(SubscriptionId subscription, std::string body, TimePoint now) {
    Usage* usage = find(subscription);
    if (!usage) return;
    const std::size_t bytes = body.size();
    const RequestId request = send(*usage, std::move(body), now);
    if (!request) {  // the call's dialog is gone
        usage->subscription.failed();
        return settle(*usage, now);
    }
    ++notifies_;
    under_way_.emplace(request, usage->id);
    usage->request = request;
    usage->bytes = bytes;
    bytes_under_way_ += bytes;
    peers_.at(usage->peer).bytes += bytes;
}

RequestId Notifier::send(Usage& usage, std::string body, TimePoint now) {
    OutgoingRequest notify;
    notify.method = Method::notify;
    notify.headers = {{HeaderId::event, usage.event}, {HeaderId::subscription_state, usage.state}};
    if (usage.session) {
        notify.body = std::move(body);
        notify.content_type = usage.wish.package->content_type;
        return agent_.request(*usage.session, std::move(notify), now);
    }
    const Flow flow = usage.dialog->next_hop();
    SipMessage message = usage.dialog->make_request(Method::notify);
    message.add(HeaderId::contact, agent_.contact(usage.contact, flow));
    for (const ExtraHeader& header : notify.headers) message.add(header.id, header.value);
    if (!body.empty()) message.set_body(std::move(body), usage.wish.package->content_type);
    return agent_.send(std::move(message), flow, now);
}

// --- the ledger

const EventPackage* Notifier::package(std::string_view name) const {
    const auto it = std::find_if(settings_.packages.begin(), settings_.packages.end(),
                                 [&](const EventPackage& package) { return package.name == name; });
    return it == settings_.packages.end() ? nullptr : &*it;
}

Notifier::Usage* Notifier::find(SubscriptionId id) {
    const auto it = usages_.find(id);
    return it == usages_.end() ? nullptr : &it->second;
}

void Notifier::add_connections(std::unordered_set<ConnectionId>& used) const {
    for (const auto& [id, usage] : usages_)
        if (usage.dialog && usage.dialog->flow().connection) used.insert(usage.dialog->flow().connection);
}

void Notifier::settle(Usage& usage, TimePoint now) {
    if (usage.subscription.over()) return end(usage, now);
    const auto next = usage.subscription.next_timeout();
    const bool due = next && *next <= now;
    // One that is due waits in ready_ and for no time any more.
    timers_.set(usage.id, due ? std::nullopt : next);
    // What waits for its turn and is to end now waits no longer.
    if (due && (!std::exchange(usage.queued, true) || usage.subscription.ending()))
        ready_.push_back(usage.id);
}

// His Contact may name anybody, as that of a SUBSCRIBE may.
void Notifier::on_success(Usage& usage, RequestId notify, const SipMessage& answer) {
    if (usage.left_behind != notify) proven(usage);
    const auto contact = contact_target(answer);
    if (!usage.dialog || !contact || *contact == usage.dialog->remote_target()) return;
    Dialog next = *usage.dialog;
    next.refresh_target(answer);
    move(usage, std::move(next), answer, false);
}

void Notifier::proven(Usage& usage) {
    if (!std::exchange(usage.size, std::nullopt)) return;
    --all_unproven_;
    const auto target = unproven_.find(usage.target);
    if (--target->second == 0) unproven_.erase(target);
}

void Notifier::free_bytes(Usage& usage) {
    bytes_under_way_ -= usage.bytes;
    peers_.at(usage.peer).bytes -= usage.bytes;
    usage.bytes = 0;
}

void Notifier::end(Usage& usage, TimePoint now) {
    const SubscriptionId id = usage.id;
    const std::optional<SessionId> session = usage.session;
    if (usage.dialog) by_local_tag_.erase(usage.dialog->id().local_tag);
    if (session) {
        const auto [first, last] = by_session_.equal_range(*session);
        by_session_.erase(std::find_if(first, last, [&](const auto& entry) { return entry.second == id; }));
    }
    proven(usage);
    free_bytes(usage);
    if (const auto peer = peers_.find(usage.peer); --peer->second.subscriptions == 0) peers_.erase(peer);
    timers_.erase(id);
    usages_.erase(id);
    over_.push_back(id);
    if (session) agent_.release_dialog(*session, now);
}

}  // namespace rotunda::sip
