// Which pictures a receiver is sent: few sizes and rates, so that receivers share encodes.
#pragma once

#include <cstdint>
#include <span>

#include "base/picture.hpp"

namespace rotunda::media {

// What binds what one receiver is sent, all sources together: SDP, TMMBR, REMB, losses, the room. 0: not
// bound.
struct PictureBounds {
    std::uint32_t frame_macroblocks = 0;  // 16x16 each (H.264 table A-1, max-fs)
    std::uint32_t macroblocks_per_second = 0;
    std::uint32_t frames_per_second = 0;
    std::uint64_t bit_rate = 0;  // bits per second, of the RTP payloads
    int height = 0;              // lines

    friend bool operator==(const PictureBounds&, const PictureBounds&) = default;
};

// One step of the ladder, 16:9.
struct PictureClass {
    PictureSize size;
    int frames_per_second = 25;
    int bit_rate = 0;  // bits per second: what it looks well with; less makes it worse, more is not used

    friend bool operator==(const PictureClass&, const PictureClass&) = default;
};

// 1080p to 90p, the largest first.
std::span<const PictureClass> picture_classes();

// The largest class within the bounds, at most `room_rate` pictures a second (1 to 30). A class may be
// encoded with down to half of its bit rate before the next smaller one looks better; bit_rate of the result
// is what the receiver takes, in steps of about a quarter, so that those of about the same rate share an
// encode. Where nothing is small enough for macroblocks, the smallest; where pictures come faster than
// macroblocks may, fewer of them.
PictureClass choose_class(const PictureBounds& bounds, int room_rate);

}  // namespace rotunda::media
