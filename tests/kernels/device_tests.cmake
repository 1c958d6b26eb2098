# Tests of device code run twice: NAME_emulated on the emulator under several schedules, and with the toolkit NAME_cuda,
# which skips (and is counted) where there is no GPU.

# affetto_device_test(name SOURCES file ... [LIBS ...] [TIMEOUT seconds] [CLUSTERS])
#   SOURCES   .cu where they hold kernels or include what kernels are made of; what only calls launchers is .cpp: nvcc would
#             take twice the time
#   CLUSTERS  its kernels are for GPUs from sm_90 on; where the build is for none of those there is no NAME_cuda
function(affetto_device_test name)
  cmake_parse_arguments(T "CLUSTERS" "TIMEOUT" "SOURCES;LIBS" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 120)
  endif()
  set(as_cxx ${T_SOURCES})
  list(FILTER as_cxx EXCLUDE REGEX "[.]cu$")
  set(kernels ${T_SOURCES})
  list(FILTER kernels INCLUDE REGEX "[.]cu$")
  foreach(source IN LISTS kernels)
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE AFFETTO_SOURCE)
    # A source has one language per folder, so the C++ compiler gets the .cu file by an include.
    cmake_path(GET AFFETTO_SOURCE STEM stem)
    set(wrapper ${CMAKE_CURRENT_BINARY_DIR}/${name}_emulated_sources/${stem}.cpp)
    file(CONFIGURE OUTPUT ${wrapper} CONTENT "#include \"@AFFETTO_SOURCE@\"\n" @ONLY)
    list(APPEND as_cxx ${wrapper})
  endforeach()

  add_executable(${name}_emulated ${as_cxx})
  target_link_libraries(${name}_emulated PRIVATE ${T_LIBS} kernels_emulated kernels_ops project_options GTest::gtest
    GTest::gtest_main)
  gtest_discover_tests(${name}_emulated TEST_PREFIX "emulated:" DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT ${T_TIMEOUT})
  set_property(GLOBAL APPEND PROPERTY AFFETTO_EMULATED_TESTS ${name}_emulated)

  set(architectures ${CMAKE_CUDA_ARCHITECTURES})
  if(T_CLUSTERS)
    affetto_architectures_with_clusters(architectures)
  endif()
  if(AFFETTO_HAVE_CUDA AND architectures)
    add_executable(${name}_cuda ${T_SOURCES})
    affetto_nvcc_options(${name}_cuda)
    set_target_properties(${name}_cuda PROPERTIES CUDA_ARCHITECTURES "${architectures}")
    target_link_libraries(${name}_cuda PRIVATE ${T_LIBS} kernels_cuda kernels_ops project_options GTest::gtest
      GTest::gtest_main)
    # One case for all: loading the CUDA libraries anew for each of hundreds would take minutes.
    add_test(NAME cuda:${name} COMMAND ${name}_cuda --gtest_brief=1)
    set_tests_properties(cuda:${name} PROPERTIES TIMEOUT ${T_TIMEOUT} SKIP_REGULAR_EXPRESSION "SKIPPED")
  endif()
endfunction()
