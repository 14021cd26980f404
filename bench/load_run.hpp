// One run: calls come up, the steady part is measured, the mixes are checked, calls go down.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "bench/caller.hpp"
#include "bench/figures.hpp"
#include "bench/load_options.hpp"
#include "bench/pacer.hpp"
#include "bench/sip_client.hpp"
#include "bench/voices.hpp"
#include "server/clock.hpp"
#include "server/system_random.hpp"

namespace rotunda::bench {

class LoadRun {
  public:
    // Called now and then: what is being done, and how much of it is done (0 to 1).
    using Progress = std::function<void(std::string_view what, double done)>;

    // All outlive the run.
    LoadRun(const LoadOptions& options, Voices& voices, Progress progress);

    Result<RunFigures> against_server();
    Result<RunFigures> against_floor();

  private:
    Result<bool> open_callers(const IpAddress& local);
    void bring_up(SipClient& sip);
    void take_news(SipClient& sip);
    void measure(std::int64_t pid, SipClient* sip, RunFigures& out);
    void take_down(SipClient& sip);
    void collect(Duration steady, RunFigures& out) const;
    void record_mixes(SipClient& sip);
    std::optional<MixFigures> check_mixes() const;
    Caller& witness() { return callers_[options_.talkers * options_.rooms]; }
    std::uint64_t packets_sent() const;

    // Sends and receives until `until` or until `done` says so; sip may be null.
    void run_until(TimePoint until, SipClient* sip, const std::function<bool()>& done = {});
    void media_turn(TimePoint now);
    void begin_media(std::size_t caller, const AnsweredAudio& audio);
    void choose_recorded();
    OfferedAudio offer_of(std::size_t caller);
    TalkTrack& track_of(std::size_t caller);
    const CallerKind& kind(std::size_t caller) const { return kind_of(options_, caller); }

    bool is_talker(std::size_t caller) const { return caller / options_.rooms < options_.talkers; }
    std::size_t room_of(std::size_t caller) const { return caller % options_.rooms; }
    // Neighbouring rooms have different voices.
    std::size_t talker_number(std::size_t caller) const {
        return room_of(caller) * options_.talkers + caller / options_.rooms;
    }

    const LoadOptions& options_;
    Voices& voices_;
    Progress progress_;
    server::SystemClock clock_;
    server::SystemRandom random_;
    ReceiveBatch batch_;
    std::vector<Caller> callers_;
    std::vector<TimePoint> invited_;
    std::vector<std::optional<SrtpKey>> keys_;  // of each caller's offer
    std::vector<std::size_t> recorded_;
    std::unique_ptr<Pacer> pacer_;
    CallFigures calls_;
    std::size_t answered_or_refused_ = 0;
    bool hanging_up_ = false;
    std::uint64_t unsent_ = 0;
    std::uint64_t late_ = 0;
};

}  // namespace rotunda::bench
