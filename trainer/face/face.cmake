# Training a face network.
add_library(trainer_face STATIC
  ${CMAKE_CURRENT_LIST_DIR}/augment.cpp
  ${CMAKE_CURRENT_LIST_DIR}/checkpoint.cpp
  ${CMAKE_CURRENT_LIST_DIR}/cpu_trainee.cpp
  ${CMAKE_CURRENT_LIST_DIR}/layout.cpp
  ${CMAKE_CURRENT_LIST_DIR}/network.cpp
  ${CMAKE_CURRENT_LIST_DIR}/reference.cpp
  ${CMAKE_CURRENT_LIST_DIR}/run.cpp
  ${CMAKE_CURRENT_LIST_DIR}/stepper.cpp
  ${CMAKE_CURRENT_LIST_DIR}/trainee.cpp)
target_link_libraries(trainer_face PUBLIC trainer engine_face kernels_conv PRIVATE kernels_conv_reference)
