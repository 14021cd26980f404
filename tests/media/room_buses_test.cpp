// Who hears which mix through which encoder, and when he goes back.
#include "media/room_buses.hpp"

#include <doctest/doctest.h>

#include "tests/media/bus_bench.hpp"

using namespace rotunda;
using namespace rotunda::media;

TEST_CASE("listeners with equal settings share one encoder, others have their own") {
    EncoderPool pool;
    RoomBuses buses(pool);
    Listener a, b, c, d;
    buses.attach(a, settings_for(AudioCodec::pcmu), 0);
    buses.attach(b, settings_for(AudioCodec::pcmu), 0);
    buses.attach(c, settings_for(AudioCodec::pcma), 0);
    AudioSettings longer = settings_for(AudioCodec::pcmu);
    longer.ptime_ms = 40;
    buses.attach(d, longer, 0);
    CHECK(a.encoder() == b.encoder());
    CHECK(buses.shared_encoders() == 3);
    CHECK(buses.rates() == only_rate(8000));
    for (Listener* listener : {&a, &b, &c, &d}) buses.detach(*listener);
    CHECK(buses.shared_encoders() == 0);
    CHECK(buses.rates() == 0);
    CHECK(pool.idle() == 3);
}

TEST_CASE("settings without an encoder leave the listener without sound, and nothing else disturbed") {
    EncoderPool pool;
    RoomBuses buses(pool);
    Listener listener;
    AudioSettings impossible = settings_for(AudioCodec::opus);
    impossible.ptime_ms = 17;
    buses.attach(listener, impossible, 0);
    CHECK_FALSE(listener.is_attached());
    buses.make_private(listener, 0);
    buses.detach(listener);
    CHECK(buses.shared_encoders() == 0);
}

TEST_CASE("who gets an encoder of his own takes its whole state along: the same bytes for the same sound") {
    for (AudioCodec codec : {AudioCodec::pcmu, AudioCodec::g722, AudioCodec::opus}) {
        CAPTURE(encoding_name(codec));
        BusBench bench(codec);
        for (int i = 0; i < 50; ++i) bench.tick(6000);
        bench.buses.make_private(bench.mover, bench.position);
        CHECK(bench.mover.encoder() != bench.witness.encoder());
        bench.tick(6000);
        CHECK(bench.same_payload());
    }
}

TEST_CASE("back to the shared encoder: Opus and G.711 after equal input for a while, G.722 only in quiet") {
    BusBench opus(AudioCodec::opus), pcmu(AudioCodec::pcmu), g722(AudioCodec::g722);
    for (BusBench* bench : {&opus, &pcmu, &g722}) {
        for (int i = 0; i < 50; ++i) bench->tick(6000);
        for (int i = 0; i < 50; ++i) bench->tick(6000, true);
        CHECK(bench->mover.is_private());
        CHECK_FALSE(bench->same_payload());
        for (int i = 0; i < 5; ++i) bench->tick(6000);
    }
    CHECK_FALSE(pcmu.mover.is_private());
    CHECK(opus.mover.is_private());
    for (BusBench* bench : {&opus, &g722})
        for (int i = 0; i < 8; ++i) bench->tick(6000);
    CHECK_FALSE(opus.mover.is_private());
    CHECK(g722.mover.is_private());
    for (int i = 0; i < 250; ++i) g722.tick(6000);
    CHECK(g722.mover.is_private());
    for (int i = 0; i < 5; ++i) g722.tick(50);
    CHECK(g722.mover.is_private());
    for (int i = 0; i < 5; ++i) g722.tick(50);
    CHECK_FALSE(g722.mover.is_private());
    CHECK(g722.buses.shared_encoders() == 1);
}

TEST_CASE("a lone listener's encoder moves with him when nobody uses the shared one") {
    EncoderPool pool;
    RoomBuses buses(pool);
    Listener only;
    buses.attach(only, settings_for(AudioCodec::opus), 0);
    buses.make_private(only, 0);
    CHECK(buses.shared_encoders() == 0);
    Sums sums;
    std::uint64_t position = 0;
    for (int i = 0; i < 15; ++i, position += 20) {
        sums.begin();
        buses.serve_shared(sums.all());
        if (only.is_private()) buses.serve_private(only, {&sums.at(48000), {}}, true, bus_block, position);
    }
    CHECK_FALSE(only.is_private());
    CHECK(buses.shared_encoders() == 1);
    buses.detach(only);
}

TEST_CASE("a talker who leaves while he waits for the shared encoder leaves nothing behind") {
    BusBench bench(AudioCodec::opus);
    for (int i = 0; i < 5; ++i) bench.tick(6000, true);
    for (int i = 0; i < 3; ++i) bench.tick(6000);
    CHECK(bench.mover.is_private());
    bench.buses.detach(bench.mover);
    bench.buses.detach(bench.witness);
    CHECK(bench.buses.shared_encoders() == 0);
}

TEST_CASE("numbers of their own make listeners no encodes of their own") {
    EncoderPool pool;
    RoomBuses buses(pool);
    std::vector<Listener> listeners(400);
    for (std::size_t i = 0; i < listeners.size(); ++i) {
        AudioSettings settings = settings_for(AudioCodec::opus);
        settings.max_bit_rate = 6000 + 150 * static_cast<int>(i);
        buses.attach(listeners[i], settings, 0);
    }
    CHECK(buses.shared_encoders() == 9);
    for (Listener& listener : listeners) buses.detach(listener);
    CHECK(buses.shared_encoders() == 0);
}
