//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// rmsnorm-report-traffic: what each operation reads and writes.

#include "rmsnorm/Analysis/Traffic.h"
#include "rmsnorm/Dialect/RMSNorm/Transforms/Passes.h"

#include "mlir/IR/Remarks.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/ToolOutputFile.h"

namespace mlir::rmsnorm {
#define GEN_PASS_DEF_RMSNORMREPORTTRAFFIC
#include "rmsnorm/Dialect/RMSNorm/Transforms/Passes.h.inc"
} // namespace mlir::rmsnorm

using namespace mlir;
using namespace mlir::rmsnorm;

namespace {
struct ReportTrafficPass
    : public mlir::rmsnorm::impl::RMSNormReportTrafficBase<ReportTrafficPass> {
  using RMSNormReportTrafficBase::RMSNormReportTrafficBase;

  void runOnOperation() override {
    markAllAnalysesPreserved();
    TrafficReport report = computeTraffic(getOperation());
    for (const FunctionTraffic &function : report.functions)
      for (const OperationTraffic &operation : function.operations)
        remarkOn(operation);
    TrafficTotal total = report.getTotals()["all"];
    remark::analysis(
        getOperation()->getLoc(),
        remark::RemarkOpts::name("ModuleTraffic").category("rmsnorm-traffic"))
        << llvm::formatv("{0} operations move memory: {1} bytes read, {2} "
                         "bytes written",
                         total.operations, total.bytesRead.str(),
                         total.bytesWritten.str())
               .str();
    if (!output.empty())
      write(report);
  }

  void remarkOn(const OperationTraffic &operation);
  void write(const TrafficReport &report);
};
} // namespace

void ReportTrafficPass::remarkOn(const OperationTraffic &operation) {
  std::string text =
      llvm::formatv("{0}: {1} tensors read ({2} bytes), {3} written ({4} "
                    "bytes)",
                    operation.op->getName().getStringRef(),
                    operation.reads.size(), operation.getBytesRead().str(),
                    operation.writes.size(), operation.getBytesWritten().str());
  remark::analysis(
      operation.op->getLoc(),
      remark::RemarkOpts::name("KernelTraffic").category("rmsnorm-traffic"))
      << text;
}

void ReportTrafficPass::write(const TrafficReport &report) {
  std::string error;
  std::unique_ptr<llvm::ToolOutputFile> file = openOutputFile(output, &error);
  if (!file) {
    emitError(getOperation()->getLoc())
        << "option output: cannot write the traffic report: " << error;
    return signalPassFailure();
  }
  file->os() << llvm::formatv("{0:2}\n", toJSON(report, label));
  file->keep();
}
