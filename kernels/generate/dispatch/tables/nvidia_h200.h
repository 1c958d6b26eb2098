// Written by bench/tune: not by hand. Estimated (../ways.h), not measured.
#pragma once

#include "kernels/generate/dispatch/table.h"

namespace kernels {

// clang-format off
// {precision, layers, units, window}, {up to pieces, {rung, pieces, cluster, tile}}, microseconds a note
inline constexpr TunedWay kNVIDIAH200Ways[] = {
    {{Precision::fp16, 1, 128, 0}, {1056, {Fusion::overlap, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::fp16, 1, 128, 0}, {WayStep::kAll, {Fusion::loop, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::fp16, 1, 128, 25}, {33, {Fusion::cluster, 0, 4, TileChoice::by_rows}}, 0},
    {{Precision::fp16, 1, 128, 25}, {132, {Fusion::staggered, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::fp16, 1, 128, 25}, {WayStep::kAll, {Fusion::loop, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::fp16, 3, 256, 0}, {392, {Fusion::loop, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::fp16, 3, 256, 0}, {WayStep::kAll, {Fusion::cell, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::fp16, 3, 256, 25}, {14, {Fusion::cluster, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::fp16, 3, 256, 25}, {1024, {Fusion::staggered, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::fp16, 3, 256, 25}, {WayStep::kAll, {Fusion::cell, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::fp16, 3, 512, 0}, {WayStep::kAll, {Fusion::cell, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::fp16, 3, 512, 100}, {1024, {Fusion::staggered, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::fp16, 3, 512, 100}, {WayStep::kAll, {Fusion::cell, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::fp32, 1, 128, 0}, {WayStep::kAll, {Fusion::loop, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::fp32, 1, 128, 25}, {WayStep::kAll, {Fusion::loop, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::fp32, 3, 256, 0}, {WayStep::kAll, {Fusion::cell, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::fp32, 3, 256, 25}, {WayStep::kAll, {Fusion::cell, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::fp32, 3, 512, 0}, {WayStep::kAll, {Fusion::cell, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::fp32, 3, 512, 100}, {WayStep::kAll, {Fusion::cell, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::bf16, 1, 128, 0}, {1056, {Fusion::overlap, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::bf16, 1, 128, 0}, {WayStep::kAll, {Fusion::loop, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::bf16, 1, 128, 25}, {33, {Fusion::cluster, 0, 4, TileChoice::by_rows}}, 0},
    {{Precision::bf16, 1, 128, 25}, {132, {Fusion::staggered, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::bf16, 1, 128, 25}, {WayStep::kAll, {Fusion::loop, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::bf16, 3, 256, 0}, {392, {Fusion::loop, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::bf16, 3, 256, 0}, {WayStep::kAll, {Fusion::cell, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::bf16, 3, 256, 25}, {14, {Fusion::cluster, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::bf16, 3, 256, 25}, {1024, {Fusion::staggered, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::bf16, 3, 256, 25}, {WayStep::kAll, {Fusion::cell, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::bf16, 3, 512, 0}, {WayStep::kAll, {Fusion::cell, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::bf16, 3, 512, 100}, {1024, {Fusion::staggered, 0, 0, TileChoice::by_rows}}, 0},
    {{Precision::bf16, 3, 512, 100}, {WayStep::kAll, {Fusion::cell, 0, 0, TileChoice::by_rows}}, 0},
};
inline constexpr TunedTable kNVIDIAH200 = {
    .gpu = "NVIDIA H200",
    .multiprocessors = 132,
    .capability = 90,
    .measured = false,
    .ways = kNVIDIAH200Ways};
// clang-format on

}  // namespace kernels
