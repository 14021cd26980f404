// One line on a terminal that shows how far a run is; nothing where the output is no terminal.
#pragma once

#include <string>
#include <string_view>

namespace rotunda::bench {

// "[########------------]  40 % calls"
std::string progress_line(std::string_view what, double done);

class ProgressBar {
  public:
    ProgressBar();
    ~ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    void show(std::string_view what, double done);

  private:
    bool terminal_;
    std::string shown_;
};

}  // namespace rotunda::bench
