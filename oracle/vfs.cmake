# The in-process half: the virtual file system before the engine, layers in memory, and the subject `engine`.
ovlspec_library(ovlspec_vfs SOURCES
  vfs/attributes.cc vfs/change.cc vfs/directories.cc vfs/engine_subject.cc vfs/file_io.cc vfs/memory_access.cc
  vfs/memory_layers.cc vfs/names.cc vfs/new_inode.cc vfs/nodes.cc vfs/open.cc vfs/permission.cc vfs/rename.cc
  vfs/session.cc vfs/slots.cc vfs/vfs.cc vfs/walk.cc vfs/xattrs.cc
  LINK ovlspec_disk ovlspec_engine ovlspec_store ovlspec_model)
ovlspec_headers(ovlspec_vfs_headers
  oracle/vfs/change.h oracle/vfs/engine_subject.h oracle/vfs/memory_access.h oracle/vfs/memory_layers.h
  oracle/vfs/new_inode.h oracle/vfs/nodes.h oracle/vfs/operations.h oracle/vfs/permission.h oracle/vfs/session.h
  oracle/vfs/slots.h oracle/vfs/vfs.h oracle/vfs/walk.h)

ovlspec_test(vfs_test unit SOURCES
  vfs/change_test.cc vfs/directories_test.cc vfs/file_io_test.cc vfs/names_test.cc vfs/nodes_test.cc vfs/open_test.cc
  vfs/permission_test.cc vfs/read_only_test.cc vfs/rename_test.cc vfs/walk_test.cc vfs/xattrs_test.cc
  LINK ovlspec_vfs)
ovlspec_test(engine_subject_test unit SOURCES vfs/engine_subject_test.cc vfs/memory_access_test.cc LINK ovlspec_vfs)
ovlspec_test(vfs_caching_test property SOURCES vfs/caching_property_test.cc LINK ovlspec_vfs ovlspec_trace)
