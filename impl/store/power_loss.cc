#include "impl/store/power_loss.h"

#include <algorithm>

namespace ovlspec::impl {
namespace {

constexpr std::size_t kExhaustive = 8;

using Places = std::vector<std::size_t>;

// Until when data may have been written although the metadata stopped at `metadata`: a sync would have taken it along.
std::size_t reach_of_data(const std::vector<CountedCall>& calls, std::size_t metadata) {
  std::size_t end = metadata;
  while (end < calls.size() && calls[end].kind != CountedCall::Kind::kSync) ++end;
  return end;
}

bool is_synced(const std::vector<CountedCall>& calls, std::size_t write, std::size_t metadata) {
  for (std::size_t at = write + 1; at < metadata; ++at)
    if (calls[at].kind == CountedCall::Kind::kSync && calls[at].inode == calls[write].inode) return true;
  return false;
}

Places together(const Places& certain, const Places& chosen) {
  Places writes = certain;
  writes.insert(writes.end(), chosen.begin(), chosen.end());
  std::sort(writes.begin(), writes.end());
  return writes;
}

// Which of the uncertain ones survive, in all the ways that are tried.
std::vector<Places> choices(const Places& uncertain) {
  std::vector<Places> found;
  if (uncertain.size() <= kExhaustive) {
    for (std::size_t bits = 0; bits < std::size_t{1} << uncertain.size(); ++bits) {
      Places& chosen = found.emplace_back();
      for (std::size_t i = 0; i < uncertain.size(); ++i)
        if ((bits >> i & 1) != 0) chosen.push_back(uncertain[i]);
    }
    return found;
  }
  found = {{}, uncertain};
  for (std::size_t i = 0; i < uncertain.size(); ++i) {
    found.push_back({uncertain[i]});
    Places& others = found.emplace_back(uncertain);
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return found;
}

void collect(const MemoryInode& directory, Contents& contents) {
  for (const MemoryEntry& entry : directory.entries) {
    if (entry.inode->is_directory()) collect(*entry.inode, contents);
    if (entry.inode->attributes.type == FileType::kRegular)
      contents.emplace(entry.inode->attributes.number, entry.inode->content);
  }
}

void rebuild(const MemoryInode& directory, const Contents& contents) {
  for (const MemoryEntry& entry : directory.entries) {
    MemoryInode& inode = *entry.inode;
    if (inode.is_directory()) rebuild(inode, contents);
    if (inode.attributes.type != FileType::kRegular) continue;
    const auto found = contents.find(inode.attributes.number);
    inode.content = found == contents.end() ? MemoryContent() : found->second;
    inode.refresh_size();
  }
}

}  // namespace

std::vector<Survival> survivals(const std::vector<CountedCall>& calls) {
  std::vector<Survival> all;
  for (std::size_t metadata = 0; metadata <= calls.size(); ++metadata) {
    Places certain;
    Places uncertain;
    for (std::size_t at = 0; at < reach_of_data(calls, metadata); ++at) {
      if (calls[at].kind != CountedCall::Kind::kWrite) continue;
      (is_synced(calls, at, metadata) ? certain : uncertain).push_back(at);
    }
    for (const Places& chosen : choices(uncertain))
      all.push_back({.metadata = metadata, .writes = together(certain, chosen)});
  }
  return all;
}

Contents contents_of(const MemoryStore& store) {
  Contents contents;
  collect(*store.root(), contents);
  return contents;
}

void lose(const MemoryStore& store, const Contents& before, const std::vector<CountedCall>& calls,
          const Survival& survival) {
  Contents contents = before;
  for (std::size_t at = 0; at < calls.size(); ++at) {
    const CountedCall& call = calls[at];
    const bool survives = std::binary_search(survival.writes.begin(), survival.writes.end(), at);
    if (call.kind == CountedCall::Kind::kWrite && survives) {
      MemoryContent& content = contents[call.inode];
      const FileSize size = content.size();
      content.write(call.offset, call.bytes);
      if (at >= survival.metadata) content.resize(std::min(size, content.size()));
    }
    if (call.kind == CountedCall::Kind::kResize && at < survival.metadata) contents[call.inode].resize(call.offset);
  }
  rebuild(*store.root(), contents);
}

}  // namespace ovlspec::impl
