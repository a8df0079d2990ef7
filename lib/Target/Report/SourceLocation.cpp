//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "SourceLocation.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::rmsnorm;

static std::string describeFile(FileLineColLoc loc) {
  StringRef name = llvm::sys::path::filename(loc.getFilename().getValue());
  return (name + ":" + Twine(loc.getLine())).str();
}

/// Importers write the name of a submodule as a file without lines.
static bool isSubmodule(FileLineColLoc loc) { return loc.getLine() == 0; }

static void add(SourceLocation &result, Location loc) {
  llvm::TypeSwitch<LocationAttr>(loc)
      .Case([&](FileLineColLoc file) {
        if (isSubmodule(file)) {
          if (result.submodule.empty())
            result.submodule = file.getFilename().str();
        } else if (result.source.empty()) {
          result.source = describeFile(file);
        }
      })
      .Case([&](NameLoc name) {
        if (result.submodule.empty())
          result.submodule = name.getName().str();
        add(result, name.getChildLoc());
      })
      .Case([&](CallSiteLoc call) {
        add(result, call.getCallee());
        add(result, call.getCaller());
      })
      .Case([&](FusedLoc fused) {
        for (Location part : fused.getLocations())
          add(result, part);
      });
}

SourceLocation rmsnorm::getSourceLocation(Location loc) {
  SourceLocation result;
  add(result, loc);
  return result;
}

static void collect(Location loc, llvm::SmallSetVector<Location, 8> &parts) {
  if (auto fused = dyn_cast<FusedLoc>(loc)) {
    for (Location part : fused.getLocations())
      collect(part, parts);
    return;
  }
  if (!isa<UnknownLoc>(loc))
    parts.insert(loc);
}

SmallVector<Location> rmsnorm::getParts(Location loc) {
  llvm::SmallSetVector<Location, 8> parts;
  collect(loc, parts);
  return parts.takeVector();
}
