#include "mixer/active_speaker.hpp"

#include <algorithm>

namespace rotunda::mixer {
namespace {

constexpr std::size_t longest_history = 64;  // more than any layout has seats

}  // namespace

bool ActiveSpeaker::update(std::optional<SourceId> loudest, TimePoint now) {
    if (!loudest) {
        if (candidate_ && now - candidate_heard_ > settings_.pause) candidate_.reset();
        return false;
    }
    if (history_.empty()) {
        promote(*loudest, now);
        return true;
    }
    if (loudest == history_.front()) {
        candidate_.reset();
        return false;
    }
    if (candidate_ != loudest || now - candidate_heard_ > settings_.pause) {
        candidate_ = loudest;
        candidate_since_ = now;
    }
    candidate_heard_ = now;
    if (now - candidate_since_ < settings_.attack || now - changed_ < settings_.dwell) return false;
    promote(*loudest, now);
    return true;
}

void ActiveSpeaker::promote(SourceId source, TimePoint now) {
    std::erase(history_, source);
    history_.insert(history_.begin(), source);
    // Who left without a word to us is forgotten in the end.
    if (history_.size() > longest_history) history_.pop_back();
    candidate_.reset();
    changed_ = now;
}

void ActiveSpeaker::remove(SourceId source) {
    std::erase(history_, source);
    if (candidate_ == source) candidate_.reset();
}

std::optional<SourceId> ActiveSpeaker::speaker() const {
    if (history_.empty()) return std::nullopt;
    return history_.front();
}

std::optional<SourceId> ActiveSpeaker::speaker_for(SourceId viewer) const {
    const auto at = std::find_if(history_.begin(), history_.end(), [&](SourceId s) { return s != viewer; });
    if (at == history_.end()) return std::nullopt;
    return *at;
}

}  // namespace rotunda::mixer
