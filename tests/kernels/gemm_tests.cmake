affetto_test(gemm_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/gemm_test.cpp LIBS kernels_gemm)
