# The functions that the folders' CMakeLists.txt are made of. Sources are globbed and looked for again at each
# build; a folder without sources is no error.
include(GoogleTest)

# Sets VAR to the sources below the folders (relative to this directory), without tests.
function(ingot_sources var)
  set(found "")
  foreach(folder ${ARGN})
    file(GLOB_RECURSE files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
    list(APPEND found ${files})
  endforeach()
  list(FILTER found EXCLUDE REGEX "_(test|bench)\\.cpp$")
  set(${var} ${found} PARENT_SCOPE)
endfunction()

# Include paths and generated headers, for every target of ours.
function(ingot_configure target)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/include)
  target_include_directories(${target} SYSTEM PRIVATE ${INGOT_GENERATED_DIR})
  if(TARGET ingot_generated AND NOT target STREQUAL ingot_generated)
    add_dependencies(${target} ingot_generated)
  endif()
  set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN")
endfunction()

# Objects of a folder, to be linked into a library and into tests. With no source yet, an empty one stands in.
function(ingot_objects target)
  set(sources ${ARGN})
  if(NOT sources)
    file(CONFIGURE OUTPUT ${INGOT_GENERATED_DIR}/${target}_empty.cpp CONTENT "")
    set(sources ${INGOT_GENERATED_DIR}/${target}_empty.cpp)
  endif()
  ingot_instruction_sets(${sources})
  add_library(${target} OBJECT ${sources})
  ingot_configure(${target})
endfunction()

# Sources named *_avx2.cpp and *_avx512.cpp may use these instructions; who calls them asks the CPU first.
function(ingot_instruction_sets)
  foreach(source ${ARGN})
    if(source MATCHES "_avx2\\.cpp$")
      set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma;-mf16c")
    elseif(source MATCHES "_avx512\\.cpp$")
      set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS
        "-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl;-mfma;-mf16c")
    endif()
  endforeach()
endfunction()

# A test program of all *_test.cpp below the folders of this directory, linked with LIBRARIES.
#   ingot_tests(core_tests FOLDERS . LIBRARIES ingot_core)
function(ingot_tests target)
  cmake_parse_arguments(arg "" "" "FOLDERS;LIBRARIES" ${ARGN})
  set(sources "")
  foreach(folder ${arg_FOLDERS})
    file(GLOB_RECURSE files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*_test.cpp)
    list(APPEND sources ${files})
  endforeach()
  if(NOT sources)
    return()
  endif()
  add_executable(${target} ${sources})
  ingot_configure(${target})
  target_compile_definitions(${target} PRIVATE INGOT_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE ${arg_LIBRARIES} GTest::gtest_main)
  set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN/../lib")
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST)
endfunction()
