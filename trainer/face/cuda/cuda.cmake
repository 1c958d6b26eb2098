# Training faces on the GPU: the same host code on the CUDA runtime and on the emulator.
add_library(trainer_face_emulated STATIC ${CMAKE_CURRENT_LIST_DIR}/trainee.cpp)
target_link_libraries(trainer_face_emulated PUBLIC trainer_face kernels_emulated)

# What a program links (engine/generate/cuda/cuda.cmake says why).
add_library(trainer_face_device INTERFACE)
target_link_libraries(trainer_face_device INTERFACE $<LINK_ONLY:trainer_face_emulated> trainer_face)

if(AFFETTO_HAVE_CUDA)
  add_library(trainer_face_cuda STATIC ${CMAKE_CURRENT_LIST_DIR}/trainee.cpp)
  target_link_libraries(trainer_face_cuda PUBLIC trainer_face kernels_cuda)
  target_link_libraries(trainer_face_device INTERFACE $<LINK_ONLY:trainer_face_cuda>)
endif()
