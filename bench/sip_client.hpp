// All callers' signaling: one user agent behind one UDP socket.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/audio_codec.hpp"
#include "base/net_address.hpp"
#include "base/result.hpp"
#include "base/srtp_keys.hpp"
#include "server/file_descriptor.hpp"
#include "signaling/user_agent.hpp"

namespace rotunda::bench {

// Where a URI's host is: an address, or a name the system resolves. Port 5060 where none is given.
Result<Endpoint> resolve(const sip::Uri& uri);

// The offer of one codec; media at `local`.
struct OfferedAudio {
    AudioCodec codec = AudioCodec::pcmu;
    int ptime_ms = 20;
    bool marked = false;         // with the header extension of RFC 6464
    std::optional<SrtpKey> key;  // for what we send: RTP/SAVP
};
std::string make_offer(const Endpoint& local, const OfferedAudio& audio);
// What an answer to it says of the audio; none: refused.
struct AnsweredAudio {
    Endpoint remote;
    std::uint8_t payload_type = 0;
    std::optional<SrtpKey> key;  // for what comes from there
};
std::optional<AnsweredAudio> read_answer(const std::string& sdp);

class SipClient {
  public:
    // Calls go to `server`; `random` outlives the client.
    static Result<SipClient> open(const Endpoint& server, std::size_t callers, RandomSource& random);

    // Ours, as the server sees it.
    const IpAddress& local_address() const { return flow_.local.address; }

    void call(std::size_t caller, const std::string& target, std::string offer, TimePoint now);
    void hang_up(std::size_t caller, TimePoint now);

    struct Answered {
        std::size_t caller;
        AnsweredAudio audio;
    };
    struct Ended {
        std::size_t caller;
        int status;  // of a refused INVITE, 408 where nobody answered, 0 for one that ended later
    };
    // What happened since the last time.
    struct News {
        std::vector<Answered> answered;
        std::vector<Ended> ended;
    };
    // Reads the socket, runs the timers, sends what there is to send. Cheap when nothing happens.
    News turn(TimePoint now);

    // Every call is over, with nothing left to send.
    bool idle() const { return sessions_.empty(); }

  private:
    SipClient(server::FileDescriptor socket, const sip::Flow& flow, std::size_t callers,
              RandomSource& random);
    void read(TimePoint now);
    void write(TimePoint now);
    void note(const sip::UserAgentEvent& event, News& news, TimePoint now);

    server::FileDescriptor socket_;
    sip::Flow flow_;
    std::unique_ptr<sip::UserAgent> agent_;
    std::vector<sip::SessionId> by_caller_;
    std::unordered_map<sip::SessionId, std::size_t> sessions_;
    std::vector<char> buffer_;
};

}  // namespace rotunda::bench
