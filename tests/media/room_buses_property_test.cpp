// Listeners who come, talk, fall silent, are deafened and go in any order, against a room in which nothing is
// shared: each has an encoder of his own from the beginning.
#include <doctest/doctest.h>

#include <map>
#include <optional>

#include "base/random.hpp"
#include "mixer/level.hpp"
#include "tests/media/bus_bench.hpp"

using namespace rotunda;
using namespace rotunda::media;

namespace {

constexpr std::array all_codecs = {AudioCodec::pcmu, AudioCodec::pcma, AudioCodec::g722, AudioCodec::opus};

// The rule as it is written down: after how long in equal sound he is back, and how loud that may have been.
struct Rule {
    explicit Rule(AudioCodec codec, int ptime_ms) {
        const bool remembers = codec == AudioCodec::opus || codec == AudioCodec::g722;
        equal_ms = remembers ? std::max(200, ptime_ms) : ptime_ms;
        if (codec == AudioCodec::g722) loudest_dbov = -50;
    }
    int equal_ms;
    float loudest_dbov = 100;
};

struct Person {
    Listener listener;
    AudioSettings settings;
    bool attached = false, talks = false, deaf = false;

    // The plain model.
    std::unique_ptr<FrameEncoder> encoder;
    AudioBus bus;
    int whole_frames = 0;  // since he came; the first may have been under way
    bool is_private = false;
    int equal_ms = 0;  // so long he has heard what all hear
};

class Room {
  public:
    explicit Room(std::uint64_t seed) : random_(seed), buses_(pool_), people_(2 + random_.u32() % 7) {}
    ~Room() {
        for (Person& person : people_) buses_.detach(person.listener);
        CHECK(buses_.shared_encoders() == 0);
        CHECK(pool_.in_use() == 0);
    }

    void tick() {
        for (Person& person : people_) change(person);
        if (random_.u32() % 25 == 0)
            loudness_ = std::array{0.0, 20.0, 60.0, 1500.0, 3000.0}[random_.u32() % 5];
        sum();
        for (Person& person : people_)
            if (person.attached && differs(person)) {
                buses_.make_private(person.listener, position_);
                person.is_private = true;
            }
        buses_.serve_shared(sums_.all());
        for (Person& person : people_)
            if (person.attached) serve(person);
        count_encoders();
        position_ += 20;
    }

    int moves_back = 0, frames_compared = 0;

  private:
    bool chance(std::uint32_t one_in) { return random_.u32() % one_in == 0; }
    static bool differs(const Person& person) { return person.talks || person.deaf; }

    void change(Person& person) {
        if (person.attached ? chance(400) : chance(20)) {
            if (person.attached)
                leave(person);
            else
                come(person);
        }
        if (!person.attached) return;
        if (chance(person.talks ? 30 : 60)) person.talks = !person.talks;
        if (chance(person.deaf ? 40 : 300)) person.deaf = !person.deaf;
    }
    void come(Person& person) {
        AudioSettings settings;
        settings.codec = all_codecs[random_.u32() % all_codecs.size()];
        settings.ptime_ms = std::array{20, 40, 60}[random_.u32() % 3];
        person.settings = settings;
        person.attached = true;
        person.talks = person.deaf = person.is_private = false;
        person.equal_ms = person.whole_frames = 0;
        person.bus = AudioBus();
        person.encoder = FrameEncoder::make(settings);
        person.encoder->start(static_cast<int>(position_ % static_cast<unsigned>(settings.ptime_ms)));
        buses_.attach(person.listener, settings, position_);
        REQUIRE(person.listener.is_attached());
    }
    void leave(Person& person) {
        buses_.detach(person.listener);
        REQUIRE_FALSE(person.listener.is_attached());
        person.attached = false;
    }

    // Below the limiter's threshold, whoever talks.
    std::vector<std::int16_t> voice_of(const Person& person, int rate_hz) const {
        const auto n = static_cast<double>(&person - people_.data());
        return tone(1500, 300 + 170 * n, rate_hz, position_);
    }
    void sum() {
        sums_.begin();
        for (const int rate : codec_rates_hz) {
            silence_[rate_index(rate)].begin(rate, samples_in(rate, 20));
            sums_.at(rate).add(Pcm(tone(loudness_, 437, rate, position_)));
            for (const Person& person : people_)
                if (person.attached && person.talks) sums_.at(rate).add(Pcm(voice_of(person, rate)));
        }
    }

    void serve(Person& person) {
        const int rate = audio_rate_hz(person.settings.codec);
        const auto own = person.talks ? voice_of(person, rate) : std::vector<std::int16_t>{};
        const BusInput input =
            person.deaf ? BusInput{&silence_[rate_index(rate)], {}} : BusInput{&sums_.at(rate), Pcm(own)};
        const bool was_private = person.is_private;
        REQUIRE(person.listener.is_private() == was_private);
        if (was_private) buses_.serve_private(person.listener, input, !differs(person), bus_block, position_);
        std::vector<std::int16_t> heard(samples_in(rate, 20));
        person.bus.render(input, heard);
        person.encoder->feed(heard);
        check_place(person, heard);
        check_frame(person);
    }

    // He goes back as soon as the rule allows it, and not before. In the first tick of equal sound the shared
    // encoder is only taken.
    void check_place(Person& person, Pcm heard) {
        if (!person.is_private) return;
        const Rule rule(person.settings.codec, person.settings.ptime_ms);
        if (differs(person))
            person.equal_ms = -20;
        else if (person.equal_ms < 0)
            person.equal_ms = 0;
        else
            person.equal_ms = mixer::level_dbov(heard) <= rule.loudest_dbov ? person.equal_ms + 20 : 0;
        const bool may = person.equal_ms >= rule.equal_ms;
        REQUIRE(person.listener.is_private() != may);
        if (!may) return;
        person.is_private = false;
        person.equal_ms = 0;
        ++moves_back;
    }

    // One frame each time the room's media time is a whole number of them; G.711 forgets nothing and invents
    // nothing, so it is the same frame bit for bit.
    void check_frame(Person& person) {
        const FrameEncoder& encoder = *person.listener.encoder();
        REQUIRE(encoder.settings() == person.settings);
        const bool ends = (position_ + 20) % static_cast<unsigned>(person.settings.ptime_ms) == 0;
        REQUIRE(encoder.frame_done() == ends);
        REQUIRE(person.encoder->frame_done() == ends);
        if (!ends || person.whole_frames++ == 0) return;
        if (audio_rate_hz(person.settings.codec) != 8000) return;
        const Bytes a = encoder.payload(), b = person.encoder->payload();
        REQUIRE(std::ranges::equal(a, b));
        ++frames_compared;
    }

    // One for each who hears something of his own, one for each setting that somebody shares or waits for.
    void count_encoders() {
        std::size_t own = 0;
        std::vector<AudioSettings> shared;
        for (const Person& person : people_) {
            if (!person.attached) continue;
            own += person.is_private;
            if (person.is_private && differs(person)) continue;
            if (std::ranges::find(shared, person.settings) == shared.end()) shared.push_back(person.settings);
        }
        REQUIRE(buses_.shared_encoders() == shared.size());
        REQUIRE(pool_.in_use() == shared.size() + own);
    }

    SeededRandom random_;
    EncoderPool pool_;
    RoomBuses buses_;
    std::vector<Person> people_;
    Sums sums_;
    PerRate<mixer::AudioMixer> silence_;
    double loudness_ = 1500;
    std::uint64_t position_ = 0;
};

}  // namespace

TEST_CASE("in any order of coming, talking and going everyone hears what an encoder of his own would give") {
    int moves_back = 0, frames = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        Room room(seed);
        for (int i = 0; i < 600; ++i) room.tick();
        moves_back += room.moves_back;
        frames += room.frames_compared;
    }
    CHECK(moves_back > 500);
    CHECK(frames > 20'000);
}
