// Every rule is cited: by a clause of the model, by the judge, or by a test. Which ones no test cites is printed.
#include "model/rules.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace ovlspec::model {
namespace {

constexpr std::string_view kNames[] = {
#define OVLSPEC_RULE_NAME(name, id, sentence, source, judged) #name,
    OVLSPEC_RULES(OVLSPEC_RULE_NAME)
#undef OVLSPEC_RULE_NAME
};

// Words after `Rule::`, and quoted IDs, of a source.
void collect_citations(const std::string& text, std::set<std::string>& cited) {
  for (std::size_t at = text.find("Rule::"); at != std::string::npos; at = text.find("Rule::", at + 1)) {
    const std::size_t begin = at + 6;
    std::size_t end = begin;
    while (end < text.size() && std::isalnum(static_cast<unsigned char>(text[end])) != 0) ++end;
    cited.insert(text.substr(begin, end - begin));
  }
  for (std::size_t i = 0; i < kRuleCount; ++i)
    for (const char after : {'"', ':'})
      if (text.find('"' + std::string(kRules[i].id) + after) != std::string::npos) cited.insert(std::string(kNames[i]));
}

enum class Kind { kTests, kSources };

std::set<std::string> citations(Kind kind) {
  std::set<std::string> cited;
  for (const char* folder : {"model", "oracle"}) {
    const std::filesystem::path root = std::filesystem::path(OVLSPEC_SOURCE_DIR) / folder;
    if (!std::filesystem::exists(root)) continue;
    for (const auto& file : std::filesystem::recursive_directory_iterator(root)) {
      const std::string name = file.path().filename().string();
      const bool is_test = name.ends_with("_test.cc") || name.ends_with(".trace");
      const bool is_source = name.ends_with(".cc") && !is_test;
      if (name == "rules_test.cc" || !(kind == Kind::kTests ? is_test : is_source)) continue;
      std::stringstream text;
      text << std::ifstream(file.path()).rdbuf();
      collect_citations(text.str(), cited);
    }
  }
  return cited;
}

TEST(Rules, HaveEachTheirOwnIdSentenceAndSource) {
  std::set<std::string_view> ids;
  for (const RuleText& rule : kRules) {
    EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
    EXPECT_TRUE(rule.sentence.ends_with(".")) << rule.id;
    EXPECT_FALSE(rule.source.empty()) << rule.id;
    EXPECT_EQ(text_of(rule_from_id(rule.id).value()).id, rule.id);
  }
  EXPECT_FALSE(rule_from_id("OVL-NONE-1"));
}

TEST(Rules, AreEachCitedByAClauseTheJudgeOrATest) {
  const std::set<std::string> tests = citations(Kind::kTests);
  const std::set<std::string> sources = citations(Kind::kSources);
  ASSERT_FALSE(tests.empty());
  std::string untested;
  for (std::size_t i = 0; i < kRuleCount; ++i) {
    const std::string name(kNames[i]);
    if (kRules[i].judged == Judged::kNotYet) continue;
    EXPECT_TRUE(tests.contains(name) || sources.contains(name)) << kRules[i].id << " (" << name << ") is cited nowhere";
    if (!tests.contains(name)) untested += " " + std::string(kRules[i].id);
  }
  std::printf("rules that no test cites:%s\n", untested.empty() ? " none" : untested.c_str());
}

}  // namespace
}  // namespace ovlspec::model
