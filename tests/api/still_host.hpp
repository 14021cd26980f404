// A server of which only its snapshot is known.
#pragma once

#include "api/operator_api.hpp"

namespace rotunda::api {

struct StillHost final : Host {
    Snapshot snapshot() const override { return shown; }
    TimePoint now() const override { return at; }
    WallOffset wall_offset() const override { return {}; }
    void drain() override {}
    Result<ReloadReport> reload() override { return ReloadReport{}; }
    void each_user(const UserVisitor&) const override {}
    std::vector<sip::Ban> bans() const override { return {}; }
    void ban(const IpAddress&, Duration) override {}
    bool lift_ban(const IpAddress&) override { return false; }
    void settle() override {}

    Snapshot shown;
    TimePoint at{};
};

}  // namespace rotunda::api
