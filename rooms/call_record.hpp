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
    TimePoint began, ended;
    bool joined = false;  // media was agreed
    std::string cause;    // as in call.ended
    std::string reason;   // the peer's own words (RFC 3326); may be empty
    AudioCodec codec = AudioCodec::pcmu;
    media::LegQuality quality;
    std::optional<double> mos;  // none: nothing was heard of him
};

}  // namespace rotunda::rooms
