// Where both sides of the transaction layer put their results; drained by the layer's owner.
#pragma once

#include <vector>

#include "signaling/flow.hpp"
#include "signaling/transaction_counters.hpp"
#include "signaling/transaction_event.hpp"

namespace rotunda::sip {

struct TransactionOutput {
    std::vector<OutgoingMessage> outgoing;
    std::vector<TransactionEvent> events;
    TransactionCounters counters;
};

}  // namespace rotunda::sip
