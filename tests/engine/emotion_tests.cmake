# Clusters of pieces, and what evaluation counts.
affetto_test(kmeans_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/kmeans_test.cpp LIBS engine)
affetto_test(naming_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/naming_test.cpp LIBS engine)
affetto_test(losses_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/losses_test.cpp LIBS engine)
