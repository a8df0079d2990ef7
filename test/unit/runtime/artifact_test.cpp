// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Opening artifacts: good ones, damaged ones, and ones from elsewhere.

#include "artifact/elf_check.h"
#include "artifact/model.h"
#include "core/cpu.h"
#include "format/file_header.h"
#include "format/xxhash64.h"
#include "test_support.h"

using namespace rmsn_test;
namespace writer = rmsn::writer;

namespace {

// A valid artifact again after its contents were changed: so that what lies
// behind the checksum is reached.
void fixChecksum(std::vector<char> &bytes) {
  rmsn::FileHeader header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  header.checksum = 0;
  std::memcpy(bytes.data(), &header, sizeof(header));
  header.checksum = rmsn::xxHash64(bytes.data(), bytes.size());
  std::memcpy(bytes.data(), &header, sizeof(header));
}

rmsn::FileHeader headerOf(const std::vector<char> &bytes) {
  rmsn::FileHeader header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  return header;
}

// With one kernel, so that GPU parts of the manifest are there, too.
writer::Artifact fullArtifact() {
  writer::Artifact artifact = basicArtifact();
  static const char ptx[] = ".version 8.0\n";
  writer::Blob blob;
  blob.kind = writer::BlobKind::Ptx;
  blob.target = "nvptx:sm_90";
  blob.arch = "compute_90";
  blob.bytes = {ptx, sizeof(ptx) - 1};
  artifact.blobs.push_back(blob);
  writer::GpuKernel kernel;
  kernel.name = "norm_kernel";
  kernel.symbol = "norm_kernel_sym";
  kernel.description = "rms_norm, scale";
  kernel.operands = {tensorValue("x", RMSN_DTYPE_F32, {-1, -1}),
                     tensorValue("weight", RMSN_DTYPE_F32, {-1}),
                     tensorValue("y", RMSN_DTYPE_F32, {-1, -1})};
  kernel.numInputs = 2;
  kernel.extentOperand = {0, 0};
  kernel.extentDim = {0, 1};
  kernel.numRowDims = 1;
  kernel.blockX = 256;
  kernel.blobs = {1};
  artifact.gpuKernels.push_back(kernel);
  for (writer::Function &f : artifact.functions)
    if (f.name == "norm") {
      f.hasGpu = true;
      writer::GpuTemporary temporary;
      temporary.dtype = RMSN_DTYPE_F32;
      temporary.shape = {-1, -1};
      temporary.argOf = {0, 0};
      temporary.dimOf = {0, 1};
      f.gpu.temporaries.push_back(temporary);
      f.gpu.launches.push_back({0,
                                {{writer::RefKind::Argument, 0},
                                 {writer::RefKind::Argument, 1},
                                 {writer::RefKind::Temporary, 0}}});
      f.gpu.launches.push_back({0,
                                {{writer::RefKind::Temporary, 0},
                                 {writer::RefKind::Constant, 0},
                                 {writer::RefKind::Result, 0}}});
    }
  artifact.kernels.push_back({"norm", "norm_rows", 1, "scale", 2, 1, "a:1"});
  return artifact;
}

class ArtifactTest : public ::testing::Test {
protected:
  rmsn_status open(const std::vector<char> &bytes) {
    rmsn_artifact *artifact = nullptr;
    rmsn_status status = rmsn_artifact_open_memory(context.get(), bytes.data(),
                                                   bytes.size(), 0, &artifact);
    EXPECT_EQ(artifact != nullptr, status == RMSN_STATUS_OK);
    rmsn_artifact_close(artifact);
    return status;
  }
  rmsn_status openAndCall(const std::string &blob) {
    Artifact artifact = openBytes(context.get(), written(basicArtifact(blob)));
    return call(lookup(artifact, "variant"), {}, {&one.tensor});
  }

  Context context = makeContext();
  std::vector<char> good = written(fullArtifact());
  Tensor one{{1}};
};

TEST_F(ArtifactTest, SaysWhatItHolds) {
  Artifact artifact = openBytes(context.get(), good);
  rmsn_artifact_info_t info = {};
  info.struct_size = sizeof(info);
  ASSERT_OK(rmsn_artifact_info(artifact.get(), &info));
  EXPECT_STREQ(info.producer, "runtime tests");
  EXPECT_EQ(info.num_constants, 1u);
  EXPECT_EQ(info.num_variants, 2u);
  EXPECT_EQ(info.num_gpu_kernels, 1u);
  EXPECT_EQ(info.num_kernel_infos, 1u);
  EXPECT_EQ(info.cpu_variant, 0);
  EXPECT_EQ(info.file_size, good.size());

  rmsn_constant_info constant = {};
  constant.struct_size = sizeof(constant);
  ASSERT_OK(rmsn_artifact_constant(artifact.get(), 0, &constant));
  EXPECT_STREQ(constant.name, "ramp");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(constant.data) % 64, 0u);
  EXPECT_EQ(static_cast<const float *>(constant.data)[3], 40.0f);
  EXPECT_STATUS(rmsn_artifact_constant(artifact.get(), 1, &constant),
                INVALID_ARGUMENT, "constant 1", "less than 1");

  rmsn_variant_info variant = {};
  variant.struct_size = sizeof(variant);
  ASSERT_OK(rmsn_artifact_variant(artifact.get(), 1, &variant));
  EXPECT_EQ(variant.kind, RMSN_VARIANT_PTX);
  EXPECT_STREQ(variant.arch, "compute_90");
  ASSERT_OK(rmsn_artifact_variant(artifact.get(), 0, &variant));
  EXPECT_EQ(variant.usable, 1);

  rmsn_gpu_kernel_info kernel = {};
  kernel.struct_size = sizeof(kernel);
  ASSERT_OK(rmsn_artifact_gpu_kernel(artifact.get(), 0, &kernel));
  EXPECT_EQ(kernel.block_x, 256u);
  rmsn_function *entry = lookup(artifact, "norm_kernel");
  EXPECT_EQ(rmsn_function_num_args(entry), 2u);
  EXPECT_EQ(rmsn_function_num_results(entry), 1u);
  EXPECT_EQ(rmsn_function_gpu_unsupported(entry), nullptr);

  rmsn_kernel_info norm = {};
  norm.struct_size = sizeof(norm);
  ASSERT_OK(rmsn_artifact_kernel_info(artifact.get(), 0, &norm));
  EXPECT_STREQ(norm.name, "norm_rows");
  EXPECT_EQ(norm.norms, 1u);

  rmsn_function *function = lookup(artifact, "norm");
  rmsn_value_info value = {};
  value.struct_size = sizeof(value);
  ASSERT_OK(rmsn_function_arg(function, 1, &value));
  EXPECT_STREQ(value.name, "weight");
  EXPECT_EQ(value.dtype, RMSN_DTYPE_F32);
  EXPECT_EQ(value.rank, 1);
  EXPECT_EQ(value.shape[0], -1);
  EXPECT_EQ(value.symbols[0], 1);
  EXPECT_EQ(value.layout, RMSN_LAYOUT_INNER_CONTIGUOUS);
  ASSERT_OK(rmsn_function_result(function, 0, &value));
  ASSERT_EQ(value.num_may_alias, 1u);
  EXPECT_EQ(value.may_alias[0], 0);
  EXPECT_STATUS(rmsn_function_arg(function, 2, &value), INVALID_ARGUMENT,
                "argument 2");
  // A struct of an older program gets only the fields that it has.
  value.struct_size = offsetof(rmsn_value_info, name);
  value.name = "untouched";
  ASSERT_OK(rmsn_function_arg(function, 1, &value));
  EXPECT_STREQ(value.name, "untouched");
}

TEST_F(ArtifactTest, WritesTheSameBytesAgain) {
  EXPECT_EQ(written(fullArtifact()), good);
  TemporaryFolder folder;
  std::string error, path = folder.path + "/a.rmsn";
  ASSERT_TRUE(writer::writeToFile(fullArtifact(), path, error)) << error;
  EXPECT_EQ(readFile(path), good);
  EXPECT_FALSE(
      writer::writeToFile(fullArtifact(), folder.path + "/no/a.rmsn", error));
  EXPECT_NE(error.find("no/a.rmsn"), std::string::npos);
}

TEST_F(ArtifactTest, WriterRefusesNonsense) {
  std::vector<char> bytes;
  std::string error;
  auto refused = [&](auto change, const char *why) {
    writer::Artifact artifact = fullArtifact();
    change(artifact);
    EXPECT_FALSE(writer::writeToMemory(artifact, bytes, error)) << why;
    EXPECT_NE(error.find(why), std::string::npos) << error;
  };
  refused([](writer::Artifact &a) { a.constants[0].shape = {5}; }, "needs 20");
  refused([](writer::Artifact &a) { a.constants[0].shape = {-1}; }, "dynamic");
  refused([](writer::Artifact &a) { a.functions[1].constants = {7}; },
          "constant that is not there");
  refused([](writer::Artifact &a) { a.functions[1].args[0].symbols = {1}; },
          "symbol");
  refused([](writer::Artifact &a) { a.functions[1].args[0].alignment = 3; },
          "power of two");
  refused([](writer::Artifact &a) { a.functions[1].results[0].mayAlias = {9}; },
          "may_alias");
  refused([](writer::Artifact &a) { a.gpuKernels[0].blobs = {0}; },
          "wrong blob");
  refused([](writer::Artifact &a) { a.gpuKernels[0].extentDim = {0, 2}; },
          "from nowhere");
}

TEST_F(ArtifactTest, OpensFiles) {
  TemporaryFolder folder;
  std::string path = folder.path + "/model.rmsn";
  writeFile(path, good.data(), good.size());
  rmsn_artifact *opened = nullptr;
  ASSERT_OK(rmsn_artifact_open(context.get(), path.c_str(), &opened));
  Artifact artifact(opened);
  // What happens to a small file afterwards does not matter.
  writeFile(path, "x", 1);
  ASSERT_OK(call(lookup(artifact, "variant"), {}, {&one.tensor}));
  rmsn_artifact *none = nullptr;
  EXPECT_STATUS(rmsn_artifact_open(context.get(), "/no/such/file", &none),
                IO_ERROR, "/no/such/file", "No such file");
  EXPECT_STATUS(rmsn_artifact_open(context.get(), folder.path.c_str(), &none),
                IO_ERROR, "not a regular file");
  EXPECT_STATUS(rmsn_artifact_open(context.get(), path.c_str(), &none),
                FOREIGN_ARTIFACT, path.c_str());
  EXPECT_STATUS(rmsn_artifact_open(nullptr, path.c_str(), &none), NULL_POINTER,
                "context");
  EXPECT_STATUS(rmsn_artifact_open(context.get(), nullptr, &none), NULL_POINTER,
                "path");
}

TEST_F(ArtifactTest, LargeFilesAreMapped) {
  writer::Artifact artifact = basicArtifact();
  std::vector<float> large(3 << 20, 1.5f);
  writer::Constant constant;
  constant.name = "large";
  constant.dtype = RMSN_DTYPE_F32;
  constant.shape = {3 << 20};
  constant.bytes = {large.data(), large.size() * 4};
  artifact.constants.push_back(constant);
  TemporaryFolder folder;
  std::string error, path = folder.path + "/large.rmsn";
  ASSERT_TRUE(writer::writeToFile(artifact, path, error)) << error;
  rmsn_artifact *opened = nullptr;
  ASSERT_OK(rmsn_artifact_open(context.get(), path.c_str(), &opened));
  Artifact closed(opened);
  rmsn_constant_info info = {};
  info.struct_size = sizeof(info);
  ASSERT_OK(rmsn_artifact_constant(opened, 1, &info));
  EXPECT_EQ(static_cast<const float *>(info.data)[(3 << 20) - 1], 1.5f);
}

TEST_F(ArtifactTest, BorrowsMemory) {
  auto *aligned =
      static_cast<char *>(aligned_alloc(64, (good.size() + 127) / 64 * 64));
  std::memcpy(aligned, good.data(), good.size());
  rmsn_artifact *opened = nullptr;
  ASSERT_OK(rmsn_artifact_open_memory(context.get(), aligned, good.size(),
                                      RMSN_MEMORY_BORROW, &opened));
  rmsn_constant_info info = {};
  info.struct_size = sizeof(info);
  ASSERT_OK(rmsn_artifact_constant(opened, 0, &info));
  EXPECT_GE(static_cast<const char *>(info.data), aligned);
  EXPECT_LT(static_cast<const char *>(info.data), aligned + good.size());
  rmsn_artifact_close(opened);
  EXPECT_STATUS(rmsn_artifact_open_memory(context.get(), aligned + 1,
                                          good.size() - 1, RMSN_MEMORY_BORROW,
                                          &opened),
                MISALIGNED, "multiple of 64");
  EXPECT_STATUS(
      rmsn_artifact_open_memory(context.get(), aligned, 10, 6, &opened),
      INVALID_ARGUMENT, "flags");
  free(aligned);
}

TEST_F(ArtifactTest, Foreign) {
  EXPECT_STATUS(open({'h', 'e', 'l', 'l', 'o'}), FOREIGN_ARTIFACT, "not an");
  EXPECT_STATUS(open(blobFile("basic.so")), FOREIGN_ARTIFACT, "not an");
  std::vector<char> empty(1);
  rmsn_artifact *artifact;
  EXPECT_STATUS(
      rmsn_artifact_open_memory(context.get(), empty.data(), 0, 0, &artifact),
      FOREIGN_ARTIFACT, "not an");
}

TEST_F(ArtifactTest, NewerAndOlder) {
  std::vector<char> bytes = good;
  rmsn::FileHeader header = headerOf(bytes);
  header.formatMajor = 7;
  std::memcpy(bytes.data(), &header, sizeof(header));
  EXPECT_STATUS(open(bytes), NEWER_ARTIFACT, "version 7.0", "newer runtime");
  // Additions that can be ignored.
  header.formatMajor = rmsn::kFormatMajor;
  header.formatMinor = 99;
  std::memcpy(bytes.data(), &header, sizeof(header));
  fixChecksum(bytes);
  EXPECT_EQ(open(bytes), RMSN_STATUS_OK);
}

TEST_F(ArtifactTest, TruncatedAnywhere) {
  for (size_t size = 0; size < good.size();
       size += size < 200 ? 1 : 1 + good.size() / 300) {
    std::vector<char> bytes(good.begin(), good.begin() + long(size));
    bytes.reserve(1);
    if (bytes.empty())
      continue;
    rmsn_status status = open(bytes);
    EXPECT_TRUE(status == RMSN_STATUS_TRUNCATED_ARTIFACT ||
                (size < 8 && status == RMSN_STATUS_FOREIGN_ARTIFACT))
        << size << ": " << rmsn_last_error();
  }
  std::vector<char> longer = good;
  longer.push_back(0);
  EXPECT_STATUS(open(longer), CORRUPT_ARTIFACT, "damaged");
}

TEST_F(ArtifactTest, EveryFlippedByteIsFound) {
  // Headers and manifest byte by byte, the rest in steps.
  rmsn::FileHeader header = headerOf(good);
  for (size_t at = 0; at < good.size();
       at += at < 64 || at >= header.manifestOffset ? 1 : 97) {
    std::vector<char> bytes = good;
    bytes[at] = char(bytes[at] ^ (1 << (at % 8)));
    EXPECT_NE(open(bytes), RMSN_STATUS_OK) << at;
  }
}

// Behind the checksum anything may come, but never a crash. (The code's symbols
// are unknown ones here: a manifest that gives code the wrong arguments cannot
// be told from a right one.)
TEST_F(ArtifactTest, NothingInAManifestCrashes) {
  writer::Artifact description = fullArtifact();
  for (writer::Function &f : description.functions) {
    f.entrySymbol = "entry_of_" + f.name;
    f.shapeSymbol += f.shapeSymbol.empty() ? "" : "_of_" + f.name;
  }
  good = written(description);
  rmsn::FileHeader header = headerOf(good);
  size_t opened = 0, refused = 0;
  for (size_t at = 8; at < good.size(); ++at) {
    if (at == 64)
      at = size_t(header.manifestOffset);
    for (int bits : {0x01, 0xff}) {
      std::vector<char> bytes = good;
      bytes[at] = char(bytes[at] ^ bits);
      fixChecksum(bytes);
      rmsn_artifact *artifact = nullptr;
      rmsn_status status = rmsn_artifact_open_memory(
          context.get(), bytes.data(), bytes.size(), 0, &artifact);
      (status ? refused : opened)++;
      if (!artifact)
        continue;
      // What did open can be asked about and called.
      rmsn_artifact_info_t info = {};
      info.struct_size = sizeof(info);
      EXPECT_EQ(rmsn_artifact_info(artifact, &info), RMSN_STATUS_OK);
      for (size_t i = 0; i < info.num_constants; ++i) {
        rmsn_constant_info constant = {};
        constant.struct_size = sizeof(constant);
        EXPECT_EQ(rmsn_artifact_constant(artifact, i, &constant), 0);
        volatile char sum = 0;
        for (uint64_t k = 0; k < constant.size; ++k)
          sum = char(sum + static_cast<const char *>(constant.data)[k]);
      }
      const DLTensor *args[] = {&one.tensor, &one.tensor, &one.tensor};
      int64_t dims[64];
      for (size_t i = 0; i < info.num_functions; ++i) {
        rmsn_function *function;
        EXPECT_EQ(rmsn_artifact_function(artifact, i, &function), 0);
        size_t count = rmsn_function_num_args(function);
        if (count <= 3)
          (void)rmsn_function_infer_shapes(function, args, count, dims, 64);
      }
      rmsn_artifact_close(artifact);
    }
  }
  EXPECT_GT(refused, 100u);
  EXPECT_GT(opened, 100u); // names and the like
}

TEST_F(ArtifactTest, PicksTheBestUsableVariant) {
  writer::Artifact artifact = basicArtifact();
  auto add = [&](const char *file, std::vector<std::string> features,
                 uint32_t priority) {
    writer::Blob blob = artifact.blobs[0];
    blob.target = std::string("cpu:") + file;
    blob.features = std::move(features);
    blob.priority = priority;
    const std::vector<char> &bytes = blobFile(file);
    blob.bytes = {bytes.data(), bytes.size()};
    artifact.blobs.push_back(blob);
  };
  auto which = [&] {
    Artifact opened = openBytes(context.get(), written(artifact));
    EXPECT_EQ(call(lookup(opened, "variant"), {}, {&one.tensor}), 0)
        << rmsn_last_error();
    return one.at(0);
  };
  EXPECT_EQ(which(), 0);
  std::string list = rmsn_context_cpu_features(context.get());
  std::string some = list.substr(0, list.find(','));
  ASSERT_TRUE(rmsn_cpu_has_feature(some.c_str())) << list;
  EXPECT_FALSE(rmsn_cpu_has_feature("avx1024"));
  EXPECT_FALSE(rmsn_cpu_has_feature(nullptr));
  add("variant1.so", {some}, 10);
  EXPECT_EQ(which(), 1);
  // Better, but not for this machine.
  add("variant2.so", {some, "avx1024"}, 20);
  EXPECT_EQ(which(), 1);
  artifact.blobs.back().features = {};
  artifact.blobs.back().arch = "riscv64";
  EXPECT_EQ(which(), 1);
  artifact.blobs.back().arch = artifact.blobs[0].arch;
  artifact.blobs.back().abiVersion = 99;
  EXPECT_EQ(which(), 1);
  artifact.blobs.back().abiVersion = RMSN_BLOB_ABI_VERSION;
  EXPECT_EQ(which(), 2);
}

TEST_F(ArtifactTest, NoVariantForThisMachine) {
  writer::Artifact description = basicArtifact();
  description.blobs[0].features = {"avx1024", "sse2"};
  Artifact artifact = openBytes(context.get(), written(description));
  rmsn_artifact_info_t info = {};
  info.struct_size = sizeof(info);
  ASSERT_OK(rmsn_artifact_info(artifact.get(), &info));
  EXPECT_EQ(info.cpu_variant, -1);
  for (int i = 0; i < 2; ++i)
    EXPECT_STATUS(call(lookup(artifact, "variant"), {}, {&one.tensor}),
                  NO_VARIANT, "cpu:test", "needs avx1024");
  // Shapes can be had all the same, where the manifest tells.
  Tensor x({3, 8}), g({8});
  const DLTensor *args[] = {&x.tensor, &g.tensor};
  int64_t dims[2];
  ASSERT_OK(
      rmsn_function_infer_shapes(lookup(artifact, "norm"), args, 2, dims, 2));
  EXPECT_EQ(dims[1], 8);
}

TEST_F(ArtifactTest, CodeThatIsNotAsItShouldBe) {
  EXPECT_STATUS(openAndCall("older.so"), CORRUPT_ARTIFACT, "version 0");
  EXPECT_STATUS(openAndCall("newer.so"), NEWER_ARTIFACT, "version 99");
  EXPECT_STATUS(openAndCall("no_version.so"), CORRUPT_ARTIFACT, "does not say");
  EXPECT_STATUS(openAndCall("import.so"), CORRUPT_ARTIFACT, "machine code");
  EXPECT_STATUS(openAndCall("constructor.so"), CORRUPT_ARTIFACT,
                "runs code when loaded");
  EXPECT_EQ(openAndCall("basic.so"), RMSN_STATUS_OK) << rmsn_last_error();
}

// The checker alone, on all of the headers and tables: it must neither crash
// nor read outside (the sanitizers see to that).
TEST_F(ArtifactTest, DamagedCodeIsCheckedSafely) {
  const std::vector<char> &blob = blobFile("basic.so");
  uint16_t machine = rmsn::hostElfMachine();
  auto check = [&](const std::vector<char> &bytes) {
    // Exactly as large as the data, so that reading beyond is noticed.
    std::unique_ptr<unsigned char[]> copy(new unsigned char[bytes.size()]);
    std::memcpy(copy.get(), bytes.data(), bytes.size());
    return rmsn::checkElf(copy.get(), bytes.size(), machine);
  };
  ASSERT_OK(check(blob));
  size_t refused = 0;
  for (size_t at = 0; at < blob.size(); ++at)
    for (int bits : {0x01, 0x80, 0xff}) {
      std::vector<char> bytes = blob;
      bytes[at] = char(bytes[at] ^ bits);
      refused += check(bytes) != RMSN_STATUS_OK;
    }
  EXPECT_GT(refused, 300u);
  for (size_t size = 0; size < blob.size(); size += 13)
    if (size)
      (void)check({blob.begin(), blob.begin() + long(size)});
  EXPECT_STATUS(
      rmsn::checkElf(reinterpret_cast<const unsigned char *>(blob.data()),
                     blob.size(), 243),
      CORRUPT_ARTIFACT, "another kind of CPU");
}

TEST_F(ArtifactTest, ManyLoadsAndUnloads) {
  for (int i = 0; i < 300; ++i) {
    Artifact first = openBytes(
        context.get(),
        written(basicArtifact(i % 2 ? "variant1.so" : "variant2.so")));
    ASSERT_OK(call(lookup(first, "variant"), {}, {&one.tensor}));
    ASSERT_EQ(one.at(0), i % 2 ? 1 : 2);
  }
}

TEST(HashTest, KnownValues) {
  EXPECT_EQ(rmsn::xxHash64("", 0), 0xEF46DB3751D8E999ull);
  EXPECT_EQ(rmsn::xxHash64("abc", 3), 0x44BC2CF5AD770999ull);
  std::string text = "Nobody inspects the spammish repetition";
  EXPECT_EQ(rmsn::xxHash64(text.data(), text.size()), 0xFBCEA83C8A378BF1ull);
  // In pieces as in one.
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    rmsn::XxHash64 hash;
    hash.update(text.data(), cut);
    hash.update(text.data() + cut, text.size() - cut);
    EXPECT_EQ(hash.digest(), 0xFBCEA83C8A378BF1ull);
  }
}

} // namespace
