// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "format/manifest_builder.h"

#include "format/file_header.h"
#include "manifest_generated.h"

#include <utility>

using namespace rmsn;
using namespace rmsn::writer;
namespace fb = flatbuffers;

namespace {

template <typename Out, typename In, typename Fn>
fb::Offset<fb::Vector<fb::Offset<Out>>>
buildTables(fb::FlatBufferBuilder &builder, const std::vector<In> &inputs,
            Fn build) {
  std::vector<fb::Offset<Out>> offsets;
  for (const In &input : inputs)
    offsets.push_back(build(input));
  return builder.CreateVector(offsets);
}

class ManifestBuilder {
public:
  ManifestBuilder(const Artifact &artifact, const Placement &placement)
      : artifact(artifact), placement(placement) {}

  fb::FlatBufferBuilder build() {
    auto functions = buildTables<format::Function>(
        builder, artifact.functions,
        [&](const writer::Function &f) { return function(f); });
    size_t index = 0;
    auto constants = buildTables<format::Constant>(
        builder, artifact.constants, [&](const writer::Constant &c) {
          auto name = builder.CreateString(c.name);
          auto shape = builder.CreateVector(c.shape);
          return format::CreateConstant(builder, name, c.dtype, shape,
                                        placement.constants[index++],
                                        c.bytes.size);
        });
    index = 0;
    auto blobs = buildTables<format::Blob>(
        builder, artifact.blobs, [&](const writer::Blob &b) {
          auto target = builder.CreateString(b.target);
          auto arch = builder.CreateString(b.arch);
          auto features = builder.CreateVectorOfStrings(b.features);
          return format::CreateBlob(builder, format::BlobKind(b.kind), target,
                                    arch, features, b.priority, b.abiVersion,
                                    placement.blobs[index++], b.bytes.size);
        });
    auto gpuKernels = buildTables<format::GpuKernel>(
        builder, artifact.gpuKernels,
        [&](const writer::GpuKernel &k) { return gpuKernel(k); });
    auto kernels = buildTables<format::KernelInfo>(
        builder, artifact.kernels, [&](const writer::KernelInfo &k) {
          auto function = builder.CreateString(k.function);
          auto name = builder.CreateString(k.name);
          auto description = builder.CreateString(k.description);
          auto location = builder.CreateString(k.location);
          return format::CreateKernelInfo(builder, function, name, k.norms,
                                          description, k.tensorsRead,
                                          k.tensorsWritten, location);
        });
    auto producer = builder.CreateString(artifact.producer);
    format::FinishManifestBuffer(
        builder,
        format::CreateManifest(builder, kFormatMajor, producer, functions,
                               constants, blobs, gpuKernels, kernels));
    return std::move(builder);
  }

private:
  fb::Offset<format::Value> value(const writer::Value &v) {
    auto name = builder.CreateString(v.name);
    auto shape = builder.CreateVector(v.shape);
    fb::Offset<fb::Vector<int32_t>> symbols, mayAlias;
    if (!v.symbols.empty())
      symbols = builder.CreateVector(v.symbols);
    if (!v.mayAlias.empty())
      mayAlias = builder.CreateVector(v.mayAlias);
    return format::CreateValue(builder, name, v.isScalar, v.dtype, shape,
                               symbols, format::Layout(v.layout), v.alignment,
                               v.isMutable, v.calleeAllocated, mayAlias);
  }

  auto values(const std::vector<writer::Value> &list) {
    return buildTables<format::Value>(
        builder, list, [&](const writer::Value &v) { return value(v); });
  }

  fb::Offset<format::GpuFunction> gpuFunction(const writer::GpuFunction &gpu) {
    auto launches = buildTables<format::GpuLaunch>(
        builder, gpu.launches, [&](const writer::GpuLaunch &launch) {
          std::vector<format::Ref> refs;
          for (const writer::Ref &ref : launch.operands)
            refs.emplace_back(format::RefKind(ref.kind), ref.index);
          auto operands = builder.CreateVectorOfStructs(refs);
          return format::CreateGpuLaunch(builder, launch.kernel, operands);
        });
    auto temporaries = buildTables<format::GpuTemporary>(
        builder, gpu.temporaries, [&](const writer::GpuTemporary &t) {
          auto shape = builder.CreateVector(t.shape);
          auto argOf = builder.CreateVector(t.argOf);
          auto dimOf = builder.CreateVector(t.dimOf);
          return format::CreateGpuTemporary(builder, t.dtype, shape, argOf,
                                            dimOf);
        });
    auto unsupported = builder.CreateString(gpu.unsupported);
    return format::CreateGpuFunction(builder, launches, temporaries,
                                     unsupported);
  }

  fb::Offset<format::Function> function(const writer::Function &f) {
    auto name = builder.CreateString(f.name);
    auto args = values(f.args);
    auto results = values(f.results);
    auto constants = builder.CreateVector(f.constants);
    auto entry = builder.CreateString(f.entrySymbol);
    auto shape = builder.CreateString(f.shapeSymbol);
    fb::Offset<format::GpuFunction> gpu;
    if (f.hasGpu)
      gpu = gpuFunction(f.gpu);
    return format::CreateFunction(builder, name, args, results, constants,
                                  entry, shape, gpu);
  }

  fb::Offset<format::GpuKernel> gpuKernel(const writer::GpuKernel &k) {
    auto name = builder.CreateString(k.name);
    auto symbol = builder.CreateString(k.symbol);
    auto operands = values(k.operands);
    auto extentOperand = builder.CreateVector(k.extentOperand);
    auto extentDim = builder.CreateVector(k.extentDim);
    auto description = builder.CreateString(k.description);
    auto blobs = builder.CreateVector(k.blobs);
    return format::CreateGpuKernel(builder, name, symbol, operands, k.numInputs,
                                   extentOperand, extentDim, k.numRowDims,
                                   k.rowsPerBlock, k.blockX, k.clusterX,
                                   k.sharedBytes, description, blobs);
  }

  const Artifact &artifact;
  const Placement &placement;
  fb::FlatBufferBuilder builder;
};

} // namespace

fb::FlatBufferBuilder rmsn::writer::buildManifest(const Artifact &artifact,
                                                  const Placement &placement) {
  return ManifestBuilder(artifact, placement).build();
}
