// Writes the Prometheus text exposition format, version 0.0.4.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

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

    std::string take() { return std::move(text_); }

  private:
    std::string text_;
    std::string name_;
};

}  // namespace rotunda::api
