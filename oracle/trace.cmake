# The trace: its three encodings, the generator and the vocabulary that tests build worlds with.
find_package(rapidcheck REQUIRED)

ovlspec_library(ovlspec_trace
  SOURCES
    agent_protocol.cc
    binary_fields.cc
    emphasis.cc
    generator.cc
    generator_layers.cc
    generator_mutations.cc
    generator_odd.cc
    generator_operations.cc
    generator_values.cc
    json_layer.cc
    json_outcome.cc
    json_values.cc
    layer_entries.cc
    path_set.cc
    text_layer.cc
    text_outcome.cc
    text_scanner.cc
    trace_binary.cc
    total_tables.cc
    trace_compare.cc
    trace_error.cc
    trace_file.cc
    trace_jsonl.cc
    trace_limits.cc
    trace_text_parse.cc
    trace_text_print.cc
    trace_total_read.cc
    trace_total_write.cc
    trace_words.cc
    world.cc
  LINK ovlspec_model)

ovlspec_test(trace_text_test property SOURCES trace_text_test.cc LINK ovlspec_trace rapidcheck)
ovlspec_test(trace_binary_test property SOURCES trace_binary_test.cc LINK ovlspec_trace rapidcheck)
ovlspec_test(trace_total_test property SOURCES trace_total_test.cc LINK ovlspec_trace rapidcheck)
ovlspec_test(trace_jsonl_test property SOURCES trace_jsonl_test.cc LINK ovlspec_trace rapidcheck)
ovlspec_test(trace_file_test unit SOURCES trace_file_test.cc LINK ovlspec_trace)
ovlspec_test(generator_test unit SOURCES generator_test.cc LINK ovlspec_trace)
ovlspec_test(world_test unit SOURCES world_test.cc LINK ovlspec_trace)
