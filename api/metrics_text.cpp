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

}  // namespace rotunda::api
