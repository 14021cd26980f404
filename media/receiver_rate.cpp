#include "media/receiver_rate.hpp"

#include <algorithm>

namespace rotunda::media {
namespace {

// Loss above the one means a full queue, below the other a line that may carry more; between them nothing is
// known but by so many requests for keyframes, each so soon after the one before.
constexpr double too_much = 0.10, little = 0.02;
constexpr int many_requests = 4;
constexpr Duration soon = std::chrono::seconds(3);
constexpr double step_down = 0.8, step_up = 1.1;
constexpr double least = 50'000;         // bits per second
constexpr double unbounded = 6'000'000;  // more is never sent

void lower(std::uint64_t& bound, std::uint64_t other) {
    if (other != 0 && (bound == 0 || other < bound)) bound = other;
}

bool is_less(const PictureClass& a, const PictureClass& b) {
    if (a.size.height != b.size.height) return a.size.height < b.size.height;
    if (a.bit_rate != b.bit_rate) return a.bit_rate < b.bit_rate;
    return a.frames_per_second < b.frames_per_second;
}

}  // namespace

void ReceiverRate::agree(const PictureBounds& bounds) {
    agreed_ = bounds;
    loss_limit_ = 0;
    chosen_.reset();
}

void ReceiverRate::on_keyframe_request(TimePoint now) {
    requests_ = now - last_request_ < soon ? requests_ + 1 : 1;
    last_request_ = now;
}

void ReceiverRate::on_loss(double fraction, int bit_rate, TimePoint now) {
    const bool keeps_asking = requests_ >= many_requests && now - last_request_ < soon;
    if (fraction > too_much || (fraction >= little && keeps_asking)) {
        loss_limit_ = std::max(least, bit_rate * step_down);
        requests_ = 0;  // what is less may do
    } else if (fraction < little && loss_limit_ > 0) {
        loss_limit_ = std::max(loss_limit_, static_cast<double>(bit_rate)) * step_up;
    }
    if (loss_limit_ > unbounded) loss_limit_ = 0;
}

PictureBounds ReceiverRate::bounds(int room_height) const {
    PictureBounds out = agreed_;
    out.height = out.height == 0 ? room_height : std::min(out.height, room_height);
    lower(out.bit_rate, tmmbr_);
    lower(out.bit_rate, remb_);
    lower(out.bit_rate, static_cast<std::uint64_t>(loss_limit_));
    return out;
}

PictureClass ReceiverRate::choose(int room_height, int room_rate, TimePoint now) {
    const PictureClass wanted = choose_class(bounds(room_height), room_rate);
    const bool better = chosen_ && is_less(*chosen_, wanted);
    if (!better) {
        better_since_.reset();
        chosen_ = wanted;
        return wanted;
    }
    if (!better_since_) better_since_ = now;
    if (now - *better_since_ >= before_more) {
        better_since_.reset();
        chosen_ = wanted;
    }
    return *chosen_;
}

}  // namespace rotunda::media
