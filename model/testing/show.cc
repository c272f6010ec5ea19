#include "model/testing/show.h"

#include "model/describe.h"

namespace ovlspec::model::testing {
namespace {

std::string show_marks(const Marks& marks) {
  std::string text;
  if (marks.whiteout) text += " whiteout";
  if (marks.opaque) text += " opaque";
  if (marks.redirect) text += " redirect=" + quoted(*marks.redirect);
  if (marks.origin)
    text += " origin=" + std::to_string(marks.origin->backing.file_system) + ":" +
            std::to_string(marks.origin->backing.number) + (marks.origin->linked ? " linked" : "");
  if (marks.backing != Backing{})
    text += " backing=" + std::to_string(marks.backing.file_system) + ":" + std::to_string(marks.backing.number);
  return text;
}

void lines(const Tree& tree, const Layer* layer, ObjectId id, const std::string& path, std::string& text) {
  const Inode& inode = tree[id];
  text += "  /" + path + " #" + std::to_string(id) + " " + std::string(describe(inode.type)) + " " + octal(inode.mode) +
          " " + std::to_string(inode.uid) + ":" + std::to_string(inode.gid);
  if (inode.content.size() > 0) text += " " + quoted(inode.content.data()) + "/" + std::to_string(inode.content.size());
  for (const Xattr& xattr : inode.xattrs) text += " " + xattr.name + "=" + quoted(xattr.value);
  if (layer != nullptr) text += show_marks(layer->mark(id));
  text += "\n";
  for (const Entry& entry : inode.entries)
    lines(tree, layer, entry.object, path + (path.empty() ? "" : "/") + entry.name, text);
}

}  // namespace

std::string show(const Tree& tree) {
  std::string text;
  lines(tree, nullptr, kRoot, "", text);
  return text;
}

std::string show(const Layer& layer) {
  std::string text;
  lines(layer.tree, &layer, kRoot, "", text);
  return text;
}

std::string show(const Layers& layers) {
  std::string text;
  if (layers.upper) text += "upper\n" + show(*layers.upper);
  for (const Layer& lower : layers.lowers) text += "lower\n" + show(lower);
  return text;
}

}  // namespace ovlspec::model::testing
