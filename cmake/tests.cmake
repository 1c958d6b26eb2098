include(GoogleTest)

# affetto_test(name SOURCES ... LIBS ...): one GoogleTest program; each case is a ctest case of its own.
function(affetto_test name)
  cmake_parse_arguments(T "" "TIMEOUT" "SOURCES;LIBS" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 120)
  endif()
  add_executable(${name} ${T_SOURCES})
  target_link_libraries(${name} PRIVATE ${T_LIBS} project_options GTest::gtest GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT ${T_TIMEOUT})
endfunction()

# affetto_fuzz(name SOURCE file CORPUS dir LIBS ...): LLVMFuzzerTestOneInput either under libFuzzer, or under a plain
# driver that replays the corpus and seeded mutations of it (any compiler); the replay is a ctest case.
function(affetto_fuzz name)
  cmake_parse_arguments(F "" "SOURCE" "LIBS" ${ARGN})
  add_executable(${name} ${F_SOURCE})
  target_link_libraries(${name} PRIVATE ${F_LIBS} project_options)
  if(AFFETTO_LIBFUZZER)
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/plain_driver.cpp)
    add_test(NAME fuzz.${name} COMMAND ${name} --runs 20000 --seed 1)
    set_tests_properties(fuzz.${name} PROPERTIES TIMEOUT 120)
  endif()
endfunction()
