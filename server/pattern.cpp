#include "server/pattern.hpp"

#include <re2/re2.h>

namespace rotunda::server {

Result<Pattern> Pattern::compile(const std::string& text) {
    RE2::Options options(RE2::Latin1);  // bytes: a caller's user part may hold anything
    options.set_log_errors(false);
    options.set_never_capture(true);
    options.set_max_mem(1 << 20);
    auto compiled = std::make_shared<const RE2>(text, options);
    if (!compiled->ok()) return fail_with(compiled->error());
    return Pattern(std::move(compiled));
}

bool Pattern::matches(std::string_view text) const {
    return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *compiled_);
}

const std::string& Pattern::text() const {
    return compiled_->pattern();
}

}  // namespace rotunda::server
