find_package(rapidcheck REQUIRED)

# Generators and other help for tests of the model, the oracle and fuzzing.
ovlspec_library(ovlspec_model_testing SOURCES
  testing/arbitrary.cc testing/arbitrary_operation.cc testing/show.cc testing/stack.cc LINK ovlspec_model)

ovlspec_test(model_test unit SOURCES
  compare_test.cc content_test.cc continuity_test.cc describe_test.cc diff_test.cc merge_test.cc mutation_test.cc permission_test.cc
  resolve_test.cc rules_test.cc sources_test.cc tree_test.cc
  operations/attributes_test.cc operations/data_test.cc operations/directories_test.cc operations/names_test.cc
  operations/open_test.cc operations/rename_test.cc operations/xattrs_test.cc
  LINK ovlspec_model_testing)
target_compile_definitions(model_test PRIVATE OVLSPEC_SOURCE_DIR="${CMAKE_CURRENT_SOURCE_DIR}/..")

ovlspec_test(model_property_test property SOURCES merge_property_test.cc step_property_test.cc
  LINK ovlspec_model_testing rapidcheck rapidcheck_gtest)

ovlspec_headers(model_headers
  model/content.h model/describe.h model/diff.h model/invariants.h model/layer.h model/layer_edit.h model/merge.h
  model/mutation.h model/permission.h model/plan.h model/resolve.h model/rules.h model/step.h model/tree.h model/world.h
  model/operations/operations.h model/operations/xattr_names.h
  model/testing/arbitrary.h model/testing/bench.h model/testing/choices.h model/testing/rapidcheck.h
  model/testing/show.h model/testing/stack.h
  model/vocabulary/attributes.h model/vocabulary/caller.h model/vocabulary/errno.h model/vocabulary/handle_digest.h model/vocabulary/names.h
  model/vocabulary/operation.h model/vocabulary/outcome.h model/vocabulary/result.h
  model/vocabulary/wide_digest.h)
