// The conference focus (RFC 4353, RFC 4579): decides who may join which room, negotiates his media, and tells
// the workers. Signaling thread. Between the user agent below it and the media workers beside it; owns the
// rooms and participants.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "accounts/registrar.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "base/timer_queue.hpp"
#include "media/media_transport.hpp"
#include "media/room_command.hpp"
#include "media/room_event.hpp"
#include "rooms/call_log.hpp"
#include "rooms/dial_quota.hpp"
#include "rooms/dialer.hpp"
#include "rooms/encryption_policy.hpp"
#include "rooms/info_digits.hpp"
#include "rooms/participant.hpp"
#include "rooms/picture_requests.hpp"
#include "rooms/refer_policy.hpp"
#include "rooms/referrals.hpp"
#include "rooms/ringing_calls.hpp"
#include "rooms/room_chat.hpp"
#include "rooms/room_registry.hpp"
#include "rooms/room_watchers.hpp"
#include "rooms/route_finder.hpp"
#include "rooms/trunk.hpp"
#include "rooms/trunk_links.hpp"
#include "rooms/video_desk.hpp"
#include "signaling/notifier.hpp"
#include "signaling/refer.hpp"
#include "signaling/user_agent.hpp"

namespace rotunda::rooms {

struct FocusSettings {
    RoomPolicy rooms;
    sdp::Capabilities media;
    std::vector<ListenerEncryption> listeners;  // that say something of their own
    // Networks whose source addresses cannot be forged; none given: nobody's is doubted.
    std::optional<std::vector<IpPrefix>> local_net;
    std::size_t max_calls = 10'000;
    std::size_t workers = 1;
    std::uint32_t retry_after_s = 30;  // in a 503 for want of room
    ChatSettings chat;
    Duration roster_interval = std::chrono::seconds(1);  // between two NOTIFYs to one watcher of a room
    TrunkTable trunks;
    Duration ring_limit = std::chrono::seconds(60);  // of a call we make
    std::optional<sip::Uri> drain_redirect{};        // where new calls are sent once they are refused
    ReferPolicy refer;
    OutboundRouting::CallerRules caller_rules{};  // what single users may call through trunks
    VideoPolicy video;
};

// A command and the worker it is for, from 0.
struct WorkerCommand {
    std::size_t worker = 0;
    media::RoomCommand command;
};

// Why somebody cannot go to another room now.
enum class MoveRefusal { not_here, busy, already_there, no_such_room, full, locked, not_encrypted };

class Focus {
  public:
    // All references outlive the focus.
    Focus(FocusSettings settings, sip::UserAgent& agent, media::MediaPortPool& ports, RouteFinder& routes,
          RandomSource& random, LogSink& log);

    // Who answers REGISTER and knows where users are; outlives the focus. Without one, REGISTER gets 403.
    void set_registrar(accounts::Registrar* registrar) {
        registrar_ = registrar;
        routing_.set_registrar(registrar);
    }
    // Says whether a user part is one of our users'; nobody's without it.
    void set_users(std::function<bool(std::string_view)> is_user) { is_user_ = std::move(is_user); }

    // Says what minute of the week, from Monday, it is where we are: trunks and users may have hours.
    void set_calendar(std::function<int(TimePoint)> calendar) { routing_.set_calendar(std::move(calendar)); }

    // Everything the user agent has to say; call it whenever the agent was given something.
    void drain_agent(TimePoint now);
    void handle(media::RoomEvent event, TimePoint now);
    void handle(media::VideoEvent event, TimePoint now);
    std::vector<WorkerCommand> take_commands();
    std::vector<VideoWorkerCommand> take_video_commands() { return video_.take_commands(); }
    void on_timeout(TimePoint now);
    std::optional<TimePoint> next_timeout() const;

    // From now on, for new calls: limits, rooms, trunks, what is negotiated. `workers` and `roster_interval`
    // stay as they were. No call is touched, and no room that is open.
    void configure(FocusSettings settings, TimePoint now);

    // Registers with the trunks, once the sockets stand; and takes that back at the end.
    void sign_on(TimePoint now) { links_.renew(now); }
    void sign_off(TimePoint now) { links_.stop(now); }
    const TrunkLinks& trunk_links() const { return links_; }
    void on_connection_lost(sip::ConnectionId connection, TimePoint now) {
        links_.on_connection_lost(connection, now);
    }
    // To be sent as they are, besides what the user agent has to send.
    std::vector<KeepAlive> take_keep_alives() { return links_.take_keep_alives(); }

    // Calls somebody into the room, which opens if it has to: a user's phones all at once, a number through
    // its trunk, or a SIP address. The first to answer joins. `headers` go into the INVITE. What became of
    // it, 404 for a room that cannot be, is said later.
    DialId dial(std::string_view room, const sip::Uri& target, sip::ExtraHeaders headers, TimePoint now,
                DialOrigin origin = {});
    // Asks him to call somebody else instead of us (RFC 3515), another focus perhaps; when he says that he
    // has been answered there, he gets BYE. False: not in that room, or not to be asked now.
    bool refer(media::RoomId room, media::ParticipantId who, const sip::Uri& target, TimePoint now);
    // Asks him for a whole picture by INFO, where RTCP cannot (RFC 5168).
    void request_picture(media::ParticipantId who, TimePoint now);
    // CANCEL, or nothing if it has an outcome already.
    void cancel_dial(DialId dial, TimePoint now) { dialer_.cancel(dial, now); }

    // From now on new calls get 503, or 302 to the same room at settings.drain_redirect.
    void refuse_new_calls() { refusing_ = true; }
    // New calls get 503 with Retry-After while this is so: the machine has no time for them.
    void set_overloaded(bool overloaded) { overloaded_ = overloaded; }
    // Every open room hears that its calls are about to be ended; it takes media::closing_chime_lasts.
    void announce_end();
    // BYE to everybody; `reason` is a Reason header field's value.
    void end_all_calls(std::string_view reason, TimePoint now);
    // Nobody is in a call, and neither a worker nor a trunk owes an answer.
    bool idle() const { return participants_.empty() && ringing_.size() == 0 && links_.idle(); }

    // Ringing ones included.
    std::size_t calls() const { return by_session_.size() + ringing_.size() + dialer_.branches(); }
    std::size_t rooms() const { return rooms_.open_rooms(); }
    std::size_t video_calls() const { return video_.legs(); }

    const sip::Notifier& notifier() const { return notifier_; }
    const RoomChat& chat() const { return chat_; }

    // --- for operators (focus_operators.cpp)
    const CallCounters& call_counters() const { return log_.counters(); }
    const TrunkTable& trunks() const { return trunks_; }
    const Room* find_room(std::string_view name) const { return rooms_.find(name); }
    void each_room(const std::function<void(const Room&)>& visit) const { rooms_.each(visit); }
    void each_participant(media::RoomId room, const std::function<void(const Participant&)>& visit) const;
    // Null: he is not in that room.
    const Participant* find_participant(media::RoomId room, media::ParticipantId who) const;
    // BYE to him; false: he is not in that room. `reason` is a Reason header field's value.
    bool remove(media::RoomId room, media::ParticipantId who, std::string_view reason, TimePoint now);
    // Asks how loud everybody in the room is; Participant::level_dbov knows it soon.
    void measure_levels(media::RoomId room);
    // What he hears and is heard of, whatever he negotiated. False: he is not in that room.
    bool control(media::RoomId room, media::ParticipantId who, const media::LegControl& control);
    // What he is shown, whatever the others are.
    void set_layout(const Participant& who, mixer::LayoutKind layout);
    // Ends his video and takes none of his until told otherwise (by re-INVITE); or offers it to him, whatever
    // video.offer says and whatever he said to it before. False: not in that room, or not now.
    bool allow_video(media::RoomId room, media::ParticipantId who, bool allowed, TimePoint now);
    // By his own setting, or else the room's.
    bool suppresses_noise(const Participant& who) const;
    // To another room, which opens if it has to, with the call as it stands: his phone hears of it by what it
    // hears. Who has video is offered it anew (re-INVITE).
    Result<const Room*, MoveRefusal> move(media::RoomId from, media::ParticipantId who, const std::string& to,
                                          TimePoint now);
    // Keys pressed towards him: as telephone-events, or by INFO where he knows none. False: not in that room,
    // or he is to be sent nothing now.
    bool send_digits(media::RoomId room, media::ParticipantId who, const std::string& digits, TimePoint now);
    // Hands what he sends and is sent, decrypted, to on_captured's handler, for so long and so many octets of
    // sound, and of picture, at most. False: not in that room, or his call is not up.
    bool capture(media::RoomId room, media::ParticipantId who, Duration length, std::size_t octets);
    using Captured = std::function<void(const Participant&, media::PacketsCaptured)>;
    void on_captured(Captured handler) { on_captured_ = std::move(handler); }
    // What is shown in a room, and to one who watches; nothing where there is no video (has_video()).
    bool has_video() const { return settings_.video.enabled; }
    VideoDesk& video() { return video_; }
    const VideoDesk& video() const { return video_; }
    // A room that stays open, whoever comes and goes, until end_room(). An error: one of this name is open,
    // or as many as may be.
    Result<const Room*, RoomRefusal> open_room(const std::string& name, const RoomChange& change);
    void change_room(media::RoomId room, const RoomChange& change);
    void end_room(media::RoomId room, std::string_view reason, TimePoint now);
    // By MESSAGE to everybody in the room who takes such; to how many it went.
    std::size_t announce(media::RoomId room, const std::string& text, TimePoint now);
    // Where the record of each call goes once it has ended.
    void on_record(std::function<void(const CallRecord&)> handler) { log_.on_record(std::move(handler)); }
    bool is_ringing(DialId dial) const { return dialer_.is_ringing(dial); }

  private:
    // A final response, why for the log, and what goes beside the status line.
    struct Refused {
        int status;
        std::string why;
        sip::ExtraHeaders headers;
    };

    using Offer = std::optional<sdp::SessionDescription>;

    void on(const sip::IncomingInvite& event, TimePoint now);
    void on(const sip::ReinviteReceived& event, TimePoint now);
    void on(const sip::SdpAnswerReceived& event, TimePoint now);
    void on(const sip::ReinviteFailed& event, TimePoint now);
    void on(const sip::SessionRefreshDue& event, TimePoint now);
    void on(const sip::ReinvitePossible& event, TimePoint now);
    void on(const sip::SessionEnded& event, TimePoint now);
    void on(const sip::PingResult& event, TimePoint now);
    void on(const sip::DigitReceived& event, TimePoint now);
    void on(const sip::PictureRequested& event, TimePoint now);
    void on(const sip::RequestReceived& event, TimePoint now);
    void on(const sip::InviteProgress& event, TimePoint now);
    void on(const sip::WayFound& event, TimePoint now) { dialer_.on(event, now); }
    void on(const sip::SessionConfirmed& event, TimePoint now);
    void on(const sip::RequestAnswered& event, TimePoint now);
    void on(const sip::DialogRequestReceived& event, TimePoint now);
    // Every INVITE of the focus brings its offer.
    void on(const sip::OfferInResponse&, TimePoint) {}

    // focus_referrals.cpp
    struct Named {  // the call an INVITE wants to replace or to join
        media::ParticipantId who;
        bool replaces = false;
    };
    const Participant* named_by_target_dialog(const sip::SipMessage& request);
    void on_refer(const sip::RequestReceived& refer, std::optional<sip::SessionId> session, TimePoint now);
    void on_refer_bye(const sip::RequestReceived& refer, const sip::ReferWish& wish, const std::string& room,
                      std::optional<sip::SessionId> session, TimePoint now);
    void on_notify(const sip::DialogRequestReceived& event, TimePoint now);
    Result<std::optional<Named>, Refused> named_call(const sip::IncomingInvite& event);
    std::optional<Refused> refusal_to_refer(const sip::Identity& who, const std::string& key,
                                            std::string_view room) const;
    std::optional<Refused> refusal_to_replace(const Participant& replaced) const;
    void await_media(Participant& who, TimePoint now);
    void give_up_takeover(Participant& who);
    void hang_up_replaced(Participant& who, TimePoint now);
    bool on_move_answer(const sip::RequestAnswered& event);
    void end_move(Participant& who, int status);

    // focus_dialling.cpp
    void on_dial_events(TimePoint now);
    void prove(Participant& who);
    void on(const DialProgress& event, TimePoint now);
    void on(DialAnswered& event, TimePoint now);
    void on(const DialFailed& event, TimePoint now);
    void on(const DialledInVain& event, TimePoint now);

    void on(Participant& who, const media::MediaStarted& event, TimePoint now);
    void on(Participant& who, const media::SoundMoved& event, TimePoint now);
    void hear_from(Participant& who, const IpAddress& source);
    void on(Participant& who, const media::MediaSilent& event, TimePoint now);
    void on(Participant& who, const media::DigitPressed& event, TimePoint now);
    void on(Participant& who, const media::TalkingChanged& event, TimePoint now);
    void on(Participant& who, const media::ActiveSpeakerChanged& event, TimePoint now);
    void on(Participant& who, const media::HandshakeDone& event, TimePoint now);
    void on(Participant& who, media::SharedPath& event, TimePoint now);
    void on(Participant& who, const media::LegReport& event, TimePoint now);
    void on(Participant& who, const media::LegEnded& event, TimePoint now);

    // focus_moves.cpp
    std::optional<MoveRefusal> refusal_to_move(media::RoomId from, media::ParticipantId who,
                                               const std::string& to) const;
    void go_to(Participant& who, const DialPlace& place, TimePoint now);
    void on(Participant& who, media::LegReleased& event, TimePoint now);
    void on(Participant& who, media::PacketsCaptured& event, TimePoint now);
    void take_levels(const media::LevelsMeasured& event, TimePoint now);

    // focus_video.cpp
    void on(Participant& who, const media::VideoStarted& event, TimePoint now);
    void on(Participant& who, const media::KeyframeNeeded& event, TimePoint now);
    void on(Participant& who, const media::HoldVoice& event, TimePoint now);
    void on(Participant& who, const media::VideoHandshakeDone& event, TimePoint now);
    void on(Participant& who, const media::VideoEnded& event, TimePoint now);
    void on(const media::VideoLoadChanged& event);
    void show_in_video(const Participant& who);
    void note_video(Participant& who, bool had_video, TimePoint now);
    void consider_offers(Participant& who, bool had_video, TimePoint now);
    void offer_video(TimePoint now);
    void forget_if_over(media::ParticipantId who);

    // focus_requests.cpp
    void on_register(const sip::RequestReceived& event, TimePoint now);
    void answer_options(const sip::RequestReceived& options, TimePoint now);
    void on_subscribe(const sip::RequestReceived& subscribe, std::optional<sip::SessionId> session,
                      TimePoint now);
    void on_message(const sip::RequestReceived& message, const Participant* who, TimePoint now);
    void on_message_in_call(const sip::DialogRequestReceived& message, TimePoint now);
    const Participant* sender_of(const sip::RequestReceived& message) const;
    void answer(const sip::RequestReceived& request, int status, const sip::ExtraHeaders& headers,
                TimePoint now);
    void refuse(const sip::RequestReceived& request, const Refused& refused, TimePoint now);
    void send_notifies(TimePoint now);

    std::string room_for(const sip::SipMessage& request, const sip::Flow& flow) const;
    sip::LocalContact contact_of(const Participant& who) const {
        return contact_for(who.room_name, trunks_.named(who.trunk));
    }
    std::optional<Refused> refusal(std::string_view room, const sip::Identity& who) const;
    Refused refused_by(RoomRefusal refusal) const;
    std::optional<Refused> no_more_calls() const;  // whichever room is meant
    Refused overloaded(std::string why) const;
    Refused draining(std::string_view room) const;
    sip::ExtraHeaders retry_later() const;
    // What we can do in a call that comes this way, from this trunk (null: from none).
    sdp::Capabilities capabilities_for(const sip::Flow& flow, const Trunk* trunk,
                                       std::string_view room) const;
    bool rings(const sip::IncomingInvite& event, TimePoint now);
    void answer(const sip::IncomingInvite& event, TimePoint now);
    void rang_in_vain(const RingingCall& call, const sip::SessionEnded& how, TimePoint now);
    std::optional<Refused> take_in(const sip::IncomingInvite& event, TimePoint now);
    Participant caller(const sip::IncomingInvite& event, std::string_view room, TimePoint now) const;
    // What goes into the 200: our answer to the offer, or without one a full offer (interop rule 1).
    Result<std::string, Refused> describe(Participant& who, const Offer& offer) const;
    Result<Offer, Refused> parse_offer(const std::optional<std::string>& text, const IpAddress& agent) const;
    Refused not_acceptable(const sdp::Refusal& refusal, const IpAddress& agent) const;
    void refresh(sip::SessionId session, TimePoint now);
    void take_answer(Participant& who, const std::string& text, TimePoint now);

    // Whose call goes on; null for all others.
    Participant* find(sip::SessionId session);
    Participant* find(media::ParticipantId id);
    // A place in the room for a call, which the worker hears of if it opens it. `opener`: the user who rules
    // it then, where nobody is configured to; empty: nobody.
    Result<DialPlace, RoomRefusal> enter(std::string_view room, std::string_view opener = {});
    // One more beside his, full or not: he is about to leave.
    Result<DialPlace, RoomRefusal> share_place(const Participant& who);
    void give_back(const DialPlace& place);
    void tell_opened(const Room& room);
    // Puts the room on a further worker before it needs it.
    void grow(const Room& room);
    void open_shard(media::RoomId id);
    void close(const DialPlace& place, const RoomRegistry::Closed& workers);
    // From now on the call is the focus's.
    Participant& admit(Participant who);
    // Tells the worker what was agreed, if it is news to him.
    void apply_agreement(Participant& who, TimePoint now);
    media::AudioLeg audio_leg_of(const Participant& who) const;
    void leave(Participant& who);
    void command(const Participant& who, media::RoomCommand command);
    // To all workers the room is on.
    template <typename Command>
    void command(const Room& room, const Command& command) {
        for (const Room::Shard& shard : room.shards) commands_.push_back({shard.worker, command});
    }

    FocusSettings settings_;
    sip::UserAgent& agent_;
    media::MediaPortPool& ports_;
    RandomSource& random_;
    accounts::Registrar* registrar_ = nullptr;
    std::function<bool(std::string_view)> is_user_;
    CallLog log_;

    RoomRegistry rooms_;
    TrunkTable trunks_;
    TrunkLinks links_;
    OutboundRouting routing_;
    RingingCalls ringing_;
    VideoDesk video_;
    Dialer dialer_;
    sip::Notifier notifier_;
    Referrals referrals_;
    DialQuota quota_;
    TimerQueue<media::ParticipantId> takeovers_;  // who replaces somebody and is not heard yet
    std::unordered_map<sip::RequestId, media::ParticipantId> moves_;  // REFERs of ours under way
    IdSource<media::ParticipantId> ids_;
    std::unordered_map<media::ParticipantId, Participant> participants_;
    std::unordered_map<sip::SessionId, media::ParticipantId> by_session_;
    RoomWatchers watchers_;
    RoomChat chat_;
    PictureRequests pictures_;
    InfoDigits info_digits_;
    std::vector<WorkerCommand> commands_;
    Captured on_captured_;
    bool refusing_ = false;
    bool overloaded_ = false;
};

}  // namespace rotunda::rooms
