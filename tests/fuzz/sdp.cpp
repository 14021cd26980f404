// A whole conversation: descriptions divided by form feeds, each taken as the peer's offer and then as the
// answer to an offer of ours.
#include "base/text.hpp"
#include "sdp/crypto.hpp"
#include "sdp/offer_answer.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::sdp;
using rotunda::fuzz::require;

namespace {

SessionDescription reread(const std::string& text) {
    auto result = parse(text);
    require(result.ok(), "what we write can be read");
    return std::move(*result);
}

void read_attributes(const SessionDescription& session) {
    for (const Attribute& a : session.attributes) parse_group(a.value);
    for (const Media& line : session.media) {
        for (const CryptoAttribute& crypto : cryptos_of(line))
            require(parse_crypto(to_string(crypto)) == crypto, "a key comes back");
        for (const RtpMap& map : rtpmaps(line)) {
            require(map.payload_type < 128 && map.clock_hz > 0, "rtpmap is in range");
            const auto parameters = format_parameters(line, map.payload_type);
            require(FormatParameters::parse(parameters.text()) == parameters, "fmtp comes back");
            feedback_for(line, map.payload_type);
        }
    }
}

void check_agreement(const OfferAnswer& call) {
    std::size_t accepted = 0;
    for (const NegotiatedMedia& media : call.media()) accepted += media.accepted ? 1 : 0;
    require(accepted <= 2, "one audio and one video at most");
    if (const NegotiatedMedia* video = call.video()) {
        require(call.audio() != nullptr, "video comes beside audio");
        require(!video->video.receive.empty() && video->send_payload_type < 128, "video formats are named");
    }
    if (const NegotiatedMedia* audio = call.audio()) {
        require(!audio->receive.empty() && audio->send_payload_type < 128, "formats are named");
        require(audio->send.ptime_ms >= 10 && audio->send.ptime_ms <= 60, "ptime is in range");
    }
}

void offered(OfferAnswer& call, const Capabilities& capabilities, const SessionDescription& offer,
             const LocalMedia& local) {
    const auto answer = call.answer(offer, local);
    if (!answer) return;
    require(reread(*answer).media.size() == offer.media.size(), "an answer has the lines of the offer");
    require(*call.answer(offer, local) == *answer, "the same offer has the same answer");
    if (capabilities.encryption == MediaEncryption::required)
        require(!call.audio() || call.audio()->srtp, "nothing goes in the clear");
    check_agreement(call);
}

void answered(OfferAnswer& call, const SessionDescription& answer, const LocalMedia& local) {
    const std::size_t lines = call.media().size();
    require(reread(call.create_offer(local)).media.size() >= lines, "our offers never shrink");
    call.accept_answer(answer);
    require(!call.offer_pending(), "an offer ends with its answer");
    check_agreement(call);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    SeededRandom random(1);
    Capabilities capabilities = default_capabilities();
    capabilities.video.codecs = {VideoCodec::h264, VideoCodec::vp8};
    capabilities.encryption = size % 3 == 0 ? MediaEncryption::required : MediaEncryption::optional;
    capabilities.secure_signaling = true;
    OfferAnswer call(capabilities, random);
    LocalMedia local;
    local.audio_port = 20000;
    local.video_port = 20002;
    std::optional<std::string_view> rest = fuzz::as_text(data, size);
    while (rest) {
        const Split piece = split_once(*rest, '\f');
        rest = piece.tail;
        const auto session = parse(piece.head);
        if (!session) continue;
        require(reread(write(*session)) == *session, "what was read comes back");
        read_attributes(*session);
        offered(call, capabilities, *session, local);
        answered(call, *session, local);
    }
    return 0;
}
