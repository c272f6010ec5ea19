#include "oracle/program_digest.h"

#include <fmt/format.h>

#include <fstream>

namespace ovlspec::oracle {

void Digest::add(std::string_view bytes) {
  for (const char byte : bytes) value_ = (value_ ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
}

std::string Digest::text() const { return fmt::format("{:016x}", value_); }

std::string digest_of_file(const std::string& path) {
  constexpr std::size_t kBuffer = 1U << 16U;
  std::ifstream file(path, std::ios::binary);
  Digest digest;
  std::string buffer(kBuffer, '\0');
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())), file.gcount() > 0)
    digest.add(std::string_view(buffer).substr(0, static_cast<std::size_t>(file.gcount())));
  return digest.text();
}

std::string program_digest() { return digest_of_file("/proc/self/exe"); }

}  // namespace ovlspec::oracle
