#include "impl/fuse/nfs_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <nfsc/libnfs.h>
// After libnfs.h, whose macros they use.
#include <nfsc/libnfs-raw-nfs4.h>
#include <nfsc/libnfs-raw.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <thread>

extern char** environ;

namespace ovlspec::fuse {
namespace {

using namespace std::chrono_literals;

constexpr const char* kProgram = "/usr/bin/ganesha.nfsd";
constexpr auto kLimit = 30s;
constexpr std::uint32_t kReadBytes = 4096;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), 0);
  ::close(socket);
  return ntohs(address.sin_port);
}

bool answers(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool connected = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return connected;
}

std::string configuration(const std::string& directory, const std::string& state, std::uint16_t port) {
  return "NFS_CORE_PARAM { NFS_Port = " + std::to_string(port) +
         "; Protocols = 4; Enable_UDP = false; Bind_addr = 127.0.0.1; Enable_NLM = false; Enable_RQUOTA = false;"
         " Allow_Set_Io_Flusher_Fail = true; }\n"
         "NFSv4 { Graceless = true; Minor_Versions = 0; RecoveryBackend = fs; RecoveryRoot = " +
         state +
         "; }\n"
         "EXPORT { Export_Id = 77; Path = " +
         directory +
         "; Pseudo = /export; Access_Type = RW; Squash = None;"
         " SecType = sys; Filesystem_id = 77.77; Protocols = 4; Transports = TCP;"
         " FSAL { Name = VFS; } }\n";
}

struct Call {
  bool done = false;
  bool ok = false;
  std::function<void(const COMPOUND4res&)> take;
};

void answered(rpc_context*, int status, void* data, void* private_data) {
  Call& call = *static_cast<Call*>(private_data);
  call.done = true;
  call.ok = status == RPC_STATUS_SUCCESS;
  if (call.ok) call.take(*static_cast<COMPOUND4res*>(data));
}

// Sends the operations and waits for the answer, which `take` has to read at once.
void send(nfs_context* context, std::vector<nfs_argop4>& operations, std::function<void(const COMPOUND4res&)> take) {
  COMPOUND4args arguments{};
  arguments.argarray.argarray_len = static_cast<unsigned>(operations.size());
  arguments.argarray.argarray_val = operations.data();
  Call call{.take = std::move(take)};
  rpc_context* rpc = nfs_get_rpc_context(context);
  ASSERT_EQ(rpc_nfs4_compound_async(rpc, answered, &arguments, &call), 0) << rpc_get_error(rpc);
  const auto deadline = std::chrono::steady_clock::now() + kLimit;
  while (!call.done) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the NFS server does not answer";
    pollfd ready{.fd = rpc_get_fd(rpc), .events = static_cast<short>(rpc_which_events(rpc)), .revents = 0};
    ::poll(&ready, 1, 100);
    ASSERT_EQ(rpc_service(rpc, ready.revents), 0) << rpc_get_error(rpc);
  }
  ASSERT_TRUE(call.ok) << rpc_get_error(rpc);
}

nfs_argop4 operation(nfs_opnum4 kind) {
  nfs_argop4 made{};
  made.argop = kind;
  return made;
}

nfs_argop4 lookup(std::string& name) {
  nfs_argop4 made = operation(OP_LOOKUP);
  made.nfs_argop4_u.oplookup.objname.utf8string_len = static_cast<unsigned>(name.size());
  made.nfs_argop4_u.oplookup.objname.utf8string_val = name.data();
  return made;
}

nfs_argop4 put(std::string& handle) {
  nfs_argop4 made = operation(OP_PUTFH);
  made.nfs_argop4_u.opputfh.object.nfs_fh4_len = static_cast<unsigned>(handle.size());
  made.nfs_argop4_u.opputfh.object.nfs_fh4_val = handle.data();
  return made;
}

// Type and size: bits 1 and 4 of the first word.
nfs_argop4 get_attributes(std::uint32_t& words) {
  words = 1U << FATTR4_TYPE | 1U << FATTR4_SIZE;
  nfs_argop4 made = operation(OP_GETATTR);
  made.nfs_argop4_u.opgetattr.attr_request.bitmap4_len = 1;
  made.nfs_argop4_u.opgetattr.attr_request.bitmap4_val = &words;
  return made;
}

}  // namespace

std::optional<std::string> NfsServer::unavailable() {
  if (::access(kProgram, X_OK) != 0) return std::string(kProgram) + " is not installed";
  if (::access("/etc/mtab", R_OK) != 0) return "there is no /etc/mtab, by which the server finds file systems";
  return std::nullopt;
}

NfsServer::NfsServer(const std::string& directory, const std::string& state) : port_(free_port()) {
  ::mkdir(state.c_str(), 0755);
  const std::string path = state + "/ganesha.conf";
  const std::string log = state + "/ganesha.log";
  const std::string pid = state + "/ganesha.pid";
  std::ofstream(path) << configuration(directory, state, port_);
  std::vector<std::string> words = {kProgram, "-F", "-f", path, "-L", log, "-p", pid, "-N", "NIV_WARN"};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int spawned = ::posix_spawn(&process_, kProgram, nullptr, nullptr, arguments.data(), environ);
  EXPECT_EQ(spawned, 0);
  const auto deadline = std::chrono::steady_clock::now() + kLimit;
  while (!answers(port_) && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(50ms);
  std::ifstream said(log);
  EXPECT_TRUE(answers(port_)) << std::string(std::istreambuf_iterator<char>(said), {});
}

NfsServer::~NfsServer() {
  if (process_ <= 0) return;
  ::kill(process_, SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + kLimit;
  while (::waitpid(process_, nullptr, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) ::kill(process_, SIGKILL);
    std::this_thread::sleep_for(20ms);
  }
}

NfsClient::NfsClient(const NfsServer& server) : context_(nfs_init_context()) {
  const std::string url = "nfs://127.0.0.1/export?version=4&nfsport=" + std::to_string(server.port());
  nfs_url* parsed = nfs_parse_url_dir(context_, url.c_str());
  EXPECT_NE(parsed, nullptr) << nfs_get_error(context_);
  if (parsed == nullptr) return;
  nfs_set_uid(context_, 0);
  nfs_set_gid(context_, 0);
  EXPECT_EQ(nfs_mount(context_, parsed->server, parsed->path), 0) << nfs_get_error(context_);
  nfs_destroy_url(parsed);
}

NfsClient::~NfsClient() { nfs_destroy_context(context_); }

std::string NfsClient::handle(const std::vector<std::string>& names) {
  std::vector<std::string> path = {"export"};
  path.insert(path.end(), names.begin(), names.end());
  std::vector<nfs_argop4> operations = {operation(OP_PUTROOTFH)};
  for (std::string& name : path) operations.push_back(lookup(name));
  operations.push_back(operation(OP_GETFH));
  std::string handle;
  send(context_, operations, [&](const COMPOUND4res& result) {
    ASSERT_EQ(result.status, NFS4_OK) << names.back();
    const nfs_resop4& last = result.resarray.resarray_val[result.resarray.resarray_len - 1];
    const nfs_fh4& object = last.nfs_resop4_u.opgetfh.GETFH4res_u.resok4.object;
    handle.assign(object.nfs_fh4_val, object.nfs_fh4_len);
  });
  return handle;
}

std::string NfsClient::of_this_mount(const std::string& handle) {
  constexpr std::size_t kOurs = 12;  // node, generation
  const std::string root = this->handle({});
  return root.substr(0, root.size() - kOurs) + handle.substr(handle.size() - kOurs);
}

NfsClient::Answer NfsClient::read(const std::string& handle) {
  std::string bytes = handle;
  std::uint32_t words = 0;
  std::vector<nfs_argop4> operations = {put(bytes), get_attributes(words), operation(OP_READ)};
  operations[2].nfs_argop4_u.opread.count = kReadBytes;
  Answer answer;
  send(context_, operations, [&](const COMPOUND4res& result) {
    answer.status = result.status;
    if (result.status != NFS4_OK) return;
    const READ4resok& read = result.resarray.resarray_val[2].nfs_resop4_u.opread.READ4res_u.resok4;
    answer.content.assign(read.data.data_val, read.data.data_len);
  });
  return answer;
}

std::uint32_t NfsClient::status(const std::string& handle) {
  std::string bytes = handle;
  std::uint32_t words = 0;
  std::vector<nfs_argop4> operations = {put(bytes), get_attributes(words)};
  std::uint32_t status = 0;
  send(context_, operations, [&](const COMPOUND4res& result) { status = result.status; });
  return status;
}

}  // namespace ovlspec::fuse
