# Flags live here and nowhere else.
option(AFFETTO_TESTS "Build the tests (needs GoogleTest)" ON)
option(AFFETTO_BENCH "Build the benchmarks (needs Google Benchmark)" OFF)
option(AFFETTO_CUDA "Compile device code when the CUDA toolkit is found" ON)
set(AFFETTO_SANITIZE "" CACHE STRING "Sanitizers for the whole build: empty, address;undefined or thread")
option(AFFETTO_LIBFUZZER "Build fuzz targets for libFuzzer (clang only)" OFF)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, RelWithDebInfo or Debug" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")  # of the sanitized builds: a quarter less to compile than -g
if(AFFETTO_SANITIZE MATCHES "address" AND NOT AFFETTO_LIBFUZZER)
  # Half of a check's time is this build: at -O1 it compiles in two thirds of the time that -O2 takes.
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1 -DNDEBUG")
  # What computes little, the program's commands and the tests, in half of that again.
  set(AFFETTO_GLUE_OPTIONS -O0)
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(project_options INTERFACE)
target_include_directories(project_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_features(project_options INTERFACE cxx_std_20)
# No fused multiply-add unless the source says so: results must not depend on what the compiler happens to contract.
target_compile_options(project_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wconversion;-Wno-sign-conversion;-Wno-missing-field-initializers;-Werror;-ffp-contract=off>)
if(AFFETTO_SANITIZE)
  list(JOIN AFFETTO_SANITIZE "," _sanitizers)
  target_compile_options(project_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${_sanitizers};-fno-sanitize-recover=all;-fno-omit-frame-pointer>)
  target_link_options(project_options INTERFACE -fsanitize=${_sanitizers})
endif()
if(AFFETTO_LIBFUZZER)
  # The libraries under test report their coverage too, not the fuzz target alone.
  target_compile_options(project_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=fuzzer-no-link>)
endif()
find_package(Threads REQUIRED)
target_link_libraries(project_options INTERFACE Threads::Threads)
