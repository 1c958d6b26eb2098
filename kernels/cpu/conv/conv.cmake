# Convolutions and what stands between them, for reading faces and training to.
add_library(kernels_conv STATIC ${CMAKE_CURRENT_LIST_DIR}/convolution.cpp ${CMAKE_CURRENT_LIST_DIR}/normalise.cpp)
target_link_libraries(kernels_conv PUBLIC kernels_gemm project_options)
affetto_isa_sources(kernels_conv ${CMAKE_CURRENT_LIST_DIR}/normalise_isa.cpp)
