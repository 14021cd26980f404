// The SIP messages of the last calls, for who has to find out what happened: bounded in calls, messages and
// memory, the call that was longest silent going first. Pure.
//
// What would open a call's media is covered before it is kept: the keys of a=crypto (RFC 4568) are stars.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "signaling/flow.hpp"

namespace rotunda::api {

struct TracedMessage {
    WallTime at;
    bool inbound = false;
    sip::Flow flow;
    std::string text;
    std::uint64_t left_out = 0;  // so many before it are not kept
};

// Empty: there is none.
std::string_view call_id_of(std::string_view message);
// Keys of SRTP, and digests, by which a password can be guessed at leisure (RFC 7616 §5.10). In place and of
// the same length.
void cover_secrets(std::string& message);

struct TraceLimits {
    std::size_t calls = 1000;
    std::size_t messages = 200;      // of one call: the first quarter, and the last ones
    std::size_t octets = 32u << 20;  // of all
    std::size_t largest = 16'384;    // octets kept of one message
};

class CallTrace {
  public:
    explicit CallTrace(TraceLimits limits = {}) : limits_(limits) {}

    // Kept if it begins a call (INVITE) or belongs to one that is kept.
    void add(WallTime at, bool inbound, const sip::Flow& flow, std::string_view text);
    // Null: no such call is kept.
    const std::vector<TracedMessage>* find(std::string_view call_id) const;
    std::size_t calls() const { return calls_.size(); }
    std::size_t octets() const { return octets_; }

  private:
    struct Call {
        std::string id;
        std::vector<TracedMessage> messages;
    };
    using Calls = std::list<Call>;  // the one heard of last in front

    Calls::iterator call_for(std::string_view id, bool begins);
    void make_place(std::vector<TracedMessage>& messages);
    void forget_some();

    TraceLimits limits_;
    Calls calls_;
    std::unordered_map<std::string_view, Calls::iterator> by_id_;  // keys are the calls' own
    std::size_t octets_ = 0;
};

}  // namespace rotunda::api
