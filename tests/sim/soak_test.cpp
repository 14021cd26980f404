// People come and go all the time; one who stays must not notice.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>
#include <vector>

#include "tests/sim/conference.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

constexpr double loud = 0.2;
// Of allocations: its phones keep what they said in few, large pieces. A thousand people have left each
// minute.
constexpr std::int64_t kept_by_simulation = 200;

// Who comes in turn.
std::vector<PhoneOptions> full_crowd() {
    const std::array codecs = {AudioCodec::pcmu, AudioCodec::g722, AudioCodec::opus, AudioCodec::pcma};
    std::vector<PhoneOptions> crowd;
    for (std::size_t i = 0; i < 24; ++i) {
        const Signal signal = i % 3 == 0 ? tone(900 + 31.0 * static_cast<double>(i), 0.03) : silence();
        crowd.push_back(
            phone_with(codecs[i % codecs.size()], signal, std::chrono::microseconds(i * 7919 % 20000)));
        crowd.back().dtx = i % 2 == 0;
    }
    return crowd;
}

// The same with few at once, and fewer of those whose codecs cost most: for long runs.
std::vector<PhoneOptions> thin_crowd() {
    std::vector<PhoneOptions> crowd;
    for (std::size_t i = 0; i < 40; ++i) {
        AudioCodec codec = i % 2 == 0 ? AudioCodec::pcmu : AudioCodec::pcma;
        if (i % 10 == 3) codec = AudioCodec::g722;
        if (i == 7) codec = AudioCodec::opus;
        const bool talks = i % 8 == 7;
        crowd.push_back(phone_with(codec, talks ? tone(900 + 31.0 * static_cast<double>(i), 0.03) : silence(),
                                   std::chrono::microseconds(i * 7919 % 20000)));
        crowd.back().dtx = codec == AudioCodec::opus;
        crowd.back().sends = talks || i % 4 == 0;
    }
    return crowd;
}

// A thousand joins a minute, three codecs and DTX among them; some who come talk.
class Churn {
  public:
    Churn(Conference& conference, const std::vector<PhoneOptions>& crowd, std::size_t at_once)
        : conference_(conference), at_once_(at_once) {
        for (const PhoneOptions& options : crowd) away_.push_back(&conference_.make_phone(options));
    }

    void minute() {
        for (int i = 0; i < 1000; ++i) {
            enter();
            if (here_.size() > at_once_) leave();
            conference_.run(60ms);
        }
    }
    void leave() {
        Phone& phone = *here_.front();
        conference_.leave(phone);
        phone.forget();
        away_.push_back(&phone);
        here_.pop_front();
    }
    bool is_empty() const { return here_.empty(); }

  private:
    void enter() {
        Phone& phone = *away_.front();
        away_.pop_front();
        phone.new_stream();
        conference_.enter(phone, phone.leg());
        here_.push_back(&phone);
    }

    Conference& conference_;
    std::size_t at_once_;
    std::deque<Phone*> here_, away_;
};

void soak(int minutes, const std::vector<PhoneOptions>& crowd, std::size_t at_once) {
    Conference conference;
    Phone& speaker = conference.join(phone_with(AudioCodec::pcmu, tone(440, loud), 5ms));
    Phone& witness = conference.join(phone_with(AudioCodec::pcmu, silence(), 9ms));
    Churn churn(conference, crowd, at_once);
    conference.run(2s);
    std::int64_t live = 0;
    for (int minute = 0; minute < minutes; ++minute) {
        CAPTURE(minute);
        witness.forget();
        speaker.forget();
        churn.minute();
        const Samples heard(witness.heard());
        CHECK(heard.size() > 8000 * 59);
        CHECK(longest_gap_ms(heard, 440, 8000, loud) <= 40);
        CHECK(witness.sequence_breaks() == 0);
        while (!churn.is_empty()) churn.leave();
        conference.run(1s);
        CHECK(conference.engine.counters().sessions == 2);
        if (minute == 0) live = live_allocations();
        CHECK(live_allocations() - live < kept_by_simulation);
    }
    MESSAGE("allocations alive after ", minutes,
            " minutes, more than after one: ", live_allocations() - live);
    CHECK(conference.engine.counters().skipped_ticks == 0);
}

}  // namespace

TEST_CASE(
    "a thousand joins and leaves a minute: a witness never loses the tone, and nothing is kept of them") {
    soak(2, full_crowd(), 20);
}

// ROTUNDA_SOAK_MINUTES makes it another time.
TEST_CASE("an hour of a thousand joins and leaves a minute: no gap, and no growth of memory") {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    constexpr int minutes = 10;  // each takes ten times as long
#else
    constexpr int minutes = 60;
#endif
    const char* wanted = std::getenv("ROTUNDA_SOAK_MINUTES");
    soak(wanted ? std::atoi(wanted) : minutes, thin_crowd(), 4);
}
