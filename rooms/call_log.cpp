#include "rooms/call_log.hpp"

#include <fmt/format.h>

#include <cmath>

#include "rooms/audio_leg.hpp"
#include "rooms/call_quality.hpp"

namespace rotunda::rooms {

namespace {

std::string describe(const media::AudioLeg& leg) {
    return fmt::format("{}/{} {} ms", encoding_name(leg.send.codec), rtp_clock_hz(leg.send.codec),
                       leg.send.ptime_ms);
}

// By DTLS the suite is known when its handshake is over.
std::string srtp_of(const media::AudioLeg& leg) {
    if (leg.dtls) return "DTLS";
    return srtp_name(leg.srtp ? std::optional(leg.srtp->receive.suite) : std::nullopt);
}

std::string_view direction(const media::AudioLeg& leg) {
    return leg.on_hold ? "hold" : direction_name(leg);
}

}  // namespace

std::string srtp_name(const std::optional<SrtpSuite>& suite) {
    return suite ? std::string(facts(*suite).name) : "none";
}

std::string_view cause_name(sip::EndCause cause) {
    switch (cause) {
        case sip::EndCause::local:
            return "local";
        case sip::EndCause::rejected:
            return "rejected";
        case sip::EndCause::remote_bye:
            return "bye";
        case sip::EndCause::cancelled:
            return "cancelled";
        case sip::EndCause::no_ack:
            return "no-ack";
        case sip::EndCause::failed:
            return "failed";
        case sip::EndCause::timeout:
            return "timeout";
        case sip::EndCause::transport:
            return "transport";
        case sip::EndCause::gone:
            return "gone";
        case sip::EndCause::count:
            break;
    }
    return "unknown";
}

void CallLog::write(LogLevel level, std::string_view event, const Participant& who, std::string message,
                    std::vector<std::pair<std::string_view, std::string>> more) {
    LogRecord record{level, event, std::move(message), {}};
    record.fields = {{"call_id", who.call_id},
                     {"room", who.room_name},
                     {"participant", std::to_string(who.id.value)},
                     {"from", who.from}};
    for (auto& field : more) record.fields.push_back(std::move(field));
    sink_.write(record);
}

void CallLog::write(LogLevel level, std::string_view event, DialId dial, std::string message,
                    std::vector<std::pair<std::string_view, std::string>> more) {
    LogRecord record{level, event, std::move(message), {{"dial", std::to_string(dial.value)}}};
    for (auto& field : more) record.fields.push_back(std::move(field));
    sink_.write(record);
}

void CallLog::refused(const sip::SipMessage& invite, const Endpoint& source, int status,
                      std::string_view why) {
    ++counters_.refused[status];
    sink_.write({LogLevel::info,
                 "call.refused",
                 std::string(why),
                 {{"call_id", std::string(invite.call_id())},
                  {"room", invite.uri().user()},
                  {"from", invite.from().uri.to_string()},
                  {"source", source.to_string()},
                  {"status", std::to_string(status)}}});
}

void CallLog::room_opened(const std::string& room) {
    sink_.write({LogLevel::info, "room.opened", "room opened", {{"room", room}}});
}

void CallLog::room_closed(const std::string& room) {
    sink_.write({LogLevel::info, "room.closed", "room closed", {{"room", room}}});
}

void CallLog::room_spread(const std::string& room, std::size_t workers) {
    sink_.write({LogLevel::info,
                 "room.spread",
                 "room is mixed on one more media worker from now on",
                 {{"room", room}, {"workers", std::to_string(workers)}}});
}

void CallLog::replaced(const Participant& who, const Participant& by) {
    write(LogLevel::info, "call.replaced", who, "another call takes his place",
          {{"by", std::to_string(by.id.value)}, {"by_call_id", by.call_id}});
}

void CallLog::moving(const Participant& who, const sip::Uri& target) {
    write(LogLevel::info, "call.moving", who, "asked to call somebody else",
          {{"target", target.to_string()}});
}

void CallLog::moved(const Participant& who, int status) {
    const bool moved = status / 100 == 2;
    write(LogLevel::info, moved ? "call.moved" : "call.move_failed", who,
          status == 0 ? "he does not say how it went" : "", {{"status", std::to_string(status)}});
}

void CallLog::moved_from(const Participant& who, const std::string& room) {
    write(LogLevel::info, "call.changed_room", who, "moved to another room", {{"from_room", room}});
}

void CallLog::captured(const Participant& who, Duration length) {
    write(LogLevel::warning, "call.capture", who, "an operator captures what he says and hears",
          {{"seconds", std::to_string(length / std::chrono::seconds(1))}});
}

void CallLog::pressed(const Participant& who, std::size_t keys) {
    write(LogLevel::info, "call.keys_sent", who, "", {{"keys", std::to_string(keys)}});
}

void CallLog::dialling(DialId dial, const std::string& room, const sip::Uri& target) {
    write(LogLevel::info, "dial.started", dial, "calling somebody into the room",
          {{"room", room}, {"target", target.to_string()}});
}

void CallLog::dial_progress(const DialProgress& progress) {
    write(LogLevel::debug, "dial.progress", progress.dial, "", {{"status", std::to_string(progress.status)}});
}

void CallLog::dial_answered(DialId dial, const Participant& who) {
    ++counters_.dials_answered;
    write(LogLevel::info, "dial.answered", dial, "answered",
          {{"room", who.room_name},
           {"participant", std::to_string(who.id.value)},
           {"call_id", who.call_id},
           {"target", who.from}});
}

void CallLog::dial_failed(const DialFailed& failed) {
    ++counters_.dials_failed[failed.status];
    write(LogLevel::info, "dial.failed", failed.dial, failed.reason,
          {{"room", failed.place.room_name}, {"status", std::to_string(failed.status)}});
}

void CallLog::joined(const Participant& who, const media::AudioLeg& leg) {
    ++counters_.joined;
    write(LogLevel::info, "call.joined", who, "joined",
          {{"codec", describe(leg)}, {"direction", std::string(direction(leg))}, {"srtp", srtp_of(leg)}});
}

void CallLog::media_started(const Participant& who, const Endpoint& source) {
    write(LogLevel::info, "call.media", who, "media flows", {{"source", source.to_string()}});
}

void CallLog::toll_alarm(const TollAlarm& alarm) {
    const char* of = alarm.kind == TollParty::Kind::trunk ? "trunk" : "caller";
    sink_.write({LogLevel::error, "toll.alarm", std::string(alarm.why), {{of, alarm.name}}});
}

void CallLog::handshake_done(const Participant& who, const media::HandshakeDone& done) {
    if (done.suite)
        write(LogLevel::info, "call.secured", who, "DTLS handshake done", {{"srtp", srtp_name(done.suite)}});
    else
        write(LogLevel::warning, "call.not_secured", who, done.failure);
}

void CallLog::changed(const Participant& who, const media::AudioLeg& leg) {
    write(LogLevel::info, "call.changed", who, "media renegotiated",
          {{"codec", describe(leg)}, {"direction", std::string(direction(leg))}, {"srtp", srtp_of(leg)}});
}

void CallLog::change_refused(const Participant& who, std::string_view why) {
    write(LogLevel::warning, "call.change_refused", who, std::string(why));
}

void CallLog::controlled(const Participant& who, const media::LegControl& before) {
    const media::LegControl& now = who.control;
    const auto changed = [](bool was, bool is) { return was != is; };
    if (changed(before.muted, now.muted))
        write(LogLevel::info, now.muted ? "call.muted" : "call.unmuted", who, {});
    if (changed(before.deafened, now.deafened))
        write(LogLevel::info, now.deafened ? "call.deafened" : "call.undeafened", who, {});
    if (before.noise_suppression != now.noise_suppression)
        write(LogLevel::info, "call.noise_suppression", who, {},
              {{"on", !now.noise_suppression   ? "as the room"
                      : *now.noise_suppression ? "yes"
                                               : "no"}});
    if (before.gain != now.gain)
        write(LogLevel::info, "call.volume", who, {},
              {{"db", fmt::format("{:.1f}", 20.0F * std::log10(now.gain))}});
}

void CallLog::room_changed(const Room& room, const std::optional<VideoDesk::Shown>& shown) {
    LogRecord record{LogLevel::info,
                     "room.changed",
                     {},
                     {{"room", room.name},
                      {"locked", room.locked ? "yes" : "no"},
                      {"max_participants", std::to_string(room.max_participants)},
                      {"automatic_gain", room.media.automatic_gain ? "yes" : "no"},
                      {"noise_suppression", room.media.noise_suppression ? "yes" : "no"}}};
    if (shown) {
        record.fields.emplace_back("layout", mixer::to_string(shown->layout));
        record.fields.emplace_back("spotlight", std::to_string(shown->spotlight.value));
    }
    sink_.write(record);
}

void CallLog::layout_changed(const Participant& who, mixer::LayoutKind layout) {
    write(LogLevel::info, "call.layout", who, {}, {{"layout", std::string(mixer::to_string(layout))}});
}

void CallLog::digit(const Participant& who, const media::DigitPressed& press) {
    write(
        LogLevel::info, "call.digit", who, "digit pressed",
        {{"digit", std::string(1, press.digit)}, {"length_ms", fmt::format("{:.0f}", to_ms(press.length))}});
}

// Every few seconds for everybody: for those who follow the events, not for the log of a busy server.
void CallLog::talking(const Participant& who) {
    const bool talking = who.talking.value_or(false);
    write(LogLevel::debug, "call.talking", who, talking ? "talks" : "has stopped talking",
          {{"talking", talking ? "true" : "false"}});
}

void CallLog::speaker(const Participant& who) {
    write(LogLevel::debug, "call.speaker", who, "is whom the room listens to now");
}

void CallLog::silent(const Participant& who) {
    write(LogLevel::warning, "call.silent", who, "neither RTP nor RTCP comes in: asking with OPTIONS");
}

void CallLog::ended(Participant& who, const media::LegQuality& quality, TimePoint now) {
    const sip::SessionEnded& end = *who.ended;
    ++counters_.ended[static_cast<std::size_t>(end.cause)];
    count(who, quality);
    if (on_record_) on_record_(record_of(who, quality, now));
    std::vector<std::pair<std::string_view, std::string>> fields = {
        {"cause", std::string(cause_name(end.cause))},
        {"duration_s", fmt::format("{:.1f}", to_ms(now - who.since) / 1000)},
        {"talk_s", fmt::format("{:.1f}", to_ms(now - who.answered.value_or(now)) / 1000)},
        {"received", std::to_string(quality.packets_received)},
        {"lost", std::to_string(quality.packets_lost)},
        {"discarded", std::to_string(quality.packets_discarded)},
        {"forged", std::to_string(quality.packets_forged)},
        {"replayed", std::to_string(quality.packets_replayed)},
        {"srtp", srtp_name(quality.srtp)},
        {"sent", std::to_string(quality.packets_sent)},
        {"concealed", std::to_string(quality.frames_concealed)},
        {"jitter_ms", fmt::format("{:.1f}", to_ms(quality.jitter))},
        {"delay_ms", fmt::format("{:.1f}", to_ms(quality.mean_delay))},
        {"round_trip_ms", fmt::format("{:.1f}", to_ms(quality.round_trip))},
        {"remote_loss", fmt::format("{:.3f}", quality.remote_loss)}};
    if (const auto mos = score_of(who, quality)) fields.emplace_back("mos", fmt::format("{:.2f}", *mos));
    if (!end.reason.empty()) fields.emplace_back("reason", end.reason);
    write(LogLevel::info, "call.ended", who, "call ended", std::move(fields));
}

}  // namespace rotunda::rooms
