// Entries of layers in the text encoding, without indentation and line end.
#pragma once

#include <string>
#include <string_view>

#include "model/layer.h"
#include "oracle/layer_entries.h"
#include "oracle/text_scanner.h"

namespace ovlspec::oracle {

void print_object(std::string& text, std::string_view path, const model::Inode& inode, const model::Marks& marks);
// The entries of a layer, one a line, each after `indent`; the root only where it is not as Tree::empty has it.
void print_entries(std::string& text, const model::Layer& layer, std::string_view indent);

bool is_entry_word(std::string_view word);
// An object after its `kind`, which is taken already; any kind but `link`.
bool scan_object(TextScanner& scanner, std::string_view kind, std::string& path, model::Inode& inode,
                 model::Marks& marks);
// An entry after its `kind`, into `layer`.
bool scan_entry(TextScanner& scanner, std::string_view kind, LayerBuilder& layer);
// A path of a layer; `.` stands for its root.
void append_layer_path(std::string& text, std::string_view path);
bool scan_layer_path(TextScanner& scanner, std::string& path);

}  // namespace ovlspec::oracle
