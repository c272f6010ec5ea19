# The oracle on real directories: scan, mutation, execution and the mounted subjects.
ovlspec_library(ovlspec_disk SOURCES
  daemon.cc descriptor.cc directory_reader.cc disk_mutate.cc disk_stack.cc disk_subject.cc file_status.cc layer_paths.cc
  file_system_image.cc fuse_subject.cc given_places.cc interchange_subject.cc inode_cells.cc inode_sightings.cc inode_stack.cc
  kernel_subject.cc layer_format.cc layer_walk.cc materialise.cc mount_command.cc mount_handles.cc mount_table.cc name_marks.cc
  overlay_mount.cc posix_access.cc
  posix_handle.cc posix_layers.cc private_namespace.cc program_subject.cc scan.cc squashfs_digest.cc syscall_attributes.cc
  syscall_executor.cc syscall_files.cc syscall_names.cc thread_session.cc union_subjects.cc
  LINK ovlspec_model Threads::Threads)
ovlspec_headers(ovlspec_disk_headers
  oracle/daemon.h oracle/descriptor.h oracle/directory_reader.h oracle/disk_mutate.h oracle/disk_stack.h
  oracle/disk_subject.h oracle/file_status.h oracle/file_system_image.h oracle/fuse_subject.h oracle/given_places.h oracle/interchange_subject.h
  oracle/inode_cells.h oracle/inode_sightings.h oracle/inode_stack.h oracle/kernel_subject.h oracle/layer_format.h
  oracle/layer_paths.h oracle/layer_walk.h oracle/materialise.h oracle/mount_command.h oracle/mount_handles.h oracle/mount_table.h oracle/name_marks.h oracle/overlay_mount.h oracle/posix_access.h
  oracle/posix_handle.h oracle/posix_layers.h oracle/private_namespace.h oracle/program_subject.h oracle/scan.h oracle/squashfs_digest.h
  oracle/syscall_executor.h oracle/syscall_operations.h oracle/thread_session.h oracle/union_subjects.h)

foreach(test scan disk_mutate file_system_image inode_cells syscall_executor disk_subject)
  ovlspec_test(oracle_${test}_test mount SOURCES ${test}_test.cc LINK ovlspec_disk ovlspec_trace)
endforeach()
