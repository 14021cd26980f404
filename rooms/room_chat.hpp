// A room's text chat (RFC 3428, RFC 4353 §5.4): what somebody in the room says by MESSAGE goes to everybody
// else in it whose Allow has MESSAGE. Signaling thread, sans-IO.
//
// The copies go inside the calls' own dialogs, where proxies and NAT let them through and a phone shows them
// beside the call. From is then the room's URI; its display name, which a dialog leaves free, is the name of
// who said it: From: "Alice" <sip:1000@example.com>.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "rooms/chat_text.hpp"
#include "rooms/participant.hpp"
#include "rooms/token_bucket.hpp"
#include "signaling/user_agent.hpp"

namespace rotunda::rooms {

struct ChatSettings {
    std::size_t max_text = 8192;  // octets
    // Of one sender, in messages; of one room, in copies.
    double sender_burst = 10, sender_per_second = 2;
    double room_burst = 4000, room_per_second = 2000;
    std::uint32_t retry_after_s = 2;  // in the 480 to who says too much
    // Copies to one phone that wait for its answer; it misses what comes while there are so many.
    std::size_t max_under_way = 8;
};

class RoomChat {
  public:
    // `agent` outlives the chat.
    RoomChat(ChatSettings settings, sip::UserAgent& agent) : settings_(settings), agent_(agent) {}

    void joined(const Participant& who);
    void left(const Participant& who);

    // A MESSAGE of somebody in a room; it is answered here: 202 (RFC 3428 §7: others are yet to get it), or
    // 400, 413, 415, 480 with Retry-After.
    void say(const sip::RequestReceived& message, const Participant& who, TimePoint now);
    // To everybody in the room, from the room itself; to how many it went.
    std::size_t announce(media::RoomId room, const std::string& text, TimePoint now);
    // False: not the answer to a copy.
    bool on_answer(const sip::RequestAnswered& answer);

    // Who is in the room.
    std::vector<media::ParticipantId> members(media::RoomId room) const;
    std::uint64_t messages() const { return messages_; }
    std::uint64_t copies() const { return copies_; }

  private:
    struct Member {
        sip::SessionId session;
        TokenBucket budget;
        std::size_t under_way = 0;
        bool refuses = false;  // although his Allow says otherwise
    };
    struct Room {
        std::unordered_map<media::ParticipantId, Member> members;
        TokenBucket budget;
    };
    struct Copy {
        media::RoomId room;
        media::ParticipantId to;
    };

    // None of them to `from`. The number of copies.
    std::size_t send_copies(media::RoomId id, Room& room, std::optional<media::ParticipantId> from,
                            const std::string& name, const std::string& text, TimePoint now);
    void answer(const sip::RequestReceived& message, int status, TimePoint now);

    ChatSettings settings_;
    sip::UserAgent& agent_;
    std::unordered_map<media::RoomId, Room> rooms_;
    std::unordered_map<sip::RequestId, Copy> under_way_;
    std::uint64_t messages_ = 0, copies_ = 0;
};

}  // namespace rotunda::rooms
