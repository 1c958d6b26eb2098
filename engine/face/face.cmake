# Reading a face: the network as data, its definition, the float32 path, and what its probabilities say.
add_library(engine_face STATIC
  ${CMAKE_CURRENT_LIST_DIR}/mirror.cpp
  ${CMAKE_CURRENT_LIST_DIR}/model.cpp
  ${CMAKE_CURRENT_LIST_DIR}/network.cpp
  ${CMAKE_CURRENT_LIST_DIR}/reading.cpp
  ${CMAKE_CURRENT_LIST_DIR}/reference.cpp
  ${CMAKE_CURRENT_LIST_DIR}/rung_weights.cpp
  ${CMAKE_CURRENT_LIST_DIR}/scores.cpp
  ${CMAKE_CURRENT_LIST_DIR}/spec.cpp)
target_link_libraries(engine_face PUBLIC engine PRIVATE kernels_conv kernels_conv_reference kernels_cpu_step json)
