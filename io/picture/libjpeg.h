// Inside io/picture: libjpeg's header, which stands on two others that it does not include.
#pragma once

// clang-format off
#include <cstddef>
#include <cstdio>
#include <jpeglib.h>
// clang-format on
