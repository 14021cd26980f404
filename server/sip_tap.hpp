// Every SIP message on its way in or out, for who looks into calls: kept by call, and sent to a capture
// server. Signaling thread.
#pragma once

#include <string_view>

#include "api/call_trace.hpp"
#include "server/clock.hpp"
#include "server/config.hpp"
#include "server/hep_sender.hpp"
#include "signaling/flow.hpp"

namespace rotunda::server {

class SipTap {
  public:
    // Clock and trace outlive the tap.
    SipTap(const Clock& clock, api::CallTrace& trace, const Config::Hep& settings, LogSink& log)
        : clock_(clock), trace_(trace), capture_id_(settings.capture_id), hep_(settings.collector, log) {}

    void message(bool inbound, const sip::Flow& flow, std::string_view text);
    const HepSender& hep() const { return hep_; }

  private:
    const Clock& clock_;
    api::CallTrace& trace_;
    const std::uint32_t capture_id_;
    HepSender hep_;
};

}  // namespace rotunda::server
