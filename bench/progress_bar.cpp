#include "bench/progress_bar.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace rotunda::bench {
namespace {

constexpr int width = 40;

}  // namespace

std::string progress_line(std::string_view what, double done) {
    const double part = std::clamp(done, 0.0, 1.0);
    const auto full = static_cast<int>(part * width);
    return fmt::format("[{:#<{}}{:-<{}}] {:3.0f} % {}", "", full, "", width - full, 100 * part, what);
}

ProgressBar::ProgressBar() : terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
    if (!shown_.empty()) std::fputs("\r\033[K", stderr);
}

void ProgressBar::show(std::string_view what, double done) {
    if (!terminal_) return;
    std::string line = progress_line(what, done);
    if (line == shown_) return;
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
    shown_ = std::move(line);
}

}  // namespace rotunda::bench
