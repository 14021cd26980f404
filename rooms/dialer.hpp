// The calls the focus makes, from the wish to the first answer: who rings, redirections, the best of several
// refusals, the time limit. Signaling thread, sans-IO: between the routing, which says where somebody is, and
// the focus, to whom it hands the one who answered.
//
// A dial has one or more branches ringing at once. The first acknowledged answer wins; the other branches get
// CANCEL, or BYE where their answer is on its way. A branch that ends otherwise is replaced by the next
// target a 3xx named, and the dial fails when no branch and no target is left.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "base/strong_id.hpp"
#include "base/time.hpp"
#include "media/media_transport.hpp"
#include "media/room_command.hpp"
#include "rooms/outbound_routing.hpp"
#include "rooms/participant.hpp"
#include "rooms/video_desk.hpp"
#include "signaling/user_agent.hpp"

namespace rotunda::rooms {

using DialId = StrongId<struct DialTag>;

// A place in a room, kept for whoever answers the dial; it keeps the room open. Without `room`: the dial
// failed before there was one.
struct DialPlace {
    media::RoomId room;
    std::string room_name;
    std::size_t worker = 0;
};

struct DialOptions {
    Duration ring_limit = std::chrono::seconds(60);  // the whole dial, redirections included
    std::size_t max_redirects = 8;                   // further targets all 3xx together may bring
    sip::ExtraHeaders headers;                       // of the INVITE: Replaces, Referred-By
    DialOrigin origin;
};

struct DialProgress {  // a provisional response better than the last
    DialId dial;
    int status = 180;
};
// `who` has everything but his id, and has agreed on media. His session is confirmed.
struct DialAnswered {
    DialId dial;
    Participant who;
};
struct DialFailed {
    DialId dial;
    DialPlace place;
    int status = 0;  // of the best refusal; 408: nobody answered in time; 487: cancel() was called
    std::string reason;
};
// One of its calls is over, and brought nobody into the room.
struct DialledInVain {
    Participant who;  // `ended`
};
using DialEvent = std::variant<DialProgress, DialAnswered, DialFailed, DialledInVain>;

class Dialer {
  public:
    // All references outlive the dialer.
    Dialer(sip::UserAgent& agent, media::MediaPortPool& ports, VideoDesk& video, OutboundRouting& routing,
           RandomSource& random);

    // Rings everybody `target` leads to. Never fails at once: DialFailed comes like any other event.
    DialId start(DialPlace place, const sip::Uri& target, DialOptions options, TimePoint now);
    // For a room that cannot be entered: DialFailed without a place.
    DialId refuse(std::string room_name, int status, std::string reason);
    void cancel(DialId dial, TimePoint now);
    // None: of every room.
    void cancel_all(TimePoint now, std::optional<media::RoomId> room = {});

    // --- from the user agent, for the sessions that are the dialer's
    bool owns(sip::SessionId session) const { return by_session_.contains(session); }
    void on(const sip::WayFound& event, TimePoint now);
    void on(const sip::InviteProgress& event);
    void on(const sip::SdpAnswerReceived& event);
    void on(const sip::SessionConfirmed& event, TimePoint now);
    void on(const sip::SessionEnded& event, TimePoint now);

    std::vector<DialEvent> take_events();
    // Calls under way, those whose way is being looked up included.
    std::size_t branches() const { return by_session_.size() + by_lookup_.size(); }
    // Of them those that go through this trunk (empty: any), on that account (empty: any).
    std::size_t branches_through(std::string_view trunk, std::string_view account) const;
    bool is_ringing(DialId dial) const { return dials_.contains(dial); }

  private:
    struct Branch {
        Participant who;
        std::vector<OutgoingLeg> otherwise;  // ways to the same phone that are left
        std::optional<std::string> answer;   // before the 2xx, where the provisional response was reliable
    };
    struct Target {
        sip::Uri uri;
        DialOrigin origin;
    };
    struct Dial {
        DialPlace place;
        DialOptions options;
        TimePoint until;
        bool secure = false;  // asked for by a sips URI: no step of the way may be another
        std::vector<sip::Uri> tried;
        std::vector<Target> waiting;  // the next one last
        std::map<sip::SessionId, Branch> branches;
        std::map<sip::LookupId, OutgoingLeg> looked_up;  // to be rung once the way is known

        std::size_t under_way() const { return branches.size() + looked_up.size(); }
        int progress = 0;
        int status = 0;  // the best refusal so far; 0: none
        std::string reason;
    };
    using Entry = std::map<DialId, Dial>::value_type;

    Entry& dial_of(sip::SessionId session) { return *dials_.find(by_session_.at(session)); }
    void ring(Entry& dial, const Target& target, TimePoint now);
    bool ring(Entry& dial, OutgoingLeg leg, TimePoint now);
    void look_up(Entry& dial, OutgoingLeg leg, TimePoint now);
    void ring_otherwise(Entry& dial, std::vector<OutgoingLeg> ways, TimePoint now);
    void ring_next(Entry& dial, TimePoint now);
    void remember(Dial& dial, int status, std::string_view reason);
    void redirect(Dial& dial, const sip::SessionEnded& by, const sip::Identity& whom);
    Branch take_branch(Entry& dial, sip::SessionId session);
    void in_vain(Participant who, sip::SessionEnded how);
    // `reason`: of what ends there (RFC 3326); empty: none.
    void hang_up(Entry& dial, std::string_view reason, TimePoint now);
    void fail(Entry& dial, TimePoint now);

    sip::UserAgent& agent_;
    media::MediaPortPool& ports_;
    VideoDesk& video_;
    OutboundRouting& routing_;
    RandomSource& random_;

    IdSource<DialId> ids_;
    std::map<DialId, Dial> dials_;
    std::unordered_map<sip::SessionId, DialId> by_session_;
    std::unordered_map<sip::LookupId, DialId> by_lookup_;
    std::vector<DialEvent> events_;
};

}  // namespace rotunda::rooms
