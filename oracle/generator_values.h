// Names, modes, owners, times and data that generated traces are made of.
#pragma once

#include <string>

#include "model/layer.h"
#include "model/vocabulary/operation.h"
#include "oracle/generator.h"
#include "oracle/random.h"

namespace ovlspec::oracle {

class ValueGenerator {
 public:
  ValueGenerator(Random& random, const GeneratorOptions& options) : random_(random), options_(options) {}

  std::string name();  // one component, mostly one of six letters
  Mode mode();         // of a file
  Mode directory_mode();
  Uid uid();
  Gid gid();
  Time time();                                  // whole nanoseconds, 2001 to 2033
  std::string data();                           // up to 20 bytes, now and then several pages
  FileSize offset();                            // mostly small, now and then about page boundaries
  std::string xattr_name();                     // user. or trusted., now and then a private one
  std::string plain_xattr_name(FileType type);  // that a file of this type can have
  std::string xattr_value();
  Device device(FileType type);  // harmless to open; 0:0 for what is no device

 private:
  Random& random_;
  const GeneratorOptions& options_;
};

}  // namespace ovlspec::oracle
