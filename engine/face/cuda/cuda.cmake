# Reading faces on the GPU: the same host code on the CUDA runtime and on the emulator.
add_library(engine_face_emulated STATIC ${CMAKE_CURRENT_LIST_DIR}/classifier.cpp)
target_link_libraries(engine_face_emulated PUBLIC engine_face kernels_emulated)

# What a program links (generate/cuda/cuda.cmake says why).
add_library(engine_face_device INTERFACE)
target_link_libraries(engine_face_device INTERFACE $<LINK_ONLY:engine_face_emulated> engine_face engine_device)

if(AFFETTO_HAVE_CUDA)
  add_library(engine_face_cuda STATIC ${CMAKE_CURRENT_LIST_DIR}/classifier.cpp)
  target_link_libraries(engine_face_cuda PUBLIC engine_face kernels_cuda)
  target_link_libraries(engine_face_device INTERFACE $<LINK_ONLY:engine_face_cuda>)
endif()
