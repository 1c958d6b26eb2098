# What cluster, inspect and evaluate stand on: labels, pictures of clusters, files described.
add_library(app_study STATIC
  ${CMAKE_CURRENT_LIST_DIR}/cluster/labels.cpp
  ${CMAKE_CURRENT_LIST_DIR}/cluster/picture.cpp
  ${CMAKE_CURRENT_LIST_DIR}/inspect/content.cpp
  ${CMAKE_CURRENT_LIST_DIR}/inspect/midi.cpp
  ${CMAKE_CURRENT_LIST_DIR}/inspect/tensors.cpp)
target_link_libraries(app_study PUBLIC app_glue engine engine_face io_draw io_midi json)
