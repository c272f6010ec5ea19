#include "oracle/layer_paths.h"

#include "oracle/materialise.h"

namespace ovlspec::oracle {

std::string plain_path(std::string_view path) {
  std::string result;
  while (!path.empty()) {
    const auto slash = path.find('/');
    if (slash != 0) result = path_below(result, path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  }
  return result;
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

bool is_within(const std::string& path, const std::string& ancestor) {
  return ancestor.empty() || path == ancestor ||
         (path.size() > ancestor.size() && path.compare(0, ancestor.size(), ancestor) == 0 &&
          path[ancestor.size()] == '/');
}

}  // namespace ovlspec::oracle
