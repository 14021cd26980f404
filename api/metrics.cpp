// GET /metrics.
#include "api/metrics.hpp"

namespace rotunda::api {

namespace {

void add_media(MetricsText& out, const media::MediaCounters& media) {
    out.counter("rotunda_ticks_total", media.ticks, "Audio ticks run by all workers.");
    out.counter("rotunda_late_ticks_total", media.late_ticks, "Audio ticks begun more than 5 ms late.");
    out.histogram("rotunda_tick_lateness_seconds", media.lateness, "How late audio ticks begin.");
    out.counter("rotunda_skipped_ticks_total", media.skipped_ticks,
                "Audio ticks given up because a worker was too far behind.");
    out.counter(
        "rotunda_missed_room_shards_total", media.missed_shards,
        "How often a room on several workers went without one of them for a tick, because it was late.");
    out.gauge("rotunda_audio_encoders", static_cast<double>(media.encoders),
              "Audio encoder groups now: one encode for all who hear the same.");
    out.counter("rotunda_audio_encodes_total", media.encodes, "Audio frames encoded.");
    out.counter("rotunda_audio_decodes_total", media.decodes, "Blocks of somebody's audio decoded.");
    out.counter("rotunda_rtp_sent_packets_total", media.packets_sent, "RTP packets sent.");
    out.counter("rotunda_rtp_send_failures_total", media.send_failures,
                "RTP packets the system did not take.");
}

void add_video(MetricsText& out, const media::VideoCounters& video) {
    out.gauge("rotunda_video_rooms", static_cast<double>(video.rooms), "Rooms in which somebody has video.");
    out.gauge("rotunda_video_calls", static_cast<double>(video.sessions), "Calls with video.");
    out.gauge("rotunda_video_strained_rooms", static_cast<double>(video.strained),
              "Rooms whose pictures are fewer or smaller than configured, for want of CPU time.");
    out.counter("rotunda_video_frames_total", video.frames, "Frames of all rooms.");
    out.counter("rotunda_video_composed_frames_total", video.compositions, "Pictures composed.");
    out.gauge("rotunda_video_encoder_groups", static_cast<double>(video.groups),
              "Video encoder groups now: one encode for all who are shown the same.");
    out.counter("rotunda_video_skipped_frames_total", video.skipped_frames,
                "Frames left out because a worker was behind.");
    out.counter("rotunda_video_steps_given_up_total", video.steps_given_up,
                "How often a room gave up frames or size for want of CPU time.");
    out.counter("rotunda_video_decodes_total", video.pictures, "Pictures decoded.");
    out.counter("rotunda_video_encodes_total", video.encodes, "Pictures encoded.");
    out.counter("rotunda_video_keyframes_total", video.keyframes, "Of those, keyframes.");
    out.counter("rotunda_video_received_packets_total", video.packets_received, "Video packets received.");
    out.counter("rotunda_video_sent_packets_total", video.packets_sent, "Video packets sent.");
    out.counter("rotunda_video_send_failures_total", video.send_failures,
                "Video packets the system did not take.");
}

}  // namespace

void add_call_figures(MetricsText& out, const rooms::CallCounters& calls) {
    out.counter("rotunda_calls_joined_total", calls.joined, "Calls that joined a room.");
    out.metric("rotunda_calls_ended_total", "counter", "Calls that ended, by cause.");
    for (std::size_t i = 0; i < calls.ended.size(); ++i)
        out.sample(static_cast<double>(calls.ended[i]),
                   {{"cause", rooms::cause_name(static_cast<sip::EndCause>(i))}});
    out.metric("rotunda_calls_refused_total", "counter", "INVITEs refused, by status.");
    for (const auto& [status, times] : calls.refused)
        out.sample(static_cast<double>(times), {{"status", std::to_string(status)}});
    out.counter("rotunda_dials_answered_total", calls.dials_answered, "Calls of ours that were answered.");
    out.metric("rotunda_dials_failed_total", "counter", "Calls of ours that were not, by status.");
    for (const auto& [status, times] : calls.dials_failed)
        out.sample(static_cast<double>(times), {{"status", std::to_string(status)}});
    out.counter("rotunda_rtp_received_packets_total", calls.packets_received,
                "RTP packets, each call's up to its last whole minute or its end.");
    out.counter("rotunda_rtp_lost_packets_total", calls.packets_lost,
                "RTP packets that did not come, by their sequence numbers: not among those received.");
    out.counter("rotunda_concealed_frames_total", calls.frames_concealed,
                "Audio frames that had to be made up.");
    out.counter("rotunda_quality_alarms_total", calls.quality_alarms,
                "Calls that became bad, for a minute at least.");
    out.histogram("rotunda_call_setup_seconds", calls.setup, "From INVITE to ACK.");
    out.histogram("rotunda_call_minute_mos", calls.mos, "Score of each minute of each call (E-model).");
    out.histogram("rotunda_call_minute_jitter_seconds", calls.jitter,
                  "Interarrival jitter (RFC 3550) at the end of it.");
    out.histogram("rotunda_call_minute_delay_seconds", calls.delay,
                  "Mean delay in the jitter buffer up to its end.");
}

namespace {

void add_operation(MetricsText& out, const Snapshot& now) {
    out.gauge("rotunda_http_connections", static_cast<double>(now.http.connections), "Open now.");
    out.counter("rotunda_http_requests_total", now.http.requests, "HTTP requests.");
    out.counter("rotunda_http_refused_connections_total", now.http.refused,
                "Beyond those there may be at once.");
    out.counter("rotunda_http_displaced_connections_total", now.http.displaced,
                "Silent ones ended for others, where all places were taken.");
    out.counter("rotunda_http_refused_streams_total", now.http.refused_streams,
                "Requests for events answered 503: enough were listening.");
    out.counter("rotunda_http_unauthorized_requests_total", now.http.unknown_tokens, "Answered 401.");
    out.counter("rotunda_http_slow_connections_total", now.http.slow,
                "Ended because they neither spoke nor read in time.");
    out.counter("rotunda_http_malformed_requests_total", now.http.malformed,
                "What was no request, or larger than is read.");
    out.counter("rotunda_http_limited_requests_total", now.http.limited, "Answered 429.");
    out.counter("rotunda_webhooks_sent_total", now.webhooks.sent, "Events a webhook took.");
    out.counter("rotunda_webhooks_retries_total", now.webhooks.retries, "Attempts beyond the first.");
    out.counter("rotunda_webhooks_lost_total", now.webhooks.lost, "Events given up.");
    out.gauge("rotunda_webhooks_waiting", static_cast<double>(now.webhooks.waiting), "Events in the queues.");
    out.counter("rotunda_call_records_lost_total", now.records_lost,
                "Records of calls that could not be written.");
    out.counter("rotunda_database_failures_total", now.database_failures,
                "How often users and contacts could not be read or kept.");
    out.counter("rotunda_hep_lost_total", now.hep_lost, "Datagrams to the capture server that did not go.");
    out.gauge("rotunda_bans", static_cast<double>(now.banned), "Addresses nothing is taken from now.");
    out.counter("rotunda_bans_total", now.bans, "Bans so far.");
    out.counter("rotunda_reloads_total", now.reloads, "Configurations taken while serving.");
    out.counter("rotunda_failed_reloads_total", now.failed_reloads, "Those that were wrong.");
    if (now.certificate_expires)
        out.gauge("rotunda_certificate_expiry_timestamp_seconds",
                  static_cast<double>(now.certificate_expires->time_since_epoch() / std::chrono::seconds(1)),
                  "When the first of our TLS certificates ends.");
    out.metric("rotunda_queue_depth", "gauge", "What waits, by for whom.");
    for (const auto& [name, waiting] : now.queues)
        out.sample(static_cast<double>(waiting), {{"queue", name}});
}

}  // namespace

void add_figures(MetricsText& out, const Snapshot& now) {
    out.metric("rotunda_build_info", "gauge", "1; the version is in the label.");
    out.sample(1, {{"version", now.version}});
    out.gauge("rotunda_uptime_seconds", to_ms(now.uptime) / 1000, "Since the start.");
    out.gauge("rotunda_draining", now.draining ? 1 : 0, "1 when no new calls are taken.");
    out.gauge("rotunda_sip_sessions", static_cast<double>(now.sessions),
              "SIP sessions, those ending included.");
    out.gauge("rotunda_sip_transactions", static_cast<double>(now.transactions),
              "SIP transactions remembered.");
    out.gauge("rotunda_sip_connections", static_cast<double>(now.stream_connections),
              "SIP stream connections.");
    out.gauge("rotunda_media_port_pairs_free", static_cast<double>(now.free_media_pairs),
              "Port pairs for new calls.");
    out.counter("rotunda_sip_requests_total", now.requests, "SIP requests, without retransmissions.");
    out.counter("rotunda_log_lines_lost_total", now.log_lines_lost, "Log lines nobody read in time.");
    add_media(out, now.media);
    add_video(out, now.video);
    add_operation(out, now);
    out.metric("rotunda_refused_total", "counter",
               "What came from the network and was not accepted, by reason.");
    for (const auto& [reason, times] : now.refused)
        out.sample(static_cast<double>(times), {{"reason", reason}});
}

HttpResponse OperatorApi::metrics() {
    const Snapshot now = host_.snapshot();
    MetricsText out;
    out.gauge("rotunda_ready", why_not(now) ? 0 : 1, "1 when new calls are welcome, as /readyz says.");
    out.gauge("rotunda_calls", static_cast<double>(focus_.calls()), "Calls now.");
    std::uint64_t participants = 0;
    focus_.each_room([&](const rooms::Room& room) { participants += room.participants; });
    out.gauge("rotunda_participants", static_cast<double>(participants), "People in rooms now.");
    out.gauge("rotunda_rooms", static_cast<double>(focus_.rooms()), "Rooms open now.");
    out.gauge("rotunda_subscriptions", static_cast<double>(focus_.notifier().size()),
              "Subscriptions to rooms and transfers now.");
    out.counter("rotunda_notifies_total", focus_.notifier().notifies(), "NOTIFYs sent.");
    out.counter("rotunda_chat_messages_total", focus_.chat().messages(), "MESSAGEs said in rooms.");
    out.counter("rotunda_chat_copies_total", focus_.chat().copies(), "Copies of them sent to participants.");
    add_call_figures(out, focus_.call_counters());
    add_figures(out, now);
    out.gauge("rotunda_trace_calls", static_cast<double>(records_.trace.calls()),
              "Calls whose messages are kept.");
    out.gauge("rotunda_trace_bytes", static_cast<double>(records_.trace.octets()),
              "What these messages take.");
    return text(out.take(), "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace rotunda::api
