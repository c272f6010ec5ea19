#include "oracle/kernel_subject.h"

#include <algorithm>

#include "oracle/private_namespace.h"

namespace ovlspec::oracle {

std::vector<std::string> split_options(std::string_view text) {
  std::vector<std::string> options;
  while (!text.empty()) {
    const auto comma = text.find(',');
    if (comma != 0) options.emplace_back(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return options;
}

Attempt<Done> mount_by_kernel(const DiskStack& stack, StackPaths paths,
                              const std::vector<std::vector<std::string>>& options, const std::string& mount_point) {
  std::vector<std::string> all;
  for (const std::vector<std::string>& some : options) all.insert(all.end(), some.begin(), some.end());
  if (paths.upper.empty() && paths.lowers.size() == 1) paths.lowers.push_back(stack.empty_directory());
  return mount_overlay(paths, all, mount_point);
}

KernelSubject::KernelSubject(std::string name, std::vector<std::string> options)
    : DiskSubject(std::move(name), std::find(options.begin(), options.end(), "userxattr") == options.end()
                                       ? DiskFormat::kOverlay
                                       : DiskFormat::kOverlayUser),
      options_(std::move(options)) {}

Attempt<Done> KernelSubject::begin(const StackPaths& paths, const std::vector<std::string>& options,
                                   const std::string& mount_point) {
  return mount_by_kernel(stack(), paths, {options_, options}, mount_point);
}

std::optional<std::string> KernelSubject::unavailable() {
  if (const auto entered = enter_private_namespace(); !entered.ok()) return entered.failure.what;
  KernelSubject subject("kernel", {});
  Trace trace;
  trace.lowers.emplace_back();
  trace.upper.emplace();
  trace.callers.push_back({"root", superuser()});
  if (const auto prepared = subject.prepare(trace); !prepared.ok()) return prepared.failure.what;
  if (const auto mounted = subject.mount(); !mounted.ok()) return mounted.failure.what;
  return std::nullopt;
}

SubjectOrError make_kernel_subject(std::string_view options) {
  if (auto why = KernelSubject::unavailable())
    return {.subject = nullptr, .error = {.usage = false, .what = "the kernel's overlay cannot be used here: " + *why}};
  const std::string name = options.empty() ? "kernel" : "kernel:" + std::string(options);
  return {.subject = std::make_unique<KernelSubject>(name, split_options(options)), .error = {}};
}

}  // namespace ovlspec::oracle
