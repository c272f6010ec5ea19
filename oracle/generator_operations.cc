#include "oracle/generator_operations.h"

namespace ovlspec::oracle {

const std::array<OperationGenerator::Choice, 28> OperationGenerator::kChoices{{
    {&Weights::open, &OperationGenerator::open},
    {&Weights::close, &OperationGenerator::close},
    {&Weights::read, &OperationGenerator::read},
    {&Weights::write, &OperationGenerator::write},
    {&Weights::truncate, &OperationGenerator::truncate},
    {&Weights::mkdir, &OperationGenerator::mkdir},
    {&Weights::rmdir, &OperationGenerator::rmdir},
    {&Weights::unlink, &OperationGenerator::unlink},
    {&Weights::link, &OperationGenerator::link},
    {&Weights::symlink, &OperationGenerator::symlink},
    {&Weights::readlink, &OperationGenerator::readlink},
    {&Weights::rename, &OperationGenerator::rename},
    {&Weights::chmod, &OperationGenerator::chmod},
    {&Weights::chown, &OperationGenerator::chown},
    {&Weights::utimens, &OperationGenerator::utimens},
    {&Weights::set_xattr, &OperationGenerator::set_xattr},
    {&Weights::get_xattr, &OperationGenerator::get_xattr},
    {&Weights::list_xattr, &OperationGenerator::list_xattr},
    {&Weights::remove_xattr, &OperationGenerator::remove_xattr},
    {&Weights::mknod, &OperationGenerator::mknod},
    {&Weights::read_directory, &OperationGenerator::read_directory},
    {&Weights::rewind_directory, &OperationGenerator::rewind_directory},
    {&Weights::list_directory, &OperationGenerator::list_directory},
    {&Weights::stat, &OperationGenerator::stat},
    {&Weights::stat_file_system, &OperationGenerator::stat_file_system},
    {&Weights::sync, &OperationGenerator::sync},
    {&Weights::lock, &OperationGenerator::lock},
    {&Weights::odd, &OperationGenerator::odd},
}};

OperationGenerator::OperationGenerator(Random& random, const GeneratorOptions& options, GuessedStack& stack)
    : random_(random), options_(options), stack_(stack), values_(random, options), layers_(random, values_) {
  for (const Choice& choice : kChoices) total_weight_ += options.weights.*choice.weight;
}

Operation OperationGenerator::next() {
  changed_ = false;
  if (total_weight_ == 0) return stat();
  unsigned drawn = random_.below(total_weight_);
  for (const Choice& choice : kChoices) {
    const unsigned weight = options_.weights.*choice.weight;
    if (drawn < weight) return (this->*choice.make)();
    drawn -= weight;
  }
  return stat();
}

std::optional<Operation> OperationGenerator::look() {
  if (!changed_) return std::nullopt;
  if (random_.percent(50)) return Stat{Target::at(spelled(last_changed_), Follow::kNoFollow)};
  return ListDirectory{spelled(std::string(parent_of(last_changed_)))};
}

std::string OperationGenerator::existing() {
  if (random_.percent(6)) return fresh();
  if (random_.percent(25)) return random_.pick(recent_);
  const GuessedPath* path = stack_.merged.pick(random_);
  return path == nullptr ? fresh() : path->path;
}

std::string OperationGenerator::existing(FileType type) {
  if (random_.percent(6)) return existing();
  const std::string& recent = random_.pick(recent_);
  if (stack_.merged.type(recent) == type && random_.percent(25)) return recent;
  const GuessedPath* path = stack_.merged.pick(random_, type);
  return path == nullptr ? existing() : path->path;
}

std::string OperationGenerator::directory() {
  if (random_.percent(30)) return {};
  const GuessedPath* path = stack_.merged.pick(random_, FileType::kDirectory);
  return path == nullptr ? std::string() : path->path;
}

std::string OperationGenerator::fresh() {
  const std::string parent = directory();
  return joined(parent, values_.name());
}

std::string OperationGenerator::spelled(const std::string& path) {
  if (path.empty()) return random_.percent(50) ? "." : "/";
  if (!random_.percent(6)) return path;
  switch (random_.below(5)) {
    case 0: return "/" + path;
    case 1: return "./" + path;
    case 2: return path + "/";
    case 3: return joined(directory(), "../" + path);
    default: return "//" + path + "/.";
  }
}

Target OperationGenerator::target(const std::string& path) {
  if (random_.percent(15)) {
    const auto slot = open_slot(random_.percent(15));
    if (slot) return Target::of(*slot);
  }
  const Follow follow = random_.percent(80) ? Follow::kFollow : Follow::kNoFollow;
  return Target::at(spelled(path), follow);
}

std::optional<Slot> OperationGenerator::open_slot(bool directory) {
  const Slot first = static_cast<Slot>(random_.below(kSlots));
  if (random_.percent(2)) return first;
  for (Slot i = 0; i < kSlots; ++i) {
    const auto slot = static_cast<Slot>((first + i) % kSlots);
    if (slots_[slot] && slots_[slot]->directory == directory) return slot;
  }
  return std::nullopt;
}

Slot OperationGenerator::slot_to_fill() {
  constexpr Slot kUsual = 5;
  for (Slot slot = 0; slot < kUsual; ++slot)
    if (!slots_[slot]) return slot;
  return static_cast<Slot>(random_.below(random_.percent(10) ? kSlots : kUsual));
}

void OperationGenerator::touched(const std::string& path) {
  recent_[next_recent_++ % recent_.size()] = path;
  last_changed_ = path;
  changed_ = true;
  if (!stack_.upper) return;
  const FileType type = stack_.merged.type(path).value_or(FileType::kRegular);
  stack_.upper->add(path, type);
  for (auto parent = parent_of(path); !parent.empty(); parent = parent_of(parent))
    stack_.upper->add(std::string(parent), FileType::kDirectory);
}

void OperationGenerator::made(const std::string& path, FileType type) {
  if (!stack_.upper) return;
  if (!stack_.merged.has(path)) stack_.merged.add(path, type);
  touched(path);
}

void OperationGenerator::removed(const std::string& path) {
  touched(path);
  if (stack_.upper) stack_.merged.remove(path);
}

Operation OperationGenerator::open() {
  if (random_.percent(35)) return open_new();
  if (random_.percent(20)) return open_directory();
  const std::string path = existing(random_.percent(90) ? FileType::kRegular : FileType::kSymlink);
  Open open{.path = spelled(path), .flags = {}, .mode = 0, .slot = slot_to_fill()};
  open.flags.access = static_cast<Access>(random_.below(3));
  const bool writes = open.flags.access != Access::kRead;
  open.flags.truncate = random_.percent(writes ? 20 : 2);
  open.flags.append = writes && random_.percent(20);
  open.flags.no_follow = random_.percent(8);
  open.flags.directory = random_.percent(2);
  slots_[open.slot] = OpenSlot{.directory = false, .access = open.flags.access};
  if (writes) touched(path);
  return open;
}

Operation OperationGenerator::open_new() {
  const std::string path = random_.percent(70) ? fresh() : existing(FileType::kRegular);
  Open open{.path = spelled(path), .flags = {}, .mode = values_.mode(), .slot = slot_to_fill()};
  open.flags.create = true;
  open.flags.access = random_.percent(80) ? Access::kReadWrite : static_cast<Access>(random_.below(3));
  open.flags.exclusive = random_.percent(25);
  open.flags.truncate = random_.percent(15);
  open.flags.append = random_.percent(15);
  slots_[open.slot] = OpenSlot{.directory = false, .access = open.flags.access};
  made(path, FileType::kRegular);
  return open;
}

Operation OperationGenerator::open_directory() {
  const std::string path = directory();
  Open open{.path = spelled(path), .flags = {}, .mode = 0, .slot = slot_to_fill()};
  open.flags.directory = random_.percent(80);
  slots_[open.slot] = OpenSlot{.directory = true, .access = Access::kRead};
  return open;
}

Operation OperationGenerator::close() {
  const auto slot = open_slot(random_.percent(30));
  if (!slot) return stat();
  slots_[*slot].reset();
  return Close{*slot};
}

Operation OperationGenerator::read() {
  const auto slot = open_slot(random_.percent(3));
  if (!slot) return open();
  return Read{*slot, random_.percent(60) ? 0 : values_.offset(), random_.percent(20) ? 70'000 : random_.below(40)};
}

Operation OperationGenerator::write() {
  const auto slot = open_slot(random_.percent(3));
  if (!slot) return open_new();
  return Write{*slot, values_.offset(), values_.data()};
}

Operation OperationGenerator::truncate() {
  const std::string path = existing(FileType::kRegular);
  touched(path);
  return Truncate{target(path), values_.offset()};
}

Operation OperationGenerator::mkdir() {
  const std::string path = random_.percent(85) ? fresh() : existing();
  made(path, FileType::kDirectory);
  return Mkdir{spelled(path), values_.directory_mode()};
}

Operation OperationGenerator::rmdir() {
  std::string path = existing(FileType::kDirectory);
  for (int tries = 0; tries < 4 && stack_.merged.has_children(path); ++tries) path = existing(FileType::kDirectory);
  const bool removes = stack_.merged.type(path) == FileType::kDirectory && !stack_.merged.has_children(path);
  if (removes) removed(path);
  return Rmdir{spelled(path)};
}

Operation OperationGenerator::unlink() {
  std::string path = existing();
  for (int tries = 0; tries < 4 && stack_.merged.type(path) == FileType::kDirectory; ++tries) path = existing();
  if (stack_.merged.type(path) != FileType::kDirectory) removed(path);
  return Unlink{spelled(path)};
}

Operation OperationGenerator::link() {
  const std::string from = random_.percent(85) ? existing(FileType::kRegular) : existing();
  const std::string to = random_.percent(85) ? fresh() : existing();
  const FileType type = stack_.merged.type(from).value_or(FileType::kRegular);
  if (type != FileType::kDirectory) made(to, type);
  return Link{spelled(from), spelled(to), random_.percent(20) ? Follow::kFollow : Follow::kNoFollow};
}

Operation OperationGenerator::symlink() {
  const std::string path = random_.percent(85) ? fresh() : existing();
  made(path, FileType::kSymlink);
  return Symlink{layers_.symlink_target(stack_.merged), spelled(path)};
}

Operation OperationGenerator::readlink() { return Readlink{spelled(existing(FileType::kSymlink))}; }

Operation OperationGenerator::rename() {
  const std::string from = existing(random_.percent(45) ? FileType::kDirectory : FileType::kRegular);
  const std::string to =
      random_.percent(55) ? fresh() : existing(stack_.merged.type(from).value_or(FileType::kRegular));
  const unsigned drawn = random_.below(100);
  const RenameMode mode = drawn < 74   ? RenameMode::kReplace
                          : drawn < 84 ? RenameMode::kNoReplace
                          : drawn < 98 ? RenameMode::kExchange
                                       : RenameMode::kWhiteout;
  if (stack_.upper) {
    if (mode == RenameMode::kExchange) stack_.merged.exchange(from, to);
    if (mode == RenameMode::kReplace || (mode == RenameMode::kNoReplace && !stack_.merged.has(to)))
      stack_.merged.move(from, to);
  }
  touched(random_.percent(50) ? from : to);
  return Rename{spelled(from), spelled(to), mode};
}

Operation OperationGenerator::chmod() {
  const std::string path = existing();
  touched(path);
  const bool is_directory = stack_.merged.type(path) == FileType::kDirectory;
  return Chmod{target(path), is_directory ? values_.directory_mode() : values_.mode()};
}

Operation OperationGenerator::chown() {
  const std::string path = existing();
  touched(path);
  Chown chown{target(path), std::nullopt, std::nullopt};
  if (random_.percent(70)) chown.uid = values_.uid();
  if (random_.percent(70)) chown.gid = values_.gid();
  return chown;
}

TimeChange OperationGenerator::time_change() {
  if (random_.percent(60)) return TimeChange{.kind = TimeChange::Kind::kSet, .value = values_.time()};
  return TimeChange{.kind = random_.percent(50) ? TimeChange::Kind::kNow : TimeChange::Kind::kOmit, .value = {}};
}

Operation OperationGenerator::utimens() {
  const std::string path = existing();
  touched(path);
  return Utimens{target(path), time_change(), time_change()};
}

Operation OperationGenerator::set_xattr() {
  const std::string path = existing();
  touched(path);
  const unsigned drawn = random_.below(100);
  const XattrMode mode = drawn < 80 ? XattrMode::kAny : drawn < 90 ? XattrMode::kCreate : XattrMode::kReplace;
  return SetXattr{target(path), values_.xattr_name(), values_.xattr_value(), mode};
}

Operation OperationGenerator::get_xattr() { return GetXattr{target(existing()), values_.xattr_name()}; }
Operation OperationGenerator::list_xattr() { return ListXattr{target(existing())}; }

Operation OperationGenerator::remove_xattr() {
  const std::string path = existing();
  touched(path);
  return RemoveXattr{target(path), values_.xattr_name()};
}

Operation OperationGenerator::mknod() {
  constexpr std::array<FileType, 6> kTypes{FileType::kRegular, FileType::kFifo,       FileType::kFifo,
                                           FileType::kSocket,  FileType::kCharDevice, FileType::kBlockDevice};
  const std::string path = random_.percent(85) ? fresh() : existing();
  const FileType type = random_.pick(kTypes);
  made(path, type);
  const bool whiteout = type == FileType::kCharDevice && random_.percent(20);
  return Mknod{spelled(path), type, values_.mode(), whiteout ? Device{} : values_.device(type)};
}

Operation OperationGenerator::read_directory() {
  const auto slot = open_slot(true);
  if (!slot) return open_directory();
  return ReadDirectory{*slot, random_.percent(40) ? 0 : 1 + random_.below(4)};
}

Operation OperationGenerator::rewind_directory() {
  const auto slot = open_slot(true);
  if (!slot) return list_directory();
  return RewindDirectory{*slot};
}

Operation OperationGenerator::list_directory() {
  return ListDirectory{spelled(random_.percent(95) ? directory() : existing())};
}

Operation OperationGenerator::stat() { return Stat{target(existing())}; }
Operation OperationGenerator::stat_file_system() { return StatFileSystem{spelled(existing())}; }

Operation OperationGenerator::lock() {
  constexpr std::array<LockKind, 4> kKinds{LockKind::kShared, LockKind::kExclusive, LockKind::kExclusive,
                                           LockKind::kUnlock};
  const auto slot = open_slot(random_.percent(15));
  if (!slot) return stat();
  return Lock{*slot, random_.pick(kKinds)};
}

Operation OperationGenerator::sync() {
  const auto slot = open_slot(random_.percent(15));
  if (!slot) return stat();
  return Sync{*slot, random_.percent(30)};
}

}  // namespace ovlspec::oracle
