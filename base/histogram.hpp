// Counts of values by size, as Prometheus takes them. A value.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace rotunda {

template <std::size_t Bounds>
struct Histogram {
    std::array<double, Bounds> bounds{};             // ascending; a value equal to one belongs to it
    std::array<std::uint64_t, Bounds + 1> counts{};  // the last one is of what is above all bounds
    double sum = 0;

    void add(double value) {
        const auto bound = std::lower_bound(bounds.begin(), bounds.end(), value);
        ++counts[static_cast<std::size_t>(bound - bounds.begin())];
        sum += value;
    }
    Histogram& operator+=(const Histogram& other) {
        for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
        sum += other.sum;
        return *this;
    }
};

}  // namespace rotunda
