// Every figure of /metrics under its own name: each is another number here, so that none can be printed as
// another.
#include "api/metrics.hpp"

#include <doctest/doctest.h>

#include <map>
#include <sstream>
#include <string>

using namespace rotunda;
using namespace rotunda::api;

namespace {

using Samples = std::map<std::string, double>;

// "name{labels}" and its value.
Samples samples_of(const std::string& text) {
    Samples out;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const auto space = line.rfind(' ');
        if (!line.starts_with('#') && space != line.npos)
            REQUIRE(out.emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second);
    }
    return out;
}

void check(const Samples& samples, const Samples& wanted) {
    for (const auto& [name, value] : wanted) {
        REQUIRE_MESSAGE(samples.contains(name), name);
        CHECK_MESSAGE(samples.at(name) == value, name);
    }
}

// Everything but the buckets of histograms is named by the test.
void check_all(const Samples& samples, const Samples& wanted) {
    check(samples, wanted);
    for (const auto& [name, value] : samples)
        CHECK_MESSAGE((wanted.contains(name) || name.find("_bucket{") != name.npos), name);
}

rooms::CallCounters calls() {
    rooms::CallCounters out;
    out.joined = 101;
    out.refused = {{404, 102}, {503, 103}};
    for (std::size_t i = 0; i < out.ended.size(); ++i) out.ended[i] = 110 + i;
    out.dials_answered = 104;
    out.dials_failed = {{486, 105}, {408, 106}};
    out.packets_received = 107;
    out.packets_lost = 108;
    out.frames_concealed = 109;
    out.quality_alarms = 121;
    out.mos.add(4.25);
    for (const double setup : {0.003, 0.003, 7.0}) out.setup.add(setup);
    for (int i = 0; i < 4; ++i) out.jitter.add(0.5);
    for (int i = 0; i < 5; ++i) out.delay.add(0.25);
    return out;
}

media::MediaCounters sound() {
    media::MediaCounters out;
    out.ticks = 201;
    out.late_ticks = 202;
    out.lateness.add(0.5);
    out.lateness.add(0.5);
    out.skipped_ticks = 203;
    out.missed_shards = 230;
    out.encodes = 204;
    out.decodes = 205;
    out.packets_sent = 206;
    out.send_failures = 207;
    out.encoders = 208;
    return out;
}

media::VideoCounters picture() {
    media::VideoCounters out;
    out.frames = 301;
    out.skipped_frames = 302;
    out.pictures = 303;
    out.compositions = 304;
    out.encodes = 305;
    out.keyframes = 306;
    out.steps_given_up = 307;
    out.packets_received = 308;
    out.packets_sent = 309;
    out.send_failures = 310;
    out.rooms = 311;
    out.sessions = 312;
    out.strained = 313;
    out.groups = 314;
    return out;
}

Snapshot server() {
    Snapshot out;
    out.version = "1.2.3";
    out.uptime = std::chrono::seconds(401);
    out.draining = true;
    out.sessions = 402;
    out.transactions = 403;
    out.stream_connections = 404;
    out.free_media_pairs = 405;
    out.banned = 406;
    out.bans = 407;
    out.queues = {{"log", 408}, {"media", 409}};
    out.certificate_expires = WallTime(std::chrono::seconds(410));
    out.reloads = 411;
    out.failed_reloads = 412;
    out.log_lines_lost = 413;
    out.requests = 414;
    out.http.connections = 415;
    out.http.requests = 416;
    out.http.refused = 417;
    out.http.limited = 418;
    out.http.displaced = 419;
    out.http.refused_streams = 420;
    out.http.unknown_tokens = 421;
    out.http.slow = 422;
    out.http.malformed = 423;
    out.webhooks = {424, 425, 426, 427};
    out.records_lost = 428;
    out.database_failures = 429;
    out.hep_lost = 430;
    out.refused = {{"flood_banned", 431}, {"malformed", 432}};
    out.media = sound();
    out.video = picture();
    return out;
}

}  // namespace

TEST_CASE("what became of calls is counted under its own name, by cause and status") {
    MetricsText text;
    add_call_figures(text, calls());
    const Samples samples = samples_of(text.take());
    check_all(samples, {{"rotunda_calls_joined_total", 101},
                        {"rotunda_calls_refused_total{status=\"404\"}", 102},
                        {"rotunda_calls_refused_total{status=\"503\"}", 103},
                        {"rotunda_calls_ended_total{cause=\"local\"}", 110},
                        {"rotunda_calls_ended_total{cause=\"rejected\"}", 111},
                        {"rotunda_calls_ended_total{cause=\"bye\"}", 112},
                        {"rotunda_calls_ended_total{cause=\"cancelled\"}", 113},
                        {"rotunda_calls_ended_total{cause=\"no-ack\"}", 114},
                        {"rotunda_calls_ended_total{cause=\"failed\"}", 115},
                        {"rotunda_calls_ended_total{cause=\"timeout\"}", 116},
                        {"rotunda_calls_ended_total{cause=\"transport\"}", 117},
                        {"rotunda_calls_ended_total{cause=\"gone\"}", 118},
                        {"rotunda_dials_answered_total", 104},
                        {"rotunda_dials_failed_total{status=\"486\"}", 105},
                        {"rotunda_dials_failed_total{status=\"408\"}", 106},
                        {"rotunda_rtp_received_packets_total", 107},
                        {"rotunda_rtp_lost_packets_total", 108},
                        {"rotunda_concealed_frames_total", 109},
                        {"rotunda_quality_alarms_total", 121},
                        {"rotunda_call_minute_mos_count", 1},
                        {"rotunda_call_minute_mos_sum", 4.25},
                        {"rotunda_call_setup_seconds_count", 3},
                        {"rotunda_call_setup_seconds_sum", 7.006},
                        {"rotunda_call_minute_jitter_seconds_count", 4},
                        {"rotunda_call_minute_jitter_seconds_sum", 2},
                        {"rotunda_call_minute_delay_seconds_count", 5},
                        {"rotunda_call_minute_delay_seconds_sum", 1.25}});
    // A set-up of some milliseconds is not drawn as one of fifty.
    check(samples, {{"rotunda_call_setup_seconds_bucket{le=\"0.002\"}", 0},
                    {"rotunda_call_setup_seconds_bucket{le=\"0.005\"}", 2},
                    {"rotunda_call_setup_seconds_bucket{le=\"5\"}", 2},
                    {"rotunda_call_setup_seconds_bucket{le=\"+Inf\"}", 3}});
}

TEST_CASE("what the server does is told under its own name") {
    MetricsText text;
    add_figures(text, server());
    check_all(samples_of(text.take()), {{"rotunda_build_info{version=\"1.2.3\"}", 1},
                                        {"rotunda_uptime_seconds", 401},
                                        {"rotunda_draining", 1},
                                        {"rotunda_sip_sessions", 402},
                                        {"rotunda_sip_transactions", 403},
                                        {"rotunda_sip_connections", 404},
                                        {"rotunda_media_port_pairs_free", 405},
                                        {"rotunda_bans", 406},
                                        {"rotunda_bans_total", 407},
                                        {"rotunda_queue_depth{queue=\"log\"}", 408},
                                        {"rotunda_queue_depth{queue=\"media\"}", 409},
                                        {"rotunda_certificate_expiry_timestamp_seconds", 410},
                                        {"rotunda_reloads_total", 411},
                                        {"rotunda_failed_reloads_total", 412},
                                        {"rotunda_log_lines_lost_total", 413},
                                        {"rotunda_sip_requests_total", 414},
                                        {"rotunda_http_connections", 415},
                                        {"rotunda_http_requests_total", 416},
                                        {"rotunda_http_refused_connections_total", 417},
                                        {"rotunda_http_limited_requests_total", 418},
                                        {"rotunda_http_displaced_connections_total", 419},
                                        {"rotunda_http_refused_streams_total", 420},
                                        {"rotunda_http_unauthorized_requests_total", 421},
                                        {"rotunda_http_slow_connections_total", 422},
                                        {"rotunda_http_malformed_requests_total", 423},
                                        {"rotunda_webhooks_sent_total", 424},
                                        {"rotunda_webhooks_retries_total", 425},
                                        {"rotunda_webhooks_lost_total", 426},
                                        {"rotunda_webhooks_waiting", 427},
                                        {"rotunda_call_records_lost_total", 428},
                                        {"rotunda_database_failures_total", 429},
                                        {"rotunda_hep_lost_total", 430},
                                        {"rotunda_refused_total{reason=\"flood_banned\"}", 431},
                                        {"rotunda_refused_total{reason=\"malformed\"}", 432},
                                        {"rotunda_ticks_total", 201},
                                        {"rotunda_late_ticks_total", 202},
                                        {"rotunda_tick_lateness_seconds_count", 2},
                                        {"rotunda_tick_lateness_seconds_sum", 1},
                                        {"rotunda_skipped_ticks_total", 203},
                                        {"rotunda_missed_room_shards_total", 230},
                                        {"rotunda_audio_encodes_total", 204},
                                        {"rotunda_audio_decodes_total", 205},
                                        {"rotunda_rtp_sent_packets_total", 206},
                                        {"rotunda_rtp_send_failures_total", 207},
                                        {"rotunda_audio_encoders", 208},
                                        {"rotunda_video_frames_total", 301},
                                        {"rotunda_video_skipped_frames_total", 302},
                                        {"rotunda_video_decodes_total", 303},
                                        {"rotunda_video_composed_frames_total", 304},
                                        {"rotunda_video_encodes_total", 305},
                                        {"rotunda_video_keyframes_total", 306},
                                        {"rotunda_video_steps_given_up_total", 307},
                                        {"rotunda_video_received_packets_total", 308},
                                        {"rotunda_video_sent_packets_total", 309},
                                        {"rotunda_video_send_failures_total", 310},
                                        {"rotunda_video_rooms", 311},
                                        {"rotunda_video_calls", 312},
                                        {"rotunda_video_strained_rooms", 313},
                                        {"rotunda_video_encoder_groups", 314}});
}
