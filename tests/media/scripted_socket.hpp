// A port of the engine's: the test writes what comes in and sees every call.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <vector>

#include "media/media_engine.hpp"
#include "rtp/classify.hpp"

namespace rotunda::media {

struct SocketScript {
    struct Incoming {
        std::vector<std::uint8_t> octets;
        TimePoint arrival;
    };
    std::deque<Incoming> inbox;
    int reads = 0;
    int sends = 0;  // of RTP
    int reports = 0;
};

inline const Endpoint scripted_peer{IpAddress::v4(0x0a000001), 4000};

class ScriptedSocket final : public MediaTransport {
  public:
    explicit ScriptedSocket(std::shared_ptr<SocketScript> script) : script_(std::move(script)) {}

    std::optional<ReceivedDatagram> receive(MutableBytes buffer) override {
        ++script_->reads;
        if (script_->inbox.empty()) return std::nullopt;
        const SocketScript::Incoming in = std::move(script_->inbox.front());
        script_->inbox.pop_front();
        std::ranges::copy(in.octets, buffer.begin());
        return ReceivedDatagram{in.octets.size(), scripted_peer, in.arrival};
    }
    bool send(Bytes datagram, const Endpoint&) override {
        ++(rtp::classify(datagram) == rtp::DatagramKind::rtp ? script_->sends : script_->reports);
        return true;
    }
    void lock_to(std::optional<Endpoint>) override {}

  private:
    std::shared_ptr<SocketScript> script_;
};

// PCMU both ways, RTCP on the same port.
inline JoinRoom scripted_join(RoomId room, ParticipantId participant,
                              const std::shared_ptr<SocketScript>& script) {
    AudioLeg leg;
    leg.receive = {{0, AudioCodec::pcmu}};
    leg.remote_rtp = scripted_peer;
    leg.signaling_source = scripted_peer.address;
    leg.rtcp_mux = true;
    MediaPorts ports;
    ports.rtp = std::make_unique<ScriptedSocket>(script);
    ports.rtcp = std::make_unique<ScriptedSocket>(std::make_shared<SocketScript>());
    return {room, participant, std::move(ports), std::move(leg), "test@rotunda"};
}

}  // namespace rotunda::media
