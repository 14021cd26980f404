#include "codecs/g711_codec.hpp"

namespace rotunda::codecs {

std::size_t G711Encoder::encode(Pcm pcm, MutableBytes out) {
    if (pcm.size() != frame_samples() || out.size() < pcm.size()) return 0;
    g711_encode(law_, pcm, out);
    return pcm.size();
}

std::optional<std::size_t> G711Decoder::decode(Bytes payload, MutablePcm out) {
    const std::optional<std::size_t> samples = payload_samples(codec(), payload);
    if (!samples || *samples > out.size()) return std::nullopt;
    g711_decode(law_, payload, out);
    concealer_.on_good(out.first(*samples));
    return samples;
}

}  // namespace rotunda::codecs
