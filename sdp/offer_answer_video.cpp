// Where the video line stands among the others.
#include <algorithm>

#include "sdp/media_security.hpp"
#include "sdp/offer_answer.hpp"
#include "sdp/offer_answer_lines.hpp"
#include "sdp/video_line.hpp"

namespace rotunda::sdp {

std::optional<std::size_t> OfferAnswer::choose_video(const SessionDescription& offer,
                                                     const LocalMedia& local) const {
    std::optional<std::size_t> chosen;
    if (local.video_port == 0) return chosen;
    for (std::size_t i = 0; i < offer.media.size(); ++i) {
        const Media& line = offer.media[i];
        if (line.port == 0 || !is_usable_video(offer, line, capabilities_)) continue;
        if (!chosen || i == index_of(MediaKind::video)) chosen = i;
    }
    return chosen;
}

// In the place video has or had, else behind the others.
void OfferAnswer::open_video(const LocalMedia& local, State& next) const {
    std::vector<Media>& lines = next.local.media;
    const auto active = index_of(MediaKind::video);
    auto slot = active ? lines.begin() + static_cast<std::ptrdiff_t>(*active)
                       : std::find_if(lines.begin(), lines.end(),
                                      [](const Media& m) { return kind_of(m) == MediaKind::video; });
    if (slot == lines.end()) slot = lines.insert(slot, Media{});
    const LineSecurity security = offer_security(offered_profile(*slot, capabilities_), capabilities_,
                                                 video(), {local.address, local.video_port}, *random_);
    *slot =
        offer_video(*slot, capabilities_, local, security, video(), next.payload_types, next.video_numbers);
}

Media OfferAnswer::answer_video(const SessionDescription& offer, const Media& offered,
                                const LocalMedia& local, NegotiatedMedia& out) const {
    Media line = sdp::answer_video(offer, offered, capabilities_, local, out);
    add_security(line, answer_security(offer, offered, capabilities_, video(),
                                       {local.address, local.video_port}, *random_, out));
    return line;
}

const NegotiatedMedia* OfferAnswer::video() const {
    const auto index = index_of(MediaKind::video);
    return index ? &agreed_.media[*index] : nullptr;
}

}  // namespace rotunda::sdp
