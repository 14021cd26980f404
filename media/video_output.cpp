#include "media/video_output.hpp"

#include <algorithm>
#include <utility>

#include "media/video_session.hpp"

namespace rotunda::media {

struct VideoOutput::Canvas {
    Canvas(PictureSize size, Yuv background) : compositor(size, background) {}

    mixer::Compositor compositor;
    std::vector<mixer::SeatView> seats;
    bool due = false;
    std::size_t drawn = 0;
};

struct VideoOutput::View {
    explicit View(const ViewKey& k) : key(k) {}

    ViewKey key;
    mixer::Layout layout;
    mixer::Seating seating;
    std::vector<std::unique_ptr<Canvas>> canvases;
};

struct VideoOutput::Group {
    View* view = nullptr;
    Canvas* canvas = nullptr;
    std::unique_ptr<VideoEncoderGroup> encoder;  // null: it could not be had, and nothing is sent
    EncoderGroupKey how;
    std::vector<VideoSession*> members;
    int credit = 0;  // of frames, in parts of the room's rate
    bool due = false;
    bool made = false;  // a picture in this frame

    bool is(const ViewKey& v, const EncoderGroupKey& h) const { return view->key == v && how == h; }
};

VideoOutput::VideoOutput(const VideoRoomSettings& settings, VideoContext& context)
    : settings_(settings), context_(context) {}
VideoOutput::~VideoOutput() {
    context_.counters.groups -= groups_.size();
}

// --- who gets what

VideoOutput::Group* VideoOutput::group_of(const VideoSession& session) const {
    const auto at = std::find_if(groups_.begin(), groups_.end(), [&](const auto& group) {
        return std::find(group->members.begin(), group->members.end(), &session) != group->members.end();
    });
    return at == groups_.end() ? nullptr : at->get();
}

void VideoOutput::watch(VideoSession& session, const ViewKey& view, const EncoderGroupKey& how) {
    if (Group* const group = group_of(session)) {
        if (group->is(view, how) || adapt_alone(*group, view, how)) return;
        unwatch(session);
    }
    Group& group = find_or_make(view, how);
    group.members.push_back(&session);
    if (group.encoder) group.encoder->on_join();
    sweep();
}

// Who has an encoder of his own changes its rate, which costs no keyframe.
bool VideoOutput::adapt_alone(Group& group, const ViewKey& view, const EncoderGroupKey& how) const {
    EncoderGroupKey same = group.how;
    same.settings.bit_rate = how.settings.bit_rate;
    const bool taken =
        std::any_of(groups_.begin(), groups_.end(), [&](const auto& g) { return g->is(view, how); });
    if (taken || group.members.size() != 1 || !(group.view->key == view) || same != how || !group.encoder)
        return false;
    group.how = how;
    group.encoder->set_bit_rate(how.settings.bit_rate);
    return true;
}

void VideoOutput::unwatch(VideoSession& session) {
    Group* const group = group_of(session);
    if (!group) return;
    session.finish_picture();
    std::erase(group->members, &session);
}

void VideoOutput::request_keyframe(const VideoSession& session) {
    if (Group* const group = group_of(session); group && group->encoder) group->encoder->on_request();
}

void VideoOutput::begin_anew(const VideoSession& session) {
    if (Group* const group = group_of(session); group && group->encoder) group->encoder->on_join();
}

void VideoOutput::follow(const VideoSession& session) {
    if (Group* const group = group_of(session); group && group->encoder) group->encoder->on_move();
}

VideoOutput::Group& VideoOutput::find_or_make(const ViewKey& key, const EncoderGroupKey& how) {
    for (const auto& group : groups_)
        if (group->is(key, how)) return *group;
    auto group = std::make_unique<Group>();
    group->view = &view_of(key);
    group->canvas = &canvas_of(*group->view, {how.settings.width, how.settings.height});
    group->how = how;
    group->credit = 1000;  // its first picture does not wait
    codecs::VideoTuning tuning = context_.tuning;
    if (key.viewer) tuning.x264_preset = tuning.x264_preset_alone;
    auto encoder = VideoEncoderGroup::make(how, tuning, rtp::default_max_video_payload);
    if (encoder) group->encoder = std::move(*encoder);
    groups_.push_back(std::move(group));
    ++context_.counters.groups;
    return *groups_.back();
}

VideoOutput::View& VideoOutput::view_of(const ViewKey& key) {
    for (const auto& view : views_)
        if (view->key == key) return *view;
    views_.push_back(std::make_unique<View>(key));
    return *views_.back();
}

VideoOutput::Canvas& VideoOutput::canvas_of(View& view, PictureSize size) {
    for (const auto& canvas : view.canvases)
        if (canvas->compositor.size() == size) return *canvas;
    view.canvases.push_back(std::make_unique<Canvas>(size, settings_.background));
    return *view.canvases.back();
}

// What nobody watches any more.
void VideoOutput::sweep() {
    context_.counters.groups -=
        std::erase_if(groups_, [](const auto& group) { return group->members.empty(); });
    const auto is_used = [&](const Canvas* canvas) {
        return std::any_of(groups_.begin(), groups_.end(),
                           [&](const auto& g) { return g->canvas == canvas; });
    };
    for (const auto& view : views_)
        std::erase_if(view->canvases, [&](const auto& canvas) { return !is_used(canvas.get()); });
    std::erase_if(views_, [](const auto& view) { return view->canvases.empty(); });
}

// --- who sits where

void VideoOutput::arrange(std::span<const mixer::SourceId> people, std::span<const mixer::SourceId> spoke) {
    sweep();
    std::vector<mixer::SourceId> others;
    for (const auto& view : views_) {
        others.clear();
        std::remove_copy(people.begin(), people.end(), std::back_inserter(others), view->key.viewer);
        view->layout = mixer::make_layout(view->key.layout, others.size());
        view->seating.arrange(others, spoke, view->layout.cells.size(), view->layout.speaker_first);
    }
}

bool VideoOutput::shows(mixer::SourceId source) const {
    return std::any_of(views_.begin(), views_.end(), [&](const auto& view) {
        const auto& seats = view->seating.seats();
        return std::find(seats.begin(), seats.end(), source) != seats.end();
    });
}

// --- a frame

void VideoOutput::frame(SeatSource& source, int room_rate, TimePoint now) {
    choose_due(room_rate);
    compose(source);
    encode(now);
    send(room_rate, now);
}

// Who gets fewer frames than the room makes gets them evenly.
void VideoOutput::choose_due(int room_rate) {
    for (const auto& view : views_)
        for (const auto& canvas : view->canvases) canvas->due = false;
    for (const auto& group : groups_) {
        group->credit += group->how.settings.frames_per_second;
        group->due = group->encoder && !group->members.empty() && group->credit >= room_rate;
        group->made = false;
        if (!group->due) continue;
        group->credit = std::min(group->credit - room_rate, room_rate - 1);
        group->canvas->due = true;
        // Its payloads are about to be overwritten.
        for (VideoSession* member : group->members) member->finish_picture();
    }
}

void VideoOutput::fill_seats(View& view, Canvas& canvas, SeatSource& source) const {
    const auto& seated = view.seating.seats();
    canvas.seats.clear();
    for (std::size_t i = 0; i < seated.size(); ++i) {
        mixer::SeatView seat;
        seat.area = view.layout.area(i, canvas.compositor.size());
        seat.fit = settings_.fit;
        if (seated[i]) {
            auto content = source.content(*seated[i], {seat.area.width, seat.area.height});
            seat.picture = std::move(content.picture);
            seat.label = std::move(content.label);
        }
        canvas.seats.push_back(std::move(seat));
    }
}

void VideoOutput::compose(SeatSource& source) {
    jobs_.clear();
    for (const auto& view : views_)
        for (const auto& canvas : view->canvases) {
            if (!canvas->due) continue;
            fill_seats(*view, *canvas, source);
            jobs_.emplace_back([c = canvas.get()] { c->drawn = c->compositor.compose(c->seats); });
        }
    context_.jobs.run(jobs_);
    for (const auto& view : views_)
        for (const auto& canvas : view->canvases)
            context_.counters.compositions += canvas->due && canvas->drawn > 0 ? 1 : 0;
}

void VideoOutput::encode(TimePoint now) {
    jobs_.clear();
    for (const auto& group : groups_)
        if (group->due)
            jobs_.emplace_back(
                [g = group.get(), now] { g->made = g->encoder->encode(g->canvas->compositor.view(), now); });
    context_.jobs.run(jobs_);
}

void VideoOutput::send(int room_rate, TimePoint now) {
    // The rest of the interval is for who comes late.
    const Duration window = Duration(std::chrono::seconds(1)) / std::max(room_rate, 1) / 2;
    for (const auto& group : groups_) {
        if (!group->due) continue;
        ++context_.counters.encodes;
        if (!group->made) continue;
        context_.counters.keyframes += group->encoder->is_keyframe() ? 1 : 0;
        for (VideoSession* member : group->members)
            member->begin_picture(group->encoder->payloads(), now, window, now);
    }
}

}  // namespace rotunda::media
