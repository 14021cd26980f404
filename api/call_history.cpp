#include "api/call_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

namespace rotunda::api {

namespace json_ = boost::json;

namespace {

constexpr std::size_t kept = 1000;

double rounded(double value, double steps) {
    return std::round(value * steps) / steps;
}

json_::object describe(const media::LegQuality& quality) {
    return {{"received", quality.packets_received},
            {"lost", quality.packets_lost},
            {"discarded", quality.packets_discarded},
            {"sent", quality.packets_sent},
            {"concealed", quality.frames_concealed},
            {"jitter_ms", rounded(to_ms(quality.jitter), 10)},
            {"delay_ms", rounded(to_ms(quality.mean_delay), 10)},
            {"round_trip_ms", rounded(to_ms(quality.round_trip), 10)},
            {"remote_loss", rounded(quality.remote_loss, 1000)}};
}

}  // namespace

std::string timestamp(WallTime at) {
    const auto since = std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch());
    const auto days = std::chrono::floor<std::chrono::days>(since);
    const std::chrono::year_month_day date{std::chrono::sys_days(days)};
    const std::chrono::hh_mm_ss time(since - days);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       time.hours().count(), time.minutes().count(), time.seconds().count(),
                       time.subseconds().count());
}

std::string to_json(const rooms::CallRecord& record, WallOffset offset) {
    json_::object out{{"call_id", record.call_id},
                      {"room", record.room},
                      {"participant", record.participant},
                      {"from", record.from},
                      {"source", record.source},
                      {"direction", record.dialed_out ? "out" : "in"},
                      {"began", timestamp(to_wall(record.began, offset))},
                      {"ended", timestamp(to_wall(record.ended, offset))},
                      {"seconds", rounded(to_ms(record.ended - record.began) / 1000, 10)},
                      {"joined", record.joined},
                      {"cause", record.cause}};
    if (record.answered) {
        out["answered"] = timestamp(to_wall(*record.answered, offset));
        out["talk_seconds"] = rounded(to_ms(record.ended - *record.answered) / 1000, 10);
    }
    if (!record.trunk.empty()) out["trunk"] = record.trunk;
    if (!record.user.empty()) out["user"] = record.user;
    if (record.status != 0) out["status"] = record.status;
    if (!record.reason.empty()) out["reason"] = record.reason;
    if (!record.joined) return json_::serialize(out);
    out["codec"] = encoding_name(record.codec);
    out["quality"] = describe(record.quality);
    if (record.mos) out["mos"] = rounded(*record.mos, 100);
    return json_::serialize(out);
}

void CallHistory::add(std::string json) {
    records_.push_front(std::move(json));
    if (records_.size() > kept) records_.pop_back();
}

std::string CallHistory::latest(std::size_t most) const {
    std::string out = "[";
    for (std::size_t i = 0; i < std::min(most, records_.size()); ++i) {
        if (i > 0) out += ',';
        out += records_[i];
    }
    return out + "]";
}

}  // namespace rotunda::api
