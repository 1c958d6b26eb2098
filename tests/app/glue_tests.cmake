# What the commands stand on, without running them.
affetto_test(csv_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/csv_test.cpp LIBS app_glue)
affetto_test(split_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/split_test.cpp LIBS app_glue)
affetto_test(study_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/study_test.cpp LIBS app_study)
affetto_test(render_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/render_test.cpp ${CMAKE_CURRENT_LIST_DIR}/tiny_soundfont.cpp
  LIBS app_render io_files)
affetto_test(face_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/face_test.cpp LIBS app_faces io_files)
