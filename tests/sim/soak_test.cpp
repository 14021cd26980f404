// People come and go all the time; one who stays must not notice.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>

#include "tests/sim/conference.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

constexpr double loud = 0.2;
constexpr std::size_t at_once = 20;

// A thousand joins a minute, three codecs and DTX among them; some who come talk.
class Churn {
  public:
    explicit Churn(Conference& conference) : conference_(conference) {
        const std::array codecs = {AudioCodec::pcmu, AudioCodec::g722, AudioCodec::opus, AudioCodec::pcma};
        for (std::size_t i = 0; i < at_once + 4; ++i) {
            const Signal signal = i % 3 == 0 ? tone(900 + 31.0 * static_cast<double>(i), 0.03) : silence();
            PhoneOptions options =
                phone_with(codecs[i % codecs.size()], signal, std::chrono::microseconds(i * 7919 % 20000));
            options.dtx = i % 2 == 0;
            away_.push_back(&conference_.make_phone(options));
        }
    }

    void minute() {
        for (int i = 0; i < 1000; ++i) {
            enter();
            if (here_.size() > at_once) leave();
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
    std::deque<Phone*> here_, away_;
};

}  // namespace

// ROTUNDA_SOAK_MINUTES=60 makes it an hour.
TEST_CASE(
    "a thousand joins and leaves a minute: a witness never loses the tone, and nothing is kept of them") {
    const char* wanted = std::getenv("ROTUNDA_SOAK_MINUTES");
    const int minutes = wanted ? std::atoi(wanted) : 2;
    Conference conference;
    conference.join(phone_with(AudioCodec::pcmu, tone(440, loud), 5ms));
    Phone& witness = conference.join(phone_with(AudioCodec::pcmu, silence(), 9ms));
    Churn churn(conference);
    conference.run(2s);
    std::int64_t live = 0;
    for (int minute = 0; minute < minutes; ++minute) {
        CAPTURE(minute);
        witness.forget();
        churn.minute();
        const Samples heard(witness.heard());
        CHECK(heard.size() > 8000 * 59);
        CHECK(longest_gap_ms(heard, 440, 8000, loud) <= 40);
        CHECK(witness.sequence_breaks() == 0);
        while (!churn.is_empty()) churn.leave();
        conference.run(1s);
        CHECK(conference.engine.counters().sessions == 2);
        // The simulation itself keeps what its phones said: in few, large pieces.
        if (minute == 0) live = live_allocations();
        CHECK(live_allocations() - live < 2000);
    }
    CHECK(conference.engine.counters().skipped_ticks == 0);
}
