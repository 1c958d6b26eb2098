// Capitals, digits and a few signs, five by seven dots each, for a line of text in a picture.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace app {

inline constexpr int kGlyphWidth = 5, kGlyphHeight = 7;

/// In the order of the drawing below, eight in a row.
inline constexpr std::string_view kGlyphs =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    "6789+-.,%:()/ ";

inline constexpr std::array<std::string_view, 42> kGlyphRows = {
    // A     B     C     D     E     F     G     H
    " ###  ####   ###  ####  ##### #####  ###  #   # ",
    "#   # #   # #   # #   # #     #     #   # #   # ",
    "#   # #   # #     #   # #     #     #     #   # ",
    "##### ####  #     #   # ####  ####  # ### ##### ",
    "#   # #   # #     #   # #     #     #   # #   # ",
    "#   # #   # #   # #   # #     #     #   # #   # ",
    "#   # ####   ###  ####  ##### #      ###  #   # ",
    // I     J     K     L     M     N     O     P
    " ###    ### #   # #     #   # #   #  ###  ####  ",
    "  #      #  #  #  #     ## ## ##  # #   # #   # ",
    "  #      #  # #   #     # # # # # # #   # #   # ",
    "  #      #  ##    #     # # # #  ## #   # ####  ",
    "  #      #  # #   #     #   # #   # #   # #     ",
    "  #   #  #  #  #  #     #   # #   # #   # #     ",
    " ###   ##   #   # ##### #   # #   #  ###  #     ",
    // Q     R     S     T     U     V     W     X
    " ###  ####   #### ##### #   # #   # #   # #   # ",
    "#   # #   # #       #   #   # #   # #   # #   # ",
    "#   # #   # #       #   #   # #   # #   #  # #  ",
    "#   # ####   ###    #   #   # #   # # # #   #   ",
    "# # # # #       #   #   #   # #   # # # #  # #  ",
    "#  #  #  #      #   #   #   #  # #  ## ## #   # ",
    " ## # #   # ####    #    ###    #   #   # #   # ",
    // Y     Z     0     1     2     3     4     5
    "#   # #####  ###    #    ###  #####    #  ##### ",
    "#   #     # #   #  ##   #   #    #    ##  #     ",
    " # #     #  #  ##   #       #   #    # #  ####  ",
    "  #     #   # # #   #      #     #  #  #      # ",
    "  #    #    ##  #   #     #       # #####     # ",
    "  #   #     #   #   #    #    #   #    #  #   # ",
    "  #   #####  ###   ###  #####  ###     #   ###  ",
    // 6     7     8     9     +     -     .     ,
    "  ##  #####  ###   ###                          ",
    " #        # #   # #   #   #                     ",
    "#        #  #   # #   #   #                     ",
    "####    #    ###   #### ##### #####             ",
    "#   #  #    #   #     #   #               ##    ",
    "#   #  #    #   #    #    #         ##     #    ",
    " ###   #     ###   ##               ##    #     ",
    // %     :     (     )     /     blank
    "##             #   #        #                   ",
    "##  #  ##     #     #       #                   ",
    "   #   ##    #       #     #                    ",
    "  #          #       #    #                     ",
    " #     ##    #       #   #                      ",
    "#  ##  ##     #     #   #                       ",
    "   ##          #   #    #                       ",
};

static_assert(std::ranges::all_of(kGlyphRows,
                                  [](std::string_view row) { return row.size() == 8 * (kGlyphWidth + 1); }));

/// Whether the dot of this glyph is set. @param glyph  index into kGlyphs
constexpr bool glyph_dot(std::size_t glyph, int x, int y) {
  const std::size_t row = glyph / 8 * kGlyphHeight + static_cast<std::size_t>(y);
  return kGlyphRows[row][glyph % 8 * (kGlyphWidth + 1) + static_cast<std::size_t>(x)] == '#';
}

}  // namespace app
