// Told by media workers and video workers alike.
#pragma once

#include <vector>

#include "media/media_transport.hpp"
#include "media/packet_capture.hpp"
#include "media/room_command.hpp"

namespace rotunda::media {

// What CapturePackets asked for, since the last time. `last`: it is over.
struct PacketsCaptured {
    RoomId room;
    ParticipantId participant;
    MediaTraffic traffic = MediaTraffic::audio;
    std::vector<CapturedPacket> packets;
    bool last = false;
};

}  // namespace rotunda::media
