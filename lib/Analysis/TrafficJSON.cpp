//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// The JSON form of a traffic report.

#include "rmsnorm/Analysis/Traffic.h"

using namespace mlir;
using namespace mlir::rmsnorm;

namespace json = llvm::json;

static json::Value toJSON(const SymbolicSum &sum) {
  json::Array terms;
  for (const auto &[extents, factor] : sum.getTerms()) {
    json::Array names;
    for (const std::string &extent : extents)
      names.push_back(extent);
    terms.push_back(
        json::Object{{"factor", factor}, {"extents", std::move(names)}});
  }
  std::optional<int64_t> known = sum.getStatic();
  return json::Object{{"text", sum.str()},
                      {"static", known ? json::Value(*known) : nullptr},
                      {"terms", std::move(terms)}};
}

static json::Value toJSON(ArrayRef<TrafficAccess> accesses) {
  json::Array array;
  for (const TrafficAccess &access : accesses) {
    std::string type;
    llvm::raw_string_ostream(type) << access.type;
    array.push_back(json::Object{{"value", access.value},
                                 {"type", type},
                                 {"bytes", toJSON(access.bytes)}});
  }
  return array;
}

static json::Value toJSON(ArrayRef<std::string> strings) {
  json::Array array;
  for (const std::string &string : strings)
    array.push_back(string);
  return array;
}

static json::Value toJSON(const OperationTraffic &operation, int64_t index) {
  return json::Object{{"index", index},
                      {"op", operation.op->getName().getStringRef()},
                      {"kind", operation.kind},
                      {"name", operation.name},
                      {"norms", operation.norms},
                      {"in_loop", operation.inLoop},
                      {"fused", toJSON(ArrayRef(operation.fused))},
                      {"locations", toJSON(ArrayRef(operation.locations))},
                      {"reads", toJSON(ArrayRef(operation.reads))},
                      {"writes", toJSON(ArrayRef(operation.writes))},
                      {"bytes_read", toJSON(operation.getBytesRead())},
                      {"bytes_written", toJSON(operation.getBytesWritten())}};
}

static json::Value toJSON(const std::map<std::string, TrafficTotal> &totals) {
  json::Object object;
  for (const auto &[kind, total] : totals)
    object[kind] = json::Object{{"operations", total.operations},
                                {"norms", total.norms},
                                {"bytes_read", toJSON(total.bytesRead)},
                                {"bytes_written", toJSON(total.bytesWritten)}};
  return object;
}

json::Value rmsnorm::toJSON(const TrafficReport &report,
                            llvm::StringRef label) {
  json::Array functions;
  for (const FunctionTraffic &function : report.functions) {
    json::Array operations;
    std::map<std::string, TrafficTotal> totals;
    totals["all"];
    for (auto [index, operation] : llvm::enumerate(function.operations)) {
      operations.push_back(::toJSON(operation, index));
      totals["all"].add(operation);
      totals[operation.kind].add(operation);
    }
    functions.push_back(json::Object{{"name", function.name},
                                     {"operations", std::move(operations)},
                                     {"totals", ::toJSON(totals)}});
  }
  return json::Object{{"format", "rmsnorm-traffic"},
                      {"version", 1},
                      {"label", label},
                      {"functions", std::move(functions)},
                      {"totals", ::toJSON(report.getTotals())}};
}
