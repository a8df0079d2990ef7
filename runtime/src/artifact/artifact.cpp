// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "artifact/artifact.h"

#include "core/structs.h"
#include "cuda/modules.h"

#include <cstring>
#include <new>

using namespace rmsn;

rmsn_artifact::rmsn_artifact(rmsn_context &context) : context(context) {}

rmsn_artifact::~rmsn_artifact() = default;

bool rmsn_artifact::isUsableOnCpu(const BlobDef &blob) const {
  if (blob.kind != RMSN_VARIANT_ELF || blob.arch != hostArch() ||
      blob.abiVersion != RMSN_BLOB_ABI_VERSION)
    return false;
  for (const std::string &feature : blob.features)
    if (!context.cpu.has(feature.c_str()))
      return false;
  return true;
}

rmsn_status rmsn_artifact::open(Bytes given) {
  bytes = std::move(given);
  RMSN_TRY(readModel(bytes.data(), bytes.size(), model));
  for (size_t i = 0; i < model.blobs.size(); ++i)
    if (isUsableOnCpu(model.blobs[i]) &&
        (chosenVariant < 0 ||
         model.blobs[i].priority > model.blobs[size_t(chosenVariant)].priority))
      chosenVariant = int64_t(i);
  for (const FunctionDef &def : model.functions)
    functions.push_back(std::make_unique<rmsn_function>(*this, def));
  makeKernelFunctions();
  return RMSN_STATUS_OK;
}

// A kernel is called like a function whose arguments are the kernel's inputs.
void rmsn_artifact::makeKernelFunctions() {
  for (size_t i = 0; i < model.gpuKernels.size(); ++i) {
    const GpuKernelDef &kernel = model.gpuKernels[i];
    auto def = std::make_unique<FunctionDef>();
    def->name = kernel.name;
    auto inputs = kernel.operands.begin() + ptrdiff_t(kernel.numInputs);
    def->args.assign(kernel.operands.begin(), inputs);
    def->results.assign(inputs, kernel.operands.end());
    def->gpu.present = true;
    GpuLaunchDef launch;
    launch.kernel = uint32_t(i);
    for (uint32_t k = 0; k < kernel.operands.size(); ++k)
      launch.operands.push_back(
          k < kernel.numInputs ? RefDef{RefKind::Argument, k}
                               : RefDef{RefKind::Result, k - kernel.numInputs});
    def->gpu.launches.push_back(std::move(launch));
    finishFunction(*def);
    kernels.push_back(std::make_unique<rmsn_function>(*this, *def));
    kernels.back()->kernel = int64_t(i);
    kernelDefs.push_back(std::move(def));
  }
}

rmsn_status rmsn_artifact::noVariant() const {
  std::string have;
  for (const BlobDef &blob : model.blobs) {
    if (blob.kind != RMSN_VARIANT_ELF)
      continue;
    have += have.empty() ? "" : "; ";
    have += blob.target;
    if (blob.arch != hostArch()) {
      have += " is for " + blob.arch;
      continue;
    }
    if (blob.abiVersion != RMSN_BLOB_ABI_VERSION)
      have += " has interface version " + std::to_string(blob.abiVersion);
    std::string missing;
    for (const std::string &feature : blob.features)
      if (!context.cpu.has(feature.c_str()))
        missing += (missing.empty() ? "" : ",") + feature;
    if (!missing.empty())
      have += " needs " + missing;
  }
  return fail(RMSN_STATUS_NO_VARIANT,
              "artifact has no code for this CPU (%s); variants: %s",
              hostArch(), have.empty() ? "none" : have.c_str());
}

rmsn_status rmsn_artifact::loadImage() {
  std::lock_guard<std::mutex> lock(mutex);
  if (imageTried) {
    if (imageStatus)
      return failWith(imageStatus, imageError.data(), imageError.size());
    return RMSN_STATUS_OK;
  }
  imageTried = true;
  imageStatus = chosenVariant < 0
                    ? noVariant()
                    : image.load(model.blobs[size_t(chosenVariant)]);
  if (imageStatus)
    imageError = lastError();
  return imageStatus;
}

GpuModules &rmsn_artifact::gpuModules() {
  std::lock_guard<std::mutex> lock(mutex);
  if (!modules)
    modules = std::make_unique<GpuModules>(*this);
  return *modules;
}

rmsn_status rmsn_function::loadCode() {
  if (kernel >= 0)
    return fail(RMSN_STATUS_WRONG_DEVICE,
                "'%s' is a GPU kernel: it cannot run on the CPU",
                def.name.c_str());
  RMSN_TRY(artifact.loadImage());
  if (def.entrySymbol.empty())
    return fail(RMSN_STATUS_UNSUPPORTED, "function '%s' has no CPU code",
                def.name.c_str());
  void *code = artifact.image.symbol(def.entrySymbol.c_str());
  void *shape = nullptr;
  if (!def.shapeSymbol.empty())
    shape = artifact.image.symbol(def.shapeSymbol.c_str());
  if (!code || (!shape && !def.shapeSymbol.empty()))
    return fail(RMSN_STATUS_CORRUPT_ARTIFACT,
                "artifact is damaged: its machine code lacks '%s' of function "
                "'%s'",
                (code ? def.shapeSymbol : def.entrySymbol).c_str(),
                def.name.c_str());
  shapeEntry.store(reinterpret_cast<rmsn_shape_entry>(shape),
                   std::memory_order_release);
  entry.store(reinterpret_cast<rmsn_entry>(code), std::memory_order_release);
  return RMSN_STATUS_OK;
}

static rmsn_status finishOpen(rmsn_context &context, Bytes bytes,
                              rmsn_artifact **out) {
  auto artifact = std::make_unique<rmsn_artifact>(context);
  RMSN_TRY(artifact->open(std::move(bytes)));
  *out = artifact.release();
  return RMSN_STATUS_OK;
}

extern "C" {

rmsn_status rmsn_artifact_open(rmsn_context *context, const char *path,
                               rmsn_artifact **artifact) {
  if (!context || !path || !artifact)
    return fail(RMSN_STATUS_NULL_POINTER, "rmsn_artifact_open: %s is null",
                !context ? "context"
                : !path  ? "path"
                         : "artifact");
  *artifact = nullptr;
  Bytes bytes;
  RMSN_TRY(bytes.openFile(path));
  rmsn_status status = finishOpen(*context, std::move(bytes), artifact);
  if (status) {
    std::string why = lastError();
    return fail(status, "cannot open '%s': %s", path, why.c_str());
  }
  return RMSN_STATUS_OK;
}

rmsn_status rmsn_artifact_open_memory(rmsn_context *context, const void *data,
                                      size_t size, uint32_t flags,
                                      rmsn_artifact **artifact) {
  if (!context || !data || !artifact)
    return fail(RMSN_STATUS_NULL_POINTER,
                "rmsn_artifact_open_memory: %s is null",
                !context ? "context"
                : !data  ? "data"
                         : "artifact");
  *artifact = nullptr;
  if (flags & ~uint32_t(RMSN_MEMORY_BORROW))
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "rmsn_artifact_open_memory: flags are 0x%x, expected 0 or "
                "RMSN_MEMORY_BORROW",
                flags);
  Bytes bytes;
  if (!(flags & RMSN_MEMORY_BORROW)) {
    RMSN_TRY(bytes.copy(data, size));
  } else {
    if (reinterpret_cast<uintptr_t>(data) % 64)
      return fail(RMSN_STATUS_MISALIGNED,
                  "rmsn_artifact_open_memory: data is at %p, expected a "
                  "multiple of 64 with RMSN_MEMORY_BORROW",
                  data);
    bytes.borrow(data, size);
  }
  return finishOpen(*context, std::move(bytes), artifact);
}

void rmsn_artifact_close(rmsn_artifact *artifact) {
  if (artifact &&
      artifact->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
    delete artifact;
}
}
