#include "rooms/room_watchers.hpp"

#include <algorithm>
#include <utility>

#include "rooms/participant_name.hpp"

namespace rotunda::rooms {
namespace {

// A document above this is told in several. It fits into one datagram where there is no TCP, and into the 64
// kB that many take at most.
constexpr std::size_t document_bytes = 48'000;

}  // namespace

sip::EventPackage conference_package(Duration interval) {
    sip::EventPackage package;
    package.name = "conference";
    package.content_type = conference_info_type;
    package.interval = interval;
    return package;
}

void RoomWatchers::changed(const Participant& who) {
    const auto peer = agent_.peer(who.session);
    if (peer && rooms_[who.room].roster.put(who.id, make_roster_entry(who, *peer))) news_.insert(who.room);
}

void RoomWatchers::left(const Participant& who) {
    const auto room = rooms_.find(who.room);
    if (room != rooms_.end() && room->second.roster.remove(who.id)) news_.insert(who.room);
}

void RoomWatchers::closed(media::RoomId id) {
    news_.erase(id);
    const auto room = rooms_.find(id);
    if (room == rooms_.end()) return;
    const auto& watchers = room->second.watchers;
    bereft_.insert(bereft_.end(), watchers.begin(), watchers.end());
    rooms_.erase(room);
}

void RoomWatchers::subscribe(const sip::RequestReceived& request, std::optional<sip::SessionId> session,
                             const Room& room, const sip::LocalContact& contact, TimePoint now) {
    const auto subscription = notifier_.subscribe(request, session, contact, now);
    if (!subscription) return;
    const auto shared = session ? agent_.contact(*session) : std::nullopt;
    const sip::NameAddr us = shared ? *shared : agent_.contact(contact, request.flow);
    rooms_[room.id].watchers.insert(*subscription);
    watchers_.emplace(*subscription,
                      Watcher{room.id, {us.uri.to_string(), room.name, room.max_participants}, {}});
}

void RoomWatchers::tell(TimePoint now) {
    for (const media::RoomId room : std::exchange(news_, {}))
        for (const sip::SubscriptionId watcher : rooms_.at(room).watchers) notifier_.changed(watcher, now);
    for (const sip::SubscriptionId watcher : std::exchange(bereft_, {}))
        notifier_.terminate(watcher, sip::SubscriptionEnd::noresource, now);
}

void RoomWatchers::notify(const sip::NotifyDue& due, TimePoint now) {
    Watcher& watcher = watchers_.at(due.subscription);
    const auto room = rooms_.find(watcher.room);
    if (room == rooms_.end())
        return notifier_.notify(due.subscription, write_conference_end(watcher.description, watcher.reader),
                                now);
    const std::size_t most = std::min(due.most_bytes.value_or(document_bytes), document_bytes);
    auto document = write_conference_info(watcher.description, room->second.roster, watcher.reader, due.full,
                                          most, due.most_bytes ? Least::nobody : Least::one_user);
    notifier_.notify(due.subscription, std::move(document.text), now);
    if (!document.complete) notifier_.changed(due.subscription, now);
}

void RoomWatchers::forget(sip::SubscriptionId subscription) {
    const auto watcher = watchers_.find(subscription);
    if (watcher == watchers_.end()) return;
    const auto room = rooms_.find(watcher->second.room);
    if (room != rooms_.end()) room->second.watchers.erase(subscription);
    watchers_.erase(watcher);
}

}  // namespace rotunda::rooms
