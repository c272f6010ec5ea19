// What makes two violations the same: the rule, the operation, and the shape of the trace that shows it.
#pragma once

#include <string>

#include "oracle/finding.h"
#include "oracle/trace.h"

namespace ovlspec::oracle {

// The layers and the events without what seldom matters: names are numbered in the order in which they are met, and
// contents, sizes, modes, owners, times and attributes' names are left out.
std::string shape_of(const Trace& trace);

// The operation's word; `layers` for what no operation showed.
std::string operation_of(const Finding& finding);

// "OVL-RENAME-1 rename 0123456789ab": of a shrunk trace.
std::string key_of(const Finding& finding, const Trace& shrunk);

// How what was seen begins, in this and in other cases: without numbers, and names but `.` and `..`.
std::string beginning_of(const std::string& what);

// Same rule, same operation.
bool same_kind(const Finding& a, const Finding& b);

}  // namespace ovlspec::oracle
