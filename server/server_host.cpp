// What operators see of the server, and what they change without stopping it.
#include <fmt/format.h>

#include "server/reload.hpp"
#include "server/server_parts.hpp"
#include "server/settings.hpp"
#include "server/state_report.hpp"

namespace rotunda::server {

void Server::Parts::each_user(const UserVisitor& visit) const {
    accounts_.users().each(
        [&](const std::string& name) { visit(name, accounts_.registrar().locations().bindings(name)); });
}

// Everything that can fail comes before anything is changed.
Result<api::ReloadReport> Server::Parts::reload() {
    const auto refuse = [this](std::string why) {
        ++failed_reloads_;
        events_.write({LogLevel::warning, "config.not_reloaded", why + "; nothing was changed", {}});
        return fail_with(std::move(why));
    };
    if (!reread_) return refuse("this server was not started from a configuration it could read again");
    const auto read = reread_();
    if (!read) return refuse(read.error().message);
    Reload plan = plan_reload(config_, *read);
    if (const auto problem = transports_.use(plan.config.sip.tls)) return refuse(problem->message);
    config_ = std::move(plan.config);
    log_.set_level(config_.log.level);
    transports_.know_peers(certificate_domains(config_));
    accounts_.configure();
    focus_.configure(focus_settings(config_, dtls_.get()), clock_.now());
    api_.set_tokens(http_tokens(config_));
    webhooks_.configure(config_.webhooks);
    set_drain_end();
    ++reloads_;
    events_.write({LogLevel::info,
                   "config.reloaded",
                   "",
                   {{"changed", fmt::format("{}", fmt::join(plan.changed, " "))},
                    {"ignored_until_restart", fmt::format("{}", fmt::join(plan.ignored, " "))}}});
    settle();
    return api::ReloadReport{std::move(plan.changed), std::move(plan.ignored)};
}

api::Snapshot Server::Parts::snapshot() const {
    const sip::TransactionLayer& layer = agent_.transactions();
    api::Snapshot now;
    now.version = ROTUNDA_VERSION;
    now.uptime = clock_.now() - started_;
    now.draining = phase_ != Phase::serving;
    now.overloaded = strain_ == Strain::ours;
    now.sessions = agent_.session_count();
    now.transactions = layer.server_transactions() + layer.client_transactions();
    now.stream_connections = transports_.tcp().connections();
    now.free_media_pairs = ports_.free();
    now.log_lines_lost = log_.lost();
    now.requests = layer.counters().requests;
    now.refused = refusals(agent_, transports_);
    const HttpListener::Counters& http = http_.counters();
    using enum HttpRefusals::Kind;
    const HttpRefusals& refused = http_.refusals();
    now.http = {http_.connections(),  http.requests,       refused.count(place),
                refused.count(rate),  http.displaced,      refused.count(stream),
                refused.count(token), refused.count(slow), refused.count(malformed)};
    const Webhooks::Counters hooks = webhooks_.counters();
    now.webhooks = {hooks.sent, hooks.retries, hooks.lost, hooks.waiting};
    now.records_lost = recorder_.lost();
    now.database_failures = accounts_.database_failures();
    now.hep_lost = tap_.hep().lost();
    const sip::FloodGuard::Counters& flood = door_.counters();
    now.bans = door_.bans_so_far();
    now.banned = door_.banned();
    now.calls_max = config_.calls_max;
    now.certificate_expires = transports_.certificate_expires();
    now.reloads = reloads_;
    now.failed_reloads = failed_reloads_;
    now.queues = {{"log", log_.waiting()},
                  {"records", recorder_.waiting()},
                  {"webhooks", hooks.waiting},
                  {"media", 0},
                  {"video", 0}};
    for (const auto& worker : workers_) now.queues["media"] += worker->waiting();
    for (const auto& worker : video_workers_) now.queues["video"] += worker->waiting();
    now.refused["flood_banned"] = flood.dropped_banned;
    now.refused["flood_scanners"] = flood.dropped_scanners;
    now.refused["flood_limited"] = flood.dropped_limited + flood.refused_busy;
    now.refused["flood_unsent"] = flood.unsent;
    now.refused["flood_connections"] = flood.refused_connections;
    for (const auto& worker : workers_) now.media += worker->counters();
    for (const auto& worker : video_workers_) now.video += worker->counters();
    return now;
}

void Server::Parts::keep(const rooms::CallRecord& record) {
    const WallOffset offset = clock_.wall_offset();
    std::string json = api::to_json(record, offset);
    records_.calls.add(json);
    recorder_.add(
        {std::move(json), record.call_id, record.room, api::timestamp(to_wall(record.ended, offset))});
}

void Server::Parts::log_state() {
    const api::Snapshot now = snapshot();
    log_.write(state_record(focus_, now));
    log_.write(refused_record(now.refused));
}

}  // namespace rotunda::server
