#include "rooms/e_model.hpp"

#include <algorithm>

namespace rotunda::rooms {

namespace {

// G.107 with all defaults: R0 less the simultaneous impairments.
constexpr double undisturbed = 93.2;

// How a codec takes loss (G.113 appendix I, and what is published of Opus): impairment without loss, and how
// much loss halves what is left.
struct Robustness {
    double impairment;
    double loss;
};

Robustness robustness(AudioCodec codec) {
    switch (codec) {
        case AudioCodec::pcmu:
        case AudioCodec::pcma:
            return {0.0, 25.1};  // with packet loss concealment
        case AudioCodec::g722:
            return {0.0, 20.0};
        case AudioCodec::opus:
            return {0.0, 30.0};  // in-band FEC
    }
    return {0.0, 25.1};
}

// G.107's Idd, straightened: talk becomes an exchange of speeches above 177 ms.
double delay_impairment(Duration delay) {
    const double ms = to_ms(delay);
    return 0.024 * ms + (ms > 177.3 ? 0.11 * (ms - 177.3) : 0.0);
}

}  // namespace

double rating(const Connection& connection) {
    const Robustness codec = robustness(connection.codec);
    const double percent = std::clamp(connection.loss, 0.0, 1.0) * 100.0;
    const double impairment = codec.impairment + (95.0 - codec.impairment) * percent / (percent + codec.loss);
    return std::clamp(undisturbed - delay_impairment(connection.one_way_delay) - impairment, 0.0,
                      undisturbed);
}

double mean_opinion_score(const Connection& connection) {
    const double r = rating(connection);
    return std::max(1.0, 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6);
}

}  // namespace rotunda::rooms
