#include "rooms/call_quality.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "rooms/call_log.hpp"
#include "rooms/e_model.hpp"

namespace rotunda::rooms {

namespace {

// Below it "nearly all users dissatisfied" begins (G.107 annex B).
constexpr double bad_score = 3.1;

}  // namespace

media::LegQuality between(const media::LegQuality& before, const media::LegQuality& after) {
    const auto grown = [](std::uint64_t from, std::uint64_t to) { return to > from ? to - from : 0; };
    media::LegQuality stretch = after;
    stretch.packets_received = grown(before.packets_received, after.packets_received);
    stretch.packets_lost = grown(before.packets_lost, after.packets_lost);
    stretch.packets_discarded = grown(before.packets_discarded, after.packets_discarded);
    stretch.packets_sent = grown(before.packets_sent, after.packets_sent);
    stretch.frames_concealed = grown(before.frames_concealed, after.frames_concealed);
    return stretch;
}

std::optional<double> score_of(const Participant& who, const media::LegQuality& stretch) {
    const auto expected = static_cast<double>(stretch.packets_received + stretch.packets_lost);
    if (stretch.packets_received == 0) return std::nullopt;
    const Connection connection{who.leg.send.codec, stretch.round_trip / 2 + stretch.mean_delay,
                                static_cast<double>(stretch.packets_lost) / expected};
    return mean_opinion_score(connection);
}

CallRecord record_of(const Participant& who, const media::LegQuality& quality, TimePoint now) {
    CallRecord record;
    record.call_id = who.call_id;
    record.room = who.room_name;
    record.participant = who.id.value;
    record.from = who.from;
    record.source = who.signaling_source.to_string();
    record.dialed_out = who.dialed_out;
    record.trunk = who.trunk;
    record.user = who.dialed_out ? who.dialled_by : who.identity.is_user() ? who.identity.name : "";
    record.began = who.since;
    record.answered = who.answered;
    record.ended = now;
    record.joined = who.joined;
    record.cause = cause_name(who.ended->cause);
    if (!who.answered) record.status = who.ended->status;
    record.reason = who.ended->reason;
    record.codec = who.leg.send.codec;
    record.quality = quality;
    record.mos = score_of(who, quality);
    return record;
}

void CallLog::confirmed(const Participant& who, TimePoint now) {
    counters_.setup.add(to_ms(now - who.since) / 1000);
}

void CallLog::unanswered(const Participant& who, TimePoint now) {
    if (on_record_) on_record_(record_of(who, {}, now));
}

void CallLog::count(Participant& who, const media::LegQuality& quality) {
    const media::LegQuality stretch = between(std::exchange(who.reported, quality), quality);
    counters_.packets_received += stretch.packets_received;
    counters_.packets_lost += stretch.packets_lost;
    counters_.frames_concealed += stretch.frames_concealed;
    const auto mos = score_of(who, stretch);
    if (!mos) return;
    counters_.mos.add(*mos);
    counters_.jitter.add(to_ms(stretch.jitter) / 1000);
    counters_.delay.add(to_ms(stretch.mean_delay) / 1000);
}

void CallLog::report(Participant& who, const media::LegQuality& quality) {
    const auto before = who.mos;
    who.mos = score_of(who, between(who.reported, quality));
    count(who, quality);
    if (!who.mos) return;
    const std::vector<std::pair<std::string_view, std::string>> fields = {
        {"mos", fmt::format("{:.2f}", *who.mos)},
        {"lost", std::to_string(quality.packets_lost)},
        {"jitter_ms", fmt::format("{:.1f}", to_ms(quality.jitter))},
        {"delay_ms", fmt::format("{:.1f}", to_ms(quality.mean_delay))},
        {"round_trip_ms", fmt::format("{:.1f}", to_ms(quality.round_trip))}};
    write(LogLevel::debug, "call.quality", who, {}, fields);
    if (*who.mos >= bad_score || (before && *before < bad_score)) return;
    ++counters_.quality_alarms;
    write(LogLevel::warning, "call.quality_alarm", who, "he is heard badly", fields);
}

}  // namespace rotunda::rooms
