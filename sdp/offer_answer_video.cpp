// Where the video line stands among the others, and on which transport.
#include <algorithm>

#include "sdp/bundle.hpp"
#include "sdp/media_security.hpp"
#include "sdp/offer_answer.hpp"
#include "sdp/offer_answer_lines.hpp"
#include "sdp/video_line.hpp"

namespace rotunda::sdp {

std::optional<OfferAnswer::VideoChoice> OfferAnswer::choose_video(const SessionDescription& offer,
                                                                  const LocalMedia& local,
                                                                  std::size_t audio) const {
    std::optional<VideoChoice> chosen;
    if (!local.video) return chosen;
    for (std::size_t i = 0; i < offer.media.size(); ++i) {
        const Media& line = offer.media[i];
        if (line.port == 0 || !is_usable_video(offer, line, capabilities_)) continue;
        const bool bundled =
            local.bundle && may_share_transport(offer, offer.media[audio], line, capabilities_);
        // Outside of a bundle the attribute means nothing (RFC 9143 §6).
        const bool nowhere_else = is_bundle_only(line) && !bundle_of(offer, line).empty();
        if (!bundled && (local.video_port == 0 || nowhere_else)) continue;
        if (!chosen || i == index_of(MediaKind::video)) chosen = VideoChoice{i, bundled};
    }
    return chosen;
}

bool OfferAnswer::would_bundle(const SessionDescription& given) const {
    const SessionDescription offer = with_bundles_spelled_out(given);
    Refusal why;
    const auto audio = choose_audio(offer, why);
    LocalMedia shared;
    shared.bundle = true;
    return audio && choose_video(offer, shared, *audio);
}

// In the place video has or had, else behind the others. Video that stands keeps its transport (RFC 9143
// §7.5.1 would let it move, but nobody asked for that); new it is on the audio's where the audio stands in a
// bundle, or where the first offer goes to a browser: it is open there or nowhere (§7.2).
void OfferAnswer::open_video(const LocalMedia& local, const LineSecurity& audio, State& next) const {
    if (!local.video) return;
    const NegotiatedMedia* const standing = this->audio();
    const bool wanted = video() ? video()->bundled : standing ? standing->bundled : capabilities_.browser;
    const bool bundled = local.bundle && audio.ice && wanted;
    if (local.video_port == 0 && !(bundled && video())) return;
    std::vector<Media>& lines = next.local.media;
    const auto active = index_of(MediaKind::video);
    auto slot = active ? lines.begin() + static_cast<std::ptrdiff_t>(*active)
                       : std::find_if(lines.begin(), lines.end(),
                                      [](const Media& m) { return kind_of(m) == MediaKind::video; });
    if (slot == lines.end()) slot = lines.insert(slot, Media{});
    LocalMedia where = local;
    if (bundled) where.video_port = standing ? local.audio_port : 0;
    const LineSecurity security =
        bundled ? audio
                : offer_security(offered_profile(*slot, capabilities_), capabilities_, own_video(),
                                 {local.address, local.video_port}, *random_);
    *slot =
        offer_video(*slot, capabilities_, where, security, video(), next.payload_types, next.video_numbers);
    if (bundled && !standing) slot->attributes.push_back({"bundle-only", {}});
}

Media OfferAnswer::answer_video(const SessionDescription& offer, const Media& offered,
                                const LocalMedia& local, NegotiatedMedia& out) const {
    Media line = sdp::answer_video(offer, offered, capabilities_, local, out);
    add_security(line, answer_security(offer, offered, capabilities_, own_video(),
                                       {local.address, local.video_port}, *random_, out));
    return line;
}

void OfferAnswer::answer_bundled(const SessionDescription& offer, std::size_t audio, std::size_t video,
                                 const LocalMedia& local, State& next) const {
    LocalMedia shared = local;
    shared.video_port = local.audio_port;
    NegotiatedMedia& out = next.media[video];
    Media& line = next.local.media[video];
    line = sdp::answer_video(offer, offer.media[video], capabilities_, shared, out);
    copy_transport(next.local.media[audio], line);
    out.bundled = true;
    out.dtls = next.media[audio].dtls;
    out.ice = next.media[audio].ice;
}

const NegotiatedMedia* OfferAnswer::video() const {
    const auto index = index_of(MediaKind::video);
    return index ? &agreed_.media[*index] : nullptr;
}

// Bundled, its credentials and its association are the audio's, and stay there.
const NegotiatedMedia* OfferAnswer::own_video() const {
    return video() && !video()->bundled ? video() : nullptr;
}

}  // namespace rotunda::sdp
