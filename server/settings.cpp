#include "server/settings.hpp"

#include <algorithm>
#include <cmath>
#include <thread>

#include "server/local_addresses.hpp"

namespace rotunda::server {
namespace {

rooms::RoomPolicy room_policy(const Config& config) {
    rooms::RoomPolicy policy;
    for (const ConfiguredRoom& room : config.rooms.list)
        policy.configured.push_back({room.name,
                                     room.max_participants.value_or(config.rooms.max_participants),
                                     room.authority,
                                     room.encryption,
                                     {room.layout, room.view, room.offer_video},
                                     {room.automatic_gain, room.noise_suppression}});
    if (config.rooms.on_demand)
        policy.on_demand = [pattern = *config.rooms.on_demand](std::string_view user) {
            return pattern.matches(user);
        };
    policy.factory = config.rooms.factory;
    policy.max_rooms = config.rooms.max;
    policy.max_participants = config.rooms.max_participants;
    policy.shard_size = config.media.room_shard_size;
    policy.media.max_talkers = static_cast<int>(config.rooms.max_talkers);
    policy.media.silence_timeout = config.media.silence_timeout;
    if (config.rooms.roster_talking) policy.media.talking_interval = std::chrono::milliseconds(500);
    policy.media.alone_prompt = config.rooms.alone_prompt;
    policy.media.announce_speaker = config.rooms.active_speaker;
    policy.media.automatic_gain = config.rooms.automatic_gain;
    policy.media.noise_suppression = config.rooms.noise_suppression;
    policy.media.follow_talkers = config.rooms.follow_talkers;
    policy.media.comfort_noise_minus_dbov = static_cast<int>(config.rooms.comfort_noise);
    return policy;
}

// What we can do, of which audio.codecs names what we want, in its order.
sdp::Capabilities capabilities(const Config& config) {
    const sdp::Capabilities all = sdp::default_capabilities();
    sdp::Capabilities wanted = all;
    wanted.audio.clear();
    for (const AudioCodec codec : config.audio_codecs)
        for (const AudioSettings& settings : all.audio)
            if (settings.codec == codec) wanted.audio.push_back(settings);
    wanted.encryption = config.media.encryption;
    wanted.ice = config.media.ice;
    if (config.video.enabled) wanted.video.codecs = config.video.codecs;
    wanted.video.bit_rate = config.video.bit_rate;
    return wanted;
}

// Whose phones may name any address in these networks: auth.local_net, and this host's own addresses, as a
// phone on it names that of the default route whomever it calls. Nothing that is sent there leaves the host.
// IPv4 alone: there Linux drops what comes by a wire from an address of its own, so that none can be forged.
std::vector<IpPrefix> networks_believed(const Config& config) {
    std::vector<IpPrefix> networks = config.auth.local_net;
    if (networks.empty()) return networks;
    for (const IpAddress& own : host_addresses())
        if (const auto prefix = IpPrefix::parse(own.to_string()); prefix && own.is_v4())
            networks.push_back(*prefix);
    return networks;
}

// BT.601, limited range.
Yuv yuv_of(std::uint32_t rgb) {
    const double r = (rgb >> 16 & 255) / 255.0, g = (rgb >> 8 & 255) / 255.0, b = (rgb & 255) / 255.0;
    const double y = 0.299 * r + 0.587 * g + 0.114 * b;
    const auto sample = [](double value) { return static_cast<std::uint8_t>(std::lround(value)); };
    return {sample(16 + 219 * y), sample(128 + 224 * (b - y) / 1.772), sample(128 + 224 * (r - y) / 1.402)};
}

mixer::LabelStyle label_style(const Config::Video& video) {
    mixer::LabelStyle style;
    style.text = style.monogram_text = yuv_of(video.label_text);
    style.box = yuv_of(video.label_box);
    style.warning = yuv_of(video.marks);
    style.monogram_disc = yuv_of(video.monogram);
    style.background = yuv_of(video.monogram_background);
    return style;
}

rooms::VideoPolicy video_policy(const Config& config) {
    rooms::VideoPolicy policy;
    policy.enabled = config.video.enabled;
    policy.dial_out = config.video.dial_out;
    policy.offer = config.video.offer;
    policy.workers = std::max<std::size_t>(1, video_threads(config).workers);
    policy.room.view = config.video.view;
    policy.room.most_personal = config.video.most_personal;
    policy.room.layout = config.video.layout;
    policy.room.fit = config.video.fit;
    policy.room.height = static_cast<int>(config.video.height);
    policy.room.frames_per_second = static_cast<int>(config.video.frame_rate);
    policy.room.background = yuv_of(config.video.background);
    policy.room.labels = config.video.labels;
    policy.room.colours = label_style(config.video);
    policy.room.shows_audio_only = config.video.audio_only;
    return policy;
}

rooms::Trunk trunk_of(const ConfiguredTrunk& configured) {
    rooms::Trunk trunk;
    trunk.name = configured.name;
    trunk.proxy = *sip::Uri::parse(configured.proxy);
    trunk.domain = configured.domain.empty() ? trunk.proxy.host() : configured.domain;
    trunk.user = configured.user;
    trunk.auth_user = configured.auth_user;
    trunk.password = configured.password;
    trunk.realm = configured.realm;
    if (configured.registers) trunk.registration = configured.expires;
    trunk.options_first = configured.options_first;
    trunk.outbound = configured.outbound;
    trunk.addresses = configured.addresses;
    trunk.certificate = configured.certificate;
    // Where we send our requests is the trunk, if it is an address.
    if (const auto proxy = IpPrefix::parse(trunk.proxy.host())) trunk.addresses.push_back(*proxy);
    if (configured.numbers)
        trunk.numbers = [pattern = *configured.numbers](std::string_view number) {
            return pattern.matches(number);
        };
    trunk.dids.insert(configured.dids.begin(), configured.dids.end());
    trunk.dids_in_to = configured.dids_in_to;
    trunk.codecs = configured.codecs;
    trunk.caller_id = configured.caller_id;
    trunk.isfocus = configured.isfocus;
    trunk.replaces = configured.replaces;
    trunk.contact_host = configured.contact_host;
    trunk.ring = configured.ring;
    trunk.encryption = configured.encryption;
    trunk.tolls = configured.tolls;
    return trunk;
}

}  // namespace

std::size_t worker_count(const Config& config) {
    if (config.media.workers > 0) return config.media.workers;
    return std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

// One worker for each four threads, the others help it: a room's pictures divide well, up to a point.
VideoThreads video_threads(const Config& config) {
    if (!config.video.enabled) return {};
    std::size_t threads = config.video.threads;
    if (threads == 0) threads = std::max<std::size_t>(1, std::thread::hardware_concurrency());
    const std::size_t workers = (threads + 3) / 4;
    return {workers, threads / workers - 1};
}

codecs::VideoTuning video_tuning(const Config& config) {
    codecs::VideoTuning tuning;
    tuning.x264_preset = config.video.h264_preset;
    tuning.x264_preset_alone = config.video.h264_preset_personal;
    return tuning;
}

sip::UserAgentSettings user_agent_settings(const Config& config) {
    sip::UserAgentSettings settings;
    settings.product = config.sip.user_agent;
    settings.product_in_responses = config.sip.server_header;
    settings.parse.message = config.sip.message_size;
    settings.owner_methods = {sip::Method::subscribe, sip::Method::message, sip::Method::refer,
                              sip::Method::notify};
    settings.event_packages = {"conference", "refer"};
    settings.router.resolve_names = true;
    // RFC 3263 §4.1: our order of preference where the DNS has none.
    settings.router.lookup.transports = {sip::Transport::udp, sip::Transport::tcp, sip::Transport::tls};
    const auto in_seconds = [](Duration time) {
        return std::chrono::duration_cast<std::chrono::seconds>(time);
    };
    settings.session_timer.session_expires = in_seconds(config.sip.session_expires);
    settings.session_timer.min_se = std::max(settings.session_timer.min_se, in_seconds(config.sip.min_se));
    settings.owner_methods.push_back(sip::Method::register_);
    for (const char* tag : {"path", "outbound"}) settings.supported.emplace_back(tag);
    if (config.sip.session_expires == Duration(0)) std::erase(settings.supported, "timer");
    for (const char* tag : {"replaces", "join", "norefersub", "tdialog"})
        settings.supported.emplace_back(tag);
    // The focus refuses what is beyond calls.max; sessions that are just ending must not count against it.
    settings.max_sessions = std::max<std::size_t>(settings.max_sessions, 2 * std::size_t{config.calls_max});
    return settings;
}

std::vector<rooms::Trunk> trunks(const Config& config) {
    std::vector<rooms::Trunk> list;
    for (const ConfiguredTrunk& trunk : config.trunks) list.push_back(trunk_of(trunk));
    return list;
}

std::vector<std::string> certificate_domains(const Config& config) {
    std::vector<std::string> domains;
    for (const ConfiguredTrunk& trunk : config.trunks)
        if (!trunk.certificate.empty()) domains.push_back(trunk.certificate);
    for (const accounts::TrustedPeer& peer : config.auth.trusted)
        if (!peer.certificate.empty()) domains.push_back(peer.certificate);
    return domains;
}

rooms::FocusSettings focus_settings(const Config& config, const rtp::DtlsIdentity* dtls) {
    rooms::FocusSettings settings;
    settings.rooms = room_policy(config);
    settings.media = capabilities(config);
    if (dtls) settings.media.dtls = dtls->fingerprint();
    settings.video = video_policy(config);
    for (const ConfiguredListener& each : config.auth.listeners)
        if (each.encryption)
            settings.listeners.push_back({each.listen.transport, each.listen.endpoint, *each.encryption});
    settings.local_net = networks_believed(config);
    settings.roster_interval = config.rooms.roster_interval;
    settings.max_calls = config.calls_max;
    settings.ring_limit = config.ring_limit;
    if (!config.drain_redirect.empty()) settings.drain_redirect = sip::Uri::parse(config.drain_redirect);
    settings.refer = {config.refer.access, config.refer.trunks, config.refer.max_dials};
    settings.trunks = rooms::TrunkTable(trunks(config));
    for (const ConfiguredCaller& caller : config.callers) {
        rooms::CallerRule& rule = settings.caller_rules[caller.user];
        rule.limits = caller.tolls;
        if (caller.numbers)
            rule.numbers = [pattern = *caller.numbers](std::string_view number) {
                return pattern.matches(number);
            };
    }
    settings.workers = worker_count(config);
    return settings;
}

api::Tokens http_tokens(const Config& config) {
    std::vector<api::Token> tokens;
    for (const HttpToken& token : config.http.tokens)
        tokens.push_back(
            {token.name, token.secret, token.may_control ? api::Scope::control : api::Scope::read});
    return {std::move(tokens), config.http.listen && config.http.listen->address.is_loopback()};
}

}  // namespace rotunda::server
