#include "bench/pacer.hpp"

#include <algorithm>
#include <numeric>

namespace rotunda::bench {
namespace {

// The golden section spreads any first few of the callers best; the next number without a common factor
// visits all.
std::uint64_t stride_for(std::uint64_t callers) {
    auto stride =
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(static_cast<double>(callers) * 0.6180339887));
    while (std::gcd(stride, callers) != 1) ++stride;
    return stride;
}

// x with stride * x = 1 modulo callers, so that caller i stands at slot i * inverse.
std::uint64_t inverse_of(std::uint64_t stride, std::uint64_t callers) {
    for (std::uint64_t x = 1; x < callers; ++x)
        if (stride * x % callers == 1) return x;
    return 1;
}

}  // namespace

Pacer::Pacer(TimePoint start, Duration ptime, std::size_t callers)
    : start_(start), ptime_(ptime), callers_(callers), stride_(inverse_of(stride_for(callers), callers)) {}

TimePoint Pacer::deadline(std::uint64_t turn) const {
    const auto round = static_cast<std::int64_t>(turn / callers_);
    const auto slot = static_cast<std::int64_t>(turn % callers_);
    return start_ + round * ptime_ + slot * ptime_ / static_cast<std::int64_t>(callers_);
}

std::optional<Pacer::Turn> Pacer::take(TimePoint now) {
    const TimePoint due = next();
    if (due > now) return std::nullopt;
    const Turn turn{static_cast<std::size_t>(turn_ % callers_ * stride_ % callers_), due};
    ++turn_;
    return turn;
}

}  // namespace rotunda::bench
