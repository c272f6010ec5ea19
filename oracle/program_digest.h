// Which program this is: what an earlier run left is used by the same one alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ovlspec::oracle {

// A digest for telling apart, not against malice.
class Digest {
 public:
  void add(std::string_view bytes);
  std::string text() const;  // 16 hexadecimal digits

 private:
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

std::string digest_of_file(const std::string& path);
// Of the running program's own file.
std::string program_digest();

}  // namespace ovlspec::oracle
