// For tests over NFS: NFS-Ganesha exports a directory on loopback, and libnfs asks it with raw file handles.
//
// NFSv4.0 alone, on a free port: nothing of rpcbind is needed, and no other NFS server of the machine is touched.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

struct nfs_context;

namespace ovlspec::fuse {

// A server of one export, named `/export`, until it is destroyed.
class NfsServer {
 public:
  // Why there can be none here; nothing where the program is installed.
  static std::optional<std::string> unavailable();
  // Exports `directory`; the server's own files lie in `state`. The test fails where it does not answer in time.
  NfsServer(const std::string& directory, const std::string& state);
  ~NfsServer();
  NfsServer(const NfsServer&) = delete;
  NfsServer& operator=(const NfsServer&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  pid_t process_ = -1;
  std::uint16_t port_ = 0;
};

class NfsClient {
 public:
  explicit NfsClient(const NfsServer& server);
  ~NfsClient();
  NfsClient(const NfsClient&) = delete;
  NfsClient& operator=(const NfsClient&) = delete;

  // PUTROOTFH, LOOKUP of each name below the export, GETFH. The test fails where a name is missing.
  std::string handle(const std::vector<std::string>& names);

  // The handle that this server gives out for an object whose handle was given out over another mount of ours. Before
  // ours the server puts a header of its own with st_dev, whatever its fsid_type says, and a FUSE mount's st_dev is the
  // kernel's choice.
  std::string of_this_mount(const std::string& handle);

  struct Answer {
    std::uint32_t status = 0;  // NFS4_OK, NFS4ERR_STALE, ...
    std::string content;       // where it is NFS4_OK and the object a regular file
  };
  // PUTFH, GETATTR, READ of the first 4096 bytes.
  Answer read(const std::string& handle);
  // PUTFH, GETATTR.
  std::uint32_t status(const std::string& handle);

 private:
  nfs_context* context_ = nullptr;
};

}  // namespace ovlspec::fuse
