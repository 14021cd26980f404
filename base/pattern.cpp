#include "base/pattern.hpp"

#include "base/text.hpp"

namespace rotunda {
namespace {

constexpr std::size_t max_steps = 2000;
constexpr std::size_t max_length = 1000;
constexpr std::size_t max_depth = 50;
constexpr std::uint32_t unbounded = 0xffffffff;

struct Node {
    enum class Kind { set, concatenation, alternation, repeat };
    Kind kind = Kind::concatenation;
    Pattern::ByteSet set;
    std::vector<Node> children;
    std::uint32_t least = 0;
    std::uint32_t most = 0;
};

// Recursive descent, depth-bounded; failed() holds the first complaint.
class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    Node parse() {
        if (peek() == '^') ++at_;
        Node node = alternation(0);
        if (at_ < text_.size()) complain("unexpected ')'");
        return node;
    }
    const std::string& complaint() const { return complaint_; }

  private:
    Node alternation(std::size_t depth) {
        Node node{Node::Kind::alternation, {}, {}, 0, 0};
        if (depth > max_depth) complain("groups nested too deeply");
        node.children.push_back(concatenation(depth));
        while (take('|')) node.children.push_back(concatenation(depth));
        return node;
    }

    Node concatenation(std::size_t depth) {
        Node node;
        while (good() && peek() != '|' && peek() != ')') {
            if (peek() == '$' && at_ + 1 == text_.size()) {
                ++at_;
                break;
            }
            node.children.push_back(repeated(atom(depth)));
        }
        return node;
    }

    Node atom(std::size_t depth) {
        const char c = text_[at_++];
        if (c == '(') {
            if (text_.substr(at_, 2) == "?:") at_ += 2;
            Node group = alternation(depth + 1);
            if (!take(')')) complain("'(' without ')'");
            return group;
        }
        if (c == '*' || c == '+' || c == '?' || c == '{') complain("nothing to repeat");
        if (c == '^' || c == '$') complain("anchors stand at the ends only");
        Node node{Node::Kind::set, {}, {}, 0, 0};
        if (c == '[')
            node.set = bracket();
        else if (c == '.')
            node.set.set();
        else if (c == '\\')
            node.set = escape();
        else
            node.set.set(static_cast<unsigned char>(c));
        return node;
    }

    Node repeated(Node inner) {
        while (good()) {
            std::uint32_t least = 0;
            std::uint32_t most = unbounded;
            if (take('*')) {
            } else if (take('+')) {
                least = 1;
            } else if (take('?')) {
                most = 1;
            } else if (take('{')) {
                least = count();
                if (!take(','))
                    most = least;
                else if (peek() != '}')
                    most = count();
                if (!take('}') || most < least) complain("bad {m,n}");
            } else {
                break;
            }
            Node outer{Node::Kind::repeat, {}, {}, least, most};
            outer.children.push_back(std::move(inner));
            inner = std::move(outer);
        }
        return inner;
    }

    std::uint32_t count() {
        const std::size_t from = at_;
        while (peek() >= '0' && peek() <= '9') ++at_;
        const auto number = parse_number(text_.substr(from, at_ - from), 1000);
        if (!number) complain("bad count in {}");
        return number.value_or(0);
    }

    Pattern::ByteSet bracket() {
        Pattern::ByteSet set;
        const bool inverted = take('^');
        bool first = true;
        while (good() && (peek() != ']' || first)) {
            first = false;
            const Pattern::ByteSet low_set = bracket_item();
            if (peek() != '-' || at_ + 1 >= text_.size() || text_[at_ + 1] == ']') {
                set |= low_set;
                continue;
            }
            ++at_;
            const Pattern::ByteSet high_set = bracket_item();
            const std::size_t low = low_set._Find_first();
            const std::size_t high = high_set._Find_first();
            if (low_set.count() != 1 || high_set.count() != 1 || low > high)
                complain("bad range in []");
            else
                for (std::size_t b = low; b <= high; ++b) set.set(b);
        }
        if (!take(']')) complain("'[' without ']'");
        return inverted ? ~set : set;
    }

    Pattern::ByteSet bracket_item() {
        const char c = text_[at_++];
        if (c == '\\') return escape();
        Pattern::ByteSet set;
        set.set(static_cast<unsigned char>(c));
        return set;
    }

    Pattern::ByteSet escape() {
        Pattern::ByteSet set;
        if (at_ >= text_.size()) {
            complain("'\\' at the end");
            return set;
        }
        const char c = text_[at_++];
        const bool word = c == 'w';
        if (word || c == 'd')
            for (int b = '0'; b <= '9'; ++b) set.set(static_cast<std::size_t>(b));
        if (word) {
            for (int b = 'a'; b <= 'z'; ++b)
                set.set(static_cast<std::size_t>(b)).set(static_cast<std::size_t>(b - 'a' + 'A'));
            set.set('_');
        } else if (c != 'd') {
            if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
                complain("unknown escape");
            set.set(static_cast<unsigned char>(c));
        }
        return set;
    }

    bool good() const { return at_ < text_.size() && complaint_.empty(); }
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(char c) {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    void complain(std::string_view what) {
        if (complaint_.empty()) complaint_ = std::string(what) + " at character " + std::to_string(at_);
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string complaint_;
};

// Thompson's construction, laid out so that a step falls through to the one behind it.
class Emitter {
  public:
    Pattern::Program take() {
        add({Pattern::Step::Kind::accept, 0, 0});
        return std::move(program_);
    }
    bool full() const { return program_.steps.size() >= max_steps || visits_ >= 4 * max_steps; }

    void emit(const Node& node) {
        ++visits_;  // bounds repeats of nothing, such as (){1000}{1000}, too
        if (full()) return;
        switch (node.kind) {
            case Node::Kind::set:
                program_.sets.push_back(node.set);
                add({Pattern::Step::Kind::consume, static_cast<std::uint16_t>(program_.sets.size() - 1), 0});
                break;
            case Node::Kind::concatenation:
                for (const Node& child : node.children) emit(child);
                break;
            case Node::Kind::alternation:
                alternation(node);
                break;
            case Node::Kind::repeat:
                repeat(node);
                break;
        }
    }

  private:
    void alternation(const Node& node) {
        std::vector<std::uint16_t> exits;
        for (std::size_t i = 0; i < node.children.size() && !full(); ++i) {
            const bool last = i + 1 == node.children.size();
            const std::uint16_t fork = last ? 0 : split();
            emit(node.children[i]);
            if (last) break;
            exits.push_back(split());  // both ways lead out
            program_.steps[fork].other = here();
        }
        for (std::uint16_t exit : exits) program_.steps[exit].target = program_.steps[exit].other = here();
    }

    void repeat(const Node& node) {
        const Node& inner = node.children.front();
        for (std::uint32_t i = 0; i < node.least && !full(); ++i) emit(inner);
        if (node.most == unbounded) {
            const std::uint16_t loop = split();
            emit(inner);
            const std::uint16_t back = split();
            program_.steps[back].target = program_.steps[back].other = loop;
            program_.steps[loop].other = here();
            return;
        }
        std::vector<std::uint16_t> exits;
        for (std::uint32_t i = node.least; i < node.most && !full(); ++i) {
            exits.push_back(split());
            emit(inner);
        }
        for (std::uint16_t exit : exits) program_.steps[exit].other = here();
    }

    std::uint16_t here() const { return static_cast<std::uint16_t>(program_.steps.size()); }
    std::uint16_t split() {
        const std::uint16_t at = here();
        add({Pattern::Step::Kind::split, static_cast<std::uint16_t>(at + 1),
             static_cast<std::uint16_t>(at + 1)});
        return at;
    }
    void add(Pattern::Step step) { program_.steps.push_back(step); }

    Pattern::Program program_;
    std::size_t visits_ = 0;
};

// The steps the automaton stands on, each once; splits are followed as they are added.
class Front {
  public:
    explicit Front(const std::vector<Pattern::Step>& steps) : steps_(&steps), seen_(steps.size(), 0) {}

    void clear() {
        ++round_;
        standing_.clear();
        accepted_ = false;
    }
    void add(std::uint16_t first) {
        pending_.assign(1, first);
        while (!pending_.empty()) {
            const std::uint16_t at = pending_.back();
            pending_.pop_back();
            if (seen_[at] == round_) continue;
            seen_[at] = round_;
            const Pattern::Step& step = (*steps_)[at];
            if (step.kind == Pattern::Step::Kind::split) {
                pending_.push_back(step.other);
                pending_.push_back(step.target);
            } else if (step.kind == Pattern::Step::Kind::accept) {
                accepted_ = true;
            } else {
                standing_.push_back(at);
            }
        }
    }
    const std::vector<std::uint16_t>& standing() const { return standing_; }
    bool accepted() const { return accepted_; }

  private:
    const std::vector<Pattern::Step>* steps_;
    std::vector<std::size_t> seen_;
    std::vector<std::uint16_t> standing_;
    std::vector<std::uint16_t> pending_;
    std::size_t round_ = 1;
    bool accepted_ = false;
};

}  // namespace

Result<Pattern> Pattern::compile(std::string_view text) {
    if (text.size() > max_length) return fail_with("pattern too long");
    Parser parser(text);
    const Node root = parser.parse();
    if (!parser.complaint().empty()) return fail_with(parser.complaint());
    Emitter emitter;
    emitter.emit(root);
    if (emitter.full()) return fail_with("pattern too large");
    return Pattern(text, emitter.take());
}

bool Pattern::matches(std::string_view text) const {
    Front now(program_.steps);
    Front next(program_.steps);
    now.add(0);
    for (const char c : text) {
        next.clear();
        for (const std::uint16_t at : now.standing())
            if (program_.sets[program_.steps[at].target].test(static_cast<unsigned char>(c)))
                next.add(static_cast<std::uint16_t>(at + 1));
        if (next.standing().empty() && !next.accepted()) return false;
        std::swap(now, next);
    }
    return now.accepted();
}

}  // namespace rotunda
