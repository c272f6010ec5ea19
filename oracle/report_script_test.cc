// What reproducers say, in each language.
#include <gtest/gtest.h>

#include "oracle/report_calls.h"
#include "oracle/report_export.h"
#include "oracle/report_shell_words.h"
#include "oracle/trace_text.h"

namespace ovlspec::oracle {
namespace {

Script script_of_rename() {
  Script script;
  script.header = {"kernel breaks OVL-RENAME-1: ..."};
  script.steps.push_back({.action = OnDisk{DiskAction::kMakeDirectory, "lower0", {}}});
  script.steps.push_back({.action = LayObject{"lower0/it's", model::Inode{.type = FileType::kRegular,
                                                                          .mode = 0644,
                                                                          .content = model::Content("100%\n")}}});
  script.steps.push_back({.action = MountOverlay{"mount", "lowerdir=lower0,upperdir=upper,workdir=work"}});
  script.steps.push_back({.action = Operate{Inside::kMount, superuser(), Rename{"/it's", "b"}, Errno::kOk},
                          .answer = 1,
                          .comment = "rename /it's b"});
  script.claims.push_back({.left = {.moment = 1, .shown = Shown::kError, .name = {}},
                           .relation = Relation::kNoneOf,
                           .right = std::string("success")});
  return script;
}

std::string end_of(const TextOrWhy& text, const std::string& beginning) {
  EXPECT_EQ(text.why_not, "");
  const auto at = text.text.find(beginning);
  return at == std::string::npos ? text.text : text.text.substr(at);
}

TEST(ShellScript, SaysTheStepsInCommands) {
  EXPECT_EQ(end_of(shell_text(script_of_rename()), "mkdir"), R"(mkdir -m 755 lower0
printf '100%%\012' >'lower0/it'\''s'
chmod 00644 'lower0/it'\''s'
try mount -t overlay -o nodev,nosuid,lowerdir=lower0,upperdir=upper,workdir=work overlay mount
# rename /it's b
try_rename mv -v -f -T -- 'mount/it'\''s' mount/b
seen1=$error
echo seen: 'error of: rename /it'\''s b:' "$seen1"
# It is there where this holds.
if none_of "$seen1" success; then
  verdict 0 'The bug is there.'
fi
verdict 1 'The bug is not there.'
)");
}

TEST(CProgram, SaysTheStepsInCalls) {
  EXPECT_EQ(end_of(c_text(script_of_rename()), "int main"), R"(int main(void) {
  begin();
  make_directory("lower0");
  lay_file("lower0/it's", 0644, 0, 0, BYTES("100%\012"), 5);
  mount_overlay("mount", "lowerdir=lower0,upperdir=upper,workdir=work");
  inside();
  // rename /it's b
  struct answer *seen1 = rename_name("/it's", "b", 0);
  tell("error of: rename /it's b", value(seen1, "error", ""));
  // It is there where this holds.
  return finish(none_of(value(seen1, "error", ""), "success"));
}
)");
}

TEST(PytestFile, SaysTheStepsInCalls) {
  const std::string text = end_of(python_text(script_of_rename()), "def reproduce");
  EXPECT_EQ(text.substr(0, text.find("\n\n\n")), R"(def reproduce():
    begin()
    make_directory("lower0")
    lay_file("lower0/it's", 0o644, 0, 0, b"100%\x0a", 5)
    mount_overlay("mount", "lowerdir=lower0,upperdir=upper,workdir=work")
    inside()
    # rename /it's b
    seen1 = rename_name("/it's", "b", 0)
    tell("error of: rename /it's b", value(seen1, "error", ""))
    # It is there where this holds.
    return finish(none_of(value(seen1, "error", ""), "success")))");
}

TEST(ReproducerText, HasNoFunctionThatNothingNeeds) {
  const Script script = script_of_rename();
  EXPECT_EQ(c_text(script).text.find("open_by_handle_at"), std::string::npos);
  EXPECT_EQ(python_text(script).text.find("def take_handle"), std::string::npos);
  EXPECT_EQ(shell_text(script).text.find("strace"), std::string::npos);
}

Script script_of(Operation operation, Caller caller = superuser()) {
  Script script = script_of_rename();
  auto& operate = std::get<Operate>(script.steps.back().action);
  operate.operation = std::move(operation);
  operate.caller = std::move(caller);
  return script;
}

std::string shell_of(Operation operation) {
  const std::string text = end_of(shell_text(script_of(std::move(operation))), "# rename");
  const std::size_t begin = text.find('\n') + 1;
  return text.substr(begin, text.find("\nseen1") - begin);
}

TEST(ShellScript, ChangesNoGroupThatWasNotNamed) {
  const Target target = Target::at("a", Follow::kFollow);
  EXPECT_EQ(shell_of(Chown{target, 7, std::nullopt}), "try chown 7 -- mount/a");
  EXPECT_EQ(shell_of(Chown{target, std::nullopt, 8}), "try chown :8 -- mount/a");
  EXPECT_EQ(shell_of(Chown{target, 7, 8}), "try chown 7:8 -- mount/a");
  EXPECT_NE(shell_text(script_of(Chown{target, std::nullopt, std::nullopt})).why_not, "");
}

TEST(ShellScript, MakesNoNodeWithModesThatMknodRefuses) {
  EXPECT_EQ(shell_of(Mknod{.path = "a", .type = FileType::kFifo, .mode = 0640, .device = {}}),
            "try mknod -m 640 -- mount/a p");
  EXPECT_NE(shell_text(script_of(Mknod{.path = "a", .type = FileType::kFifo, .mode = 04640, .device = {}})).why_not,
            "");
}

TEST(ShellScript, MakesDirectoriesWithoutSetIdBits) {
  EXPECT_EQ(shell_of(Mkdir{"a", 02775}), "umask 00002\ntry mkdir -- mount/a");
  EXPECT_EQ(shell_of(Mkdir{"a", 07777}), "try mkdir -m 1777 -- mount/a");
}

TEST(ShellScript, AsksStatOfWhatCommandsSayNothingOf) {
  const Target target = Target::at("a", Follow::kFollow);
  EXPECT_EQ(shell_of(Utimens{target, {.kind = TimeChange::Kind::kNow}, {.kind = TimeChange::Kind::kNow}}),
            "try stat -L -c %n -- mount/a\n[ \"$error\" != success ] || try touch -c -- mount/a");
  EXPECT_EQ(shell_of(Truncate{target, 3}),
            "try stat -L -c %F -- mount/a\n[ \"$error\" != success ] || only_file\n"
            "[ \"$error\" != success ] || try truncate -c -s 3 -- mount/a");
}

TEST(ShellScript, ReadsAndWritesAsTheCaller) {
  const Caller caller{.uid = 1000, .gid = 50, .groups = {}, .umask = 0, .capabilities = {}};
  Script script = script_of(Read{0, 0, 5}, caller);
  const Open open{.path = "a", .flags = {.access = Access::kReadWrite}, .mode = 0, .slot = 0};
  script.steps.insert(script.steps.end() - 1, {.action = Operate{Inside::kMount, superuser(), open, Errno::kOk}});
  script.steps.push_back({.action = Operate{Inside::kMount, caller, Write{0, 9, "b"}, Errno::kOk}});
  const std::string text = end_of(shell_text(script), "try_open 3");
  EXPECT_NE(text.find("try_bytes setpriv --reuid=1000 --regid=50 "), std::string::npos) << text;
  EXPECT_NE(text.find("try setpriv --reuid=1000 --regid=50 "), std::string::npos) << text;
}

TEST(ShellScript, DoesNotFollowWhatLeadsOutOfTheMount) {
  Script script = script_of(Stat{Target::at("a/../../b", Follow::kFollow)});
  EXPECT_NE(shell_text(script).text.find("\nstay_inside mount mount/a/../../b\n"), std::string::npos);
  script = script_of(Unlink{"c/d"});
  EXPECT_EQ(shell_text(script).text.find("\nstay_inside mount"), std::string::npos);
  script.steps.insert(
      script.steps.begin(),
      {.action = LayObject{"lower0/c", model::Inode{.type = FileType::kSymlink, .content = model::Content("/tmp")}}});
  EXPECT_NE(shell_text(script).text.find("\nstay_inside mount mount/c/\n"), std::string::npos);
}

TEST(ReproducerText, ChangesLayersOnlyWhereTheirDirectoriesAre) {
  Script script = script_of_rename();
  script.steps.insert(script.steps.begin() + 2,
                      {.action = OnDisk{DiskAction::kRemoveTree, "lower0/s/x", {}}, .within = {"lower0/s"}});
  EXPECT_NE(shell_text(script).text.find("if is_directory lower0/s; then\nrm -rf -- lower0/s/x\nfi\n"),
            std::string::npos);
  EXPECT_NE(c_text(script).text.find("  if (is_directory(\"lower0/s\")) remove_tree(\"lower0/s/x\");\n"),
            std::string::npos);
  EXPECT_NE(python_text(script).text.find("    if is_directory(\"lower0/s\"): remove_tree(\"lower0/s/x\")\n"),
            std::string::npos);
}

// As disk_mutate has it.
TEST(ShellScript, ChangesNothingThatAMutationLeavesAsItIs) {
  const auto lines_of = [](const std::string& mutation) {
    const TraceOrError parsed =
        parse_text("ovlspec trace 1\nlower 0\n  dir d\n  file d/a 644\nupper\nmount\nunmount\n" +
                   std::string("mutate lower 0 ") + mutation + "\nmount\n");
    EXPECT_TRUE(parsed.ok()) << parsed.error.describe();
    const ScriptOrWhy script = rule_script(*parsed.trace, *mount_of("kernel").mount);
    const std::string text = end_of(shell_text(*script.script), "\nunmount mount\n").substr(15);
    const auto begin = text.find("# mutate");
    const auto end = text.find("\ntry mount", begin);
    return begin == std::string::npos ? "" : text.substr(text.find('\n', begin) + 1, end - text.find('\n', begin) - 1);
  };
  EXPECT_EQ(lines_of("move d d/e"), "");
  EXPECT_EQ(lines_of("move d/a d"), "");
  EXPECT_EQ(lines_of("copy d d/e"), "");
  EXPECT_EQ(lines_of("move d/a e"), "if is_directory lower0/d; then\nmove_tree lower0/d/a lower0/e\nfi");
  EXPECT_EQ(lines_of("remove d/a"), "if is_directory lower0/d; then\nrm -rf -- lower0/d/a\nfi");
  EXPECT_EQ(lines_of("remove d"), "rm -rf -- lower0/d");
}

TEST(ShellScript, SaysWhyItCannotSayAStep) {
  Script script = script_of_rename();
  std::get<Operate>(script.steps.back().action).operation = Rename{"a", "b", RenameMode::kExchange};
  EXPECT_EQ(shell_text(script).why_not, "no common command renames with RENAME_EXCHANGE");
}

TEST(ShellWords, AreQuotedWhereAShellWouldReadThem) {
  EXPECT_EQ(shell_word("a-b_c/d.e"), "a-b_c/d.e");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("$(a)"), "'$(a)'");
  EXPECT_EQ(shell_word("~"), "'~'");
}

TEST(ShellWords, PathsDoNotLeadOutOfTheMount) {
  EXPECT_EQ(shell_path("../../a", Inside::kMount), "mount/a");
  EXPECT_EQ(shell_path("/../a/..", Inside::kMount), "mount/a/..");
  EXPECT_EQ(shell_path("..", Inside::kMount), "mount");
  EXPECT_EQ(shell_path("..a", Inside::kMount), "mount/..a");
  EXPECT_EQ(shell_path("", Inside::kMount), "''");
}

TEST(ShellWords, CallersAreMadeBySetpriv) {
  Caller caller{.uid = 1000, .gid = 50, .groups = {4, 5}, .umask = 0, .capabilities = {}};
  EXPECT_EQ(shell_prefix(caller), "setpriv --reuid=1000 --regid=50 --groups=4,5 --inh-caps=-all --ambient-caps=-all ");
  caller.groups.clear();
  caller.capabilities = Capabilities().with(Capability::kChown).with(Capability::kFowner);
  EXPECT_EQ(shell_prefix(caller),
            "setpriv --reuid=1000 --regid=50 --clear-groups --inh-caps=-all,+chown,+fowner "
            "--ambient-caps=-all,+chown,+fowner ");
  EXPECT_EQ(shell_prefix(superuser()), "");
}

}  // namespace
}  // namespace ovlspec::oracle
