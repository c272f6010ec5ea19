// Makes traces at random: stacks, what callers do to them, and what is done to the layers between mounts.
//
// The same seed and options give the same trace on every machine and with every compiler (nothing is drawn where the
// order of evaluation is open). The generator knows no rule of the overlay: it keeps a guess of which paths exist and
// which slots are open, so that most operations meet something, and goes wrong now and then on purpose. Every trace
// keeps trace_limits.h, begins with a mount and ends unmounted after a last look at it all. Devices are /dev/null and
// numbers that Linux keeps for local use, so that a trace can be replayed on a real mount.
#pragma once

#include <cstdint>
#include <vector>

#include "oracle/trace.h"

namespace ovlspec::oracle {

// How often each kind of event is chosen, in proportion to the sum. What needs something that is not there (an open
// slot, say) becomes a stat.
struct Weights {
  unsigned open = 12;
  unsigned close = 5;
  unsigned read = 6;
  unsigned write = 8;
  unsigned truncate = 3;
  unsigned mkdir = 6;
  unsigned rmdir = 4;
  unsigned unlink = 7;
  unsigned link = 5;
  unsigned symlink = 3;
  unsigned readlink = 1;
  unsigned rename = 10;
  unsigned chmod = 4;
  unsigned chown = 3;
  unsigned utimens = 3;
  unsigned set_xattr = 3;
  unsigned get_xattr = 2;
  unsigned list_xattr = 1;
  unsigned remove_xattr = 1;
  unsigned mknod = 2;
  unsigned read_directory = 3;
  unsigned rewind_directory = 1;
  unsigned list_directory = 6;
  unsigned stat = 10;
  unsigned stat_file_system = 1;
  unsigned sync = 1;
  unsigned lock = 2;
  unsigned drop_caches = 2;
  unsigned odd =
      0;  // what names what cannot be: names and values that are too long, flags that exclude each other, ...
  unsigned remount = 3;  // with mutations between, and sometimes after a crash, where those are on

  static Weights ordinary() { return {}; }
  // Aims where overlays go wrong: renames, whiteouts, hard links, remounts.
  static Weights trouble();
};

struct GeneratorOptions {
  std::uint32_t operations = 60;    // about how many, without those of the last look
  unsigned read_only_percent = 15;  // of stacks without an upper
  std::uint8_t places = 3;          // that layers are spread over, at most kPlaces
  bool mutations = true;            // of the layers between mounts
  bool crashes = true;
  bool callers = true;          // other callers than root (standard_callers)
  unsigned root_percent = 75;   // of operations, where there are others
  bool odd_names = true;        // now and then: 255 bytes, not UTF-8, blanks
  bool whiteout_names = false;  // names as `.wh.a`, which some implementations give a meaning
  Weights weights;
};

Trace generate(std::uint64_t seed, const GeneratorOptions& options = {});

// Events over given lowers, topmost first, with an empty upper on the first one's place, or none. REQUIRES: images is
// not empty.
Trace generate_over(const std::vector<LayerImage>& images, std::uint64_t seed, const GeneratorOptions& options = {});

}  // namespace ovlspec::oracle
