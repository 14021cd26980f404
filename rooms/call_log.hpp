// The log lines of a call, one per event, each with Call-ID, room and participant; and how many there were.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/histogram.hpp"
#include "base/log.hpp"
#include "media/video_event.hpp"
#include "rooms/call_record.hpp"
#include "rooms/dialer.hpp"
#include "rooms/participant.hpp"
#include "rooms/room_registry.hpp"
#include "rooms/video_desk.hpp"
#include "signaling/message.hpp"

namespace rotunda::rooms {

// Since the start.
struct CallCounters {
    std::uint64_t joined = 0;
    std::map<int, std::uint64_t> refused;                                               // INVITEs, by status
    std::uint64_t dials_answered = 0;                                                   // calls of ours
    std::map<int, std::uint64_t> dials_failed;                                          // by status
    std::array<std::uint64_t, static_cast<std::size_t>(sip::EndCause::count)> ended{};  // by cause
    // Of every minute of a call, or what was left of one at its end.
    Histogram<7> mos{{1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.3}};
    Histogram<8> jitter{{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2}};  // s
    Histogram<8> delay{{0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.2, 0.5}};      // s, in our jitter buffer
    // s, from INVITE to ACK
    Histogram<11> setup{{0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0}};
    std::uint64_t quality_alarms = 0;
    // Up to the last whole minute of each call, and all of those that have ended.
    std::uint64_t packets_received = 0;
    std::uint64_t packets_lost = 0;
    std::uint64_t frames_concealed = 0;
};

// "remote_bye" is "bye": a label's value.
std::string_view cause_name(sip::EndCause cause);
// "none" for media in the clear.
std::string srtp_name(const std::optional<SrtpSuite>& suite);

class CallLog {
  public:
    explicit CallLog(LogSink& sink) : sink_(sink) {}
    const CallCounters& counters() const { return counters_; }

    void refused(const sip::SipMessage& invite, const Endpoint& source, int status, std::string_view why);
    void room_opened(const std::string& room);
    void room_closed(const std::string& room);
    void room_spread(const std::string& room, std::size_t workers);
    // A call of ours, from the wish to its outcome.
    void dialling(DialId dial, const std::string& room, const sip::Uri& target);
    void dial_progress(const DialProgress& progress);
    void dial_answered(DialId dial, const Participant& who);
    void dial_failed(const DialFailed& failed);
    void replaced(const Participant& who, const Participant& by);
    // Asked to go elsewhere, and what became of it.
    void moving(const Participant& who, const sip::Uri& target);
    void moved(const Participant& who, int status);
    void joined(const Participant& who, const media::AudioLeg& leg);
    void media_started(const Participant& who, const Endpoint& source);
    void toll_alarm(const TollAlarm& alarm);
    void handshake_done(const Participant& who, const media::HandshakeDone& done);
    void changed(const Participant& who, const media::AudioLeg& leg);
    void change_refused(const Participant& who, std::string_view why);
    // The operator's word on him changed.
    void controlled(const Participant& who, const media::LegControl& before);
    // `shown`: where there is video.
    void room_changed(const Room& room, const std::optional<VideoDesk::Shown>& shown);
    void layout_changed(const Participant& who, mixer::LayoutKind layout);
    void moved_from(const Participant& who, const std::string& room);
    // An operator listens to his packets.
    void captured(const Participant& who, Duration length);
    // How many keys, not which: they may be somebody's secret.
    void pressed(const Participant& who, std::size_t keys);
    void digit(const Participant& who, const media::DigitPressed& press);
    void talking(const Participant& who);
    void speaker(const Participant& who);
    void silent(const Participant& who);
    // The peer has acknowledged that the call stands.
    void confirmed(const Participant& who, TimePoint now);
    // The last minute's quality, of what is known since the call's beginning; an alarm where it becomes bad.
    void report(Participant& who, const media::LegQuality& quality);
    // Where the record of each call goes once it has ended.
    void on_record(std::function<void(const CallRecord&)> handler) { on_record_ = std::move(handler); }
    // call_log_video.cpp
    void video_allowed(const Participant& who, bool allowed);
    void video_started(const Participant& who, const media::VideoStarted& event);
    void video_handshake_done(const Participant& who, const media::VideoHandshakeDone& done);
    void video_ended(const Participant& who, const media::VideoQuality& quality);
    void video_load(const std::string& room, const media::VideoLoadChanged& event);
    // Leaves a record: the line is that of the dial, or of the refusal.
    void unanswered(const Participant& who, TimePoint now);
    // The quality line; all zero for a call whose media never began.
    void ended(Participant& who, const media::LegQuality& quality, TimePoint now);

  private:
    void write(LogLevel level, std::string_view event, const Participant& who, std::string message,
               std::vector<std::pair<std::string_view, std::string>> more = {});
    void write(LogLevel level, std::string_view event, DialId dial, std::string message,
               std::vector<std::pair<std::string_view, std::string>> more);

    void count(Participant& who, const media::LegQuality& quality);

    LogSink& sink_;
    std::function<void(const CallRecord&)> on_record_;
    CallCounters counters_;
};

}  // namespace rotunda::rooms
