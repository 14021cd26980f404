#include "server/account_services.hpp"

#include <unistd.h>

#include <limits>
#include <set>

#include "server/settings.hpp"

namespace rotunda::server {
namespace {

// Contacts that change within so long are kept together.
constexpr Duration gathering = std::chrono::seconds(1);

accounts::AccessPolicy access_policy(const Config& config, LocalAddresses& addresses) {
    accounts::AccessPolicy policy;
    policy.access = config.auth.policy;
    policy.local_net = config.auth.local_net;
    for (const ConfiguredListener& each : config.auth.listeners)
        policy.listeners.push_back(
            {each.listen.transport, each.listen.endpoint, each.access, each.allow, each.deny});
    policy.trusted = config.auth.trusted;
    for (const rooms::Trunk& trunk : trunks(config)) {
        for (const IpPrefix& address : trunk.addresses) policy.trusted.push_back({trunk.name, address});
        if (!trunk.certificate.empty()) policy.trusted.push_back({trunk.name, {}, trunk.certificate});
    }
    policy.domains = config.sip.domains;
    if (config.sip.external_address) policy.addresses.push_back(config.sip.external_address->address);
    policy.is_host_address = [&addresses](const IpAddress& address) {
        return !address.is_loopback() && addresses.is_ours(address);
    };
    for (const ConfiguredRoom& room : config.rooms.list)
        if (room.access) policy.rooms.emplace(room.name, *room.access);
    return policy;
}

// One user bears what one address does.
accounts::UserLimits::Settings user_limits(const sip::FloodSettings& flood) {
    constexpr double boundless = std::numeric_limits<double>::infinity();
    if (!flood.enabled) return {boundless, 0, boundless, 0};
    return {flood.open_calls, flood.open_calls_forgotten, flood.requests, flood.requests_forgotten};
}

accounts::DigestSettings digest_settings(const Config& config) {
    accounts::DigestSettings settings;
    settings.realm = realm_of(config);
    settings.algorithms = config.auth.algorithms;
    settings.nonce_lifetime = config.auth.nonce_lifetime;
    settings.nonce_uses = config.auth.nonce_uses;
    settings.md5_only = config.auth.md5_only;
    settings.limits = user_limits(config.flood);
    return settings;
}

accounts::RegistrarSettings registrar_settings(const Config& config) {
    accounts::RegistrarSettings settings;
    settings.min_expires = config.registrar.min_expires;
    settings.max_expires = std::max(config.registrar.max_expires, config.registrar.min_expires);
    settings.max_contacts = config.registrar.max_contacts;
    return settings;
}

Error with_path(const std::string& path, const Error& error) {
    return {"database.path " + path + ": " + error.message};
}

}  // namespace

std::string realm_of(const Config& config) {
    if (!config.auth.realm.empty()) return config.auth.realm;
    return config.sip.domains.empty() ? accounts::DigestSettings{}.realm : config.sip.domains.front();
}

AccountServices::AccountServices(const Config& config, EventLoop& loop, const Clock& clock,
                                 LocalAddresses& addresses, RandomSource& random, LogSink& log)
    : config_(config),
      loop_(loop),
      clock_(clock),
      addresses_(addresses),
      log_(log),
      offset_(clock.wall_offset()),
      gatekeeper_(access_policy(config, addresses), digest_settings(config), users_, random),
      registrar_(registrar_settings(config), gatekeeper_),
      expiry_(loop, clock, [this] { on_due(); }),
      handing_over_(loop, clock, [this] { hand_over(); }) {
    take_users({});
}

AccountServices::~AccountServices() {
    hand_over();
}

// Without users there is nothing to keep, so no file is made before somebody needs one.
std::optional<Error> AccountServices::open() {
    const std::string& path = config_.database_path;
    if (path.empty()) return std::nullopt;
    std::optional<AccountDatabase> database;
    if (::access(path.c_str(), F_OK) == 0 || !config_.users.empty()) {
        auto opened = AccountDatabase::open(path);
        if (!opened) return with_path(path, opened.error());
        database.emplace(std::move(*opened));
        if (auto problem = restore(*database)) return with_path(path, *problem);
    }
    keeper_ =
        std::make_unique<AccountKeeper>(AccountKeeper::Setup{path, realm_of(config_), offset_,
                                                             [this](AccountKeeper::Users users) {
                                                                 loop_.post([this, moved = std::move(users)] {
                                                                     take_users(moved);
                                                                     settle();
                                                                 });
                                                             }},
                                        std::move(database), log_);
    return std::nullopt;
}

std::optional<Error> AccountServices::restore(AccountDatabase& database) {
    auto users = database.users_of(realm_of(config_));
    if (!users) return users.error();
    auto bindings = database.load_bindings(offset_, clock_.now());
    if (!bindings) return bindings.error();
    for (auto& [user, contacts] : *bindings) registrar_.locations().replace(user, std::move(contacts));
    take_users(*users);
    // What was read stays as it is, also of users who are not ours today: a mistyped realm costs no contacts.
    (void)registrar_.locations().take_changed();
    settle();
    return warn_of_other_realms(database);
}

// Passwords are kept hashed with their realm: in another one nobody can use them.
std::optional<Error> AccountServices::warn_of_other_realms(AccountDatabase& database) {
    const auto all = database.list_users();
    if (!all) return all.error();
    std::set<std::string> lost;
    for (const StoredUser& user : *all)
        if (user.realm != realm_of(config_) && !users_.has(user.name)) lost.insert(user.name);
    if (!lost.empty())
        log_.write({LogLevel::warning,
                    "users.other_realm",
                    "their passwords were stored for another realm: set auth.realm to that one, or use "
                    "rotunda user add",
                    {{"realm", realm_of(config_)}, {"users", std::to_string(lost.size())}}});
    return std::nullopt;
}

// Who is gone is nowhere any more.
void AccountServices::take_users(AccountKeeper::Users stored) {
    stored_ = std::move(stored);
    users_ = accounts::UserTable{};
    for (const auto& [name, keys] : stored_) users_.set(name, keys);
    for (const ConfiguredUser& user : config_.users)
        users_.set(user.name, accounts::make_digest_keys(user.name, realm_of(config_), user.password));
    for (const std::string& user : registrar_.locations().known_users())
        if (!users_.has(user)) registrar_.locations().replace(user, {});
    if (!users_.empty())
        log_.write({LogLevel::info, "users.loaded", "", {{"users", std::to_string(users_.size())}}});
}

void AccountServices::configure() {
    gatekeeper_.configure(access_policy(config_, addresses_), digest_settings(config_));
    registrar_.configure(registrar_settings(config_));
    take_users(std::move(stored_));
    settle();
}

void AccountServices::on_connection_lost(sip::ConnectionId connection) {
    registrar_.locations().on_connection_lost(connection);
    settle();
}

void AccountServices::on_due() {
    registrar_.locations().on_timeout(clock_.now());
    settle();
}

void AccountServices::settle() {
    const accounts::LocationService& locations = registrar_.locations();
    expiry_.set(locations.next_timeout());
    if (changes_wait_ || !locations.has_changed()) return;
    changes_wait_ = true;
    handing_over_.set(clock_.now() + gathering);
}

void AccountServices::hand_over() {
    accounts::LocationService& locations = registrar_.locations();
    changes_wait_ = false;
    AccountKeeper::Bindings changed;
    for (const std::string& user : locations.take_changed()) {
        const auto& bindings = changed.emplace(user, locations.bindings(user)).first->second;
        if (!log_.takes(LogLevel::debug)) continue;
        log_.write({LogLevel::debug,
                    "registrar.changed",
                    "",
                    {{"user", user}, {"contacts", std::to_string(bindings.size())}}});
    }
    if (keeper_ && !changed.empty()) keeper_->save(std::move(changed));
}

}  // namespace rotunda::server
