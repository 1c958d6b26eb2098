# What the gates' tests of distributions stand on; the project's tests take it without the benchmarks.
if(NOT TARGET bench_statistics)
  add_library(bench_statistics STATIC
    ${CMAKE_CURRENT_LIST_DIR}/generation/distribution.cpp
    ${CMAKE_CURRENT_LIST_DIR}/statistics/two_samples.cpp)
  target_link_libraries(bench_statistics PUBLIC project_options)
endif()
