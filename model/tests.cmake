find_package(rapidcheck REQUIRED)

# Generators and other help for tests of the model, the oracle and fuzzing.
ovlspec_library(ovlspec_model_testing SOURCES
  testing/arbitrary.cc testing/arbitrary_operation.cc testing/show.cc testing/stack.cc LINK ovlspec_model)

ovlspec_test(model_test unit SOURCES
  compare_test.cc content_test.cc describe_test.cc diff_test.cc merge_test.cc mutation_test.cc permission_test.cc
  resolve_test.cc rules_test.cc sources_test.cc tree_test.cc
  operations/attributes_test.cc operations/data_test.cc operations/directories_test.cc operations/names_test.cc
  operations/open_test.cc operations/rename_test.cc operations/xattrs_test.cc
  LINK ovlspec_model_testing)
target_compile_definitions(model_test PRIVATE OVLSPEC_SOURCE_DIR="${CMAKE_CURRENT_SOURCE_DIR}/..")

ovlspec_test(model_property_test property SOURCES merge_property_test.cc step_property_test.cc
  LINK ovlspec_model_testing rapidcheck rapidcheck_gtest)

# The model against the kernel's own plain file system, as root.
ovlspec_test(model_mount_test mount SOURCES plain_file_system_test.cc LINK ovlspec_model_testing ovlspec_disk ovlspec_trace)
