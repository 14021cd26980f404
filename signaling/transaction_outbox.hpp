// What a transaction asks of its owner after one input. Held on the stack, never on the heap.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace rotunda::sip {

struct TransactionAction {
    enum class Kind : std::uint8_t {
        send,             // `bytes` to the peer
        deliver,          // the message just received to the transaction user
        timeout,          // tell the transaction user: nobody answered in time
        transport_error,  // tell the transaction user: the message could not be sent
    };
    Kind kind = Kind::send;
    std::string_view bytes;  // the transaction's own memory: valid until its next input
};

class TransactionOutbox {
  public:
    void send(std::string_view bytes) { push({TransactionAction::Kind::send, bytes}); }
    void deliver() { push({TransactionAction::Kind::deliver, {}}); }
    void timeout() { push({TransactionAction::Kind::timeout, {}}); }
    void transport_error() { push({TransactionAction::Kind::transport_error, {}}); }

    std::span<const TransactionAction> actions() const { return {actions_.data(), size_}; }
    bool delivers() const { return has(TransactionAction::Kind::deliver); }
    bool times_out() const { return has(TransactionAction::Kind::timeout); }

  private:
    bool has(TransactionAction::Kind kind) const {
        return std::ranges::any_of(actions(), [kind](const TransactionAction& a) { return a.kind == kind; });
    }
    void push(TransactionAction action) {
        assert(size_ < actions_.size());
        actions_[size_++] = action;
    }

    // No input makes more than two: an ACK and the response it acknowledges.
    std::array<TransactionAction, 4> actions_;
    std::size_t size_ = 0;
};

}  // namespace rotunda::sip
