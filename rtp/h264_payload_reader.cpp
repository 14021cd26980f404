#include "rtp/h264_payload_reader.hpp"

namespace rotunda::rtp {
namespace {

// RFC 6184 §5.8
constexpr std::uint8_t fu_start = 0x80;
constexpr std::uint8_t fu_end = 0x40;
// H.264 §D.1.1: a sender that refreshes his picture little by little marks with this SEI where one may begin.
constexpr std::uint8_t sei_recovery_point = 6;
// RFC 6184 table 1: wrappings of the interleaved mode, which is never negotiated.
constexpr bool is_interleaved(int type) {
    return (type >= 25 && type <= 27) || type == 29;
}

}  // namespace

void H264PayloadReader::begin() {
    fragment_open_ = has_slice_ = has_first_slice_ = has_sps_ = keyframe_ = false;
}

bool H264PayloadReader::append(Bytes payload, FrameBuffer& frame) {
    const std::uint8_t first = payload[0];
    if ((first & nal_forbidden_bit) != 0) return false;
    if (nal_type(first) == NalType::fu_a) return append_fragment(payload, frame);
    if (fragment_open_) return false;  // its end was lost
    if (nal_type(first) == NalType::stap_a) return append_aggregate(payload.subspan(1), frame);
    if (is_plain_nal(first)) return begin_nal(payload, frame) && frame.append(payload);
    // RFC 6184 §5.2: types nobody defined are ignored.
    return !is_interleaved(first & nal_type_mask);
}

bool H264PayloadReader::append_aggregate(Bytes units, FrameBuffer& frame) {
    ByteReader reader(units);
    while (reader.remaining() > 0) {
        const std::size_t size = reader.u16();
        const Bytes nal = reader.take(size);
        if (!reader.ok() || nal.empty() || !is_plain_nal(nal[0])) return false;
        if (!begin_nal(nal, frame) || !frame.append(nal)) return false;
    }
    return true;
}

bool H264PayloadReader::append_fragment(Bytes payload, FrameBuffer& frame) {
    if (payload.size() < 2 || !is_plain_nal(payload[1])) return false;
    const std::uint8_t flags = payload[1];
    const bool starts = (flags & fu_start) != 0;
    if (starts == fragment_open_) return false;  // a beginning inside a fragment, or a middle without one
    const Bytes content = payload.subspan(2);
    if (starts) {
        const auto header =
            static_cast<std::uint8_t>((payload[0] & ~nal_type_mask) | (flags & nal_type_mask));
        const std::uint8_t head[2] = {header, content.empty() ? std::uint8_t{0} : content[0]};
        if (!begin_nal(Bytes(head).first(content.empty() ? 1 : 2), frame)) return false;
        if (!frame.append({&header, 1})) return false;
    }
    fragment_open_ = (flags & fu_end) == 0;
    return frame.append(content);
}

bool H264PayloadReader::begin_nal(Bytes head, FrameBuffer& frame) {
    const NalType type = nal_type(head[0]);
    if (type == NalType::sps) has_sps_ = true;
    if (type == NalType::sei && head.size() > 1 && head[1] == sei_recovery_point) keyframe_ = true;
    if (is_slice(type)) {
        keyframe_ = keyframe_ || type == NalType::idr_slice;
        if (keyframe_ && !has_sps_ && !has_slice_ && !frame.append(parameter_sets_)) return false;
        note_slice(type, head);
    }
    return frame.append(start_code);
}

// first_mb_in_slice is the first field, and 0 is a single 1 bit (H.264 §7.3.3, §9.1). Data partitions B and C
// (types 3 and 4) never come first.
void H264PayloadReader::note_slice(NalType type, Bytes head) {
    const bool at_origin = head.size() > 1 && (head[1] & 0x80) != 0;
    if (!has_slice_) has_first_slice_ = at_origin && type != NalType{3} && type != NalType{4};
    has_slice_ = true;
}

// A payload may hold start codes, which libavcodec takes for what they are.
int H264PayloadReader::slices(Bytes frame) const {
    int count = 0;
    AnnexBReader reader(frame);
    while (const auto nal = reader.next()) count += is_slice(nal_type((*nal)[0])) ? 1 : 0;
    return count;
}

}  // namespace rotunda::rtp
