# For which GPUs device code is compiled: CMAKE_CUDA_ARCHITECTURES where it is given (by numbers: "80;90a"), else the GPU
# of this machine, else 90a. A program says at run time which its code is for, so the words native and all, which only
# CMake understands, are turned into numbers or refused.

# affetto_gpu_architecture(out): the first GPU's, by nvidia-smi; empty where there is none.
function(affetto_gpu_architecture out)
  set(${out} "" PARENT_SCOPE)
  find_program(AFFETTO_NVIDIA_SMI nvidia-smi)
  if(NOT AFFETTO_NVIDIA_SMI)
    return()
  endif()
  execute_process(COMMAND ${AFFETTO_NVIDIA_SMI} --id=0 --query-gpu=compute_cap --format=csv,noheader
    OUTPUT_VARIABLE capability RESULT_VARIABLE code ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT code EQUAL 0 OR NOT capability MATCHES "^([0-9]+)\\.([0-9])$")
    return()
  endif()
  set(found "${CMAKE_MATCH_1}${CMAKE_MATCH_2}")
  if(found EQUAL 90)
    set(found 90a)
  endif()
  set(${out} ${found} PARENT_SCOPE)
endfunction()

# affetto_choose_architectures(): sets CMAKE_CUDA_ARCHITECTURES, before the language CUDA is enabled.
macro(affetto_choose_architectures)
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES OR CMAKE_CUDA_ARCHITECTURES STREQUAL "native")
    affetto_gpu_architecture(CMAKE_CUDA_ARCHITECTURES)
    if(NOT CMAKE_CUDA_ARCHITECTURES)
      set(CMAKE_CUDA_ARCHITECTURES 90a)
    endif()
  endif()
  foreach(architecture IN LISTS CMAKE_CUDA_ARCHITECTURES)
    if(NOT architecture MATCHES "^[0-9]+[af]?(-real|-virtual)?$" OR architecture MATCHES "^[1-7][0-9]([^0-9]|$)")
      message(FATAL_ERROR "CMAKE_CUDA_ARCHITECTURES=${CMAKE_CUDA_ARCHITECTURES}: wanted numbers from 80 on, such as 80;90a")
    endif()
  endforeach()
endmacro()

# affetto_architectures_with_clusters(out): those of the build whose GPUs have thread block clusters (sm_90 on).
function(affetto_architectures_with_clusters out)
  set(with ${CMAKE_CUDA_ARCHITECTURES})
  list(FILTER with EXCLUDE REGEX "^8[0-9]([^0-9]|$)")
  set(${out} "${with}" PARENT_SCOPE)
endfunction()
