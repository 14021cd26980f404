#include "bench/load_run.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "bench/bare_timer.hpp"
#include "bench/process_watch.hpp"
#include "bench/real_time.hpp"
#include "bench/reflector.hpp"
#include "sdp/crypto.hpp"
#include "server/socket.hpp"

namespace rotunda::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Sends are gathered over so long: a wake-up costs more than a send.
constexpr Duration granularity = std::chrono::microseconds(250);
constexpr Duration late_after = milliseconds(5);
constexpr Duration patience = seconds(35);  // a transaction's life (64*T1) and a little
// Jitter buffers find their depth, encoders and caches warm up.
constexpr Duration settling = milliseconds(2500);
// From speech to signatures.
constexpr Duration changing = milliseconds(1000);
constexpr Duration recorded_time = milliseconds(3300);
constexpr std::size_t most_recorded = 12;

double per_participant_second(Duration cpu, std::size_t participants, Duration time) {
    const double spent = static_cast<double>(participants) * to_ms(time) / 1000;
    return spent > 0 ? to_ms(cpu) / spent : 0;
}

}  // namespace

LoadRun::LoadRun(const LoadOptions& options, Voices& voices, Progress progress)
    : options_(options), voices_(voices), progress_(std::move(progress)), batch_(clock_) {}

Result<RunFigures> LoadRun::against_server() {
    const auto uri = sip::Uri::parse(room_uri(options_, 0));
    const auto server = uri ? resolve(*uri) : Result<Endpoint>(fail_with(options_.target + " is no SIP URI"));
    if (!server) return fail_with(server.error().message);
    auto sip = SipClient::open(*server, options_.callers, random_);
    if (!sip) return fail_with(sip.error().message);
    if (auto opened = open_callers(sip->local_address()); !opened) return fail_with(opened.error().message);
    RunFigures out;
    const auto before = process_use(options_.pid);
    bring_up(*sip);
    if (calls_.set_up > 0) {
        run_until(clock_.now() + settling, &*sip);
        if (options_.witness) witness().start_recording();
        measure(options_.pid, &*sip, out);
        if (options_.witness) {
            const AudioCodec codec = kind(options_.talkers * options_.rooms).codec;
            out.witness = longest_gap(*witness().recording(), codec);
        }
        if (out.cost && before) out.cost->rss_before_kb = before->rss_kb;
        record_mixes(*sip);
    }
    take_down(*sip);
    out.mix = check_mixes();
    out.calls = calls_;
    return out;
}

Result<RunFigures> LoadRun::against_floor() {
    const IpAddress loopback = IpAddress::v4(0x7f000001);
    auto floor = Reflector::start(loopback, options_.callers, milliseconds(options_.ptime_ms));
    if (!floor) return fail_with(floor.error().message);
    if (auto opened = open_callers(loopback); !opened) return fail_with(opened.error().message);
    for (std::size_t i = 0; i < callers_.size(); ++i) begin_media(i, {floor->endpoints()[i], 0, {}});
    calls_.tried = calls_.set_up = callers_.size();
    RunFigures out;
    run_until(clock_.now() + settling, nullptr);
    measure(floor->pid(), nullptr, out);
    out.calls = calls_;
    return out;
}

Result<bool> LoadRun::open_callers(const IpAddress& local) {
    callers_.reserve(options_.callers);
    for (std::size_t i = 0; i < options_.callers; ++i) {
        auto socket = open_media_socket(local);
        if (!socket) return fail_with(socket.error().message);
        TalkTrack& track = track_of(i);
        // Not all phones are at the same place of it; but DTX begins with the packet that opens the way.
        const std::size_t first = is_talker(i) || options_.dtx ? 0 : random_.u32() % track.size();
        callers_.emplace_back(std::move(socket).value(), track, first, random_);
    }
    invited_.resize(options_.callers);
    keys_.resize(options_.callers);
    pacer_ = std::make_unique<Pacer>(clock_.now(), milliseconds(options_.ptime_ms), options_.callers);
    choose_recorded();
    return true;
}

TalkTrack& LoadRun::track_of(std::size_t caller) {
    KindVoices& voices = voices_.of(kind(caller));
    if (is_talker(caller)) return voices.talk(talker_number(caller));
    // So evenly spread among those who do not talk, whatever part of them it is.
    const auto nth = static_cast<double>(caller);
    const bool murmurs = std::floor((nth + 1) * options_.babble) > std::floor(nth * options_.babble);
    return murmurs ? voices.babble.front() : voices.listener.front();
}

// The first room's talkers and some listeners, then the same of further rooms.
void LoadRun::choose_recorded() {
    const std::size_t people = options_.callers / options_.rooms;
    const std::size_t talkers = std::min<std::size_t>(options_.talkers, 3);
    const std::size_t each =
        std::min(people, talkers + std::max<std::size_t>(2, most_recorded / options_.rooms));
    for (std::size_t room = 0; room < options_.rooms && recorded_.size() + each <= most_recorded + talkers;
         ++room)
        for (std::size_t i = 0; i < each; ++i) {
            const std::size_t rank = i < talkers ? i : people - 1 - (i - talkers);
            recorded_.push_back(rank * options_.rooms + room);
        }
}

void LoadRun::begin_media(std::size_t caller, const AnsweredAudio& audio) {
    const int ticks = rtp_clock_hz(kind(caller).codec) / 1000 * options_.ptime_ms;
    std::optional<SrtpKeys> keys;
    if (keys_[caller] && audio.key) keys = SrtpKeys{*keys_[caller], *audio.key};
    callers_[caller].begin(audio.remote, audio.payload_type, ticks, keys);
}

OfferedAudio LoadRun::offer_of(std::size_t caller) {
    if (options_.srtp) keys_[caller] = sdp::make_srtp_key(*options_.srtp, random_);
    return {kind(caller).codec, options_.ptime_ms, options_.marked, keys_[caller]};
}

void LoadRun::bring_up(SipClient& sip) {
    const TimePoint start = clock_.now();
    const auto between =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / options_.ramp_per_s));
    for (std::size_t i = 0; i < callers_.size(); ++i) {
        run_until(start + static_cast<std::int64_t>(i) * between, &sip);
        const Endpoint local = server::local_endpoint(callers_[i].fd()).value_or(Endpoint{});
        invited_[i] = clock_.now();
        ++calls_.tried;
        sip.call(i, room_uri(options_, room_of(i)), make_offer(local, offer_of(i)), invited_[i]);
        take_news(sip);
        progress_("calls", static_cast<double>(i + 1) / static_cast<double>(callers_.size()));
    }
    run_until(clock_.now() + patience, &sip, [this] { return answered_or_refused_ == callers_.size(); });
}

void LoadRun::take_news(SipClient& sip) {
    const auto news = sip.turn(clock_.now());
    for (const auto& answered : news.answered) {
        begin_media(answered.caller, answered.audio);
        ++calls_.set_up;
        ++answered_or_refused_;
        calls_.setup_ms.push_back(to_ms(clock_.now() - invited_[answered.caller]));
    }
    for (const auto& ended : news.ended) {
        const bool stood = callers_[ended.caller].is_active();
        callers_[ended.caller].end();
        if (hanging_up_) continue;
        if (stood) {
            ++calls_.dropped;
        } else {
            ++calls_.refused[ended.status];
            ++answered_or_refused_;
        }
    }
}

void LoadRun::run_until(TimePoint until, SipClient* sip, const std::function<bool()>& done) {
    for (;;) {
        const TimePoint now = clock_.now();
        media_turn(now);
        if (sip) take_news(*sip);
        if (now >= until || (done && done())) return;
        sleep_until(std::min(until, std::max(pacer_->next(), now + granularity)));
    }
}

void LoadRun::media_turn(TimePoint now) {
    while (const auto turn = pacer_->take(now)) {
        Caller& caller = callers_[turn->caller];
        if (!caller.is_active()) continue;
        const TimePoint at = clock_.now();
        late_ += at - turn->deadline > late_after;
        unsent_ += !caller.send(at);
        const int clock_hz = rtp_clock_hz(kind(turn->caller).codec);
        std::span<const Arrival> arrivals;
        do {
            arrivals = batch_.read(caller.fd());
            for (const Arrival& arrival : arrivals) caller.take(arrival, clock_hz);
        } while (arrivals.size() == ReceiveBatch::size);
    }
}

void LoadRun::measure(std::int64_t pid, SipClient* sip, RunFigures& out) {
    // What waits in the sockets from before belongs to no measurement.
    run_until(clock_.now() + milliseconds(options_.ptime_ms), sip);
    for (Caller& caller : callers_) caller.start_metering();
    late_ = unsent_ = 0;
    const std::uint64_t sent_before = packets_sent();
    const auto server_before = process_use(pid);
    const auto own_before = process_use(getpid());
    BareTimer timer(milliseconds(options_.ptime_ms));
    const TimePoint start = clock_.now();
    const TimePoint end = start + options_.duration;
    for (TimePoint next = start; next < end;) {
        next = std::min(end, next + milliseconds(100));
        run_until(next, sip);
        progress_("measuring", to_ms(next - start) / to_ms(end - start));
    }
    const Duration took = clock_.now() - start;
    const auto server_after = process_use(pid);
    const auto own_after = process_use(getpid());
    timer.end();
    collect(took, out);
    out.media.sent = packets_sent() - sent_before;
    if (server_before && server_after)
        out.cost = CostFigures{
            per_participant_second(server_after->cpu - server_before->cpu, out.participants, took),
            server_before->rss_kb, server_after->rss_kb};
    if (own_before && own_after)
        out.own_cpu_ms = per_participant_second(own_after->cpu - own_before->cpu, out.participants, took);
    for (Caller& caller : callers_) caller.stop_metering();
    // To wait for its thread would hold all packets back, and the server would make room for such lateness.
    run_until(clock_.now() + 2 * milliseconds(options_.ptime_ms), sip);
    out.timer = timer.stop();
}

std::uint64_t LoadRun::packets_sent() const {
    std::uint64_t sum = 0;
    for (const Caller& caller : callers_) sum += caller.sent();
    return sum;
}

void LoadRun::collect(Duration steady, RunFigures& out) const {
    const TimePoint end = clock_.now();
    out.seconds = to_ms(steady) / 1000;
    out.media.unsent = unsent_;
    out.media.late = late_;
    for (const Caller& caller : callers_) {
        if (!caller.is_active()) continue;
        ++out.participants;
        const ReceiveMeter& meter = caller.meter();
        out.media.received += meter.received();
        out.media.lost += meter.lost();
        const auto gap = meter.largest_gap(end);
        if (!gap) {
            ++out.media.silent;
            continue;
        }
        out.media.largest_gap_ms = std::max(out.media.largest_gap_ms, to_ms(*gap));
        out.media.jitter_ms.push_back(to_ms(meter.jitter()));
    }
    out.media.expected =
        out.participants * static_cast<std::uint64_t>(steady / milliseconds(options_.ptime_ms));
}

// After the steady part, so that speech can be the load and signatures the measure.
void LoadRun::record_mixes(SipClient& sip) {
    if (voices_.has_speech) {
        for (std::size_t i = 0; i < callers_.size(); ++i)
            if (is_talker(i)) callers_[i].say(voices_.of(kind(i)).signature(talker_number(i)));
        run_until(clock_.now() + changing, &sip);
    }
    for (const std::size_t i : recorded_)
        if (callers_[i].is_active()) callers_[i].start_recording();
    run_until(clock_.now() + recorded_time, &sip);
    // What follows, the others leaving, is no mix to be checked.
    for (const std::size_t i : recorded_) callers_[i].stop_recording();
}

// Where more talk at once than can be told apart there is nothing to check.
std::optional<MixFigures> LoadRun::check_mixes() const {
    if (options_.talkers == 0 || options_.talkers > most_talkers_checked) return std::nullopt;
    MixFigures figures;
    for (const std::size_t i : recorded_) {
        std::vector<RoomTalker> talkers;
        for (std::size_t rank = 0; rank < options_.talkers; ++rank) {
            const std::size_t talker = rank * options_.rooms + room_of(i);
            talkers.push_back({talker_number(talker), &callers_[talker], kind(talker).codec});
        }
        check_mix(callers_[i], talkers, kind(i).codec, figures);
    }
    return figures;
}

void LoadRun::take_down(SipClient& sip) {
    hanging_up_ = true;
    const TimePoint start = clock_.now();
    const auto between =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / options_.ramp_per_s));
    for (std::size_t i = 0; i < callers_.size(); ++i) {
        if (!callers_[i].is_active()) continue;
        run_until(start + static_cast<std::int64_t>(i) * between, &sip);
        callers_[i].end();
        sip.hang_up(i, clock_.now());
    }
    // A lost BYE is repeated after half a second.
    run_until(clock_.now() + seconds(1), &sip);
}

}  // namespace rotunda::bench
