// Writes the Prometheus text exposition format, version 0.0.4.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/histogram.hpp"

namespace rotunda::api {

class MetricsText {
  public:
    using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    // Begins a metric; its samples follow. type: "counter", "gauge".
    void metric(std::string_view name, std::string_view type, std::string_view help);
    // A sample of the metric begun last.
    void sample(double value, Labels labels = {});
    // A metric of one sample.
    void counter(std::string_view name, std::uint64_t value, std::string_view help);
    void gauge(std::string_view name, double value, std::string_view help);

    // A histogram (base/histogram.hpp).
    template <std::size_t Bounds>
    void histogram(std::string_view name, const Histogram<Bounds>& values, std::string_view help) {
        histogram(name, values.bounds, values.counts, values.sum, help);
    }

    std::string take() { return std::move(text_); }

  private:
    void histogram(std::string_view name, std::span<const double> bounds,
                   std::span<const std::uint64_t> counts, double sum, std::string_view help);

    std::string text_;
    std::string name_;
};

}  // namespace rotunda::api
