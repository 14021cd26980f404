// Runs one transaction alone in virtual time and writes down what it did and when.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "signaling/transaction_outbox.hpp"

namespace rotunda::sip::test {

inline TimePoint at_ms(std::int64_t ms) {
    return TimePoint{} + std::chrono::milliseconds(ms);
}

inline std::int64_t ms_of(TimePoint t) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count();
}

// "500 INVITE": the bytes sent; "500 (deliver)", "(timeout)", "(transport error)" for the rest.
using Timeline = std::vector<std::string>;

inline void note(Timeline& timeline, std::int64_t ms, const TransactionOutbox& out) {
    for (const TransactionAction& action : out.actions()) {
        std::string what;
        switch (action.kind) {
            case TransactionAction::Kind::send:
                what = action.bytes;
                break;
            case TransactionAction::Kind::deliver:
                what = "(deliver)";
                break;
            case TransactionAction::Kind::timeout:
                what = "(timeout)";
                break;
            case TransactionAction::Kind::transport_error:
                what = "(transport error)";
                break;
        }
        timeline.push_back(std::to_string(ms) + " " + what);
    }
}

// What one input makes the machine do.
template <typename Input>
Timeline actions_of(std::int64_t ms, Input&& input) {
    TransactionOutbox out;
    input(out);
    Timeline timeline;
    note(timeline, ms, out);
    return timeline;
}

// Lets the machine's timers fire, each at its exact instant, up to and including `until_ms`; ends with "32000
// (end)" when it terminates.
template <typename Machine>
Timeline run(Machine& machine, std::int64_t until_ms) {
    Timeline timeline;
    while (!machine.terminated() && machine.next_timeout() && *machine.next_timeout() <= at_ms(until_ms)) {
        const TimePoint now = *machine.next_timeout();
        TransactionOutbox out;
        machine.on_timeout(now, out);
        note(timeline, ms_of(now), out);
        if (machine.terminated()) timeline.push_back(std::to_string(ms_of(now)) + " (end)");
    }
    return timeline;
}

}  // namespace rotunda::sip::test
