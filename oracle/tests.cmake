ovlspec_test(judge_test unit SOURCES judge_test.cc profile_test.cc witnessed_test.cc LINK ovlspec_judge)

# The model against the kernel's own plain file system, as root.
ovlspec_test(plain_file_system_test mount SOURCES plain_file_system_test.cc
  LINK ovlspec_model_testing ovlspec_disk ovlspec_trace)

find_package(benchmark QUIET)
if(benchmark_FOUND)
  message(STATUS "benchmarks: found")
  add_executable(ovlspec_benchmark benchmarks.cc)
  target_link_libraries(ovlspec_benchmark PRIVATE ovlspec_check benchmark::benchmark rapidcheck)
else()
  message(STATUS "benchmarks: skipped (Google Benchmark is not there)")
endif()

# Every bug found is a trace; ours conform to all of them.
set(golden ${CMAKE_CURRENT_SOURCE_DIR}/traces)
add_test(NAME golden_traces_engine COMMAND ovlspec check --traces ${golden} --subject engine --subject engine:reuse)
add_test(NAME golden_traces_fuse COMMAND ovlspec check --traces ${golden} --subject fuse)
set(strategies --subject engine:identity=upfront --subject engine:identity=on-lookup --subject engine:identity=volatile)
add_test(NAME golden_traces_strategies COMMAND ovlspec check --traces ${golden} ${strategies})
# Whoever changes the layers by hand takes records off the objects that they lie beside: without mutations.
add_test(NAME campaign_user_attributes COMMAND ovlspec check --cases 500 --no-mutations --subject engine:userxattr)
# Each strategy breaks what its profile says, and nothing else.
add_test(NAME campaign_strategies COMMAND ovlspec check --cases 300 --subject engine --subject engine:reuse ${strategies})
set_tests_properties(golden_traces_engine golden_traces_strategies campaign_strategies campaign_user_attributes
  PROPERTIES LABELS unit)
add_test(NAME campaign_user_attributes_fuse
  COMMAND ovlspec check --cases 40 --no-mutations --subject fuse:userxattr)
# Some show on a file system of their own alone.
add_test(NAME golden_traces_on_images
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/on_images.sh $<TARGET_FILE:ovlspec> check --traces ${golden} --subject fuse)
set_tests_properties(golden_traces_fuse golden_traces_on_images campaign_user_attributes_fuse PROPERTIES
  LABELS mount SKIP_RETURN_CODE 4 ENVIRONMENT "OVLSPEC_FUSE=$<TARGET_FILE:fuse-ovlspec>")

# The solver's counterexamples, on our strategies, the kernel and the model.
ovlspec_test(counterexamples_test mount SOURCES counterexamples_test.cc LINK ovlspec_check ovlspec_proofs)

# Subjects that misbehave, and a run that is interrupted.
ovlspec_test(campaign_test mount SOURCES campaign_test.cc LINK ovlspec_check)
ovlspec_test(campaign_parts_test unit SOURCES campaign_parts_test.cc line_log_test.cc summary_test.cc worker_test.cc
  LINK ovlspec_check)
ovlspec_test(rule_witnesses_test unit SOURCES rule_witnesses_test.cc LINK ovlspec_check)
target_compile_definitions(rule_witnesses_test PRIVATE OVLSPEC_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
ovlspec_test(explore_test unit SOURCES explore_test.cc LINK ovlspec_check)
# Every step on every stack of two layers and two names.
add_test(NAME explore_two_names COMMAND ovlspec explore --layers 2 --names 2 --length 1 --memory 64M)
set_tests_properties(explore_two_names PROPERTIES LABELS unit)
ovlspec_test(finding_key_test unit SOURCES finding_key_test.cc LINK ovlspec_check)
ovlspec_test(report_script_test unit SOURCES report_script_test.cc LINK ovlspec_check)
ovlspec_test(report_export_test mount SOURCES report_export_test.cc LINK ovlspec_check)
ovlspec_test(report_page_texts_test unit SOURCES report_page_texts_test.cc LINK ovlspec_check)
target_compile_definitions(report_export_test PRIVATE OVLSPEC_TRACES="${CMAKE_CURRENT_SOURCE_DIR}/traces")
ovlspec_test(report_verify_test unit SOURCES report_verify_test.cc LINK ovlspec_check)
ovlspec_test(report_script_run_test mount SOURCES report_script_run_test.cc LINK ovlspec_check)
ovlspec_test(report_rule_scripts_test mount SOURCES report_rule_scripts_test.cc LINK ovlspec_check TIMEOUT 600)
target_compile_definitions(report_rule_scripts_test PRIVATE OVLSPEC_TRACES="${CMAKE_CURRENT_SOURCE_DIR}/traces"
  OVLSPEC_PROGRAM="$<TARGET_FILE:fuse-ovlspec>")
ovlspec_test(report_reproduce_test mount SOURCES report_reproduce_test.cc LINK ovlspec_check)
target_compile_definitions(report_reproduce_test PRIVATE OVLSPEC_TRACES="${CMAKE_CURRENT_SOURCE_DIR}/traces"
  OVLSPEC_PROGRAM="$<TARGET_FILE:fuse-ovlspec>")
ovlspec_test(bad_subjects_test mount SOURCES bad_subjects_test.cc LINK ovlspec_check)
find_package(Python3 COMPONENTS Interpreter)
add_test(NAME resume_steered
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/resume_test.py $<TARGET_FILE:ovlspec> engine 1500 --steer)
set_tests_properties(resume_steered PROPERTIES LABELS unit)
foreach(subject engine engine:identity=volatile)
  # With violations a case takes longer: it is made small.
  string(REGEX REPLACE "^engine$" 4000 cases ${subject})
  string(REGEX REPLACE "^engine:.*" 24 cases ${cases})
  add_test(NAME resume_${subject}
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/resume_test.py $<TARGET_FILE:ovlspec> ${subject} ${cases})
  set_tests_properties(resume_${subject} PROPERTIES LABELS unit)
endforeach()
add_test(NAME interruption COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/interruption_test.py
  $<TARGET_FILE:ovlspec> fuse kernel "agent:${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/agents/read_only.py")
add_test(NAME workers
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/workers_test.py $<TARGET_FILE:ovlspec> engine fuse kernel)
# Of the kernel's golden traces, in Chromium.
add_test(NAME report_page COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/report_page_test.py
  $<TARGET_FILE:ovlspec> ${golden}/kernel)
set_tests_properties(report_page PROPERTIES LABELS mount SKIP_RETURN_CODE 4 TIMEOUT 300
  ENVIRONMENT "OVLSPEC_FUSE=$<TARGET_FILE:fuse-ovlspec>")
add_test(NAME agent_example COMMAND ovlspec check --cases 40
  --subject "agent:${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/agents/read_only.py")
set_tests_properties(interruption workers agent_example PROPERTIES LABELS mount SKIP_RETURN_CODE 4
  ENVIRONMENT "OVLSPEC_FUSE=$<TARGET_FILE:fuse-ovlspec>")
