// Everything an operator may set, as typed values. config_table.hpp describes each key; config_loader.hpp
// fills this in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "accounts/access_policy.hpp"
#include "accounts/authority.hpp"
#include "accounts/digest_authenticator.hpp"
#include "base/audio_codec.hpp"
#include "base/log.hpp"
#include "base/net_address.hpp"
#include "base/time.hpp"
#include "base/video_codec.hpp"
#include "media/video_command.hpp"
#include "rooms/toll_guard.hpp"
#include "rooms/video_offer.hpp"
#include "sdp/offer_answer.hpp"
#include "server/pattern.hpp"
#include "signaling/digest.hpp"
#include "signaling/flood_settings.hpp"
#include "signaling/flow.hpp"

namespace rotunda::server {

// "udp", "tcp", "tls", "ws", "wss"
std::string_view scheme_of(sip::Transport transport);

// "udp://0.0.0.0:5060"
struct ListenAddress {
    sip::Transport transport = sip::Transport::udp;
    Endpoint endpoint;
    // A host without this address family goes on without it: true for the built-in IPv6 listeners only.
    bool optional = false;
};

// Inclusive.
struct PortRange {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
};

// A room that exists by configuration, with what it overrides.
struct ConfiguredRoom {
    std::string name;
    std::optional<std::uint32_t> max_participants{};
    std::optional<accounts::Access> access{};
    accounts::RoomAuthority authority{};
    std::optional<sdp::MediaEncryption> encryption{};
    std::optional<mixer::LayoutKind> layout{};
    std::optional<media::VideoViewMode> view{};
    std::optional<rooms::VideoOffer> offer_video{};
    std::optional<bool> automatic_gain{}, noise_suppression{};
};

// What holds for a single listener.
struct ConfiguredListener {
    ListenAddress listen;
    std::optional<accounts::Access> access{};
    std::vector<IpPrefix> allow{}, deny{};
    std::optional<sdp::MediaEncryption> encryption{};
};

// A user whom the configuration names; others are in the database.
struct ConfiguredUser {
    std::string name;
    std::string password;
};

// A secret that opens the HTTP API.
struct HttpToken {
    std::string name;
    std::string secret;
    bool may_control = false;
};

// A program of the operator's that is told of events by HTTP POST.
struct ConfiguredWebhook {
    std::string url;
    std::string secret;               // what the signature is made with; empty: none
    std::vector<std::string> events;  // beginnings of their names; none: all
    friend bool operator==(const ConfiguredWebhook&, const ConfiguredWebhook&) = default;
};

// A carrier, PBX or proxy; what the keys mean is said in rooms/trunk.hpp and docs/trunks.md.
struct ConfiguredTrunk {
    std::string name;
    std::string proxy;
    std::string domain;  // empty: the proxy's host
    std::string user;
    std::string auth_user;  // empty: user
    std::string password;
    std::string realm;
    bool registers = false;
    Duration expires = std::chrono::minutes(10);
    bool options_first = false;
    bool outbound = true;
    std::vector<IpPrefix> addresses;
    std::string certificate;
    std::optional<Pattern> numbers;
    std::vector<std::pair<std::string, std::string>> dids;  // number, room
    bool dids_in_to = false;
    std::vector<AudioCodec> codecs;
    std::string caller_id;
    bool isfocus = true;
    bool replaces = true;
    std::string contact_host;
    Duration ring{0};
    rooms::TollLimits tolls;  // of calls out through it
    std::optional<sdp::MediaEncryption> encryption{};
};

// What one user ("*": who has no entry) may call through trunks.
struct ConfiguredCaller {
    std::string user;
    std::optional<Pattern> numbers;
    rooms::TollLimits tolls;
};

enum class TlsClientCheck : std::uint8_t { none, optional, required };

enum class LogFormat : std::uint8_t { text, json };

// The values a default-constructed Config holds are the documented defaults.
struct Config {
    struct Tcp {
        std::uint32_t connections = 10000;
        std::uint32_t connections_per_peer = 2500;
        Duration idle_timeout = std::chrono::hours(1);
        std::uint32_t pending_per_peer = 262'144;  // octets
        Duration message_timeout = std::chrono::seconds(10);
    };
    struct Tls {
        std::vector<std::string> certificate, private_key;  // PEM files, in pairs
        std::string ca;                                     // PEM file; empty: the system's
        TlsClientCheck verify_client = TlsClientCheck::none;
        friend bool operator==(const Tls&, const Tls&) = default;
    };
    struct Sip {
        std::vector<ListenAddress> listen = {
            {sip::Transport::udp, {IpAddress(), 5060}, false},
            {sip::Transport::tcp, {IpAddress(), 5060}, false},
            {sip::Transport::udp, {IpAddress::v6({}), 5060}, true},
            {sip::Transport::tcp, {IpAddress::v6({}), 5060}, true},
        };
        std::optional<Endpoint> external_address;  // port 0: the port the peer reached
        std::vector<IpPrefix> local_net;           // default: loopback, link-local and private networks
        std::vector<std::string> domains;
        std::uint8_t dscp = 24;
        std::string user_agent;                               // default: Rotunda/VERSION
        bool server_header = false;                           // tells it to who calls, too
        Duration session_expires = std::chrono::minutes(30);  // 0: no session timers
        Duration min_se = std::chrono::seconds(90);
        std::uint32_t message_size = 65'535;  // octets
        Tcp tcp;
        Tls tls;
        std::vector<std::string> web_socket_origins;  // empty: any
        std::vector<Endpoint> dns_servers;            // port 0: 53; empty: the system's
    };
    struct Media {
        std::optional<IpAddress> external_address;  // default: the address of sip.external_address
        PortRange ports{20000, 29999};
        std::uint8_t dscp_audio = 46;
        std::uint8_t dscp_video = 34;
        Duration silence_timeout = std::chrono::seconds(60);
        sdp::MediaEncryption encryption = sdp::MediaEncryption::optional;
        std::string dtls_certificate, dtls_private_key;  // PEM files; empty: made at start
        bool ice = true;
        std::uint32_t workers = 0;  // 0: one per core
        std::uint32_t room_shard_size = 1000;
    };
    struct Rooms {
        std::optional<Pattern> on_demand;  // default: [0-9]+; nullopt: switched off
        std::string factory = "conference";
        Duration roster_interval = std::chrono::seconds(1);
        bool roster_talking = false;
        std::uint32_t max = 10000;
        std::uint32_t max_participants = 1000;
        std::uint32_t max_talkers = 8;
        bool alone_prompt = true;
        bool active_speaker = false;
        bool automatic_gain = false;
        bool noise_suppression = false;
        bool follow_talkers = true;
        std::uint32_t comfort_noise = 72;
        std::vector<ConfiguredRoom> list;
    };
    struct Video {
        bool enabled = true;
        bool dial_out = false;
        rooms::VideoOffer offer = rooms::VideoOffer::never;
        std::vector<VideoCodec> codecs = {VideoCodec::h264, VideoCodec::vp8};
        media::VideoViewMode view = media::VideoViewMode::automatic;
        std::uint32_t most_personal = 4;
        mixer::LayoutKind layout = mixer::LayoutKind::grid;
        mixer::Fit fit = mixer::Fit::letterbox;
        std::uint32_t height = 720;
        std::uint32_t frame_rate = 25;
        std::uint32_t bit_rate = 2'000'000;   // that we take
        std::uint32_t background = 0x101418;  // 0xRRGGBB
        bool labels = true;
        std::uint32_t label_text = 0xffffff;
        std::uint32_t label_box = 0x000000;
        std::uint32_t marks = 0xff0000;
        std::uint32_t monogram = 0x325190;
        std::uint32_t monogram_background = 0x101010;
        bool audio_only = false;
        std::string h264_preset = "ultrafast";
        std::string h264_preset_personal = "ultrafast";
        std::uint32_t threads = 0;  // 0: one per core
    };
    struct Http {
        std::optional<Endpoint> listen;  // default: 127.0.0.1:8080; nullopt: switched off
        bool chosen = false;             // said by the operator, so that it must be had
        std::vector<HttpToken> tokens;
    };
    // Records of calls.
    struct Cdr {
        std::string file;      // JSON lines; empty: none
        std::string database;  // SQLite; empty: none
        std::uint32_t retention_days = 90;
    };
    struct Hep {
        std::optional<Endpoint> collector;
        std::uint32_t capture_id = 2001;
    };
    struct Log {
        LogFormat format = LogFormat::text;
        LogLevel level = LogLevel::info;
    };

    struct Auth {
        accounts::Access policy = accounts::Access::local;
        std::vector<IpPrefix> local_net;  // default: loopback, link-local and private networks
        std::vector<ConfiguredListener> listeners;
        std::vector<accounts::TrustedPeer> trusted;
        std::string realm;  // empty: the first of sip.domains, or "sip"
        std::vector<sip::DigestAlgorithm> algorithms = {sip::DigestAlgorithm::sha256,
                                                        sip::DigestAlgorithm::md5};
        Duration nonce_lifetime = std::chrono::minutes(5);
        std::uint32_t nonce_uses = 10'000;
        std::vector<std::string> md5_only = accounts::DigestSettings{}.md5_only;
    };
    struct Refer {
        accounts::Access access = accounts::Access::authenticated;
        accounts::Access trunks = accounts::Access::authenticated;
        std::uint32_t max_dials = 5;
    };
    struct Registrar {
        Duration min_expires = std::chrono::minutes(1);
        Duration max_expires = std::chrono::hours(1);
        std::uint32_t max_contacts = 10;
    };

    Config();

    Sip sip;
    Media media;
    Rooms rooms;
    std::vector<AudioCodec> audio_codecs = {AudioCodec::opus, AudioCodec::g722, AudioCodec::pcmu,
                                            AudioCodec::pcma};
    Video video;
    std::uint32_t calls_max = 5000;
    Duration ring_limit = std::chrono::seconds(60);
    std::vector<ConfiguredTrunk> trunks;
    std::vector<ConfiguredCaller> callers;
    Duration drain_deadline{0};
    std::string drain_redirect;  // a SIP URI; empty: none
    Auth auth;
    sip::FloodSettings flood;
    std::vector<ConfiguredUser> users;
    Refer refer;
    Registrar registrar;
    std::string database_path = "rotunda.db";  // empty: none
    Http http;
    std::vector<ConfiguredWebhook> webhooks;
    Cdr cdr;
    Hep hep;
    Log log;
};

}  // namespace rotunda::server
