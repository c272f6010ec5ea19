// Real directories as the layers of a trace.
#pragma once

#include <string>
#include <vector>

#include "oracle/subject.h"
#include "oracle/trace.h"

namespace ovlspec::oracle {

struct ReadImage {
  LayerImage image;                  // without backings and origins, so that it can be written anywhere
  std::vector<std::string> skipped;  // paths that could not be read, or are too large, each with the reason
};

// All of the directory at `path`: links, odd modes and odd names included; device numbers 0:0 are whiteouts, as in any
// layer. Other file systems mounted within are not entered. Files larger than kFileSizeLimit, and what this process may
// not read, are left out and named. Fails where the directory itself cannot be read.
Attempt<ReadImage> read_image(const std::string& path);

}  // namespace ovlspec::oracle
