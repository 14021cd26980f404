#include "media/room_buses.hpp"

#include <algorithm>
#include <utility>

#include "codecs/opus_encoder.hpp"
#include "mixer/level.hpp"

namespace rotunda::media {

namespace {

using std::chrono::milliseconds;

// Two encoders of one codec that were fed alike for so long give frames between which a decoder may change.
constexpr Duration converged_after = milliseconds(200);
// G.722 never forgets entirely; a difference of state is inaudible only in quiet, and not at once.
constexpr float g722_quiet_dbov = -50.0f;

bool has_converged(const PrivateBus& own) {
    const AudioSettings& settings = own.encoder->settings();
    const Duration frame = milliseconds(settings.ptime_ms);
    switch (settings.codec) {
        case AudioCodec::pcmu:
        case AudioCodec::pcma:
            return own.equal_for >= frame;
        case AudioCodec::opus:
            return own.equal_for >= std::max(frame, converged_after);
        case AudioCodec::g722:
            return own.quiet_for >= std::max(frame, converged_after);
    }
    return false;
}

int into_frame(const AudioSettings& settings, std::uint64_t position_ms) {
    return static_cast<int>(position_ms % static_cast<std::uint64_t>(settings.ptime_ms));
}

int rate_of(const FrameEncoder& encoder) {
    return audio_rate_hz(encoder.settings().codec);
}

}  // namespace

RoomBuses::~RoomBuses() {
    for (auto& shared : encoders_) pool_.give_back(std::move(shared.encoder));
}

RoomBuses::SharedEncoder* RoomBuses::find(const AudioSettings& settings) {
    for (auto& shared : encoders_)
        if (shared.encoder->settings() == settings) return &shared;
    return nullptr;
}

RoomBuses::SharedEncoder* RoomBuses::use_shared(const AudioSettings& settings, std::uint64_t position_ms) {
    SharedEncoder* shared = find(settings);
    if (!shared) {
        auto encoder = pool_.take(settings, into_frame(settings, position_ms));
        if (!encoder) return nullptr;
        shared = &encoders_.emplace_back();
        shared->encoder = std::move(encoder);
    }
    ++shared->users;
    return shared;
}

void RoomBuses::drop_shared(const AudioSettings& settings) {
    SharedEncoder* shared = find(settings);
    if (--shared->users > 0) return;
    pool_.give_back(std::move(shared->encoder));
    encoders_.erase(encoders_.begin() + (shared - encoders_.data()));
}

void RoomBuses::attach(Listener& listener, const AudioSettings& settings, std::uint64_t position_ms) {
    detach(listener);
    SharedEncoder* shared = use_shared(codecs::effective_settings(settings), position_ms);
    if (!shared) return;
    listener.encoder_ = shared->encoder.get();
    ++listeners_[rate_index(listener.rate_hz())];
}

void RoomBuses::detach(Listener& listener) {
    if (!listener.is_attached()) return;
    --listeners_[rate_index(listener.rate_hz())];
    if (listener.is_private())
        release_private(listener);
    else
        drop_shared(listener.encoder_->settings());
    listener.encoder_ = nullptr;
}

void RoomBuses::make_private(Listener& listener, std::uint64_t position_ms) {
    if (listener.is_private() || !listener.encoder_) return;
    const AudioSettings settings = listener.encoder_->settings();
    auto encoder = pool_.take(settings, into_frame(settings, position_ms));
    encoder->copy_state_from(*listener.encoder_);
    const AudioBus& shared = shared_[rate_index(listener.rate_hz())];
    if (idle_.empty()) {
        listener.own_ = std::make_unique<PrivateBus>(PrivateBus{shared, std::move(encoder), {}, {}, false});
    } else {
        listener.own_ = std::move(idle_.back());
        idle_.pop_back();
        *listener.own_ = {shared, std::move(encoder), {}, {}, false};
    }
    drop_shared(settings);
    listener.encoder_ = listener.own_->encoder.get();
}

void RoomBuses::release_private(Listener& listener) {
    if (listener.own_->awaited) drop_shared(listener.own_->encoder->settings());
    pool_.give_back(std::move(listener.own_->encoder));
    idle_.push_back(std::move(listener.own_));
}

void RoomBuses::feed(FrameEncoder& encoder, const RateBlocks& blocks) {
    encoder.feed(blocks.at(rate_of(encoder)));
    encodes_ += encoder.encoded();
}

RateSet RoomBuses::rates() const {
    RateSet rates = 0;
    for (const int rate : codec_rates_hz)
        if (listeners_[rate_index(rate)] > 0) rates |= only_rate(rate);
    return rates;
}

void RoomBuses::serve_shared(const PerRate<const mixer::AudioMixer*>& sums) {
    RateSet wanted = 0;
    for (const auto& shared : encoders_) wanted |= only_rate(rate_of(*shared.encoder));
    for (const int rate : codec_rates_hz) {
        if (!(wanted & only_rate(rate))) continue;
        AudioBus& bus = shared_[rate_index(rate)];
        if (!(rendered_ & only_rate(rate))) bus = AudioBus();
        const mixer::AudioMixer& sum = *sums[rate_index(rate)];
        bus.render({&sum, {}}, shared_block_.resize(rate, sum.samples()));
    }
    rendered_ = wanted;
    for (auto& shared : encoders_) feed(*shared.encoder, shared_block_);
}

void RoomBuses::serve_private(Listener& listener, const BusInput& input, bool may_return, Duration block,
                              std::uint64_t position_ms) {
    PrivateBus& own = *listener.own_;
    const int rate = rate_of(*own.encoder);
    own.bus.render(input, private_block_.resize(rate, input.sum->samples()));
    feed(*own.encoder, private_block_);
    if (may_return) return consider_return(listener, private_block_.at(rate), block, position_ms);
    if (own.awaited) drop_shared(own.encoder->settings());
    own.awaited = false;
    own.equal_for = own.quiet_for = Duration::zero();
}

void RoomBuses::consider_return(Listener& listener, Pcm heard, Duration block, std::uint64_t position_ms) {
    PrivateBus& own = *listener.own_;
    const AudioSettings& settings = own.encoder->settings();
    if (!own.awaited) {
        // Where nobody uses the shared encoder, it becomes a copy of his.
        const bool fresh = !find(settings);
        SharedEncoder* shared = use_shared(settings, position_ms);
        if (fresh) shared->encoder->copy_state_from(*own.encoder);
        own.awaited = true;
        return;
    }
    const Pcm shared = shared_block_.at(rate_of(*own.encoder));
    const bool equal = std::ranges::equal(heard, shared);
    const bool quiet = equal && mixer::level_dbov(heard) <= g722_quiet_dbov;
    own.equal_for = equal ? own.equal_for + block : Duration::zero();
    own.quiet_for = quiet ? own.quiet_for + block : Duration::zero();
    if (!has_converged(own)) return;
    listener.encoder_ = find(settings)->encoder.get();
    own.awaited = false;  // his use of the shared encoder stays
    release_private(listener);
}

void RoomBuses::note_loss(const Listener& listener, int percent) {
    if (!listener.encoder_ || !listener.encoder_->settings().inband_fec) return;
    if (listener.is_private()) return listener.own_->encoder->set_expected_loss(percent);
    SharedEncoder* shared = find(listener.encoder_->settings());
    shared->worst_loss = std::max(shared->worst_loss, percent);
}

void RoomBuses::apply_losses() {
    for (auto& shared : encoders_) {
        if (shared.encoder->settings().inband_fec) shared.encoder->set_expected_loss(shared.worst_loss);
        shared.worst_loss = 0;
    }
}

std::uint64_t RoomBuses::take_encodes() {
    return std::exchange(encodes_, 0);
}

}  // namespace rotunda::media
