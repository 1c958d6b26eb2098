# Sound from notes. The target always exists; without FluidSynth each call says which package brings it.
if(AFFETTO_FLUIDSYNTH)
  add_library(app_render STATIC ${CMAKE_CURRENT_LIST_DIR}/glue/render.cpp ${CMAKE_CURRENT_LIST_DIR}/glue/render_events.cpp)
  target_include_directories(app_render SYSTEM PRIVATE ${FLUIDSYNTH_INCLUDE})
  target_link_libraries(app_render PRIVATE ${FLUIDSYNTH_LIBRARY})
else()
  add_library(app_render STATIC ${CMAKE_CURRENT_LIST_DIR}/glue/render_absent.cpp ${CMAKE_CURRENT_LIST_DIR}/glue/render_events.cpp)
endif()
target_link_libraries(app_render PUBLIC engine_data project_options)
