// Hours of the week, such as "mon-fri 08:00-18:00". A value, pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rotunda::rooms {

class WeekHours {
  public:
    // "mon-fri 08:00-18:00", "sat 09:00-13:00"; without days every day. What ends before it begins ends the
    // next morning: "22:00-06:00".
    static std::optional<WeekHours> parse(std::string_view text);

    // In minutes since Monday, 00:00.
    bool contains(int minute_of_week) const;
    const std::string& text() const { return text_; }

  private:
    std::string text_;
    std::uint8_t days_ = 0x7f;  // of which it begins; bit 0: Monday
    int from_ = 0, until_ = 0;  // minutes of the day
};

}  // namespace rotunda::rooms
