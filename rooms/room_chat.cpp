#include "rooms/room_chat.hpp"

#include <optional>

#include "rooms/participant_name.hpp"

namespace rotunda::rooms {

void RoomChat::joined(const Participant& who) {
    Room& room =
        rooms_.try_emplace(who.room, Room{{}, TokenBucket(settings_.room_burst, settings_.room_per_second)})
            .first->second;
    room.members.try_emplace(
        who.id, Member{who.session, TokenBucket(settings_.sender_burst, settings_.sender_per_second)});
}

void RoomChat::left(const Participant& who) {
    const auto room = rooms_.find(who.room);
    if (room == rooms_.end()) return;
    room->second.members.erase(who.id);
    if (room->second.members.empty()) rooms_.erase(room);
}

void RoomChat::say(const sip::RequestReceived& message, const Participant& who, TimePoint now) {
    const auto text = read_chat_text(message.request, settings_.max_text);
    if (!text) return answer(message, text.error(), now);
    const auto room = rooms_.find(who.room);
    if (room == rooms_.end()) return answer(message, 480, now);
    auto& members = room->second.members;
    const auto sender = members.find(who.id);
    const auto copies = static_cast<double>(members.size() - 1);
    if (sender == members.end() || !sender->second.budget.take(1, now) ||
        !room->second.budget.take(copies, now))
        return answer(message, 480, now);
    answer(message, 202, now);
    if (text->empty()) return;
    ++messages_;
    const auto peer = agent_.peer(who.session);
    send_copies(who.room, room->second, who.id, peer ? name_to_show(who, *peer) : std::string(), *text, now);
}

std::size_t RoomChat::announce(media::RoomId id, const std::string& text, TimePoint now) {
    const auto room = rooms_.find(id);
    return room == rooms_.end() ? 0 : send_copies(id, room->second, std::nullopt, {}, text, now);
}

std::size_t RoomChat::send_copies(media::RoomId id, Room& room, std::optional<media::ParticipantId> from,
                                  const std::string& name, const std::string& text, TimePoint now) {
    const std::uint64_t before = copies_;
    sip::OutgoingRequest copy;
    copy.method = sip::Method::message;
    copy.content_type = "text/plain;charset=UTF-8";
    copy.body = text;
    copy.from.display_name = name;
    for (auto& [to, member] : room.members) {
        if (to == from || member.refuses || member.under_way >= settings_.max_under_way) continue;
        const auto receiver = agent_.peer(member.session);
        if (!receiver || !receiver->takes_messages) continue;
        const sip::RequestId request = agent_.request(member.session, copy, now);
        if (!request) continue;
        under_way_.emplace(request, Copy{id, to});
        ++member.under_way;
        ++copies_;
    }
    return static_cast<std::size_t>(copies_ - before);
}

std::vector<media::ParticipantId> RoomChat::members(media::RoomId room) const {
    std::vector<media::ParticipantId> ids;
    if (const auto it = rooms_.find(room); it != rooms_.end())
        for (const auto& [id, member] : it->second.members) ids.push_back(id);
    return ids;
}

bool RoomChat::on_answer(const sip::RequestAnswered& answer) {
    const auto it = under_way_.find(answer.request);
    if (it == under_way_.end()) return false;
    const Copy copy = it->second;
    under_way_.erase(it);
    const auto room = rooms_.find(copy.room);
    if (room == rooms_.end()) return true;
    const auto member = room->second.members.find(copy.to);
    if (member == room->second.members.end()) return true;
    --member->second.under_way;
    const int status = answer.status();
    if (status == 405 || status == 415 || status == 481 || status == 501) member->second.refuses = true;
    return true;
}

void RoomChat::answer(const sip::RequestReceived& message, int status, TimePoint now) {
    sip::SipMessage response = agent_.make_response(message.request, status);
    if (status == 415) response.set(sip::HeaderId::accept, chat_types);
    if (status == 480) response.add(sip::HeaderId::retry_after, std::to_string(settings_.retry_after_s));
    agent_.respond(message.transaction, std::move(response), now);
}

}  // namespace rotunda::rooms
