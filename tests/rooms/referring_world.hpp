// A focus whose callers say who they are in a header field of the test, and who send REFER.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "signaling/request_guard.hpp"
#include "tests/rooms/focus_world.hpp"

namespace rotunda::rooms {

class Believer final : public sip::RequestGuard {
  public:
    sip::GuardVerdict check(const sip::SipMessage& request, const sip::Flow&, const sip::Identity* dialog,
                            TimePoint) override {
        const auto who = request.header("X-Who").value_or("");
        if (who.starts_with("user ")) return {sip::Identity::user(std::string(who.substr(5)), "here")};
        if (who.starts_with("trunk ")) return {sip::Identity::trunk(std::string(who.substr(6)))};
        return {dialog ? *dialog : sip::Identity()};
    }
};

inline FocusSettings referring_settings() {
    FocusSettings settings = World::default_settings();
    settings.rooms.max_participants = 5;
    settings.rooms.configured = {{"1000", 0, {"alice", {"mod"}}}};
    settings.refer.access = accounts::Access::anyone;
    return settings;
}

struct Referring : World {
    explicit Referring(FocusSettings settings = referring_settings()) : World(std::move(settings)) {
        agent.set_guard(&guard);
    }

    void refer(int id, int cseq, std::string_view refer_to, std::string_view more = {}) {
        request("REFER", id, cseq, {}, "1000", {}, fmt::format("Refer-To: {}\r\n{}", refer_to, more));
    }
    sip::SipMessage invite(std::size_t index = 0) const { return requests(sip::Method::invite).at(index); }
    // The sipfrags told so far, each answered.
    std::vector<std::string> told() {
        for (; answered < requests(sip::Method::notify).size(); ++answered)
            answer(requests(sip::Method::notify)[answered], 200);
        std::vector<std::string> lines;
        for (const auto& notify : requests(sip::Method::notify))
            lines.push_back(notify.body().substr(8, notify.body().find("\r\n") - 8));
        return lines;
    }
    sip::SipMessage last_notify() const { return requests(sip::Method::notify).back(); }
    int status_of(int id) const {
        int status = 0;
        for (const auto& message : sent)
            if (message.is_response() && message.call_id() == fmt::format("call{}", id))
                status = message.status();
        return status;
    }
    std::string dialog_of(int id) const {
        return fmt::format("call{};to-tag={};from-tag=f{}", id, to_tag(id).substr(5), id);
    }
    using Lines = std::vector<std::string>;

    Believer guard;
    std::size_t answered = 0;
};

}  // namespace rotunda::rooms
