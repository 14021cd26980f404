#include "signaling/transaction_layer.hpp"

#include <algorithm>
#include <utility>

#include "signaling/response_route.hpp"
#include "signaling/stateless_response.hpp"

namespace rotunda::sip {

TransactionLayer::TransactionLayer(const Settings& settings, RandomSource& random)
    : servers_(settings.timers, settings.limits, random, output_),
      clients_(settings.timers, settings.router, random, output_) {}

void TransactionLayer::receive(SipMessage message, const Flow& flow, TimePoint now) {
    const Via& top = message.top_via();
    if (top.host.empty() || message.call_id().empty()) {
        // Nothing to match by and nowhere to answer to; parse_message() lets none of these pass.
        ++output_.counters.incomplete_messages;
        return;
    }
    if (message.is_response()) return clients_.receive(std::move(message), flow, now);
    Via via = top;
    if (note_source(via, flow)) message.replace_top_via(std::move(via));
    servers_.receive(std::move(message), flow, now);
}

bool TransactionLayer::respond(ServerTransactionId transaction, SipMessage response, TimePoint now) {
    return servers_.respond(transaction, std::move(response), now);
}

void TransactionLayer::send_stateless(SipMessage response, const Flow& flow) {
    output_.outgoing.push_back(stateless_response(std::move(response), flow));
}

ClientTransactionId TransactionLayer::send_request(SipMessage request, const Flow& flow, TimePoint now) {
    return clients_.send(std::move(request), flow, now);
}

void TransactionLayer::cancel(ClientTransactionId invite, TimePoint now, std::string_view reason) {
    clients_.cancel(invite, now, reason);
}

void TransactionLayer::send_ack(SipMessage ack, const Flow& flow, const std::string& branch, TimePoint now) {
    clients_.send_ack(std::move(ack), flow, branch, now);
}

void TransactionLayer::on_transport_error(const Flow& flow, TimePoint now) {
    servers_.on_transport_error(flow);
    clients_.on_transport_error(flow, now);
}

void TransactionLayer::on_timeout(TimePoint now) {
    servers_.on_timeout(now);
    clients_.on_timeout(now);
}

std::optional<TimePoint> TransactionLayer::next_timeout() {
    const auto server = servers_.next_timeout(), client = clients_.next_timeout();
    if (!server || !client) return server ? server : client;
    return std::min(*server, *client);
}

std::vector<OutgoingMessage> TransactionLayer::take_outgoing() {
    return std::exchange(output_.outgoing, {});
}

std::vector<TransactionEvent> TransactionLayer::take_events() {
    return std::exchange(output_.events, {});
}

}  // namespace rotunda::sip
