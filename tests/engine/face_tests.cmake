# Faces: what is cut out for a network, how it reads that, and what its probabilities say.
affetto_test(crop_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/face/crop_test.cpp LIBS engine)
affetto_test(engine_face_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/face/network_test.cpp ${CMAKE_CURRENT_LIST_DIR}/face/reading_test.cpp
  LIBS engine_face)

# The same on the GPU path.
affetto_test(device_face_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/face/device_test.cpp LIBS engine_face_device)
