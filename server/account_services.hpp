// Accounts as the server runs them: user table, gatekeeper and registrar on the signaling thread, their
// database beside it.
#pragma once

#include <memory>
#include <optional>

#include "accounts/registrar.hpp"
#include "base/log.hpp"
#include "server/account_keeper.hpp"
#include "server/clock.hpp"
#include "server/config.hpp"
#include "server/event_loop.hpp"
#include "server/local_addresses.hpp"

namespace rotunda::server {

class AccountServices {
  public:
    // Everything referred to outlives it.
    AccountServices(const Config& config, EventLoop& loop, const Clock& clock, LocalAddresses& addresses,
                    RandomSource& random, LogSink& log);
    // Keeps what has changed.
    ~AccountServices();

    // Users and contacts of the database, where there is one or has to be one. Call it once.
    std::optional<Error> open();

    // The configuration has changed: users, who may send what, the registrar's limits.
    void configure();

    accounts::Gatekeeper& gatekeeper() { return gatekeeper_; }
    std::uint64_t database_failures() const { return keeper_ ? keeper_->failures() : 0; }
    accounts::Registrar& registrar() { return registrar_; }
    const accounts::Registrar& registrar() const { return registrar_; }
    const accounts::UserTable& users() const { return users_; }
    bool is_user(std::string_view name) const { return users_.has(name); }

    // RFC 5626 §5.2: a contact that can be reached over that connection alone is registered no longer.
    void on_connection_lost(sip::ConnectionId connection);
    // Looks after what has changed; call it when the user agent was given something.
    void settle();

  private:
    std::optional<Error> restore(AccountDatabase& database);
    std::optional<Error> warn_of_other_realms(AccountDatabase& database);
    void take_users(AccountKeeper::Users stored);
    void on_due();
    void hand_over();

    const Config& config_;
    EventLoop& loop_;
    const Clock& clock_;
    LocalAddresses& addresses_;
    LogSink& log_;
    const WallOffset offset_;
    AccountKeeper::Users stored_;  // of the database
    accounts::UserTable users_;    // and of the configuration
    accounts::Gatekeeper gatekeeper_;
    accounts::Registrar registrar_;
    LoopTimer expiry_;
    LoopTimer handing_over_;  // changed contacts, to the keeper
    bool changes_wait_ = false;
    std::unique_ptr<AccountKeeper> keeper_;
};

// auth.realm, or what stands in for it.
std::string realm_of(const Config& config);

}  // namespace rotunda::server
