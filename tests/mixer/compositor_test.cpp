// Scaling, composing and labels, held to plain loops.
#include "mixer/compositor.hpp"

#include <doctest/doctest.h>
#include <libyuv/cpu_id.h>

#include <array>
#include <string>
#include <vector>

#include "mixer/layout.hpp"
#include "mixer/seat_label.hpp"
#include "mixer/shapes.hpp"
#include "tests/mixer/picture_reference.hpp"

using namespace rotunda;
using namespace rotunda::mixer;
using namespace rotunda::test;

namespace {

constexpr Yuv black{16, 128, 128}, red{81, 90, 240}, green{145, 54, 34}, blue{41, 240, 110},
    grey{126, 128, 128};

Picture scaled(PictureBuffer from, PictureSize to) {
    PictureBuffer out(to);
    draw(PictureBuffer::finish(std::move(from)), out.view(), Fit::crop, black);
    return PictureBuffer::finish(std::move(out));
}

SeatView seat(PictureArea area, std::optional<Picture> picture, Fit fit = Fit::letterbox) {
    SeatView out;
    out.area = area;
    out.picture = std::move(picture);
    out.fit = fit;
    return out;
}

// What scaling and blending may use of the processor, as long as it lives; libyuv asks it once and remembers.
class Processor {
  public:
    explicit Processor(int features) { libyuv::MaskCpuFlags(libyuv::kCpuInitialized | features); }
    Processor(const Processor&) = delete;
    Processor& operator=(const Processor&) = delete;
    ~Processor() { libyuv::MaskCpuFlags(-1); }
};

// From plain loops upwards; what this processor lacks is not used.
constexpr int sse2 = libyuv::kCpuHasX86 | libyuv::kCpuHasSSE2,
              sse4 = sse2 | libyuv::kCpuHasSSSE3 | libyuv::kCpuHasSSE41 | libyuv::kCpuHasSSE42,
              avx2 = sse4 | libyuv::kCpuHasAVX | libyuv::kCpuHasAVX2;
constexpr std::array paths = {0, sse2, sse4, avx2, -1};

// Pictures of all kinds in seats of all shapes, with labels: every step of composing.
std::vector<PictureBuffer> everything_drawn() {
    const PictureSize pictures[] = {{640, 360}, {1280, 720}, {640, 480},
                                    {175, 143}, {353, 287},  {1921, 1081}};
    const PictureSize seats[] = {{640, 360}, {320, 180}, {160, 90}, {426, 240}, {1280, 720}, {46, 34}};
    Drawing drawing({46, 30});
    drawing.add(disc(29), 7, 0, red, 200);
    const Overlay overlay(drawing);
    std::vector<PictureBuffer> out;
    for (const PictureSize from : pictures)
        for (const PictureSize to : seats)
            for (const Fit fit : {Fit::letterbox, Fit::crop}) {
                Picture picture = PictureBuffer::finish(noise(from));
                picture.full_range = fit == Fit::crop;
                PictureBuffer canvas(to);
                draw(picture, canvas.view(), fit, blue);
                overlay.paint(canvas.view(), 0, 2);
                out.push_back(std::move(canvas));
            }
    return out;
}

long covered(const Coverage& coverage) {
    long sum = 0;
    for (std::uint8_t sample : coverage.samples) sum += sample;
    return sum / 255;
}

}  // namespace

TEST_CASE("a picture of the seat's own size is copied") {
    const PictureBuffer from = noise({320, 180});
    CHECK(same_samples(scaled(from, {320, 180}).view, from.view()));
}

TEST_CASE("an exact half or quarter is the mean of what each sample covers") {
    for (PictureSize to : {PictureSize{320, 180}, PictureSize{160, 90}}) {
        const PictureBuffer from = noise({640, 360});
        CHECK(worst_distance(from.view(), scaled(from, to).view) <= 1.01);
    }
}

TEST_CASE("other ratios, down and up, and odd sizes stay close to what scaling means") {
    const PictureSize sizes[][2] = {{{1280, 720}, {426, 240}},  {{640, 480}, {426, 320}},
                                    {{640, 360}, {1280, 720}},  {{175, 143}, {320, 260}},
                                    {{1921, 1081}, {320, 180}}, {{353, 287}, {176, 144}}};
    for (const auto& [from_size, to] : sizes) {
        CAPTURE(from_size.width);
        const PictureBuffer from = waves(from_size);
        const Picture out = scaled(from, to);
        // Cropped to the shape by a sample or two at most.
        CHECK(worst_distance(from.view(), out.view) <= 8);
    }
}

TEST_CASE("whatever the processor can do, the picture is the one plain loops give") {
    std::vector<PictureBuffer> reference;
    for (const int path : paths) {
        CAPTURE(path);
        const Processor processor(path);
        auto drawn = everything_drawn();
        if (reference.empty()) {
            reference = std::move(drawn);
            continue;
        }
        REQUIRE(drawn.size() == reference.size());
        for (std::size_t i = 0; i < drawn.size(); ++i) {
            CAPTURE(i);
            // Paths round the last bit of a weight differently.
            CHECK(worst_step(std::as_const(reference[i]).view(), std::as_const(drawn[i]).view()) <= 1);
        }
    }
}

TEST_CASE("no size is too small or too narrow to be drawn, and nothing outside the seat is touched") {
    for (PictureSize from : {PictureSize{1, 1}, PictureSize{2, 2}, PictureSize{1, 1000}, PictureSize{1000, 1},
                             PictureSize{3, 5}, PictureSize{2000, 2}})
        for (PictureSize to :
             {PictureSize{2, 2}, PictureSize{64, 36}, PictureSize{2, 200}, PictureSize{200, 2}})
            for (Fit fit : {Fit::letterbox, Fit::crop}) {
                PictureBuffer canvas = plain({to.width + 8, to.height + 8}, grey);
                draw(plain_picture(from, green), canvas.view().part({4, 4, to.width, to.height}), fit, red);
                for (int x = 0; x < to.width + 8; ++x) {
                    REQUIRE(colour_at(canvas.view(), x, 3) == grey);
                    REQUIRE(colour_at(canvas.view(), x, to.height + 4) == grey);
                }
                for (int y = 0; y < to.height + 8; ++y) {
                    REQUIRE(colour_at(canvas.view(), 3, y) == grey);
                    REQUIRE(colour_at(canvas.view(), to.width + 4, y) == grey);
                }
                const PictureArea seen = place(from, to, fit).target;
                REQUIRE(colour_at(canvas.view(), 4 + seen.x, 4 + seen.y) == green);
            }
}

TEST_CASE("letterbox shows all of a picture between bars, crop fills the seat with its middle") {
    CHECK(place({640, 480}, {640, 360}, Fit::letterbox) == Placement{{0, 0, 640, 480}, {80, 0, 480, 360}});
    CHECK(place({640, 480}, {640, 360}, Fit::crop) == Placement{{0, 60, 640, 360}, {0, 0, 640, 360}});
    CHECK(place({360, 640}, {640, 360}, Fit::letterbox) == Placement{{0, 0, 360, 640}, {218, 0, 202, 360}});
    CHECK(place({1280, 720}, {640, 360}, Fit::crop) == Placement{{0, 0, 1280, 720}, {0, 0, 640, 360}});

    PictureBuffer canvas = plain({640, 360}, grey);
    draw(plain_picture({480, 480}, green), canvas.view(), Fit::letterbox, blue);
    CHECK(colour_at(canvas.view(), 100, 180) == blue);
    CHECK(colour_at(canvas.view(), 540, 180) == blue);
    CHECK(colour_at(canvas.view(), 320, 180) == green);
    CHECK(colour_at(canvas.view(), 320, 2) == green);
}

TEST_CASE("full range is brought to limited range") {
    Picture picture = plain_picture({64, 36}, {255, 255, 0});
    picture.full_range = true;
    PictureBuffer canvas({64, 36});
    draw(picture, canvas.view(), Fit::crop, black);
    CHECK(colour_at(canvas.view(), 30, 20) == Yuv{235, 240, 16});
}

TEST_CASE("each seat shows its own picture and the rest is background") {
    const Layout layout = make_layout(LayoutKind::grid, 3);
    const PictureSize size{640, 360};
    Compositor compositor(size, grey);
    const Yuv colours[] = {red, green, blue};
    std::vector<SeatView> seats;
    for (std::size_t i = 0; i < 4; ++i)
        seats.push_back(seat(layout.area(i, size),
                             i < 3 ? std::optional(plain_picture({160, 90}, colours[i])) : std::nullopt));
    CHECK(compositor.compose(seats) == 4);
    for (int y = 0; y < 360; ++y)
        for (int x = 0; x < 640; ++x) {
            const int at = x / 320 + 2 * (y / 180);
            REQUIRE(colour_at(compositor.view(), x, y) == (at < 3 ? colours[at] : grey));
        }
}

TEST_CASE("only what changed is drawn again, and the picture is the same as if all had been") {
    const PictureSize size{640, 360};
    const Layout layout = make_layout(LayoutKind::picture_in_picture, 2);
    const Picture large = PictureBuffer::finish(noise({640, 360}, 1)),
                  small = PictureBuffer::finish(noise({320, 180}, 2));
    const Picture other = PictureBuffer::finish(noise({320, 180}, 3));
    std::vector<SeatView> seats = {seat(layout.area(0, size), large), seat(layout.area(1, size), small)};
    Compositor compositor(size, black);
    CHECK(compositor.compose(seats) == 2);
    CHECK(compositor.compose(seats) == 0);
    seats[1].picture = other;
    CHECK(compositor.compose(seats) == 1);
    seats[0].picture = PictureBuffer::finish(noise({640, 360}, 4));
    CHECK(compositor.compose(seats) == 2);  // the inset lies above
    seats[1].picture.reset();
    CHECK(compositor.compose(seats) == 1);
    seats[1].picture = small;
    seats.push_back(seat({0, 0, 64, 36}, other));
    CHECK(compositor.compose(seats) == 3);
    seats.pop_back();
    compositor.compose(seats);

    Compositor fresh(size, black);
    fresh.compose(seats);
    CHECK(same_samples(compositor.view(), fresh.view()));
}

TEST_CASE("an overlay blends as far as it covers") {
    Coverage half({16, 16});
    std::fill(half.samples.begin(), half.samples.end(), std::uint8_t{128});
    Drawing drawing({32, 16});
    drawing.add(half, 0, 0, {235, 128, 128});
    drawing.add(half, 16, 0, red, 0);
    PictureBuffer canvas = plain({64, 64}, {35, 28, 228});
    Overlay(drawing).paint(canvas.view(), 8, 8);
    const Yuv blended = colour_at(canvas.view(), 10, 10);
    CHECK(std::abs(blended.y - 135) <= 1);
    CHECK(std::abs(blended.u - 78) <= 1);
    CHECK(std::abs(blended.v - 178) <= 1);
    CHECK(colour_at(canvas.view(), 30, 10) == Yuv{35, 28, 228});
    CHECK(colour_at(canvas.view(), 10, 30) == Yuv{35, 28, 228});
}

TEST_CASE("an overlay is cut off at the edge of the picture") {
    Drawing drawing({40, 40});
    drawing.add(rounded_box({40, 40}, 0), -10, -10, red);
    drawing.add(rounded_box({40, 40}, 0), 30, 30, blue);
    const Overlay overlay(drawing);
    PictureBuffer canvas = plain({24, 24}, grey);
    for (int at : {0, 2, 22, 24, 100}) overlay.paint(canvas.view(), at, at);
    CHECK(colour_at(canvas.view(), 23, 23) == red);
}

TEST_CASE("shapes cover what they should") {
    CHECK(std::abs(covered(disc(100)) - 7854) < 60);
    CHECK(covered(rounded_box({60, 40}, 0)) == 2400);
    CHECK(std::abs(covered(rounded_box({60, 40}, 20)) - (2400 - 343)) < 30);
    const Coverage muted = mark(Mark::muted, 40), held = mark(Mark::on_hold, 40),
                   blind = mark(Mark::audio_only, 40);
    for (const Coverage* c : {&muted, &held, &blind}) {
        CHECK(covered(*c) > 100);
        CHECK(covered(*c) < 900);
    }
    CHECK(muted.samples != held.samples);
    CHECK(held.samples != blind.samples);
}

TEST_CASE("words of any script become coverage, long ones end in an ellipsis") {
    TextPainter painter;
    for (const char* name : {"Ada Lovelace", "Ада Лавлейс", "Άντα Λάβλεϊς", "آدا لوفلايس"}) {
        CAPTURE(name);
        const Coverage text = painter.paint(name, 20, 400);
        CHECK(covered(text) > 100);
        CHECK(text.size.width > 60);
        CHECK(text.size.width <= 400);
        CHECK(text.size.height <= 40);
    }
    const Coverage cut = painter.paint(std::string(500, 'W'), 20, 100);
    CHECK(cut.size.width <= 100);
    CHECK(cut.size.width > 60);
    CHECK(covered(painter.paint("Ada", 20, 400, true)) > covered(painter.paint("Ada", 20, 400)));
}

TEST_CASE("the fonts that are installed with it know every script of a name") {
    TextPainter painter;
    for (const char* name : {"Élodie Łukasz", "Άντα Λάβλεϊς", "Ада Лавлейс", "עדה לאבלייס", "آدا لوفلايس",
                             "एडा लवलेस", "এডা লাভলেস", "அடா லவ்லேஸ்", "ఎడా లవ్‌లేస్",
                             "એડા લવલેસ", "ਐਡਾ ਲਵਲੇਸ", "ಅಡಾ ಲವ್ಲೇಸ್", "അഡ ലവ്‌ലേസ്",
                             "เอดา เลิฟเลซ", "漢字 汉语", "エイダ・ラブレス", "에이다 러블레이스"}) {
        CAPTURE(name);
        CHECK(painter.unknown(name) == 0);
        CHECK(covered(painter.paint(name, 20, 400)) > 100);
    }
    CHECK(painter.unknown("A\U000E1234") == 1);  // not assigned
}

TEST_CASE("text that is none is nothing, and markup and line breaks are only characters") {
    TextPainter painter;
    CHECK(painter.paint("", 20, 100).samples.empty());
    CHECK(painter.paint("  \t", 20, 100).samples.empty());
    CHECK(painter.paint("\xff\xfe", 20, 100).samples.empty());
    CHECK(painter.paint("Ada", 0, 100).samples.empty());
    CHECK(painter.paint("a\nb\nc\nd", 20, 400).size.height <= 40);
    CHECK(painter.paint("<b>Ada</b>", 20, 400).size.width > 2 * painter.paint("Ada", 20, 400).size.width);
}

TEST_CASE("initials are the first letters of the first and the last word") {
    CHECK(initials("Ada King Lovelace") == "AL");
    CHECK(initials("ada") == "A");
    CHECK(initials("  élodie  durand ") == "ÉD");
    CHECK(initials("") == "?");
    CHECK(initials("\xff") == "?");
}

TEST_CASE("a label stands in the lower left corner, is made once, and differs by what it says") {
    TextPainter text;
    LabelMaker maker(text);
    const PictureSize size{640, 360};
    const auto plain_label = maker.label({"Ada", false, false, false}, size);
    REQUIRE(plain_label);
    CHECK(maker.label({"Ada", false, false, false}, size) == plain_label);
    const auto muted = maker.label({"Ada", true, false, false}, size);
    CHECK(muted != plain_label);
    CHECK(muted->size().width > plain_label->size().width);
    CHECK(maker.label({"Ada", false, false, false}, {320, 180}) != plain_label);
    CHECK(!maker.label({}, size));
    CHECK(!maker.label({"Ada", false, false, false}, {16, 16}));

    Compositor compositor(size, black);
    SeatView view = seat({0, 0, 640, 360}, plain_picture(size, green));
    view.label = muted;
    compositor.compose({&view, 1});
    int touched = 0, brightest = 0;
    for (int y = 0; y < 360; ++y)
        for (int x = 0; x < 640; ++x)
            if (colour_at(compositor.view(), x, y) != green) {
                ++touched;
                brightest = std::max<int>(brightest, compositor.view().row(0, y)[x]);
                REQUIRE((x < 320 && y > 290));
            }
    CHECK(touched > 500);
    CHECK(brightest > 200);
    CHECK(compositor.compose({&view, 1}) == 0);
}

TEST_CASE("who has no picture has a monogram that fills his seat") {
    TextPainter text;
    LabelMaker maker(text);
    const Picture picture = maker.monogram("Ada Lovelace", {640, 360});
    CHECK(picture.view.size == PictureSize{640, 360});
    CHECK(colour_at(picture.view, 2, 2) == LabelStyle{}.background);
    CHECK(colour_at(picture.view, 320, 104) == LabelStyle{}.monogram_disc);
    CHECK(maker.monogram("Anna Lund", {640, 360}).owner == picture.owner);  // the same letters
    CHECK(maker.monogram("Bob", {640, 360}).owner != picture.owner);
    CHECK(maker.monogram("Bob", {2, 2}).view.size == PictureSize{2, 2});
}

TEST_CASE("what is kept of labels is bounded") {
    TextPainter text;
    LabelMaker maker(text);
    std::weak_ptr<const Overlay> first = maker.label({"0", false, false, false}, {320, 180});
    for (int i = 1; i < 400; ++i) maker.label({std::to_string(i), false, false, false}, {320, 180});
    CHECK(first.expired());
}
