// Inside io/picture: libjpeg's headers, which stand on two others that they do not include.
#pragma once

// clang-format off
#include <cstddef>
#include <cstdio>
#include <jpeglib.h>
#include <jerror.h>
// clang-format on
