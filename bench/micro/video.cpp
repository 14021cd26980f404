// What a picture costs on its way through the server, step by step: decode, scale, compose, encode. Times are
// of one thread; pictures move, so that encoders have something to do.
#include <benchmark/benchmark.h>

#include <vector>

#include "codecs/video_decoder.hpp"
#include "codecs/video_encoder.hpp"
#include "mixer/compositor.hpp"
#include "mixer/layout.hpp"
#include "tests/codecs/moving_picture.hpp"

using namespace rotunda;

namespace {

constexpr int pictures = 30;

std::vector<PictureBuffer> moving_pictures(PictureSize size) {
    std::vector<PictureBuffer> out;
    for (int time = 0; time < pictures; ++time) out.push_back(test::moving_picture(size, time));
    return out;
}

VideoSettings settings(VideoCodec codec, PictureSize size) {
    VideoSettings out;
    out.codec = codec;
    out.width = size.width;
    out.height = size.height;
    out.frames_per_second = 25;
    out.bit_rate = size.height >= 720 ? 1'500'000 : 500'000;
    return out;
}

PictureSize size_of(const benchmark::State& state) {
    return {static_cast<int>(state.range(0)) * 16 / 9, static_cast<int>(state.range(0))};
}

void encode(benchmark::State& state, VideoCodec codec, const char* preset) {
    codecs::VideoTuning tuning;
    tuning.x264_preset = preset;
    auto encoder = codecs::VideoEncoder::make(settings(codec, size_of(state)), tuning);
    if (!encoder) return state.SkipWithError(encoder.error().message.c_str());
    const auto sources = moving_pictures(size_of(state));
    std::size_t at = 0;
    for (auto _ : state) benchmark::DoNotOptimize((*encoder)->encode(sources[at++ % pictures].view(), false));
}

void decode(benchmark::State& state, VideoCodec codec) {
    auto encoder = codecs::VideoEncoder::make(settings(codec, size_of(state)), {});
    if (!encoder) return state.SkipWithError(encoder.error().message.c_str());
    std::vector<std::vector<std::uint8_t>> frames;
    for (const PictureBuffer& source : moving_pictures(size_of(state)))
        if (const auto coded = (*encoder)->encode(source.view(), false))
            frames.emplace_back(coded->data.begin(), coded->data.end());
    codecs::VideoDecoder decoder(codec);
    std::size_t at = 0;
    for (auto _ : state) benchmark::DoNotOptimize(decoder.decode(frames[at++ % frames.size()]));
}

// As many senders of one size as a 1280x720 grid is asked to hold, all with a new picture each time.
void compose(benchmark::State& state) {
    const PictureSize canvas{1280, 720};
    const auto people = static_cast<std::size_t>(state.range(1));
    std::vector<Picture> sources;
    for (PictureBuffer& source : moving_pictures(size_of(state)))
        sources.push_back(PictureBuffer::finish(std::move(source)));
    const mixer::Layout layout = mixer::make_layout(mixer::LayoutKind::grid, people);
    mixer::Compositor compositor(canvas, {});
    std::vector<mixer::SeatView> seats(layout.cells.size());
    std::size_t at = 0;
    for (auto _ : state) {
        for (std::size_t i = 0; i < seats.size(); ++i) {
            seats[i].area = layout.area(i, canvas);
            if (i < people) seats[i].picture = sources[at++ % pictures];
        }
        benchmark::DoNotOptimize(compositor.compose(seats));
    }
}

void h264_superfast(benchmark::State& state) {
    encode(state, VideoCodec::h264, "superfast");
}
void h264_ultrafast(benchmark::State& state) {
    encode(state, VideoCodec::h264, "ultrafast");
}
void vp8_encode(benchmark::State& state) {
    encode(state, VideoCodec::vp8, "");
}
void h264_decode(benchmark::State& state) {
    decode(state, VideoCodec::h264);
}
void vp8_decode(benchmark::State& state) {
    decode(state, VideoCodec::vp8);
}

BENCHMARK(h264_superfast)->Arg(360)->Arg(720)->Unit(benchmark::kMillisecond);
BENCHMARK(h264_ultrafast)->Arg(360)->Arg(720)->Unit(benchmark::kMillisecond);
BENCHMARK(vp8_encode)->Arg(360)->Arg(720)->Unit(benchmark::kMillisecond);
BENCHMARK(h264_decode)->Arg(360)->Arg(720)->Unit(benchmark::kMillisecond);
BENCHMARK(vp8_decode)->Arg(360)->Arg(720)->Unit(benchmark::kMillisecond);
BENCHMARK(compose)->ArgsProduct({{360, 720}, {1, 4, 9, 25}})->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
