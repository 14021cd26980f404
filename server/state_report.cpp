#include "server/state_report.hpp"

#include <map>

namespace rotunda::server {
namespace {

std::string number(std::uint64_t n) {
    return std::to_string(n);
}

// By name: the parser and the user agent have some reasons in common.
using Reasons = std::map<std::string_view, std::uint64_t>;

template <typename Reason, typename Count>
void add_all(Reasons& reasons, Count count) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(Reason::count); ++i)
        reasons[to_string(static_cast<Reason>(i))] += count(static_cast<Reason>(i));
}

}  // namespace

LogRecord state_record(const rooms::Focus& focus, const api::Snapshot& now) {
    return {LogLevel::info,
            "server.state",
            "",
            {{"calls", number(focus.calls())},
             {"rooms", number(focus.rooms())},
             {"subscriptions", number(focus.notifier().size())},
             {"notifies", number(focus.notifier().notifies())},
             {"messages", number(focus.chat().messages())},
             {"sessions", number(now.sessions)},
             // Each transaction, session and connection waits for one moment at most.
             {"timers", number(now.transactions + now.sessions + now.stream_connections)},
             {"transactions", number(now.transactions)},
             {"tcp_connections", number(now.stream_connections)},
             {"media_room_shards", number(now.media.rooms)},
             {"media_sessions", number(now.media.sessions)},
             {"video_sessions", number(now.video.sessions)},
             {"media_pairs_free", number(now.free_media_pairs)},
             {"late_ticks", number(now.media.late_ticks)},
             {"skipped_ticks", number(now.media.skipped_ticks)},
             {"send_failures", number(now.media.send_failures)},
             {"log_lines_lost", number(now.log_lines_lost)}}};
}

Reasons refusals(const sip::UserAgent& agent, const SipTransports& transports) {
    const SipTcpTransport::Counters& tcp = transports.tcp().counters();
    const SipUdpSocket::Counters udp = transports.udp_counters();
    const sip::TransactionCounters& transactions = agent.transactions().counters();
    Reasons reasons = {{"merged_requests", transactions.merged_requests},
                       {"unmatched_cancels", transactions.unmatched_cancels},
                       {"refused_overload", transactions.refused_overload},
                       {"stray_responses", transactions.stray_responses},
                       {"foreign_responses", transactions.foreign_responses},
                       {"incomplete_messages", transactions.incomplete_messages},
                       {"unsendable_responses", transactions.unsendable_responses},
                       {"transaction_timeouts", transactions.timeouts},
                       {"transport_errors", transactions.transport_errors},
                       {"tcp_refused_full", tcp.refused_full},
                       {"tcp_refused_peer", tcp.refused_peer},
                       {"tcp_accept_errors", tcp.accept_errors},
                       {"tcp_setup_errors", tcp.setup_errors},
                       {"udp_send_errors", udp.send_errors},
                       {"udp_receive_errors", udp.receive_errors}};
    add_all<sip::ParseReason>(reasons, [&](sip::ParseReason reason) { return agent.malformed(reason); });
    add_all<sip::Refusal>(reasons, [&](sip::Refusal reason) { return agent.refused(reason); });
    add_all<SipTcpEnd>(reasons, [&](SipTcpEnd end) { return tcp.ended[static_cast<std::size_t>(end)]; });
    return reasons;
}

LogRecord refused_record(const Reasons& refusals) {
    LogRecord record{LogLevel::info, "server.refused", "", {}};
    for (const auto& [name, times] : refusals)
        if (times > 0) record.fields.emplace_back(name, number(times));
    return record;
}

}  // namespace rotunda::server
