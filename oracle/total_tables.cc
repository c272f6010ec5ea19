#include "oracle/total_tables.h"

#include <algorithm>

#include "model/vocabulary/names.h"

namespace ovlspec::oracle::total {

const std::array<std::string, kLiteral>& components() {
  static const std::array<std::string, kLiteral> kComponents{"a",
                                                             "b",
                                                             "c",
                                                             "d",
                                                             "e",
                                                             "f",
                                                             "a",
                                                             "b",
                                                             "c",
                                                             "d",
                                                             "..",
                                                             ".",
                                                             "g",
                                                             "h",
                                                             "x",
                                                             "y",
                                                             "z",
                                                             "A",
                                                             " ",
                                                             "\n",
                                                             "%",
                                                             "#",
                                                             "=",
                                                             "\xff\xfe",
                                                             "a b",
                                                             ".wh.a",
                                                             ".wh..wh..opq",
                                                             "a.b",
                                                             std::string(names::kNameMax, 'n'),
                                                             std::string(names::kNameMax + 1, 'n'),
                                                             "work"};
  return kComponents;
}

void KnownPaths::add(const std::string& path) {
  if (paths_.size() < kMost && numbers_.try_emplace(path, paths_.size()).second) paths_.push_back(path);
}

std::optional<std::size_t> KnownPaths::find(const std::string& path) const {
  const auto it = numbers_.find(path);
  if (it == numbers_.end()) return std::nullopt;
  return it->second;
}

void State::apply(const Event& event) {
  if (std::holds_alternative<Mount>(event)) mounted = true;
  if (std::holds_alternative<Unmount>(event) || std::holds_alternative<Crash>(event)) mounted = false;
  const auto* mutate = std::get_if<Mutate>(&event);
  if (mutate == nullptr || mounted) return;
  if (std::holds_alternative<model::AddLower>(mutate->mutation)) ++lowers;
  if (std::holds_alternative<model::UpperBecomesLower>(mutate->mutation) && upper) ++lowers;
  if (std::holds_alternative<model::RemoveLower>(mutate->mutation) && lowers > 1) --lowers;
}

std::string as_layer_path(std::string_view path) {
  std::string plain;
  while (!path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    const auto name = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    const bool fits = !name.empty() && name != "." && name != ".." && name.size() <= names::kNameMax;
    if (!fits || plain.size() + name.size() + 1 > names::kPathMax) continue;
    if (!plain.empty()) plain += '/';
    plain += name;
  }
  return plain;
}

}  // namespace ovlspec::oracle::total
