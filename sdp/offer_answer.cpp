#include "sdp/offer_answer.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.hpp"
#include "sdp/bundle.hpp"
#include "sdp/media_security.hpp"
#include "sdp/offer_answer_formats.hpp"
#include "sdp/offer_answer_lines.hpp"
#include "sdp/video_line.hpp"

namespace rotunda::sdp {
namespace {

// The payload types of an offer, and the older ones whose number it does not give another meaning.
template <typename Entry>
std::vector<Entry> merged(std::vector<Entry> newest, const std::vector<Entry>& older) {
    const std::size_t fresh = newest.size();
    for (const Entry& map : older) {
        const auto end = newest.begin() + static_cast<std::ptrdiff_t>(fresh);
        if (std::none_of(newest.begin(), end,
                         [&](const Entry& m) { return m.payload_type == map.payload_type; }))
            newest.push_back(map);
    }
    return newest;
}

bool closes_every_line(const SessionDescription& offer) {
    return !offer.media.empty() &&
           std::all_of(offer.media.begin(), offer.media.end(), [](const Media& m) { return m.port == 0; });
}

// In one bundle with the audio, spelled out.
bool is_bundled_video(const SessionDescription& session, const Media& video) {
    return std::any_of(session.media.begin(), session.media.end(), [&](const Media& m) {
        return m.port != 0 && kind_of(m) == MediaKind::audio && share_a_bundle(session, m, video);
    });
}

NegotiatedMedia refused_media(const Media& line) {
    NegotiatedMedia out;
    out.kind = kind_of(line);
    out.mid = mid_of(line);
    return out;
}

// Codecs and what we send; false: the peer's line leaves nothing to send.
bool set_formats(const SessionDescription& session, const Media& peer, const AudioFormats& formats,
                 const Capabilities& capabilities, NegotiatedMedia& out) {
    const auto send = send_format(peer, formats, capabilities);
    if (!send) return false;
    out.kind = MediaKind::audio;
    out.accepted = true;
    out.receive = formats.codecs;
    out.telephone_events = formats.telephone_events;
    out.comfort_noise = formats.comfort_noise;
    out.send = send_settings(session, peer, *send, capabilities);
    out.send_payload_type = send->payload_type;
    out.send_event_type = send_event_type(peer, rtp_clock_hz(send->codec), capabilities);
    return true;
}

// Who shares the audio's transport has none where the answer left out ICE, rtcp-mux or the group there.
void refuse_what_shares_nothing(std::vector<NegotiatedMedia>& media) {
    const bool shared = std::any_of(media.begin(), media.end(), [](const NegotiatedMedia& m) {
        return m.accepted && m.kind == MediaKind::audio && m.bundled;
    });
    if (shared) return;
    for (NegotiatedMedia& line : media) {
        if (line.kind != MediaKind::video || !line.bundled) continue;
        NegotiatedMedia refused;
        refused.kind = line.kind;
        refused.mid = line.mid;
        line = refused;
    }
}

// RFC 3264 §6 wants a line for each line; some phones leave out those they refuse. What is there means the
// next line of its kind.
SessionDescription with_lines_left_out(const SessionDescription& answer, const SessionDescription& offer) {
    if (answer.media.size() >= offer.media.size()) return answer;
    SessionDescription out = answer;
    out.media.clear();
    auto next = answer.media.begin();
    for (const Media& offered : offer.media) {
        const bool there = next != answer.media.end() && iequals(next->type, offered.type);
        out.media.push_back(there ? *next++ : make_refused_line(offered));
    }
    out.media.insert(out.media.end(), next, answer.media.end());
    return out;
}

}  // namespace

Capabilities default_capabilities() {
    Capabilities out;
    for (AudioCodec codec : {AudioCodec::opus, AudioCodec::g722, AudioCodec::pcmu, AudioCodec::pcma}) {
        AudioSettings settings;
        settings.codec = codec;
        settings.inband_fec = codec == AudioCodec::opus;
        out.audio.push_back(settings);
    }
    return out;
}

Refusal refusal_for(const ParseFailure& failure) {
    if (failure.reason == ParseError::not_internet) return {488, 300, "Incompatible network protocol"};
    return {400, 0,
            "SDP line " + std::to_string(failure.line) + ": " + std::string(to_string(failure.reason))};
}

// 31 bits: some peers read the session id into an int.
OfferAnswer::OfferAnswer(Capabilities capabilities, RandomSource& random)
    : capabilities_(std::move(capabilities)),
      random_(&random),
      session_id_(std::to_string(random.u32() >> 1)) {}

Result<std::string, Refusal> OfferAnswer::answer(const SessionDescription& given, const LocalMedia& local) {
    if (pending_offer_) return fail(Refusal{491, 0, "An offer of ours is open"});
    SessionDescription offer = with_bundles_spelled_out(given);
    Refusal why;
    const auto chosen = choose_audio(offer, why);
    const bool closing = !agreed_.media.empty() && closes_every_line(offer);
    if (!chosen && !closing) return fail(why);
    const auto video = chosen ? choose_video(offer, local, *chosen) : std::nullopt;
    if (video && video->bundled) settle_on_tagged(offer, *chosen, video->index);

    State next;
    next.local = frame(local.address);
    for (const Media& line : offer.media) {
        next.media.push_back(refused_media(line));
        next.local.media.push_back(make_refused_line(line));
    }
    if (chosen)
        next.local.media[*chosen] = answer_audio(offer, offer.media[*chosen], local, next.media[*chosen]);
    if (video && video->bundled)
        answer_bundled(offer, *chosen, video->index, local, next);
    else if (video)
        next.local.media[video->index] =
            answer_video(offer, offer.media[video->index], local, next.media[video->index]);
    std::vector<Media> known = agreed_.local.media;
    known.insert(known.end(), agreed_.dropped.begin(), agreed_.dropped.end());
    for (std::size_t i = offer.media.size(); i < known.size(); ++i)
        next.dropped.push_back(make_refused_line(known[i]));
    next.payload_types = agreed_.payload_types;
    next.video_numbers = agreed_.video_numbers;
    if (video) {
        const Media& line = offer.media[video->index];
        next.payload_types = merged(rtpmaps(line), next.payload_types);
        next.video_numbers = merged(video_numbers(line, capabilities_.video), next.video_numbers);
    }
    if (chosen) next.payload_types = merged(rtpmaps(offer.media[*chosen]), next.payload_types);
    add_session_security(next.local, &offer);
    stamp(next.local);
    agree(std::move(next));
    return write(agreed_.local);
}

std::optional<std::size_t> OfferAnswer::choose_audio(const SessionDescription& offer, Refusal& why) const {
    why = {488, 304, "Media type not available"};
    std::optional<std::size_t> chosen;
    bool audio_seen = false;
    for (std::size_t i = 0; i < offer.media.size(); ++i) {
        const Media& line = offer.media[i];
        if (line.port == 0) continue;
        if (const auto problem = audio_problem(offer, line, capabilities_)) {
            if (kind_of(line) == MediaKind::audio && !std::exchange(audio_seen, true)) why = *problem;
        } else if (!chosen || i == audio_index()) {
            chosen = i;
        }
    }
    return chosen;
}

std::optional<std::size_t> OfferAnswer::index_of(MediaKind kind) const {
    for (std::size_t i = 0; i < agreed_.media.size(); ++i)
        if (agreed_.media[i].accepted && agreed_.media[i].kind == kind) return i;
    return std::nullopt;
}

Media OfferAnswer::answer_audio(const SessionDescription& offer, const Media& offered,
                                const LocalMedia& local, NegotiatedMedia& out) const {
    const AudioFormats formats = common_formats(offered, capabilities_);
    set_formats(offer, offered, formats, capabilities_, out);
    out.rtcp_mux = find(offered.attributes, "rtcp-mux") && may_multiplex(formats, capabilities_);
    read_peer(offer, offered, local.audio_direction, out);
    out.audio_level_extension = extension_received(offered, audio_level_uri).value_or(0);
    AudioLine line;
    line.audio_level_extension = out.audio_level_extension;
    line.proto = offered.proto;
    line.port = local.audio_port;
    if (ptime_asked(offer, offered, out.send_payload_type)) line.ptime_ms = out.send.ptime_ms;
    line.direction = out.direction;
    line.rtcp_mux = out.rtcp_mux;
    line.mid = out.mid;
    line.security = answer_security(offer, offered, capabilities_, audio(), {local.address, local.audio_port},
                                    *random_, out);
    out.bundled = line.security.ice && !bundle_of(offer, offered).empty();
    return make_audio_line(line, formats, capabilities_);
}

std::string OfferAnswer::create_offer(const LocalMedia& local) {
    if (pending_offer_) return write(pending_offer_->local);
    State next;
    next.payload_types = agreed_.payload_types;
    next.video_numbers = agreed_.video_numbers;
    next.local = frame(local.address);

    // Every line so far in its place, closed; then the audio is opened.
    std::vector<Media>& lines = next.local.media;
    for (const std::vector<Media>& known : {agreed_.local.media, agreed_.dropped})
        std::transform(known.begin(), known.end(), std::back_inserter(lines), make_refused_line);
    const auto active = audio_index();
    // A closed audio line may be opened again in its place (RFC 3264 §8.1).
    auto slot = active ? lines.begin() + static_cast<std::ptrdiff_t>(*active)
                       : std::find_if(lines.begin(), lines.end(),
                                      [](const Media& m) { return kind_of(m) == MediaKind::audio; });
    if (slot == lines.end()) slot = lines.insert(slot, Media{});
    const AudioFormats formats = own_formats(capabilities_, audio(), next.payload_types);
    AudioLine line;
    line.proto = offered_profile(*slot, capabilities_);
    line.security =
        offer_security(line.proto, capabilities_, audio(), {local.address, local.audio_port}, *random_);
    line.port = local.audio_port;
    line.ptime_ms = active ? agreed_.media[*active].send.ptime_ms : capabilities_.ptime_ms;
    line.direction = local.audio_direction;
    line.rtcp_mux = may_multiplex(formats, capabilities_);
    line.mid = mid_of(*slot);
    if (line.mid.empty() && line.security.ice) line.mid = "audio";
    *slot = make_audio_line(line, formats, capabilities_);
    if (capabilities_.video.any()) open_video(local, line.security, next);

    add_session_security(next.local, nullptr);
    stamp(next.local);
    before_.reset();
    pending_direction_ = local.audio_direction;
    pending_video_direction_ = local.video_direction;
    pending_offer_ = std::move(next);
    return write(pending_offer_->local);
}

std::optional<Refusal> OfferAnswer::accept_answer(const SessionDescription& given) {
    if (!pending_offer_) return Refusal{488, 399, "An answer without an offer"};
    const SessionDescription offer = with_bundles_spelled_out(pending_offer_->local);
    const SessionDescription answer = with_bundles_spelled_out(with_lines_left_out(given, offer));
    if (answer.media.size() != pending_offer_->local.media.size()) {
        roll_back();
        return Refusal{488, 399, "The answer has more m-lines than the offer"};
    }
    std::vector<NegotiatedMedia> media;
    bool audio_agreed = false, audio_closed = true;
    for (std::size_t i = 0; i < answer.media.size(); ++i) {
        media.push_back(read_answer(offer, answer, i));
        audio_agreed |= media.back().accepted && media.back().kind == MediaKind::audio;
        audio_closed &= offer.media[i].port == 0 || answer.media[i].port == 0;
    }
    refuse_what_shares_nothing(media);
    const bool closing = !agreed_.media.empty() && audio_closed;
    if (!audio_agreed && !closing) {
        roll_back();
        return Refusal{488, 305, "The answer leaves no usable media"};
    }
    State next = std::move(*pending_offer_);
    pending_offer_.reset();
    next.media = std::move(media);
    agree(std::move(next));
    return std::nullopt;
}

NegotiatedMedia OfferAnswer::read_answer(const SessionDescription& offer, const SessionDescription& answer,
                                         std::size_t index) const {
    const Media& ours = offer.media[index];
    const Media& theirs = answer.media[index];
    NegotiatedMedia out = refused_media(ours);
    if (ours.port != 0 && theirs.port != 0 && out.kind == MediaKind::video) {
        out.bundled = is_bundled_video(offer, ours);
        // It cannot leave the bundle in an answer (RFC 9143 §7.3.2).
        if (out.bundled && !is_bundled_video(answer, theirs)) return refused_media(ours);
        if (!read_video_answer(answer, ours, theirs, capabilities_, pending_video_direction_, video(), out))
            return refused_media(ours);
        return out;
    }
    if (ours.port == 0 || theirs.port == 0 || audio_problem(answer, theirs, capabilities_)) return out;
    const AudioFormats formats = answered_formats(ours, theirs, capabilities_);
    if (!set_formats(answer, theirs, formats, capabilities_, out)) return out;
    out.rtcp_mux = find(ours.attributes, "rtcp-mux") && find(theirs.attributes, "rtcp-mux");
    read_peer(answer, theirs, pending_direction_, out);
    if (!read_security(answer, ours, theirs, audio(), out)) return refused_media(ours);
    out.bundled = out.ice && !bundle_of(offer, ours).empty() && !bundle_of(answer, theirs).empty();
    return out;
}

void OfferAnswer::roll_back() {
    if (pending_offer_) {
        pending_offer_.reset();
    } else if (before_) {
        agreed_ = std::move(*before_);
        before_.reset();
    }
}

const NegotiatedMedia* OfferAnswer::audio() const {
    const auto index = audio_index();
    return index ? &agreed_.media[*index] : nullptr;
}

std::string OfferAnswer::local_description() const {
    return agreed_.media.empty() ? std::string() : write(agreed_.local);
}

SessionDescription OfferAnswer::frame(const IpAddress& address) const {
    SessionDescription out;
    out.connection = Connection::to(address);
    // o= names the session, so it stays even where our address changes (RFC 3264 §8).
    out.origin = agreed_.local.origin;
    if (agreed_.media.empty()) out.origin = {"-", session_id_, "0", Connection::to(address)};
    return out;
}

void OfferAnswer::stamp(SessionDescription& next) {
    if (!agreed_.media.empty() && next == agreed_.local) return;
    next.origin.version = std::to_string(++last_version_);
}

void OfferAnswer::agree(State next) {
    before_ = std::exchange(agreed_, std::move(next));
}

std::optional<IpAddress> audio_address(const SessionDescription& offer) {
    for (const Media& line : offer.media) {
        if (line.port == 0 || kind_of(line) != MediaKind::audio || !names_protection(offer, line)) continue;
        // With ICE the address is the first guess of many, and where the checks come from counts.
        if (is_dtls_rtp(line) && find(offer, line, "ice-ufrag")) continue;
        const Connection* connection = connection_of(offer, line);
        if (connection && connection->address && !connection->is_black_hole() && !connection->is_multicast())
            return connection->address->unmapped();
    }
    return std::nullopt;
}

std::string describe_capabilities(const Capabilities& capabilities, const IpAddress& address) {
    SessionDescription out;
    out.origin.connection = Connection::to(address);
    out.connection = Connection::to(address);
    std::vector<RtpMap> payload_types;
    AudioLine line;
    line.proto = offered_profile({}, capabilities);
    out.media.push_back(
        make_audio_line(line, own_formats(capabilities, nullptr, payload_types), capabilities));
    std::vector<VideoFormat> video_numbers;
    if (capabilities.video.any())
        out.media.push_back(offer_video({}, capabilities, {}, {}, nullptr, payload_types, video_numbers));
    return write(out);
}

}  // namespace rotunda::sdp
