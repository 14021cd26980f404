// The log lines of a call, one per event, each with Call-ID, room and participant; and how many there were.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "rooms/participant.hpp"
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
    void room_opened(const Participant& first);
    void room_closed(const Participant& last);
    void joined(const Participant& who, const media::AudioLeg& leg);
    void media_started(const Participant& who, const Endpoint& source);
    void changed(const Participant& who, const media::AudioLeg& leg);
    void change_refused(const Participant& who, std::string_view why);
    void digit(const Participant& who, const media::DigitPressed& press);
    void silent(const Participant& who);
    // The quality line; all zero for a call whose media never began.
    void ended(const Participant& who, const media::LegQuality& quality, TimePoint now);

  private:
    void write(LogLevel level, std::string_view event, const Participant& who, std::string message,
               std::vector<std::pair<std::string_view, std::string>> more = {});

    LogSink& sink_;
    CallCounters counters_;
};

}  // namespace rotunda::rooms
