// The capacity tool's arithmetic: arguments, pacing, what is read from /proc, figures and report.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "bench/load_options.hpp"
#include "bench/pacer.hpp"
#include "bench/process_watch.hpp"
#include "bench/progress_bar.hpp"
#include "bench/receive_meter.hpp"
#include "bench/report.hpp"

using namespace rotunda;
using namespace rotunda::bench;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

LoadCommand parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "rotunda-load");
    return parse_load_options(static_cast<int>(arguments.size()), arguments.data());
}

constexpr TimePoint start{seconds(1000)};

RunFigures run_with_cpu(double cpu_ms) {
    RunFigures run;
    run.participants = 10;
    run.calls.tried = run.calls.set_up = 10;
    run.cost = CostFigures{cpu_ms, 1000, 1400};
    return run;
}

}  // namespace

TEST_CASE("every option of the command line arrives") {
    const auto command = parse({"sip:{room}@192.0.2.1:5070",
                                "--callers",
                                "1000",
                                "--rooms",
                                "250",
                                "--talkers",
                                "1",
                                "--codec",
                                "OPUS",
                                "--ptime",
                                "10",
                                "--dtx",
                                "--ramp",
                                "200/s",
                                "--duration",
                                "90s",
                                "--pid",
                                "77",
                                "--json",
                                "out.json",
                                "--floor",
                                "--pairs",
                                "5"});
    REQUIRE(command.options);
    const LoadOptions& o = *command.options;
    CHECK(o.callers == 1000);
    CHECK(o.rooms == 250);
    CHECK(o.kinds == std::vector{CallerKind{AudioCodec::opus, codecs::OpusUse::voice}});
    CHECK(o.ptime_ms == 10);
    CHECK(o.dtx);
    CHECK(o.ramp_per_s == 200.0);
    CHECK(o.duration == seconds(90));
    CHECK(o.pid == 77);
    CHECK(o.json == "out.json");
    CHECK(o.floor);
    CHECK(o.pairs == 5);
    CHECK(room_uri(o, 6) == "sip:7@192.0.2.1:5070");
}

TEST_CASE("what does not fit together is refused with a reason") {
    CHECK(parse({}).status == 2);
    CHECK(parse({"not a uri"}).status == 2);
    CHECK(parse({"sip:1@192.0.2.1", "--rooms", "2"}).text.find("{room}") != std::string::npos);
    CHECK(parse({"sip:{room}@192.0.2.1", "--callers", "3", "--rooms", "4"}).status == 2);
    CHECK(parse({"sip:1@192.0.2.1", "--callers", "3", "--talkers", "4"}).status == 2);
    CHECK(parse({"sip:1@192.0.2.1", "--codec", "gsm"}).status == 2);
    CHECK(parse({"sip:1@192.0.2.1", "--ptime", "25"}).status == 2);
    CHECK(parse({"sip:1@192.0.2.1", "--ramp", "fast"}).status == 2);
    CHECK(parse({"sip:1@192.0.2.1", "--duration", "10ms"}).status == 2);
    CHECK(parse({"--floor"}).options);
    CHECK(parse({"--help"}).status == 0);
}

TEST_CASE("callers of several kinds come in turn, as often as they are named") {
    const auto command = parse({"sip:{room}@192.0.2.1", "--callers", "12", "--rooms", "2", "--codec",
                                "pcmu:2,g722,opus-audio", "--babble", "0.5", "--srtp", "gcm", "--marked"});
    REQUIRE(command.options);
    const LoadOptions& o = *command.options;
    CHECK(o.babble == 0.5);
    CHECK(o.marked);
    CHECK(o.srtp == SrtpSuite::aead_aes_128_gcm);
    std::string codecs;
    for (std::size_t i = 0; i < 12; ++i) codecs += kind_name(kind_of(o, i)).substr(0, 1);
    CHECK(codecs == "ppppggoopppp");
    CHECK(kinds_text(o.kinds) == "pcmu:2,g722,opus-audio");
    for (const char* wrong : {"", "pcmu:0", "pcmu:101", "pcmu,,g722", "pcmu:", "gsm", "pcmu:x"})
        CHECK_FALSE(parse_kinds(wrong));
    CHECK(parse({"sip:1@192.0.2.1", "--srtp", "des"}).status == 2);
    CHECK(parse({"sip:1@192.0.2.1", "--marked", "--dtx"}).status == 2);
}

TEST_CASE("rates and durations need their units right") {
    CHECK(parse_rate("200/s") == 200.0);
    CHECK(parse_rate("0.5") == 0.5);
    CHECK_FALSE(parse_rate("0/s"));
    CHECK_FALSE(parse_rate("-3/s"));
    CHECK_FALSE(parse_rate("200/m"));
    CHECK(parse_duration("20s") == seconds(20));
    CHECK(parse_duration("500ms") == milliseconds(500));
    CHECK(parse_duration("2m") == std::chrono::minutes(2));
    CHECK_FALSE(parse_duration("20"));
    CHECK_FALSE(parse_duration(""));
}

TEST_CASE("in every ptime each caller has exactly one turn, evenly spread") {
    for (const std::size_t callers : {1u, 2u, 3u, 7u, 20u, 1000u}) {
        CAPTURE(callers);
        Pacer pacer(start, milliseconds(20), callers);
        for (int round = 0; round < 3; ++round) {
            std::set<std::size_t> seen;
            for (std::size_t i = 0; i < callers; ++i) {
                const TimePoint due = pacer.next();
                CHECK(due == start + round * milliseconds(20) +
                                 Duration(milliseconds(20)) * static_cast<std::int64_t>(i) /
                                     static_cast<std::int64_t>(callers));
                const auto turn = pacer.take(due);
                REQUIRE(turn);
                seen.insert(turn->caller);
            }
            CHECK(seen.size() == callers);
        }
    }
}

TEST_CASE("a caller's turns are exactly a ptime apart, also after the pacer was asked late") {
    Pacer pacer(start, milliseconds(20), 7);
    std::vector<TimePoint> turns;
    const auto drain = [&](TimePoint now) {
        while (const auto turn = pacer.take(now))
            if (turn->caller == 3) turns.push_back(turn->deadline);
    };
    drain(start + milliseconds(95));
    drain(start + milliseconds(96));
    drain(start + seconds(100));
    REQUIRE(turns.size() >= 5000);
    for (std::size_t i = 1; i < turns.size(); ++i) REQUIRE(turns[i] - turns[i - 1] == milliseconds(20));
}

TEST_CASE("nothing is due before its deadline") {
    Pacer pacer(start, milliseconds(20), 4);
    CHECK_FALSE(pacer.take(start - Duration(1)));
    CHECK(pacer.take(start));
    CHECK_FALSE(pacer.take(start + milliseconds(5) - Duration(1)));
    CHECK(pacer.take(start + milliseconds(5)));
}

TEST_CASE("the first callers, a room's talkers, fall on phases far apart") {
    Pacer pacer(start, milliseconds(20), 1000);
    std::vector<Duration> phases(3);
    while (const auto turn = pacer.take(start + milliseconds(19)))
        if (turn->caller < 3) phases[turn->caller] = turn->deadline - start;
    std::ranges::sort(phases);
    CHECK(phases[1] - phases[0] > milliseconds(3));
    CHECK(phases[2] - phases[1] > milliseconds(3));
}

TEST_CASE("CPU time is read from behind a process name of any kind") {
    CHECK(cpu_ticks("12 (a b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0") == 300u);
    CHECK_FALSE(cpu_ticks("12 (short) S 1 2"));
    CHECK_FALSE(cpu_ticks(""));
}

TEST_CASE("the meter counts what is missing in the sequence and the longest gap, the one at the end too") {
    ReceiveMeter meter;
    CHECK_FALSE(meter.largest_gap(start));
    rtp::RtpHeader header;
    for (std::uint16_t i = 0; i < 100; ++i) {
        if (i == 50 || i == 51) continue;
        header.sequence = static_cast<std::uint16_t>(65500 + i);
        header.timestamp = 160u * i;
        meter.on_packet(header, 8000, start + i * milliseconds(20));
    }
    CHECK(meter.received() == 98);
    CHECK(meter.lost() == 2);
    CHECK(meter.largest_gap(start + milliseconds(1985)) == milliseconds(60));
    CHECK(meter.largest_gap(start + milliseconds(2980)) == milliseconds(1000));
    CHECK(meter.jitter() < milliseconds(1));
}

TEST_CASE("percentiles are values that occurred, the median of an even number lies between") {
    CHECK(percentile({}, 0.5) == 0.0);
    CHECK(percentile({3, 1, 2}, 0.5) == 2.0);
    CHECK(percentile({4, 3, 1, 2}, 1.0) == 4.0);
    CHECK(percentile({4, 3, 1, 2}, 0.0) == 1.0);
    CHECK(median({5, 1}) == 3.0);
}

TEST_CASE("the ratio is the median over pairs that have both sides") {
    std::vector<RunPair> pairs(4);
    CHECK_FALSE(ratio_to_floor(pairs));
    for (std::size_t i = 0; i < 3; ++i) {
        pairs[i].floor = run_with_cpu(0.2);
        pairs[i].server = run_with_cpu(0.2 * static_cast<double>(i * i + 1));
    }
    pairs[3].server = run_with_cpu(99);
    CHECK(ratio_to_floor(pairs) == doctest::Approx(2.0));
    CHECK(report_table({}, pairs).find("2.00 (median") != std::string::npos);
    CHECK(report_json({}, pairs).find("\"ratio_to_floor\": 2.0000") != std::string::npos);
}

TEST_CASE("a floor above 0.4 CPU-ms is called void") {
    std::vector<RunPair> pairs(1);
    pairs[0].floor = run_with_cpu(0.39);
    CHECK(report_table({}, pairs).find("VOID") == std::string::npos);
    pairs[0].floor = run_with_cpu(0.41);
    CHECK(report_table({}, pairs).find("VOID") != std::string::npos);
}

TEST_CASE("one lost packet, one refused call or one's own voice is not clean") {
    RunFigures run = run_with_cpu(1);
    CHECK(is_clean(run));
    run.media.lost = 1;
    CHECK_FALSE(is_clean(run));
    run.media.lost = 0;
    run.calls.set_up = 9;
    CHECK_FALSE(is_clean(run));
    run.calls.set_up = 10;
    run.mix.emplace();
    run.mix->voices = 3;
    run.mix->own_voices = run.mix->own_heard = 1;
    CHECK_FALSE(is_clean(run));
    run.mix->own_heard = 0;
    CHECK(is_clean(run));
    run.mix->missing = 1;
    CHECK_FALSE(is_clean(run));
}

TEST_CASE("the progress bar is as long at the start as at the end") {
    CHECK(progress_line("calls", 0).size() == progress_line("calls", 1).size());
    CHECK(progress_line("calls", 0.5).find(" 50 % calls") != std::string::npos);
    CHECK(progress_line("calls", 7).find("100 %") != std::string::npos);
}
