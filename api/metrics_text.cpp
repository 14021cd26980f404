#include "api/metrics_text.hpp"

#include <fmt/format.h>

namespace rotunda::api {

namespace {

std::string escaped(std::string_view value) {
    std::string out;
    for (const char c : value) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out;
}

}  // namespace

void MetricsText::metric(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

void MetricsText::sample(double value, Labels labels) {
    text_ += name_;
    char before = '{';
    for (const auto& [name, label] : labels) {
        text_ += fmt::format("{}{}=\"{}\"", before, name, escaped(label));
        before = ',';
    }
    if (labels.size() > 0) text_ += '}';
    text_ += fmt::format(" {}\n", value);
}

void MetricsText::counter(std::string_view name, std::uint64_t value, std::string_view help) {
    metric(name, "counter", help);
    sample(static_cast<double>(value));
}

void MetricsText::gauge(std::string_view name, double value, std::string_view help) {
    metric(name, "gauge", help);
    sample(value);
}

void MetricsText::histogram(std::string_view name, std::span<const double> bounds,
                            std::span<const std::uint64_t> counts, double sum, std::string_view help) {
    metric(name, "histogram", help);
    std::uint64_t up_to = 0;
    for (std::size_t i = 0; i < bounds.size(); ++i)
        text_ += fmt::format("{}_bucket{{le=\"{}\"}} {}\n", name, bounds[i], up_to += counts[i]);
    up_to += counts.back();
    text_ += fmt::format("{0}_bucket{{le=\"+Inf\"}} {1}\n{0}_sum {2}\n{0}_count {1}\n", name, up_to, sum);
}

}  // namespace rotunda::api
