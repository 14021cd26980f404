// The log lines of a call, one per event, each with Call-ID, room and participant; and how many there were.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "rooms/dialer.hpp"
#include "rooms/participant.hpp"
#include "rooms/room_registry.hpp"
#include "signaling/message.hpp"

namespace rotunda::rooms {

// Since the start.
struct CallCounters {
    std::uint64_t joined = 0;
    std::map<int, std::uint64_t> refused;                                               // INVITEs, by status
    std::array<std::uint64_t, static_cast<std::size_t>(sip::EndCause::count)> ended{};  // by cause
    // Of ended calls.
    std::uint64_t packets_received = 0;
    std::uint64_t packets_lost = 0;
    std::uint64_t frames_concealed = 0;
};

// "remote_bye" is "bye": a label's value.
std::string_view cause_name(sip::EndCause cause);

class CallLog {
  public:
    explicit CallLog(LogSink& sink) : sink_(sink) {}
    const CallCounters& counters() const { return counters_; }

    void refused(const sip::SipMessage& invite, const Endpoint& source, int status, std::string_view why);
    void room_opened(const std::string& room);
    void room_closed(const std::string& room);
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
    void handshake_done(const Participant& who, const media::HandshakeDone& done);
    void changed(const Participant& who, const media::AudioLeg& leg);
    void change_refused(const Participant& who, std::string_view why);
    // The operator's word on him changed.
    void controlled(const Participant& who, const media::LegControl& before);
    void room_changed(const Room& room);
    void digit(const Participant& who, const media::DigitPressed& press);
    void talking(const Participant& who);
    void silent(const Participant& who);
    // The quality line; all zero for a call whose media never began.
    void ended(const Participant& who, const media::LegQuality& quality, TimePoint now);

  private:
    void write(LogLevel level, std::string_view event, const Participant& who, std::string message,
               std::vector<std::pair<std::string_view, std::string>> more = {});
    void write(LogLevel level, std::string_view event, DialId dial, std::string message,
               std::vector<std::pair<std::string_view, std::string>> more);

    LogSink& sink_;
    CallCounters counters_;
};

}  // namespace rotunda::rooms
