#include "rooms/audio_leg.hpp"

namespace rotunda::rooms {

media::AudioLeg make_audio_leg(const sdp::NegotiatedMedia* audio, const IpAddress& signaling_source) {
    media::AudioLeg leg;
    leg.signaling_source = signaling_source;
    if (!audio) {
        leg.sends = leg.receives = false;
        return leg;
    }
    for (const auto& format : audio->receive) leg.receive.push_back({format.payload_type, format.codec});
    for (const auto& format : audio->telephone_events)
        leg.telephone_events.push_back({format.payload_type, format.clock_hz});
    for (const auto& format : audio->comfort_noise)
        leg.comfort_noise.push_back({format.payload_type, format.clock_hz});
    leg.audio_level_extension = audio->audio_level_extension;
    leg.send = audio->send;
    leg.send_payload_type = audio->send_payload_type;
    leg.send_event_type = audio->send_event_type;
    leg.sends = sends(audio->direction);
    leg.receives = receives(audio->direction);
    leg.on_hold = audio->on_hold;
    leg.remote_rtp = audio->remote_rtp;
    leg.remote_rtcp = audio->remote_rtcp;
    leg.rtcp_mux = audio->rtcp_mux;
    leg.srtp = audio->srtp;
    leg.dtls = audio->dtls;
    leg.ice = audio->ice;
    return leg;
}

std::string_view direction_name(const media::AudioLeg& leg) {
    return to_string(sdp::make_direction(leg.sends, leg.receives));
}

}  // namespace rotunda::rooms
