#include "sdp/h264_level.hpp"

#include <array>

namespace rotunda::sdp {
namespace {

struct Row {
    H264Level level;
    H264LevelLimits limits;
};

constexpr std::array<Row, 17> table = {{
    {9, {1485, 99, 128}},
    {10, {1485, 99, 64}},
    {11, {3000, 396, 192}},
    {12, {6000, 396, 384}},
    {13, {11880, 396, 768}},
    {20, {11880, 396, 2000}},
    {21, {19800, 792, 4000}},
    {22, {20250, 1620, 4000}},
    {30, {40500, 1620, 10000}},
    {31, {108000, 3600, 14000}},
    {32, {216000, 5120, 20000}},
    {40, {245760, 8192, 20000}},
    {41, {245760, 8192, 50000}},
    {42, {522240, 8704, 50000}},
    {50, {589824, 22080, 135000}},
    {51, {983040, 36864, 240000}},
    {52, {2073600, 36864, 240000}},
}};

}  // namespace

H264LevelLimits limits_of(H264Level level) {
    if (level < table.front().level) return table[1].limits;
    H264LevelLimits out;
    for (const Row& row : table)
        if (row.level <= level) out = row.limits;
    return out;
}

}  // namespace rotunda::sdp
