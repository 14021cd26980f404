#include "rtp/dtmf_sender.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rotunda::rtp {
namespace {

constexpr std::string_view keys = "0123456789*#ABCD";
constexpr std::size_t most_keys = 256;
constexpr Duration key_lasts = std::chrono::milliseconds(100);
constexpr Duration between_keys = std::chrono::milliseconds(80);
// RFC 4733 §2.5.1.4: the end is said three times.
constexpr int end_packets = 3;
constexpr std::uint8_t end_bit = 0x80, volume = 10;  // -10 dBm0

}  // namespace

std::optional<std::uint8_t> dtmf_code(char digit) {
    const char upper = digit >= 'a' && digit <= 'd' ? static_cast<char>(digit - 'a' + 'A') : digit;
    const auto at = keys.find(upper);
    return at == keys.npos ? std::nullopt : std::optional(static_cast<std::uint8_t>(at));
}

DtmfSender::DtmfSender(std::string_view digits, int clock_hz) : clock_hz_(clock_hz) {
    add(digits);
}

void DtmfSender::add(std::string_view digits) {
    digits_.erase(0, std::exchange(at_, 0));
    std::copy_if(digits.begin(), digits.end(), std::back_inserter(digits_),
                 [](char c) { return dtmf_code(c).has_value(); });
    if (digits_.size() > most_keys) digits_.resize(most_keys);
}

std::optional<DtmfSender::Packet> DtmfSender::next(Duration frame) {
    if (is_done()) return std::nullopt;
    if (pause_ > Duration::zero()) {
        pause_ -= frame;
        return std::nullopt;
    }
    Packet packet;
    packet.begins = pressed_ == Duration::zero();
    pressed_ = std::min(pressed_ + frame, std::max(key_lasts, frame));
    const bool ended = pressed_ >= key_lasts;
    const auto units = static_cast<std::uint16_t>(
        std::min<std::int64_t>(pressed_ / std::chrono::microseconds(1) * clock_hz_ / 1'000'000, 0xffff));
    packet.payload = {*dtmf_code(digits_[at_]), static_cast<std::uint8_t>((ended ? end_bit : 0) | volume),
                      static_cast<std::uint8_t>(units >> 8), static_cast<std::uint8_t>(units & 0xff)};
    if (ended && ++ends_ == end_packets) {
        ++at_;
        pressed_ = Duration::zero();
        ends_ = 0;
        pause_ = between_keys;
    }
    return packet;
}

}  // namespace rotunda::rtp
