//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "rmsnorm/Target/Report.h"

#include "SourceLocation.h"

#include "rmsnorm/Analysis/Traffic.h"
#include "rmsnorm/Dialect/RMSNorm/IR/RMSNorm.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <limits>

using namespace mlir;
using namespace mlir::rmsnorm;
namespace json = llvm::json;
namespace writer = rmsn::writer;

static const char pageTemplate[] =
#include "ReportPage.inc"
    ;

namespace {
struct Remark {
  Location loc;
  std::string function, name, text;
};

/// A norm, or what looked like one.
struct Norm {
  Location loc;
  unsigned position; // in the program
  std::string function, what, reason;
  std::optional<size_t> kernel;
};

class RemarkCollector : public remark::detail::MLIRRemarkStreamerBase {
public:
  explicit RemarkCollector(std::shared_ptr<std::vector<Remark>> remarks)
      : remarks(std::move(remarks)) {}
  void streamOptimizationRemark(const remark::detail::Remark &remark) override {
    if (!remark.getCombinedCategoryName().starts_with("rmsnorm-"))
      return;
    std::string text;
    for (const auto &arg : remark.getArgs())
      if (arg.key == "Remark")
        text += arg.val;
    remarks->push_back({remark.getLocation(), remark.getFunction().str(),
                        remark.getRemarkName().str(), std::move(text)});
  }

private:
  std::shared_ptr<std::vector<Remark>> remarks;
};
} // namespace

/// An operation of the module as given that fusion could take into a kernel.
struct GivenOperation {
  SmallVector<Location> parts;
  SymbolicSum bytes;
};

struct CompilationReport::State {
  MLIRContext *context;
  std::vector<GivenOperation> before;
  SymbolicSum bytesBefore;
  /// Places of locations in the program as given.
  llvm::DenseMap<Location, unsigned> positions;
  /// Norms that were spelled as such.
  std::vector<Norm> given;
  std::shared_ptr<std::vector<Remark>> remarks =
      std::make_shared<std::vector<Remark>>();

  unsigned getPosition(Location loc) const {
    unsigned position = std::numeric_limits<unsigned>::max();
    for (Location part : getParts(loc))
      if (auto known = positions.find(part); known != positions.end())
        position = std::min(position, known->second);
    return position;
  }
  std::vector<Norm> getNorms() const;
};

static SymbolicSum getBytes(const OperationTraffic &operation) {
  SymbolicSum sum = operation.getBytesRead();
  sum += operation.getBytesWritten();
  return sum;
}

/// Whether fusion could take the operation into a kernel.
static bool isFusible(const OperationTraffic &operation) {
  return operation.kind == "row_kernel" || operation.kind == "norm" ||
         operation.kind == "elementwise" || operation.kind == "reduction" ||
         operation.kind == "fill";
}

static SymbolicSum getFusibleBytes(const TrafficReport &report) {
  SymbolicSum sum;
  for (const FunctionTraffic &function : report.functions)
    for (const OperationTraffic &operation : function.operations)
      if (isFusible(operation))
        sum += getBytes(operation).withPrefix(function.name + ":");
  return sum;
}

static std::string describe(RMSNormOp norm) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "rms_norm over axes [";
  llvm::interleaveComma(norm.getAxes(), os);
  os << "] of " << norm.getInputType() << ", as given";
  return text;
}

CompilationReport::CompilationReport(ModuleOp module)
    : state(std::make_shared<State>()) {
  state->context = module.getContext();
  // As the pipeline begins; a failure is one of the compilation, too.
  PassManager inliner(module->getName());
  inliner.addPass(createInlinerPass());
  (void)inliner.run(module);

  TrafficReport before = computeTraffic(module);
  state->bytesBefore = getFusibleBytes(before);
  for (const FunctionTraffic &function : before.functions)
    for (const OperationTraffic &operation : function.operations)
      if (isFusible(operation))
        state->before.push_back(
            {getParts(operation.op->getLoc()), getBytes(operation)});
  unsigned position = 0;
  module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    // Constants stand together at the top of a function.
    if (!op->hasTrait<OpTrait::ConstantLike>())
      for (Location part : getParts(op->getLoc()))
        state->positions.try_emplace(part, position);
    if (auto norm = dyn_cast<RMSNormOp>(op)) {
      auto function = op->getParentOfType<func::FuncOp>();
      state->given.push_back({op->getLoc(), position,
                              function ? function.getName().str() : "",
                              describe(norm), "", std::nullopt});
    }
    ++position;
  });
  remark::RemarkCategories all;
  all.passed = all.missed = all.analysis = all.failed = "rmsnorm-.*";
  (void)remark::enableOptimizationRemarks(
      *state->context, std::make_unique<RemarkCollector>(state->remarks),
      std::make_unique<remark::RemarkEmittingPolicyAll>(), all);
}

CompilationReport::~CompilationReport() {
  state->context->setRemarkEngine(nullptr);
}

std::vector<Norm> CompilationReport::State::getNorms() const {
  std::vector<Norm> norms = given;
  for (const Remark &remark : *remarks) {
    bool found = remark.name == "NormRaised";
    if (!found && remark.name != "NormRefused")
      continue;
    StringRef text = remark.text;
    text.consume_front("found ");
    norms.push_back({remark.loc, getPosition(remark.loc), remark.function,
                     found ? text.str() : "", found ? "" : text.str(),
                     std::nullopt});
  }
  SmallVector<std::pair<unsigned, size_t>> order;
  for (auto [index, norm] : llvm::enumerate(norms))
    order.push_back({norm.position, index});
  llvm::sort(order);
  std::vector<Norm> sorted;
  for (auto [position, index] : order)
    sorted.push_back(std::move(norms[index]));
  return sorted;
}

static std::string print(Type type) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << type;
  return text;
}

static json::Value toNumber(const SymbolicSum &bytes) {
  if (std::optional<int64_t> number = bytes.getStatic())
    return *number;
  return nullptr;
}

static json::Object describe(const SymbolicSum &bytes) {
  return json::Object{{"bytes", toNumber(bytes)},
                      {"formula", bytes.str() + " bytes"}};
}

static json::Array describe(ArrayRef<TrafficAccess> accesses) {
  json::Array result;
  for (const TrafficAccess &access : accesses) {
    json::Object tensor = describe(access.bytes);
    tensor["type"] = print(access.type);
    tensor["name"] = access.value;
    result.push_back(std::move(tensor));
  }
  return result;
}

namespace {
/// A kernel of the fused module and the operations that it was made of.
struct Kernel {
  const OperationTraffic *traffic;
  std::string function;
  llvm::SmallDenseSet<Location> parts;
  SymbolicSum before;
  unsigned operationsBefore = 0;
  /// Norms that have not been assigned to it.
  int64_t capacity;
};
} // namespace

static std::vector<Kernel> getKernels(ArrayRef<GivenOperation> before,
                                      const TrafficReport &after) {
  std::vector<Kernel> kernels;
  llvm::DenseMap<Location, SmallVector<size_t, 1>> byPart;
  for (const FunctionTraffic &function : after.functions)
    for (const OperationTraffic &operation : function.operations) {
      if (operation.kind != "row_kernel")
        continue;
      Kernel kernel{&operation, function.name, {}, {}, 0, operation.norms};
      for (Location part : getParts(operation.op->getLoc())) {
        kernel.parts.insert(part);
        byPart[part].push_back(kernels.size());
      }
      kernels.push_back(std::move(kernel));
    }
  for (const GivenOperation &operation : before) {
    // An operation that was computed twice counts where it stands first.
    size_t first = kernels.size();
    for (Location part : operation.parts)
      for (size_t index : byPart.lookup(part))
        first = std::min(first, index);
    if (first == kernels.size())
      continue;
    kernels[first].before += operation.bytes;
    ++kernels[first].operationsBefore;
  }
  return kernels;
}

static json::Array describeVariants(const Kernel &kernel,
                                    const CompiledArtifact &artifact) {
  json::Array result;
  const writer::Artifact &description = artifact.description;
  for (const writer::Blob &blob : description.blobs)
    if (blob.kind == writer::BlobKind::Elf)
      result.push_back(
          json::Object{{"target", blob.target},
                       {"description", "vector code over a range of rows"}});
  auto known = artifact.gpuKernelOf.find(kernel.traffic->op);
  if (known == artifact.gpuKernelOf.end())
    return result;
  const writer::GpuKernel &gpu = description.gpuKernels[known->second];
  for (uint32_t index : gpu.blobs) {
    const writer::Blob &blob = description.blobs[index];
    std::string text = llvm::formatv(
        "{0} ({1}): {2} threads and {3} row(s) a block, {4} "
        "bytes of shared memory",
        gpu.name, blob.arch, gpu.blockX, gpu.rowsPerBlock, gpu.sharedBytes);
    if (gpu.clusterX > 1)
      text += llvm::formatv(", clusters of {0}", gpu.clusterX);
    result.push_back(
        json::Object{{"target", blob.target}, {"description", text}});
  }
  return result;
}

static json::Object describe(const Kernel &kernel, ArrayRef<Remark> remarks,
                             const CompiledArtifact &artifact) {
  const OperationTraffic &traffic = *kernel.traffic;
  SmallVector<Location> parts = getParts(traffic.op->getLoc());
  json::Array sources;
  SmallVector<SourceLocation> seen;
  for (Location part : parts) {
    SourceLocation where = getSourceLocation(part);
    if (llvm::is_contained(seen, where))
      continue;
    seen.push_back(where);
    sources.push_back(
        json::Object{{"source", where.source}, {"submodule", where.submodule}});
  }
  SourceLocation where = getSourceLocation(traffic.op->getLoc());
  json::Array refusals;
  llvm::StringSet<> said;
  for (const Remark &remark : remarks)
    if (remark.name == "NotFused" &&
        llvm::any_of(
            getParts(remark.loc),
            [&](Location part) { return kernel.parts.contains(part); }) &&
        said.insert(remark.text).second)
      refusals.push_back(remark.text);
  SymbolicSum after = getBytes(traffic);
  json::Object beforeObject = describe(kernel.before);
  beforeObject["operations"] = kernel.operationsBefore;
  return json::Object{{"name", traffic.name},
                      {"function", kernel.function},
                      {"norms", traffic.norms},
                      {"source", where.source},
                      {"submodule", where.submodule},
                      {"reads", describe(traffic.reads)},
                      {"writes", describe(traffic.writes)},
                      {"before", std::move(beforeObject)},
                      {"after", describe(after)},
                      {"fused", json::Array(traffic.fused)},
                      {"sources", std::move(sources)},
                      {"variants", describeVariants(kernel, artifact)},
                      {"refusals", std::move(refusals)}};
}

/// Finds the kernel of each norm. Several norms may have one location: then
/// kernels take as many as they hold.
static void assignKernels(std::vector<Norm> &norms,
                          std::vector<Kernel> &kernels) {
  for (Norm &norm : norms) {
    if (!norm.reason.empty())
      continue;
    SmallVector<Location> parts = getParts(norm.loc);
    for (size_t index = 0; index < kernels.size(); ++index) {
      Kernel &kernel = kernels[index];
      if (kernel.capacity <= 0 || llvm::none_of(parts, [&](Location part) {
            return kernel.parts.contains(part);
          }))
        continue;
      --kernel.capacity;
      norm.kernel = index;
      break;
    }
  }
}

static json::Object describe(const Norm &norm, ArrayRef<Kernel> kernels) {
  SourceLocation where = getSourceLocation(norm.loc);
  StringRef status = "refused";
  if (norm.reason.empty())
    status = norm.kernel && kernels[*norm.kernel].traffic->fused.size() > 1
                 ? "fused"
                 : "alone";
  json::Object result{{"status", status},       {"function", norm.function},
                      {"source", where.source}, {"submodule", where.submodule},
                      {"what", norm.what},      {"reason", norm.reason},
                      {"kernel", nullptr}};
  if (norm.kernel)
    result["kernel"] = int64_t(*norm.kernel);
  return result;
}

static json::Array describeBlobs(const writer::Artifact &artifact) {
  json::Array result;
  for (const writer::Blob &blob : artifact.blobs) {
    StringRef kind = blob.kind == writer::BlobKind::Elf   ? "CPU code"
                     : blob.kind == writer::BlobKind::Ptx ? "PTX"
                                                          : "cubin";
    std::string needs = blob.arch;
    for (const std::string &feature : blob.features)
      needs += " +" + feature;
    result.push_back(json::Object{{"target", blob.target},
                                  {"kind", kind},
                                  {"bytes", int64_t(blob.bytes.size)},
                                  {"requires", needs}});
  }
  return result;
}

std::string CompilationReport::renderHTML(ModuleOp fused,
                                          const CompiledArtifact &artifact,
                                          StringRef model) const {
  TrafficReport after = computeTraffic(fused);
  std::vector<Kernel> kernels = getKernels(state->before, after);
  std::vector<Norm> norms = state->getNorms();
  assignKernels(norms, kernels);

  json::Array normArray, kernelArray;
  for (const Norm &norm : norms)
    normArray.push_back(describe(norm, kernels));
  for (const Kernel &kernel : kernels)
    kernelArray.push_back(describe(kernel, *state->remarks, artifact));
  json::Object report{
      {"model", json::fixUTF8(model)},
      {"producer", artifact.description.producer},
      {"norms", std::move(normArray)},
      {"kernels", std::move(kernelArray)},
      {"totals", json::Object{{"before", toNumber(state->bytesBefore)},
                              {"after", toNumber(getFusibleBytes(after))}}},
      {"variants", describeBlobs(artifact.description)}};
  std::string text = llvm::formatv("{0:2}", json::Value(std::move(report)));
  // The data must not end the script element that holds them.
  std::string safe;
  for (char c : text)
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  auto [head, tail] = StringRef(pageTemplate).split("@REPORT@");
  return (head + safe + tail).str();
}
