// What an operator does with a session: keys sent in place of the mix, packets captured, another room.
#include <cstring>

#include "media/media_session.hpp"

namespace rotunda::media {

bool MediaSession::send_digits(std::string_view digits) {
    if (!leg_.send_event_type || !leg_.sends) return false;
    if (dtmf_)
        dtmf_->add(digits);
    else
        dtmf_ = std::make_unique<rtp::DtmfSender>(digits, rtp_clock_hz(leg_.send.codec));
    return true;
}

void MediaSession::send_event(Duration duration, TimePoint now) {
    const auto packet = dtmf_->next(duration);
    const auto to = destination_of(rtp::rtp_header_size + rtp::dtmf_payload_size, now);
    if (packet && to && leg_.send_event_type) {
        std::array<std::uint8_t, rtp::rtp_header_size + rtp::dtmf_payload_size + rtp::max_srtp_overhead>
            buffer;
        sender_.write_event(std::span(buffer).first<rtp::rtp_header_size>(), packet->payload.size(),
                            *leg_.send_event_type, packet->begins, now);
        std::memcpy(buffer.data() + rtp::rtp_header_size, packet->payload.data(), packet->payload.size());
        send_rtp(buffer, rtp::rtp_header_size + packet->payload.size(), *to, now);
    }
    sender_.skip(duration);
    if (dtmf_->is_done()) dtmf_.reset();
}

void MediaSession::capture(const CapturePackets& command, TimePoint now) {
    capture_ = std::make_unique<PacketCapture>(command.octets, now + command.length);
}

void MediaSession::tell_captured(TimePoint now) {
    const bool over = capture_->is_over(now);
    context_->events.push_back(
        PacketsCaptured{room_, participant_, MediaTraffic::audio, capture_->take(), over});
    if (over) capture_.reset();
}

void MediaSession::release() {
    path_.leave_queue();
    if (rtcp_path_) rtcp_path_->leave_queue();
    context_ = nullptr;
}

void MediaSession::adopt(RoomId room, Duration tick, MediaContext& context, TimePoint now) {
    room_ = room;
    context_ = &context;
    random_.use(context.random);
    path_.enter_queue(context.handshakes, now);
    if (rtcp_path_) rtcp_path_->enter_queue(context.handshakes, now);
    receiver_.set_tick(tick);
    sender_.go_on_later();
    sync(false, {});  // his picture was the other room's
    share_port(nullptr);
    next_duty_ = {};
}

}  // namespace rotunda::media
