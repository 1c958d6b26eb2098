# Faces in pictures. The target always exists; without OpenCV the detector says which package brings it.
add_library(app_faces STATIC
  ${CMAKE_CURRENT_LIST_DIR}/face/annotate.cpp
  ${CMAKE_CURRENT_LIST_DIR}/face/choose.cpp
  ${CMAKE_CURRENT_LIST_DIR}/face/device.cpp
  ${CMAKE_CURRENT_LIST_DIR}/face/model.cpp
  ${CMAKE_CURRENT_LIST_DIR}/face/reader.cpp
  ${CMAKE_CURRENT_LIST_DIR}/face/report.cpp)
if(AFFETTO_OPENCV)
  target_sources(app_faces PRIVATE ${CMAKE_CURRENT_LIST_DIR}/face/detector_opencv.cpp)
  target_include_directories(app_faces SYSTEM PRIVATE ${OPENCV_INCLUDE})
  target_link_libraries(app_faces PRIVATE ${OPENCV_LIBRARY} ${OPENCV_IMGPROC_LIBRARY} ${OPENCV_CORE_LIBRARY})
else()
  target_sources(app_faces PRIVATE ${CMAKE_CURRENT_LIST_DIR}/face/detector_absent.cpp)
endif()
target_link_libraries(app_faces PUBLIC app_glue engine_face engine_face_device kernels_cpu_step io_picture json project_options)
target_compile_definitions(app_faces PRIVATE AFFETTO_WITH_CUDA=$<BOOL:${AFFETTO_HAVE_CUDA}>)
