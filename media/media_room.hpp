// One room on its worker. The tick is its only event: read every socket, mix, encode each distinct mix once,
// send. It runs in slices, so that a room of a thousand does not keep the small ones waiting.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "codecs/comfort_noise.hpp"
#include "media/chime.hpp"
#include "media/leg_gain.hpp"
#include "media/media_context.hpp"
#include "media/media_session.hpp"
#include "media/room_buses.hpp"
#include "media/tick_phase.hpp"
#include "media/voice.hpp"
#include "media/voice_treatment.hpp"
#include "mixer/active_speaker.hpp"
#include "mixer/audio_mixer.hpp"
#include "mixer/talker_sums.hpp"

namespace rotunda::media {

class MediaRoom {
  public:
    // `phase`: where in each 20 ms of the monotonic clock this room's ticks lie. `context` outlives the room.
    MediaRoom(RoomId id, const RoomSettings& settings, Duration phase, MediaContext& context);
    ~MediaRoom();

    // Commands come between ticks: the owner calls finish_tick() first.
    void join(JoinRoom& join, TimePoint now);
    void update(const UpdateLeg& update, TimePoint now);
    void control(const ControlLeg& control);
    void play(ChimeKind kind) { chime_.start(kind); }
    void leave(ParticipantId participant, TimePoint now);
    void release(ParticipantId participant);
    void adopt(AdoptLeg& adopt, TimePoint now);
    void send_digits(const SendDigits& command);
    void capture(const CapturePackets& command, TimePoint now);
    void tell_levels();
    void watch_speaker(bool watch);
    void sync(const SyncVoice& command);

    // Nothing while the room is empty. In the middle of a tick: that tick's deadline.
    std::optional<TimePoint> next_timeout() const;
    bool is_mid_tick() const { return stage_ != Stage::idle; }
    // The next slice of the due tick.
    void run_slice(TimePoint now);
    void finish_tick(TimePoint now);

    std::size_t sessions() const { return members_.size(); }

  private:
    enum class Stage : std::uint8_t { idle, receive, mix, send };

    struct Member {
        std::shared_ptr<MediaSession> session;  // nobody else's while it is here
        Listener listener;
        std::unique_ptr<Voice> voice;
        std::unique_ptr<LegGain> gain;  // none: he is heard as he is
        bool deafened = false;
        bool held = false;  // by himself; here, so that the mix touches no session
        bool told_talking = false;
        TalkerArrivals arrivals;
        VoiceTreatment treatment;

        bool is_muted() const { return gain && gain->is_silent(); }
        bool hears_nothing() const { return deafened || held; }
    };
    void run_stage(TimePoint now);
    void begin_tick(TimePoint now);
    void give_up_ticks(TimePoint now);
    void choose_block();
    void receive_slice(TimePoint now);
    void receive(std::size_t index, TimePoint now);
    void listen_to(std::size_t index);
    // More people than can have a place: whoever has none need not be decoded.
    bool is_crowded() const { return members_.size() > static_cast<std::size_t>(settings_.max_talkers) + 1; }
    void mix();
    void seat_voices();
    Pcm voice_of(std::size_t index, MutablePcm scratch);
    void give_voice(Member& member);
    void hear(std::size_t index);
    void add_comfort_noise(int rate_hz);
    void sum(int rate_hz);
    void serve_buses();
    void serve_private(std::size_t index);
    BusInput input_for(std::size_t index, int rate_hz, MutablePcm scratch) const;
    void send_slice(TimePoint now);
    void send(std::size_t index, TimePoint now);
    void end_tick();
    Duration phase_step();
    void take_in(std::shared_ptr<MediaSession> session);
    std::shared_ptr<MediaSession> take_out(std::size_t index);
    void start_if_empty(TimePoint now);
    void attach(Member& member);
    void report();
    void report_losses();
    void report_talking();
    std::optional<ParticipantId> loudest() const;
    void report_speaker();
    std::size_t find(ParticipantId participant) const;

    // Passed in.
    RoomId id_;
    RoomSettings settings_;
    Duration phase_;
    MediaContext& context_;

    // Owned. members_[i] and talkers_[i] are one participant.
    std::vector<Member> members_;
    std::vector<mixer::Talker> talkers_;
    mixer::TalkerSelector selector_;
    RoomBuses buses_;
    Chime chime_;
    PerRate<codecs::ComfortNoise> comfort_noise_;
    TickPhase tick_phase_;
    mixer::AudienceSet audiences_;  // of this tick
    RateSet rates_ = 0;             // of this tick: those that somebody listens at
    bool is_silent_ = true;         // of this tick: nobody is heard
    std::vector<std::unique_ptr<Voice>> idle_voices_;

    // State.
    Stage stage_ = Stage::idle;
    std::size_t at_ = 0;  // the member the next slice begins with
    TimePoint deadline_{};
    std::uint64_t position_ms_ =
        0;  // media time since the room began; frames end on multiples of their ptime
    std::uint64_t ticks_ = 0;
    std::uint64_t talking_due_ms_ = 0;  // when report_talking() looks again
    bool is_late_ = false;              // this tick: a second packet of somebody may have come in
    bool wants_short_ticks_ = false;    // this tick: somebody's frames
    int block_ms_ = 20;
    std::uint64_t short_until_ms_ = 0;  // till then for frames that are no multiple of 20 ms
    bool chimed_ = false;
    bool speaker_watched_ = false;
    ParticipantId speaker_;  // as last told
    mixer::ActiveSpeaker active_speaker_;
};

}  // namespace rotunda::media
