#include "rooms/e_model.hpp"

#include <doctest/doctest.h>

using namespace rotunda;
using namespace rotunda::rooms;
using namespace std::chrono_literals;

TEST_CASE("an undisturbed connection has the rating and score of G.107") {
    CHECK(rating({}) == doctest::Approx(93.2));
    CHECK(mean_opinion_score({}) == doctest::Approx(4.41).epsilon(0.002));
}

TEST_CASE("loss costs as G.113 says: G.711 with concealment halves what is left at a quarter lost") {
    CHECK(rating({AudioCodec::pcmu, {}, 0.251}) == doctest::Approx(93.2 - 47.5));
    CHECK(mean_opinion_score({AudioCodec::pcmu, {}, 0.05}) <
          mean_opinion_score({AudioCodec::pcmu, {}, 0.01}));
    CHECK(rating({AudioCodec::opus, {}, 0.05}) > rating({AudioCodec::pcmu, {}, 0.05}));
}

TEST_CASE("delay costs little up to 177 ms, and much beyond") {
    CHECK(rating({AudioCodec::pcmu, 100ms, 0}) == doctest::Approx(93.2 - 2.4));
    CHECK(rating({AudioCodec::pcmu, 400ms, 0}) == doctest::Approx(93.2 - 9.6 - 0.11 * 222.7));
}

TEST_CASE("whatever is measured, a score is from 1 to 4.41") {
    for (const double loss : {-1.0, 0.0, 0.5, 1.0, 7.0})
        for (const Duration delay : {Duration(0), Duration(1h)}) {
            const double mos = mean_opinion_score({AudioCodec::g722, delay, loss});
            CHECK(mos >= 1.0);
            CHECK(mos <= 4.42);
        }
}
