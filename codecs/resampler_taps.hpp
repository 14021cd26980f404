// The resampler's low-pass filters, by the ratio of the two rates.
//
// Linear phase, equiripple (Parks-McClellan, stop band weighted ten times), designed at the higher rate with
// unity gain: the pass band ends at 0.875 and the stop band begins at 1.125 of the lower rate's Nyquist
// frequency. That is 3.5 kHz for telephony and 7 kHz for G.722, where those bands end. Only the first half is
// listed, up to and with the middle tap.
#pragma once

#include <array>

namespace rotunda::codecs {

// The middle tap's index, in samples of the lower rate.
inline constexpr int resampler_reach = 11;

inline constexpr std::array<float, 23> resampler_by_two = {
    0.00137821f,  0.00053100f,  -0.00337891f, -0.00404912f, 0.00217201f,  0.00477352f,
    -0.00377130f, -0.00812292f, 0.00439155f,  0.01200755f,  -0.00536868f, -0.01765477f,
    0.00618052f,  0.02555565f,  -0.00695521f, -0.03747504f, 0.00759271f,  0.05773881f,
    -0.00808064f, -0.10246267f, 0.00838597f,  0.31708357f,  0.49151307f};

inline constexpr std::array<float, 34> resampler_by_three = {
    0.00081222f,  0.00053286f,  -0.00062507f, -0.00235038f, -0.00308450f, -0.00156181f, 0.00153081f,
    0.00350084f,  0.00194303f,  -0.00243298f, -0.00556122f, -0.00353207f, 0.00295971f,  0.00802590f,
    0.00566672f,  -0.00357311f, -0.01138944f, -0.00879738f, 0.00413867f,  0.01597125f,  0.01340105f,
    -0.00465581f, -0.02260990f, -0.02061080f, 0.00509158f,  0.03339674f,  0.03347706f,  -0.00541940f,
    -0.05552939f, -0.06423425f, 0.00562731f,  0.13971057f,  0.27234243f,  0.32763787f};

inline constexpr std::array<float, 67> resampler_by_six = {
    0.00056867f,  0.00030003f,  0.00021915f,  -0.00000200f, -0.00035351f, -0.00078173f, -0.00119545f,
    -0.00148241f, -0.00153771f, -0.00129648f, -0.00076138f, -0.00001572f, 0.00078434f,  0.00144028f,
    0.00175968f,  0.00161165f,  0.00097382f,  -0.00004414f, -0.00121089f, -0.00222015f, -0.00276585f,
    -0.00262824f, -0.00174819f, -0.00026639f, 0.00148852f,  0.00306653f,  0.00400618f,  0.00396233f,
    0.00281810f,  0.00074757f,  -0.00179508f, -0.00416612f, -0.00568734f, -0.00583021f, -0.00438125f,
    -0.00154062f, 0.00208159f,  0.00558275f,  0.00798043f,  0.00847313f,  0.00668285f,  0.00281132f,
    -0.00234220f, -0.00752066f, -0.01130163f, -0.01244927f, -0.01028602f, -0.00494415f, 0.00256322f,
    0.01048545f,  0.01669897f,  0.01921514f,  0.01672079f,  0.00902178f,  -0.00272971f, -0.01610329f,
    -0.02776985f, -0.03413483f, -0.03210270f, -0.01981075f, 0.00283436f,  0.03394946f,  0.06986406f,
    0.10568862f,  0.13616068f,  0.15660300f,  0.16379885f};

}  // namespace rotunda::codecs
