// The log lines of a call, one per event, each with Call-ID, room and participant.
#pragma once

#include <string>
#include <string_view>

#include "base/log.hpp"
#include "rooms/participant.hpp"
#include "signaling/message.hpp"

namespace rotunda::rooms {

class CallLog {
  public:
    explicit CallLog(LogSink& sink) : sink_(sink) {}

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
};

}  // namespace rotunda::rooms
