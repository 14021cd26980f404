// What a call was like, from what was measured: the score of a stretch of it, and its record.
#pragma once

#include <optional>

#include "rooms/call_record.hpp"
#include "rooms/participant.hpp"

namespace rotunda::rooms {

// What came of the stretch from `before` to `after`, both since the call began.
media::LegQuality between(const media::LegQuality& before, const media::LegQuality& after);
// How good he is heard (RTP towards us, with RTCP's round trip): nullopt where nothing came.
std::optional<double> score_of(const Participant& who, const media::LegQuality& stretch);
CallRecord record_of(const Participant& who, const media::LegQuality& quality, TimePoint now);

}  // namespace rotunda::rooms
