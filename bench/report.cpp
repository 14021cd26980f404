#include "bench/report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rotunda::bench {
namespace {

void row(std::string& out, std::string_view name, const std::string& value) {
    fmt::format_to(std::back_inserter(out), "  {:<28}{}\n", name, value);
}

void call_rows(std::string& out, const CallFigures& calls) {
    std::string refused;
    for (const auto& [status, count] : calls.refused) refused += fmt::format(", {} got {}", count, status);
    row(out, "calls",
        fmt::format("{} of {} set up{}, {} dropped", calls.set_up, calls.tried, refused, calls.dropped));
    row(out, "set-up time",
        fmt::format("p50 {:.1f} ms, p99 {:.1f} ms", percentile(calls.setup_ms, 0.5),
                    percentile(calls.setup_ms, 0.99)));
}

void media_rows(std::string& out, const MediaFigures& m) {
    row(out, "packets sent",
        fmt::format("{} ({} more than 5 ms late, {} not taken by the kernel)", m.sent, m.late, m.unsent));
    row(out, "packets received",
        fmt::format("{} of {} expected, {} lost, {} callers got none", m.received, m.expected, m.lost,
                    m.silent));
    row(out, "largest gap", fmt::format("{:.1f} ms", m.largest_gap_ms));
    row(out, "interarrival jitter",
        fmt::format("p50 {:.2f} ms, worst {:.2f} ms", percentile(m.jitter_ms, 0.5),
                    percentile(m.jitter_ms, 1.0)));
}

void mix_rows(std::string& out, const MixFigures& mix) {
    row(out, "mix check",
        fmt::format("{}: {} of {} voices missing ({:.1f} to {:.1f} dB), own voice heard {} of {} times (at "
                    "most {:.1f} dB)",
                    mix.right() ? "right" : "WRONG", mix.missing, mix.voices, mix.quietest_db, mix.loudest_db,
                    mix.own_heard, mix.own_voices, mix.loudest_own_db));
    row(out, "added delay",
        fmt::format("p50 {:.1f} ms, p95 {:.1f} ms over {} packets", percentile(mix.delays_ms, 0.5),
                    percentile(mix.delays_ms, 0.95), mix.delays_ms.size()));
}

void cost_rows(std::string& out, const RunFigures& run) {
    if (run.cost) {
        const auto& c = *run.cost;
        const double people = static_cast<double>(std::max<std::size_t>(1, run.participants));
        row(out, "server CPU", fmt::format("{:.3f} CPU-ms per participant-second", c.cpu_ms));
        row(out, "server memory",
            fmt::format("{:.1f} MB, {:.1f} kB per participant", static_cast<double>(c.rss_kb) / 1024,
                        (static_cast<double>(c.rss_kb) - static_cast<double>(c.rss_before_kb)) / people));
    }
    if (run.witness)
        row(out, "the witness",
            fmt::format("{:.0f} s heard, longest time without the tone {:.1f} ms, {} packets missing",
                        run.witness->seconds, run.witness->longest_gap_ms, run.witness->breaks));
    row(out, "a bare timer beside it",
        fmt::format("{} of {} ticks more than 5 ms late", run.timer.late, run.timer.ticks));
    row(out, "the load's own CPU", fmt::format("{:.3f} CPU-ms per participant-second", run.own_cpu_ms));
}

std::string percentiles_json(const std::vector<double>& values) {
    return fmt::format(R"({{"p50": {:.3f}, "p95": {:.3f}, "p99": {:.3f}, "max": {:.3f}, "count": {}}})",
                       percentile(values, 0.5), percentile(values, 0.95), percentile(values, 0.99),
                       percentile(values, 1.0), values.size());
}

std::string run_json(const RunFigures& run) {
    const auto& c = run.calls;
    const auto& m = run.media;
    std::string out = fmt::format(
        R"({{"participants": {}, "seconds": {:.3f}, "calls": {{"tried": {}, "set_up": {}, "dropped": {}, "refused": {{)",
        run.participants, run.seconds, c.tried, c.set_up, c.dropped);
    std::string_view comma;
    for (const auto& [status, count] : c.refused) {
        out += fmt::format(R"({}"{}": {})", comma, status, count);
        comma = ", ";
    }
    out += fmt::format(
        R"(}}, "setup_ms": {}}}, "media": {{"sent": {}, "late": {}, "unsent": {}, "received": {}, "expected": {}, "lost": {}, "silent_callers": {}, "largest_gap_ms": {:.3f}, "jitter_ms": {}}})",
        percentiles_json(c.setup_ms), m.sent, m.late, m.unsent, m.received, m.expected, m.lost, m.silent,
        m.largest_gap_ms, percentiles_json(m.jitter_ms));
    if (run.mix) {
        const auto& x = *run.mix;
        out += fmt::format(
            R"(, "mix": {{"right": {}, "listeners": {}, "voices": {}, "missing": {}, "quietest_db": {:.2f}, "loudest_db": {:.2f}, "own_voices": {}, "own_heard": {}, "loudest_own_db": {:.2f}, "added_delay_ms": {}}})",
            x.right(), x.listeners, x.voices, x.missing, x.quietest_db, x.loudest_db, x.own_voices,
            x.own_heard, x.loudest_own_db, percentiles_json(x.delays_ms));
    }
    if (run.cost)
        out += fmt::format(
            R"(, "cost": {{"cpu_ms_per_participant_second": {:.4f}, "rss_before_kb": {}, "rss_kb": {}}})",
            run.cost->cpu_ms, run.cost->rss_before_kb, run.cost->rss_kb);
    out += fmt::format(R"(, "bare_timer": {{"ticks": {}, "late": {}}})", run.timer.ticks, run.timer.late);
    if (run.witness)
        out += fmt::format(R"(, "witness": {{"seconds": {:.1f}, "longest_gap_ms": {:.1f}, "breaks": {}}})",
                           run.witness->seconds, run.witness->longest_gap_ms, run.witness->breaks);
    return out + fmt::format(R"(, "load_cpu_ms_per_participant_second": {:.4f}}})", run.own_cpu_ms);
}

std::string floor_text(const RunFigures& floor) {
    const double cpu = floor.cost ? floor.cost->cpu_ms : 0;
    return fmt::format("{:.3f} CPU-ms per participant-second{}", cpu,
                       cpu > most_floor_cpu_ms ? " (VOID: above 0.4, the machine is busy)" : "");
}

std::string title(const LoadOptions& o) {
    return fmt::format("{} callers, {} rooms, {} talkers in each, {} at {} ms{}{}{}{}\n", o.callers, o.rooms,
                       o.talkers, kinds_text(o.kinds), o.ptime_ms, o.dtx ? ", the others DTX" : "",
                       o.marked ? ", the others' silence marked" : "",
                       o.babble > 0 ? fmt::format(", {:.0f} % babble", 100 * o.babble) : "",
                       o.srtp ? fmt::format(", {}", facts(*o.srtp).name) : "");
}

}  // namespace

std::optional<double> ratio_to_floor(const std::vector<RunPair>& pairs) {
    std::vector<double> ratios;
    for (const RunPair& pair : pairs)
        if (pair.floor && pair.floor->cost && pair.floor->cost->cpu_ms > 0 && pair.server &&
            pair.server->cost)
            ratios.push_back(pair.server->cost->cpu_ms / pair.floor->cost->cpu_ms);
    if (ratios.empty()) return std::nullopt;
    return median(ratios);
}

std::string report_table(const LoadOptions& options, const std::vector<RunPair>& pairs) {
    std::string out = title(options);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        if (pairs.size() > 1) out += fmt::format("pair {} of {}\n", i + 1, pairs.size());
        if (pairs[i].floor) row(out, "floor CPU", floor_text(*pairs[i].floor));
        if (pairs[i].codecs_cpu_ms)
            row(out, "codecs alone, CPU",
                fmt::format("{:.3f} CPU-ms per participant-second", *pairs[i].codecs_cpu_ms));
        if (!pairs[i].server) continue;
        call_rows(out, pairs[i].server->calls);
        media_rows(out, pairs[i].server->media);
        if (pairs[i].server->mix) mix_rows(out, *pairs[i].server->mix);
        cost_rows(out, *pairs[i].server);
    }
    if (const auto ratio = ratio_to_floor(pairs))
        row(out, "server : floor", fmt::format("{:.2f} (median of {} pairs)", *ratio, pairs.size()));
    return out;
}

std::string report_json(const LoadOptions& options, const std::vector<RunPair>& pairs) {
    std::string out = fmt::format(
        R"({{"callers": {}, "rooms": {}, "talkers": {}, "codec": "{}", "ptime_ms": {}, "dtx": {}, "marked": {}, "babble": {}, "srtp": "{}", "pairs": [)",
        options.callers, options.rooms, options.talkers, kinds_text(options.kinds), options.ptime_ms,
        options.dtx, options.marked, options.babble, options.srtp ? facts(*options.srtp).name : "");
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        out += i ? ",\n{" : "\n{";
        if (pairs[i].floor) out += R"("floor": )" + run_json(*pairs[i].floor);
        if (pairs[i].floor && pairs[i].server) out += ",\n";
        if (pairs[i].server) out += R"("server": )" + run_json(*pairs[i].server);
        if (pairs[i].codecs_cpu_ms)
            out +=
                fmt::format(",\n\"codecs_cpu_ms_per_participant_second\": {:.4f}", *pairs[i].codecs_cpu_ms);
        out += "}";
    }
    out += "]";
    if (const auto ratio = ratio_to_floor(pairs)) out += fmt::format(R"(, "ratio_to_floor": {:.4f})", *ratio);
    return out + "}\n";
}

bool is_clean(const RunFigures& run) {
    return run.calls.set_up == run.calls.tried && run.calls.dropped == 0 && run.media.lost == 0 &&
           run.media.silent == 0 && (!run.mix || run.mix->right());
}

}  // namespace rotunda::bench
