# The GPU path: the same host code on the CUDA runtime and on the emulator.
add_library(engine_device_shapes STATIC generate/cuda/shapes.cpp generate/cuda/views.cpp)
target_link_libraries(engine_device_shapes PUBLIC engine project_options)

set(engine_device_sources
  generate/cuda/decoder.cpp
  generate/cuda/network.cpp
  generate/cuda/notes.cpp
  generate/cuda/pieces.cpp
  generate/cuda/predictor.cpp
  generate/cuda/reader.cpp
  generate/cuda/resolve.cpp)

add_library(engine_emulated STATIC ${engine_device_sources})
target_link_libraries(engine_emulated PUBLIC engine_device_shapes kernels_emulated)

# What a program links. It speaks to engine/generate/cuda/make.h, which is the same for both, so that the emulator's
# compile definitions must not reach it.
add_library(engine_device INTERFACE)
target_link_libraries(engine_device INTERFACE $<LINK_ONLY:engine_emulated> engine)

if(AFFETTO_HAVE_CUDA)
  add_library(engine_cuda STATIC ${engine_device_sources})
  target_link_libraries(engine_cuda PUBLIC engine_device_shapes kernels_cuda)
  target_link_libraries(engine_device INTERFACE $<LINK_ONLY:engine_cuda>)
endif()
