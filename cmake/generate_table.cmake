# Tables of definitions, generated from the sources at build time, so that nothing registers itself by a static
# constructor and no list is kept by hand.
#
#   generate_table(VAR output TYPE OpDef FUNCTION all_op_definitions HEADER ops/registry.h FILES ops/*.cpp)
#
# scans the files for lines like `extern const OpDef kSoftmax = {` and writes a source that defines
# `std::span<const OpDef* const> FUNCTION()` in namespace ingot, in the order of the file names. VAR receives the
# source's path (nothing while HEADER does not exist). EXCLUDE is a list of regular expressions of files left out. An edited operator does not recompile the table.
function(generate_table)
  cmake_parse_arguments(arg "" "VAR;TYPE;FUNCTION;HEADER" "FILES;EXCLUDE" ${ARGN})
  file(GLOB header CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${arg_HEADER})
  if(NOT header)
    set(${arg_VAR} "" PARENT_SCOPE)
    return()
  endif()
  list(TRANSFORM arg_FILES PREPEND ${CMAKE_SOURCE_DIR}/)
  file(GLOB files CONFIGURE_DEPENDS ${arg_FILES})
  list(FILTER files EXCLUDE REGEX "_test\\.cpp$")
  foreach(pattern ${arg_EXCLUDE})
    list(FILTER files EXCLUDE REGEX ${pattern})
  endforeach()

  set(list_file ${INGOT_GENERATED_DIR}/${arg_FUNCTION}.files)
  set(output ${INGOT_GENERATED_DIR}/${arg_FUNCTION}.cpp)
  file(CONFIGURE OUTPUT ${list_file} CONTENT "${files}")
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -D TYPE=${arg_TYPE} -D FUNCTION=${arg_FUNCTION} -D HEADER=${arg_HEADER}
            -D LIST=${list_file} -D OUTPUT=${output} -P ${CMAKE_SOURCE_DIR}/cmake/write_table.cmake
    DEPENDS ${list_file} ${files} ${CMAKE_SOURCE_DIR}/cmake/write_table.cmake
    COMMENT "Table ${arg_FUNCTION}()"
    VERBATIM)
  set(${arg_VAR} ${output} PARENT_SCOPE)
endfunction()
