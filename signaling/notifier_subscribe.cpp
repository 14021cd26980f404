// The part of Notifier that reads and answers SUBSCRIBE (RFC 6665 §4.2.1).
#include <algorithm>
#include <string>
#include <utility>

#include "base/subscriber_address.hpp"
#include "base/text.hpp"
#include "signaling/next_hop.hpp"
#include "signaling/notifier.hpp"
#include "signaling/writer.hpp"

namespace rotunda::sip {
namespace {

using std::chrono::seconds;

// §8.2.1: no Accept asks for the package's own type.
bool accepts(const SipMessage& subscribe, std::string_view content_type) {
    const auto type = MediaType::parse(content_type);
    if (!subscribe.has(HeaderId::accept) || !type) return true;
    const auto accepted = subscribe.accept();
    return std::any_of(accepted.begin(), accepted.end(),
                       [&](const MediaType& entry) { return entry.accepts(type->type, type->subtype); });
}

// Whom the NOTIFYs of a dialog of its own reach: a host's name as it stands, else the address.
std::string target_of(const Dialog& dialog) {
    const auto& routes = dialog.route_set();
    const Uri& uri = routes.empty() ? dialog.remote_target() : routes.front().uri;
    if (IpAddress::parse(uri.host())) return dialog.next_hop().remote.address.unmapped().to_string();
    std::string name(uri.host());
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return to_lower(c); });
    return name;
}

// Whoever answers over a connection, or has answered a challenge, is where he says; not so whom he names in
// Contact.
bool is_believed(const RequestReceived& request, const std::string& target) {
    const bool answers = is_reliable(request.flow.transport) || request.identity.is_user();
    return request.identity.is_trunk() ||
           (answers && target == request.flow.remote.address.unmapped().to_string());
}

}  // namespace

bool Notifier::resubscribe(const RequestReceived& subscribe, std::optional<SessionId> session,
                           TimePoint now) {
    const SipMessage& request = subscribe.request;
    Usage* usage = find(request, session);
    if (!usage && (session || request.to_tag().empty())) return false;
    if (!usage) {  // §4.2.1.4
        agent_.respond(subscribe.transaction, agent_.make_response(request, 481), now);
        return true;
    }
    if (auto wish = read(request); !wish)
        agent_.respond(subscribe.transaction, wish.error(), now);
    else
        refresh(*usage, subscribe, wish->expires, now);
    return true;
}

std::optional<SubscriptionId> Notifier::subscribe(const RequestReceived& subscribe,
                                                  std::optional<SessionId> session,
                                                  const LocalContact& contact, TimePoint now) {
    const SipMessage& request = subscribe.request;
    auto wish = read(request);
    if (wish && !wish->package->implicit)
        return begin(subscribe, session, contact, std::move(*wish), 200, now);
    // RFC 3515 §2.4.4: SUBSCRIBE makes none of these.
    agent_.respond(subscribe.transaction,
                   wish ? agent_.make_response(request, session ? 481 : 403) : wish.error(), now);
    return std::nullopt;
}

std::optional<SubscriptionId> Notifier::open(const RequestReceived& request, std::optional<SessionId> session,
                                             const LocalContact& contact, std::string_view package_name,
                                             std::string_view event_id, TimePoint now) {
    const EventPackage* known = package(package_name);
    Wish wish{known, std::string(event_id), known->default_expires};
    return begin(request, session, contact, std::move(wish), 202, now);
}

bool Notifier::knows_dialog(const SipMessage& request) const {
    const auto it = by_local_tag_.find(std::string(request.to_tag()));
    return it != by_local_tag_.end() && usages_.at(it->second).dialog->id() == DialogId::of_request(request);
}

// --- reading

std::optional<SipMessage> Notifier::refusal_of(const SipMessage& subscribe) const {
    if (const Read wish = read(subscribe); !wish) return wish.error();
    return std::nullopt;
}

Notifier::Read Notifier::refused(const SipMessage& request, int status) const {
    SipMessage response = agent_.make_response(request, status);
    if (status == 489) response.set(HeaderId::allow_events, allow_events_);  // §8.3.2
    return fail(std::move(response));
}

Notifier::Read Notifier::read(const SipMessage& subscribe) const {
    const auto text = subscribe.header(HeaderId::event);
    const auto event = text ? ValueWithParams::parse(*text) : std::nullopt;
    if (text && !event) return refused(subscribe, 400);
    const EventPackage* known = event ? package(event->value) : nullptr;
    if (!known) return refused(subscribe, 489);
    if (!accepts(subscribe, known->content_type)) return refused(subscribe, 406);
    if (!contact_target(subscribe)) return refused(subscribe, 400);
    const bool has_expires = subscribe.has(HeaderId::expires);
    if (has_expires && !subscribe.expires()) return refused(subscribe, 400);
    const seconds asked = has_expires ? seconds(*subscribe.expires()) : known->default_expires;
    if (asked > seconds(0) && asked < known->min_expires) {  // §4.2.1.1
        Read brief = refused(subscribe, 423);
        SipMessage response = brief.error();
        response.add(HeaderId::min_expires, std::to_string(known->min_expires.count()));
        return fail(std::move(response));
    }
    return Wish{known, std::string(event->params.get("id").value_or("")),
                std::min(asked, known->max_expires)};
}

// §8.2.1: the Event of a refresh is that of the subscription, id included.
Notifier::Usage* Notifier::find(const SipMessage& subscribe, std::optional<SessionId> session) {
    const auto event = ValueWithParams::parse(subscribe.header(HeaderId::event).value_or(""));
    if (!event) return nullptr;
    const auto same = [&](const Usage& usage) {
        return usage.wish.package->name == event->value &&
               usage.wish.event_id == event->params.get("id").value_or("") && !usage.subscription.ending();
    };
    if (session) {
        const auto [first, last] = by_session_.equal_range(*session);
        for (auto it = first; it != last; ++it)
            if (Usage* usage = find(it->second); same(*usage)) return usage;
        return nullptr;
    }
    if (!knows_dialog(subscribe)) return nullptr;
    Usage* usage = find(by_local_tag_.at(std::string(subscribe.to_tag())));
    return same(*usage) ? usage : nullptr;
}

// --- answering

void Notifier::refresh(Usage& usage, const RequestReceived& subscribe, seconds expires, TimePoint now) {
    // The dialog of a call has checked this already.
    if (usage.dialog && !usage.dialog->accept_cseq(subscribe.request.cseq().number))
        return agent_.respond(subscribe.transaction, agent_.make_response(subscribe.request, 500), now);
    if (usage.dialog) {
        Dialog next = *usage.dialog;
        next.refresh_target(subscribe.request);
        next.set_flow(subscribe.flow);
        const bool believed = is_believed(subscribe, target_of(next));
        if (!move(usage, std::move(next), subscribe.request, believed))
            return agent_.respond(subscribe.transaction, busy(subscribe.request), now);
    }
    usage.subscription.refresh(expires, now);
    respond(usage, subscribe, 200, now);
    settle(usage, now);
}

// Who is in a call, or transfers one, has a part that no watcher reaches; who may be forged has a quarter.
bool Notifier::is_full(const RequestReceived& request, bool of_call) const {
    if (of_call) return usages_.size() >= settings_.max_subscriptions + quarter();
    if (usages_.size() >= settings_.max_subscriptions) return true;
    const std::string target = target_of(Dialog(request.request, {}, request.flow));
    return !is_believed(request, target) && !has_room_at(target);
}

bool Notifier::has_room_at(const std::string& target) const {
    const auto there = unproven_.find(target);
    return all_unproven_ < quarter() && (there == unproven_.end() || there->second < settings_.max_unproven);
}

// The NOTIFYs go where `next` leads, as `wish` asks for. Who is not known to be there has to show it like any
// stranger, whatever he has answered elsewhere; false: too many have to.
bool Notifier::move(Usage& usage, Dialog next, const SipMessage& wish, bool believed) {
    std::string target = target_of(next);
    const bool unproven = !believed && !usage.wish.package->implicit;
    const bool begins = !usage.dialog;
    if (begins || target != usage.target) {
        if (unproven && !has_room_at(target)) return false;
        proven(usage);
        usage.target = std::move(target);
        usage.left_behind = usage.request;
        if (unproven) {
            usage.size = to_wire(wish).size();
            ++unproven_[usage.target];
            ++all_unproven_;
        }
    }
    usage.dialog = std::move(next);
    return true;
}

std::optional<SipMessage> Notifier::refusal(const RequestReceived& request, std::optional<SessionId> session,
                                            const Wish& wish) const {
    if (request.request.record_routes().size() > settings_.max_routes)
        return agent_.make_response(request.request, 400, "Too Many Routes");
    const auto peer = peers_.find(subscriber_of(request.flow.remote.address));
    const bool full = (peer != peers_.end() && peer->second.subscriptions >= settings_.max_per_peer) ||
                      (session && by_session_.count(*session) >= settings_.max_per_dialog) ||
                      is_full(request, session || wish.package->implicit);
    return full ? std::optional(busy(request.request)) : std::nullopt;
}

SipMessage Notifier::busy(const SipMessage& request) const {
    SipMessage response = agent_.make_response(request, 503);
    response.add(HeaderId::retry_after, std::to_string(settings_.retry_after_s));
    return response;
}

std::optional<SubscriptionId> Notifier::begin(const RequestReceived& request,
                                              std::optional<SessionId> session, const LocalContact& contact,
                                              Wish wish, int status, TimePoint now) {
    if (auto refused = refusal(request, session, wish)) {
        agent_.respond(request.transaction, std::move(*refused), now);
        return std::nullopt;
    }
    const SubscriptionId id = ids_.next();
    Subscription subscription(*wish.package, wish.expires, now);
    std::string event = wish.package->name + (wish.event_id.empty() ? "" : ";id=" + wish.event_id);
    Usage begun{.id = id,
                .event = std::move(event),
                .wish = std::move(wish),
                .subscription = std::move(subscription),
                .session = session,
                .dialog = {},
                .contact = contact,
                .state = {},
                .request = {},
                .left_behind = {},
                .peer = subscriber_of(request.flow.remote.address),
                .target = {},
                .size = {}};
    Usage& usage = usages_.emplace(id, std::move(begun)).first->second;
    ++peers_[usage.peer].subscriptions;
    if (session) {
        agent_.hold_dialog(*session);
        by_session_.emplace(*session, id);
    } else {
        Dialog dialog(request.request, random_.token(16), request.flow);
        const bool believed = is_believed(request, target_of(dialog));
        move(usage, std::move(dialog), request.request, believed);
        by_local_tag_.emplace(usage.dialog->id().local_tag, id);
    }
    respond(usage, request, status, now);
    settle(usage, now);
    return id;
}

void Notifier::respond(const Usage& usage, const RequestReceived& request, int status, TimePoint now) {
    SipMessage response = agent_.make_response(request.request, status);
    std::optional<NameAddr> contact;
    if (usage.session) {
        contact = agent_.contact(*usage.session);
    } else {
        response.set_to_tag(usage.dialog->id().local_tag);
        response.copy_headers(request.request, HeaderId::record_route);  // RFC 3261 §12.1.1
        contact = agent_.contact(usage.contact, request.flow);
    }
    if (contact) response.add(HeaderId::contact, *contact);
    if (request.request.method() == Method::subscribe)
        response.add(HeaderId::expires, std::to_string(usage.subscription.remaining(now).count()));
    agent_.respond(request.transaction, std::move(response), now);
}

}  // namespace rotunda::sip
