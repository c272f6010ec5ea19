// make_subject: subjects by name.
#include "oracle/subject.h"

#include "oracle/agent_subject.h"
#include "oracle/fuse_subject.h"
#include "oracle/interchange_subject.h"
#include "oracle/kernel_subject.h"
#include "oracle/union_subjects.h"
#include "oracle/vfs/engine_subject.h"

namespace ovlspec::oracle {
namespace {

SubjectOrError unknown(std::string_view name) {
  return SubjectOrError{nullptr,
                        SubjectError{.usage = true,
                                     .what = "no subject is named `" + std::string(name) +
                                             "`: there are engine, fuse, kernel[:OPTIONS], interchange, "
                                             "fuse-overlayfs[:OPTIONS], unionfs, mergerfs, command:TEMPLATE and "
                                             "agent:COMMAND"}};
}

}  // namespace

SubjectOrError make_subject(std::string_view name, const SubjectSettings& settings) {
  const auto colon = name.find(':');
  const auto kind = name.substr(0, colon);
  const auto options = colon == std::string_view::npos ? std::string_view{} : name.substr(colon + 1);
  if (kind == "engine") return make_engine_subject(options);
  if (kind == "fuse") return make_fuse_subject(options, settings);
  if (kind == "kernel") return make_kernel_subject(options);
  if (kind == "interchange") return make_interchange_subject(options, settings);
  if (kind == "command") return make_command_subject(options, settings);
  if (kind == "agent") return make_agent_subject(options, settings);
  if (is_union_subject(kind)) return make_union_subject(kind, options, settings);
  return unknown(name);
}

}  // namespace ovlspec::oracle
