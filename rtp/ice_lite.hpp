// ICE-lite (RFC 8445 §2.5, §7.3): we have one address everybody can reach, check nothing ourselves, answer
// the peer's connectivity checks and send where he nominates. Sans-IO.
#pragma once

#include <array>
#include <optional>

#include "base/byte_reader.hpp"
#include "base/ice_credentials.hpp"
#include "base/net_address.hpp"
#include "base/time.hpp"
#include "rtp/stun_message.hpp"

namespace rotunda::rtp {

class IceLite {
  public:
    // As agreed; the same again changes nothing. New ones (an ICE restart, RFC 8445 §9) leave what is
    // selected until the peer nominates anew.
    void configure(const IcePair& pair);

    // A datagram that classify() calls STUN. The answer to send back to `source`; empty: none. Valid until
    // the next call.
    Bytes handle(Bytes datagram, const Endpoint& source, TimePoint now);

    // Where the peer wants our packets; nullopt: nowhere yet, or his consent is gone: no check of his for 30
    // seconds (RFC 7675 §5.1).
    std::optional<Endpoint> selected(TimePoint now) const;
    // A check with the right password came from there.
    bool is_proven(const Endpoint& source) const;

    // Refused: no check at all, or with the wrong password.
    std::uint64_t refused() const { return refused_; }

  private:
    // As many pairs as a host with several networks has, twice.
    static constexpr std::size_t most_proven = 16;

    Bytes answer(const StunMessage& request, const Endpoint& source);
    Bytes refuse(const StunMessage& request, int code, std::string_view phrase, bool signed_by_us);
    void remember(const Endpoint& source);

    IcePair pair_;
    std::optional<StunWriter> response_;
    std::optional<Endpoint> selected_;
    TimePoint last_check_{};  // of the selected pair
    std::array<Endpoint, most_proven> proven_{};
    std::size_t next_proven_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace rotunda::rtp
