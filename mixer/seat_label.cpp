#include "mixer/seat_label.hpp"

#include <algorithm>
#include <vector>

#include "mixer/scaler.hpp"
#include "mixer/shapes.hpp"

namespace rotunda::mixer {
namespace {

constexpr int least_letter = 9;  // samples; smaller ones cannot be read
constexpr int most_letter = 40;
constexpr int seat_heights_per_letter = 15;

std::string key_of(std::string_view name, PictureSize seat, int marks) {
    return std::to_string(seat.width) + "x" + std::to_string(seat.height) + "/" + std::to_string(marks) +
           "/" + std::string(name);
}

std::vector<Mark> marks_of(const SeatLabel& label) {
    std::vector<Mark> out;
    if (label.muted) out.push_back(Mark::muted);
    if (label.on_hold) out.push_back(Mark::on_hold);
    if (label.audio_only) out.push_back(Mark::audio_only);
    return out;
}

}  // namespace

std::shared_ptr<const Overlay> LabelMaker::label(const SeatLabel& label, PictureSize seat) {
    const int letter = std::min(most_letter, std::max(least_letter, seat.height / seat_heights_per_letter));
    if (label.empty() || seat.height < 4 * letter || seat.width < 6 * letter) return nullptr;
    const std::string key = key_of(label.name, seat, label.muted + 2 * label.on_hold + 4 * label.audio_only);
    if (const auto at = labels_.find(key); at != labels_.end()) return at->second;
    if (labels_.size() == most_kept) labels_.clear();
    return labels_[key] = std::make_shared<const Overlay>(draw_label(label, seat, letter));
}

Overlay LabelMaker::draw_label(const SeatLabel& label, PictureSize seat, int letter) {
    const std::vector<Mark> marks = marks_of(label);
    const int margin = letter / 2, height = 2 * letter, mark_side = letter * 5 / 4;
    const int marks_width = static_cast<int>(marks.size()) * (mark_side + margin);
    const Coverage name = text_.paint(label.name, letter, seat.width - 4 * margin - marks_width);
    const int name_width = name.size.width > 0 ? name.size.width + margin : 0;
    const int width = margin + marks_width + name_width;

    Drawing out({width + margin, height + margin});  // stands off the corner
    out.add(rounded_box({width, height}, margin), margin, 0, style_.box, style_.box_opacity);
    int x = 2 * margin;
    for (const Mark m : marks) {
        out.add(mark(m, mark_side), x, (height - mark_side) / 2, style_.warning);
        x += mark_side + margin;
    }
    out.add(name, x, (height - name.size.height) / 2, style_.text);
    return Overlay(out);
}

Picture LabelMaker::monogram(std::string_view name, PictureSize seat) {
    const std::string letters = initials(name);
    const std::string key = key_of(letters, seat, 0);
    if (const auto at = monograms_.find(key); at != monograms_.end()) return at->second;
    if (monograms_.size() == most_kept) monograms_.clear();
    return monograms_[key] = draw_monogram(letters, seat);
}

Picture LabelMaker::draw_monogram(std::string_view letters, PictureSize seat) {
    const int diameter = std::min(seat.width, seat.height) / 2;
    Drawing drawing({diameter, diameter});
    drawing.add(disc(diameter), 0, 0, style_.monogram_disc);
    const Coverage text = text_.paint(letters, diameter * 2 / 5, diameter, true);
    drawing.add(text, (diameter - text.size.width) / 2, (diameter - text.size.height) / 2,
                style_.monogram_text);
    PictureBuffer out(seat);
    fill(out.view(), style_.background);
    Overlay(drawing).paint(out.view(), (seat.width - diameter) / 2 & ~1, (seat.height - diameter) / 2 & ~1);
    return PictureBuffer::finish(std::move(out));
}

}  // namespace rotunda::mixer
