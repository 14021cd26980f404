// A phone in the simulation: sends a signal in one codec and keeps all it hears.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "codecs/audio_decoder.hpp"
#include "codecs/audio_encoder.hpp"
#include "media/room_command.hpp"
#include "rtp/dtls_session.hpp"
#include "rtp/ice_lite.hpp"
#include "rtp/rtp_sender.hpp"
#include "rtp/srtp_session.hpp"
#include "tests/sim/signals.hpp"
#include "tests/sim/virtual_network.hpp"

namespace rotunda::sim {

struct PhoneOptions {
    AudioCodec codec = AudioCodec::pcmu;
    int ptime_ms = 20;       // what it sends
    int wants_ptime_ms = 0;  // what it asks for; 0: the same
    Signal signal = silence();
    Duration phase{};  // of its packets
    double clock_ppm = 0;
    bool sends = true;  // RTP at all
    bool rtcp_mux = false;
    bool dtx = false;              // Opus: silence is not sent
    std::optional<SrtpKeys> srtp;  // `send` is the phone's own
    // The level each packet says it has (RFC 6464), whatever it has.
    std::optional<std::uint8_t> says_minus_dbov;
};

inline PhoneOptions phone_with(AudioCodec codec, Signal signal,
                               Duration phase = std::chrono::milliseconds(3)) {
    PhoneOptions options;
    options.codec = codec;
    options.signal = std::move(signal);
    options.phase = phase;
    return options;
}

// RTP payload types every phone of the simulation uses.
constexpr std::uint8_t payload_type_of(AudioCodec codec) {
    constexpr std::uint8_t types[] = {0, 8, 9, 96};
    return types[static_cast<std::size_t>(codec)];
}
inline constexpr std::uint8_t telephone_event_type = 101;
inline constexpr std::uint8_t comfort_noise_type = 13;

class Phone {
  public:
    Phone(VirtualNetwork& network, Endpoint address, PhoneOptions options, std::uint64_t seed);

    // The leg that offer/answer with this phone leads to.
    media::AudioLeg leg() const;
    const Endpoint& address() const { return address_; }
    const PhoneOptions& options() const { return options_; }
    void call(Endpoint server, TimePoint now);
    void set_signal(Signal signal) { options_.signal = std::move(signal); }
    // A pause: nothing is sent, time stamps go on.
    void mute(bool muted) { options_.sends = !muted; }
    // From its next frame on.
    void change_codec(AudioCodec codec, int ptime_ms);
    // From now on its stream has this SSRC.
    void take_ssrc(std::uint32_t ssrc) { ssrc_ = ssrc; }
    void send_raw(Bytes datagram) { network_.send(address_, server_, datagram); }
    // Over its RTP port, from its next datagram on; SRTP follows. `identity` outlives the phone.
    void shake_hands(const rtp::DtlsIdentity& identity, const rtp::DtlsSession::Config& config,
                     TimePoint now);
    bool is_secured() const { return dtls_ && dtls_->state() == rtp::DtlsState::established; }
    // A connectivity check from this address, and how many were answered with success.
    void check(const Endpoint& from, const IcePair& agreed, bool nominates);
    int checks_answered = 0;
    // As after a re-INVITE with other keys.
    void rekey(const SrtpKeys& keys);
    // What a tap on the line would hear of what comes in.
    const std::vector<std::vector<std::uint8_t>>& on_the_wire() const { return on_the_wire_; }
    void send_event(std::uint8_t event, int packets, int duration, bool end, TimePoint now);
    // A sender report that says 2 % of the server's packets were lost.
    void send_report(TimePoint now);
    // The time stamps jump ahead as after a switch of sources behind a gateway.
    void jump(Duration d) { sender_->skip(d); }
    // Says how loud its silence is (RFC 3389) and stops sending.
    void send_comfort_noise(std::uint8_t minus_dbov, TimePoint now);
    // Restarts its stream as some phones do after a transfer.
    void new_stream();

    std::optional<TimePoint> next_send() const { return next_send_; }
    void send_frame();

    // Takes in what has arrived. Once called for a codec change of the server's side it decodes by payload
    // type.
    void listen();

    // What it heard, at rate_hz(). The server's stream is laid out by its time stamps; missing packets leave
    // zeros.
    const std::vector<std::int16_t>& heard() const { return heard_; }
    Samples heard_last(Duration d) const;
    void forget();
    int rate_hz() const { return audio_rate_hz(listening_); }
    struct Packet {
        TimePoint arrival;
        rtp::RtpHeader header;
        std::size_t size;
        std::size_t first_sample;
    };
    const std::vector<Packet>& packets() const { return packets_; }
    // When sample i of what it sent left in a packet.
    TimePoint sent_at(std::size_t sample) const;
    const std::vector<std::int16_t>& sent() const { return sent_; }
    // When sample i of heard() came in, and where in its packet it lay.
    TimePoint heard_at(std::size_t sample) const;
    std::uint64_t sequence_breaks() const { return sequence_breaks_; }
    std::uint64_t rtcp_received = 0;
    bool bye_received = false;
    std::uint32_t bye_ssrc = 0;  // whose

  private:
    Pcm next_pcm();
    void take(Datagram datagram);
    bool take_security(const Datagram& datagram);
    void send_flight();
    void transmit(const Endpoint& from, const Endpoint& to, Bytes packet, bool rtcp);

    VirtualNetwork& network_;
    Endpoint address_;
    Endpoint server_;
    PhoneOptions options_;
    SeededRandom random_;
    std::unique_ptr<rtp::SrtpSession> srtp_;
    std::unique_ptr<rtp::DtlsSession> dtls_;
    std::vector<std::vector<std::uint8_t>> on_the_wire_;  // SRTP only
    std::optional<rtp::RtpSender> sender_;
    std::unique_ptr<codecs::AudioEncoder> encoder_;
    std::map<std::uint8_t, std::unique_ptr<codecs::AudioDecoder>> decoders_;
    std::optional<TimePoint> next_send_;
    std::optional<std::uint32_t> ssrc_;  // in place of the sender's own
    double spoken_s_ = 0;
    AudioFrame frame_;

    AudioCodec listening_;
    std::vector<std::int16_t> sent_;
    std::vector<TimePoint> sent_times_;  // one a frame
    std::vector<std::int16_t> heard_;
    std::vector<Packet> packets_;
    std::uint64_t sequence_breaks_ = 0;
};

}  // namespace rotunda::sim
