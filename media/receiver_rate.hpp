// What one receiver is sent: the least of what he agreed to, what he asks for while the call runs, and what
// his losses leave.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "media/picture_class.hpp"

namespace rotunda::media {

// Sans-IO; one for each receiver. Lower limits hold at once, higher ones after a while, so that a wavering
// line does not bring a keyframe with every report.
class ReceiverRate {
  public:
    static constexpr Duration before_more = std::chrono::seconds(5);

    // Of the session description; starts over what losses taught.
    void agree(const PictureBounds& bounds);
    // TMMBR and REMB: bits per second of all that reaches him; 0 lifts the bound.
    void on_tmmbr(std::uint64_t bits_per_second) { tmmbr_ = bits_per_second; }
    void on_remb(std::uint64_t bits_per_second) { remb_ = bits_per_second; }
    // A receiver report: the fraction lost, 0 to 1, of what he is sent at `bit_rate` now.
    void on_loss(double fraction, int bit_rate, TimePoint now);
    // He asks for a keyframe. Who keeps asking while he loses packets gets none of them whole: he is sent too
    // much, and those who share his encode pay for each.
    void on_keyframe_request(TimePoint now);

    // What he takes of a room that gives nothing up.
    PictureClass wanted(int room_height, int room_rate) const {
        return choose_class(bounds(room_height), room_rate);
    }
    // What to send now, with the room's own bounds.
    PictureClass choose(int room_height, int room_rate, TimePoint now);

  private:
    PictureBounds bounds(int room_height) const;

    PictureBounds agreed_;
    std::uint64_t tmmbr_ = 0;
    std::uint64_t remb_ = 0;
    double loss_limit_ = 0;  // 0: none
    int requests_ = 0;       // for keyframes, one soon after the other
    TimePoint last_request_{};
    std::optional<PictureClass> chosen_;
    std::optional<TimePoint> better_since_;
};

}  // namespace rotunda::media
