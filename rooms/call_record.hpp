// What is to be known of a call that is over, for bills, reports and complaints (CDR). A value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/audio_codec.hpp"
#include "base/time.hpp"
#include "media/room_event.hpp"

namespace rotunda::rooms {

struct CallRecord {
    std::string call_id;
    std::string room;
    std::uint64_t participant = 0;
    std::string from;
    std::string source;  // address the signalling came from
    bool dialed_out = false;
    std::string trunk;  // the call went or came through; may be empty
    std::string user;   // who called, or had us call; empty: nobody who has proved it
    TimePoint began, ended;
    std::optional<TimePoint> answered;  // none: never
    bool joined = false;                // media was agreed
    std::string cause;                  // as in call.ended
    int status = 0;      // of the final response where it was never answered; 0: there was none
    std::string reason;  // the peer's own words (RFC 3326); may be empty
    AudioCodec codec = AudioCodec::pcmu;
    media::LegQuality quality;
    std::optional<double> mos;  // none: nothing was heard of him
};

}  // namespace rotunda::rooms
