// Who hears which mix through which encoder. All who are not in the sum share one bus and, with settings that
// make no difference, one encode; who is in it has a bus and an encoder of his own. Moving between the two is
// not heard.
#pragma once

#include <memory>
#include <vector>

#include "base/time.hpp"
#include "media/audio_bus.hpp"
#include "media/encoder_pool.hpp"

namespace rotunda::media {

struct PrivateBus {
    AudioBus bus;
    std::unique_ptr<FrameEncoder> encoder;
    Duration equal_for{};  // so long the shared bus has given the same samples
    Duration quiet_for{};  // and so long they have been quiet
    bool awaited = false;  // counted as a user of the shared encoder he will return to
};

// A participant's place among the buses; the room keeps one for each session.
class Listener {
  public:
    bool is_attached() const { return encoder_ != nullptr; }
    bool is_private() const { return own_ != nullptr; }
    // Null while he is sent nothing.
    const FrameEncoder* encoder() const { return encoder_; }
    // Of what he is sent; only while attached.
    int rate_hz() const { return audio_rate_hz(encoder_->settings().codec); }

  private:
    friend class RoomBuses;
    FrameEncoder* encoder_ = nullptr;
    std::unique_ptr<PrivateBus> own_;
};

// Every attached listener's encoder is fed exactly once a tick: the shared ones by serve_shared, then each
// private one by serve_private. No heap per tick once as many private buses and encoders have been in use as
// ever are at once.
class RoomBuses {
  public:
    explicit RoomBuses(EncoderPool& pool) : pool_(pool) {}
    ~RoomBuses();
    RoomBuses(const RoomBuses&) = delete;
    RoomBuses& operator=(const RoomBuses&) = delete;

    // To the shared bus. `position_ms`: the room's media time, which all frames are aligned to.
    void attach(Listener& listener, const AudioSettings& settings, std::uint64_t position_ms);
    void detach(Listener& listener);

    // Before serve_shared of the tick from which on he hears something of his own: takes all history with
    // him.
    void make_private(Listener& listener, std::uint64_t position_ms);

    // Rates that somebody listens at.
    RateSet rates() const;

    // What all hear who are not in the sum, at each of rates().
    void serve_shared(const PerRate<const mixer::AudioMixer*>& sums);
    // `input` at listener.rate_hz(). `may_return`: what he hears is what all others hear, so he goes back to
    // the shared bus as soon as that is inaudible.
    void serve_private(Listener& listener, const BusInput& input, bool may_return, Duration block,
                       std::uint64_t position_ms);

    // For every listener, now and then: what his reports say is lost. apply_losses() hands the worst to each
    // encoder.
    void note_loss(const Listener& listener, int percent);
    void apply_losses();

    // Encodes done in the tick.
    std::uint64_t take_encodes();
    std::size_t shared_encoders() const { return encoders_.size(); }

  private:
    struct SharedEncoder {
        std::unique_ptr<FrameEncoder> encoder;
        std::size_t users = 0;  // listeners, and those about to return
        int worst_loss = 0;
    };
    SharedEncoder* find(const AudioSettings& settings);
    // Null if there is no encoder for such settings.
    SharedEncoder* use_shared(const AudioSettings& settings, std::uint64_t position_ms);
    void drop_shared(const AudioSettings& settings);
    void consider_return(Listener& listener, Pcm heard, Duration block, std::uint64_t position_ms);
    void release_private(Listener& listener);
    void feed(FrameEncoder& encoder, const RateBlocks& blocks);

    EncoderPool& pool_;
    PerRate<AudioBus> shared_;
    RateSet rendered_ = 0;  // rates whose shared bus has rendered the last block
    PerRate<std::size_t> listeners_{};
    std::vector<SharedEncoder> encoders_;
    RateBlocks shared_block_;
    RateBlocks private_block_;
    std::vector<std::unique_ptr<PrivateBus>> idle_;
    std::uint64_t encodes_ = 0;
};

}  // namespace rotunda::media
