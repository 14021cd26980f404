// A media engine with simulated phones, run in virtual time.
#pragma once

#include <memory>
#include <vector>

#include "media/media_engine.hpp"
#include "rtp/dtls_identity.hpp"
#include "tests/sim/phone.hpp"

namespace rotunda::sim {

class Conference {
  public:
    explicit Conference(std::uint64_t seed = 1, media::RoomSettings settings = quiet_settings());

    // Who the server is in DTLS handshakes.
    static const rtp::DtlsIdentity& identity();
    // Without the chime, which most tests do not want to hear.
    static media::RoomSettings quiet_settings();

    Phone& join(PhoneOptions options);
    Phone& join(PhoneOptions options, const media::AudioLeg& leg);
    // A phone that has an address but is in no room yet; its leg may be changed before it joins.
    Phone& make_phone(PhoneOptions options);
    void enter(Phone& phone, const media::AudioLeg& leg);
    void update(const Phone& phone, const media::AudioLeg& leg);
    void control(const Phone& phone, const media::LegControl& control);
    void treat_voices(bool automatic_gain, bool noise_suppression);
    void chime();
    void leave(const Phone& phone);

    // The way from the phone to the server.
    void impair(const Phone& phone, const LinkFaults& faults) {
        network.impair(phone.address(), server_address(phone), faults);
    }

    void run(Duration d);
    // Runs without a single tick of the engine, as when its thread is not scheduled.
    void stall(Duration d);

    TimePoint now() const { return network.now; }
    media::ParticipantId id_of(const Phone& phone) const;
    Endpoint server_address(const Phone& phone) const;
    VirtualSocket& socket_of(const Phone& phone) { return *sockets_.at(index_of(phone)); }

    template <typename Event>
    std::vector<Event> events() const {
        std::vector<Event> out;
        for (const auto& event : events_)
            if (const auto* e = std::get_if<Event>(&event)) out.push_back(*e);
        return out;
    }

    VirtualNetwork network;
    SeededRandom random;
    media::MediaEngine engine;

    // Ticks' slices run since, and what they took from the heap.
    bool count_engine_allocations = false;
    std::uint64_t engine_allocations = 0;
    std::uint64_t engine_ticks_counted = 0;

  private:
    std::size_t index_of(const Phone& phone) const;
    void step(TimePoint until, bool engine_runs);
    void run_engine();

    std::vector<std::unique_ptr<Phone>> phones_;
    std::vector<VirtualSocket*> sockets_;
    std::vector<bool> in_room_;
    std::vector<media::RoomEvent> events_;
    static constexpr media::RoomId room{1};
};

}  // namespace rotunda::sim
