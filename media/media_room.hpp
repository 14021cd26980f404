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
#include "media/room_shard.hpp"
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

    // Commands come between ticks, never while is_mid_tick().
    void join(JoinRoom& join, TimePoint now);
    void update(const UpdateLeg& update, TimePoint now);
    void control(const ControlLeg& control);
    void treat_voices(const TreatVoices& command);
    void play(ChimeKind kind) { chime_.start(kind); }
    void leave(ParticipantId participant, TimePoint now);
    void release(ParticipantId participant);
    void adopt(AdoptLeg& adopt, TimePoint now);
    void send_digits(const SendDigits& command);
    void capture(const CapturePackets& command, TimePoint now);
    void tell_levels();
    void watch_speaker(bool watch);
    void sync(const SyncVoice& command);
    void share_port(SharePort& command);
    // From now on the room is one of several shards: the first one, which may have people already, or another
    // one, which has nobody yet.
    void split(std::shared_ptr<ShardBoard> board, TimePoint now);
    void become_shard(ShardPlace place);

    // Nothing while the room is empty. In the middle of a tick: that tick's deadline.
    std::optional<TimePoint> next_timeout() const;
    bool is_mid_tick() const { return stage_ != Stage::idle; }
    // The next slice of the due tick.
    void run_slice(TimePoint now);
    // In the middle of a tick: when it wants to go on. A shard may have to wait for the others.
    TimePoint next_slice(TimePoint now) const;
    // From now on it waits for no shard any more.
    void hurry() { is_patient_ = false; }

    std::size_t sessions() const { return members_.size(); }

  private:
    // A shard meets the others and gathers their sums in place of mixing by itself.
    enum class Stage : std::uint8_t { idle, receive, mix, meet, gather, send };

    struct Member {
        std::shared_ptr<MediaSession> session;  // nobody else's while it is here
        Listener listener;
        std::unique_ptr<Voice> voice;
        std::unique_ptr<LegGain> gain;  // none: he is heard as he is
        bool deafened = false;
        bool held = false;  // by himself; here, so that the mix touches no session
        bool told_talking = false;
        bool awaits_short_ticks = false;  // his frames do not fit into this shard's ticks yet
        TalkerArrivals arrivals;
        VoiceTreatment treatment;
        std::optional<bool> noise_suppression;  // none: as the room has it

        bool is_muted() const { return gain && gain->is_silent(); }
        bool hears_nothing() const { return deafened || held; }
    };
    void run_stage(TimePoint now);
    void begin_tick(TimePoint now);
    void give_up_ticks(TimePoint now);
    void choose_block();
    void receive_slice(TimePoint now);
    void end_receiving();
    void receive(std::size_t index, TimePoint now);
    void listen_to(std::size_t index);
    // More people than can have a place: whoever has none need not be decoded.
    bool is_crowded() const { return population() > static_cast<std::size_t>(settings_.max_talkers) + 1; }
    // In all shards.
    std::size_t population() const { return members_.size() + (shard_ ? shard_->others() : 0); }
    void mix();
    void finish_mix();
    void seat_voices(mixer::AudienceSet audiences, RateSet rates);
    Pcm voice_of(std::size_t index, MutablePcm scratch);
    void give_voice(Member& member);
    void hear(std::size_t index);
    void add_comfort_noise(int rate_hz);
    void sum_voices();
    void sum(int rate_hz);
    void add_chime(int rate_hz);
    void tell_standing();
    void meet(TimePoint now);
    void gather(TimePoint now);
    TimePoint meets_by() const;
    TimePoint gathers_by() const;
    void attach_waiting();
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
    void want_short_ticks();
    bool ticks_short() const { return position_ms_ < short_until_ms_ || position_ms_ % 20 != 0; }
    void attach(Member& member);
    void report();
    void report_losses();
    void report_talking();
    bool tells_speaker() const { return speaker_watched_ || settings_.announce_speaker; }
    std::optional<std::size_t> loudest() const;
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
    std::unique_ptr<RoomShard> shard_;  // none: the whole room is here

    // State.
    Stage stage_ = Stage::idle;
    std::size_t at_ = 0;  // the member the next slice begins with
    TimePoint deadline_{};
    // Media time since the room began; frames end on multiples of their ptime.
    std::uint64_t position_ms_ = 0;
    std::uint64_t ticks_ = 0;
    std::uint64_t talking_due_ms_ = 0;  // when report_talking() looks again
    bool is_late_ = false;              // this tick: a second packet of somebody may have come in
    bool wants_short_ticks_ = false;    // this tick: somebody's frames
    int block_ms_ = 20;
    std::uint64_t short_until_ms_ = 0;   // till then for frames that are no multiple of 20 ms
    std::uint64_t short_wanted_ms_ = 0;  // the same as far as this shard alone knows
    bool is_waiting_ = false;            // for the other shards
    bool is_patient_ = true;             // with them
    bool chimed_ = false;
    bool speaker_watched_ = false;
    std::optional<ParticipantId> speaker_ = ParticipantId{};  // as last told; nullopt: not known
    mixer::ActiveSpeaker active_speaker_;
};

}  // namespace rotunda::media
