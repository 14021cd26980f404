// Who sits where in a view. Seats are stable: nobody moves because somebody else came, went or spoke, unless
// the seat itself is gone.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "mixer/active_speaker.hpp"

namespace rotunda::mixer {

class Seating {
  public:
    // `people`: everyone who may be shown, in order of arrival, each once. `spoke`: those who spoke, the
    // latest first (ActiveSpeaker::history); may name others, who are passed over. Where `speaker_first`, the
    // first seat is the latest speaker's, and who sat there takes the seat he left. Where there are more
    // people than seats, who spoke lately sits; the one whose word is longest ago makes room.
    void arrange(std::span<const SourceId> people, std::span<const SourceId> spoke, std::size_t seats,
                 bool speaker_first);

    // One entry per seat; none: empty.
    const std::vector<std::optional<SourceId>>& seats() const { return seats_; }

  private:
    std::optional<std::size_t> seat_of(SourceId source) const;
    std::optional<std::size_t> free_seat() const;
    void resize(std::size_t seats);
    void seat_first(SourceId source);

    std::vector<std::optional<SourceId>> seats_;
};

}  // namespace rotunda::mixer
