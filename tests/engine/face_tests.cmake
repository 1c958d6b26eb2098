# Faces as networks are shown them.
affetto_test(crop_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/crop_test.cpp LIBS engine)
