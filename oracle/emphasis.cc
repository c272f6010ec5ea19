#include "oracle/emphasis.h"

namespace ovlspec::oracle {
namespace {

Weights of_callers() {
  Weights weights;
  weights.chmod = weights.chown = weights.rename = 15;
  weights.mknod = weights.link = weights.write = weights.truncate = weights.odd = 10;
  return weights;
}

Weights of_streams() {
  Weights weights;
  weights.open = weights.read_directory = 25;
  weights.rewind_directory = weights.mkdir = weights.unlink = weights.rename = 12;
  weights.read = weights.write = weights.close = 10;
  return weights;
}

Weights of_links() {
  Weights weights;
  weights.link = 30;
  weights.rename = weights.unlink = 20;
  weights.write = weights.open = 15;
  return weights;
}

Weights of_attributes() {
  Weights weights;
  weights.set_xattr = weights.get_xattr = weights.remove_xattr = 20;
  weights.list_xattr = weights.utimens = 10;
  return weights;
}

}  // namespace

GeneratorOptions emphasised(GeneratorOptions options, Emphasis emphasis) {
  constexpr unsigned kRareRoot = 30;
  constexpr unsigned kOften = 15;
  switch (emphasis) {
    case Emphasis::kOrdinary: break;
    case Emphasis::kTrouble: options.weights = Weights::trouble(); break;
    case Emphasis::kCallers:
      options.weights = of_callers();
      options.root_percent = kRareRoot;
      break;
    case Emphasis::kOdd: options.weights.odd = 2 * kOften; break;
    case Emphasis::kStreams: options.weights = of_streams(); break;
    case Emphasis::kLayers: options.weights.remount = kOften; break;
    case Emphasis::kLinks: options.weights = of_links(); break;
    case Emphasis::kAttributes: options.weights = of_attributes(); break;
  }
  return options;
}

}  // namespace ovlspec::oracle
