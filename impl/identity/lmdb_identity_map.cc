#include "impl/identity/lmdb_identity_map.h"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

#include "impl/engine/words.h"

namespace ovlspec::impl {
namespace {

constexpr std::size_t kMapSize = std::size_t{1} << 34;  // bytes; of address space, the file grows as it is filled
constexpr std::string_view kFormatKey = "format";
constexpr std::string_view kNextKey = "next";
constexpr std::string_view kSealKey = "seal";
constexpr std::string_view kFormat = "ovlspec identity 1";
constexpr InodeNumber kFirstNumber = 2;

MDB_val value_of(std::string_view bytes) {
  return MDB_val{.mv_size = bytes.size(), .mv_data = const_cast<char*>(bytes.data())};
}

std::string_view bytes_of(const MDB_val& value) { return {static_cast<const char*>(value.mv_data), value.mv_size}; }

std::string word_bytes(std::uint64_t word) {
  std::string bytes;
  append_word(bytes, word);
  return bytes;
}

std::string key_of(const MappedInode& inode) {
  std::string bytes;
  for (const std::uint64_t word : {inode.file_system, inode.inode, inode.generation}) append_word(bytes, word);
  return bytes;
}

Errno error_of(int code) {
  switch (code) {
    case 0: return Errno::kOk;
    case MDB_MAP_FULL: return Errno::kENOSPC;
    case ENOSPC: return Errno::kENOSPC;
    case EDQUOT: return Errno::kEDQUOT;
    case EROFS: return Errno::kEROFS;
    default: return Errno::kEIO;
  }
}

class LmdbIdentityMap final : public IdentityMap {
 public:
  LmdbIdentityMap() = default;
  ~LmdbIdentityMap() override {
    if (bulk_ != nullptr) mdb_txn_abort(bulk_);
    if (environment_ != nullptr) mdb_env_close(environment_);
    if (lock_ >= 0) ::close(lock_);
  }
  LmdbIdentityMap(const LmdbIdentityMap&) = delete;
  LmdbIdentityMap& operator=(const LmdbIdentityMap&) = delete;

  // Why it cannot be opened; empty where it is open.
  std::string open(const std::string& path);

  Result<std::optional<InodeNumber>> find(const MappedInode& inode) override {
    const std::lock_guard lock(mutex_);
    auto number = get(key_of(inode));
    if (!number.ok() || !*number)
      return number.ok() ? Result<std::optional<InodeNumber>>(std::nullopt) : number.error();
    if ((*number)->size() != kWordBytes) return Errno::kEIO;
    return std::optional<InodeNumber>(word_at(**number, 0));
  }

  Result<InodeNumber> add(const MappedInode& inode) override {
    const std::lock_guard lock(mutex_);
    const InodeNumber number = next_;
    const Status written = write([&](MDB_txn* transaction) {
      const int code = put(transaction, key_of(inode), word_bytes(number));
      return code != 0 ? code : put(transaction, std::string(kNextKey), word_bytes(number + 1));
    });
    if (!written.ok()) return written.error();
    next_ = number + 1;
    return number;
  }

  Status begin() override {
    const std::lock_guard lock(mutex_);
    return error_of(mdb_txn_begin(environment_, nullptr, 0, &bulk_));
  }

  Status commit() override {
    const std::lock_guard lock(mutex_);
    return error_of(mdb_txn_commit(std::exchange(bulk_, nullptr)));
  }

  Result<std::optional<std::string>> seal() override {
    const std::lock_guard lock(mutex_);
    return get(std::string(kSealKey));
  }

  Status set_seal(const std::string& seal) override {
    const std::lock_guard lock(mutex_);
    return write([&](MDB_txn* transaction) { return put(transaction, std::string(kSealKey), seal); });
  }

  std::uint64_t writes() const override {
    const std::lock_guard lock(mutex_);
    return writes_;
  }

 private:
  int put(MDB_txn* transaction, const std::string& key, const std::string& value) {
    MDB_val key_value = value_of(key);
    MDB_val content = value_of(value);
    return mdb_put(transaction, database_, &key_value, &content, 0);
  }

  // Within the transaction that is open, or one of its own, durable at its end.
  template <typename Change>
  Status write(const Change& change) {
    ++writes_;
    if (bulk_ != nullptr) return error_of(change(bulk_));
    MDB_txn* transaction = nullptr;
    if (const int code = mdb_txn_begin(environment_, nullptr, 0, &transaction); code != 0) return error_of(code);
    if (const int code = change(transaction); code != 0) {
      mdb_txn_abort(transaction);
      return error_of(code);
    }
    return error_of(mdb_txn_commit(transaction));
  }

  Result<std::optional<std::string>> get(const std::string& key) {
    MDB_txn* transaction = bulk_;
    if (transaction == nullptr)
      if (const int code = mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction); code != 0)
        return error_of(code);
    MDB_val key_value = value_of(key);
    MDB_val found{};
    const int code = mdb_get(transaction, database_, &key_value, &found);
    std::optional<std::string> value;
    if (code == 0) value = std::string(bytes_of(found));
    if (bulk_ == nullptr) mdb_txn_abort(transaction);
    if (code != 0 && code != MDB_NOTFOUND) return error_of(code);
    return value;
  }

  std::string load(const std::string& path);

  mutable std::mutex mutex_;
  int lock_ = -1;
  MDB_env* environment_ = nullptr;
  MDB_dbi database_ = 0;
  MDB_txn* bulk_ = nullptr;
  InodeNumber next_ = kFirstNumber;
  std::uint64_t writes_ = 0;
};

std::string not_a_map(const std::string& path) {
  return path + " is damaged or no identity map; remove it, and the next mount makes it anew";
}

std::string LmdbIdentityMap::open(const std::string& path) {
  lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock_ < 0) return path + ": " + std::strerror(errno);
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) return path + " is in use by another mount";
  if (mdb_env_create(&environment_) != 0) return path + ": no memory";
  mdb_env_set_mapsize(environment_, kMapSize);
  const int code = mdb_env_open(environment_, path.c_str(), MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS, 0600);
  if (code == ENOSPC || code == EROFS || code == ENOMEM) return path + ": " + std::strerror(code);
  if (code != 0) return not_a_map(path);
  return load(path);
}

std::string LmdbIdentityMap::load(const std::string& path) {
  struct stat file;
  MDB_envinfo info;
  MDB_stat pages;
  if (::fstat(lock_, &file) != 0 || mdb_env_info(environment_, &info) != 0 || mdb_env_stat(environment_, &pages) != 0)
    return not_a_map(path);
  // Pages beyond the end of the file would end the process when they are read.
  if (static_cast<std::uint64_t>(file.st_size) < (std::uint64_t{info.me_last_pgno} + 1) * pages.ms_psize)
    return not_a_map(path);
  MDB_txn* transaction = nullptr;
  if (mdb_txn_begin(environment_, nullptr, 0, &transaction) != 0) return not_a_map(path);
  const int opened = mdb_dbi_open(transaction, nullptr, 0, &database_);
  if (opened != 0 || mdb_txn_commit(transaction) != 0) return not_a_map(path);
  const auto format = get(std::string(kFormatKey));
  if (!format.ok()) return not_a_map(path);
  if (!*format) {
    if (pages.ms_entries != 0) return not_a_map(path);
    const Status made = write([&](MDB_txn* fresh) {
      const int code = put(fresh, std::string(kFormatKey), std::string(kFormat));
      return code != 0 ? code : put(fresh, std::string(kNextKey), word_bytes(kFirstNumber));
    });
    return made.ok() ? std::string() : path + ": " + std::string(errno_name(made.error()));
  }
  const auto next = get(std::string(kNextKey));
  if (**format != kFormat || !next.ok() || !*next || (*next)->size() != kWordBytes) return not_a_map(path);
  next_ = word_at(**next, 0);
  return next_ < kFirstNumber ? not_a_map(path) : std::string();
}

}  // namespace

OpenedIdentityMap open_identity_map(const std::string& path) {
  auto map = std::make_unique<LmdbIdentityMap>();
  std::string refusal = map->open(path);
  if (!refusal.empty()) return {.map = nullptr, .refusal = std::move(refusal)};
  return {.map = std::move(map), .refusal = {}};
}

}  // namespace ovlspec::impl
