// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Just-in-time compilation with a compiler library made for these tests.

#include "jit/cache.h"
#include "jit/sha256.h"
#include "test_support.h"

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <thread>

using namespace rmsn_test;
namespace fs = std::filesystem;

namespace {

class JitTest : public ::testing::Test {
protected:
  void SetUp() override {
    std::vector<char> bytes = written(basicArtifact());
    artifactPath = folder.path + "/compiled.rmsn";
    writeFile(artifactPath, bytes.data(), bytes.size());
    setenv("RMSNORM_TEST_ARTIFACT", artifactPath.c_str(), 1);
  }

  Context makeJitContext(const std::string &cache, uint64_t limit = 0,
                         const char *compiler = nullptr) {
    std::string library = testFile("fake_compiler.so");
    rmsn_context_options options = {};
    options.struct_size = sizeof(options);
    options.num_threads = 1;
    options.cache_directory = cache.c_str();
    options.cache_limit = limit;
    options.compiler_library = compiler ? compiler : library.c_str();
    rmsn_context *context = nullptr;
    EXPECT_EQ(rmsn_context_create(&options, &context), 0);
    return Context(context);
  }

  static rmsn_status compile(const Context &context, const std::string &text,
                             Artifact *out = nullptr,
                             const rmsn_jit_options *options = nullptr) {
    rmsn_artifact *artifact = nullptr;
    rmsn_status status = rmsn_jit_compile_text(context.get(), text.data(),
                                               text.size(), options, &artifact);
    Artifact owner(artifact);
    EXPECT_EQ(artifact != nullptr, status == 0);
    if (artifact) {
      Tensor one({1});
      EXPECT_EQ(call(lookup(owner, "variant"), {}, {&one.tensor}), 0);
    }
    if (out)
      *out = std::move(owner);
    return status;
  }

  static rmsn_jit_stats_t stats(const Context &context) {
    rmsn_jit_stats_t stats = {};
    stats.struct_size = sizeof(stats);
    EXPECT_EQ(rmsn_jit_stats(context.get(), &stats), 0);
    return stats;
  }

  std::vector<fs::path> entries() const {
    std::vector<fs::path> found;
    if (fs::exists(cache))
      for (const auto &entry : fs::directory_iterator(cache))
        found.push_back(entry.path());
    return found;
  }

  TemporaryFolder folder;
  std::string artifactPath;
  std::string cache = folder.path + "/deep/er/cache";
};

TEST_F(JitTest, CompilesOnceAndRemembers) {
  Context context = makeJitContext(cache);
  ASSERT_OK(compile(context, "module A"));
  EXPECT_NE(std::string(rmsn_jit_diagnostics(context.get()))
                .find("8 bytes for cpu (1) with ''"),
            std::string::npos)
      << rmsn_jit_diagnostics(context.get());
  ASSERT_OK(compile(context, "module A"));
  rmsn_jit_stats_t s = stats(context);
  EXPECT_EQ(s.misses, 1u);
  EXPECT_EQ(s.memory_hits, 1u);
  EXPECT_EQ(s.compiler_loaded, 1u);
  rmsn_jit_clear_memory(context.get());
  ASSERT_OK(compile(context, "module A"));
  EXPECT_EQ(stats(context).disk_hits, 1u);
  // Another context finds it on disk and never loads the compiler.
  Context other = makeJitContext(cache);
  ASSERT_OK(compile(other, "module A"));
  s = stats(other);
  EXPECT_EQ(s.disk_hits, 1u);
  EXPECT_EQ(s.misses, 0u);
  EXPECT_EQ(s.compiler_loaded, 0u);
}

TEST_F(JitTest, TheKeyCoversEverything) {
  Context context = makeJitContext(cache);
  const char *targets[] = {"cpu:x86-64-v3", "nvptx:sm_90"};
  rmsn_jit_options options = {};
  options.struct_size = sizeof(options);
  ASSERT_OK(compile(context, "module A", nullptr, &options));
  options.options = "--remarks";
  ASSERT_OK(compile(context, "module A", nullptr, &options));
  options.targets = targets;
  options.num_targets = 1;
  ASSERT_OK(compile(context, "module A", nullptr, &options));
  options.num_targets = 2;
  ASSERT_OK(compile(context, "module A", nullptr, &options));
  EXPECT_NE(std::string(rmsn_jit_diagnostics(context.get()))
                .find("for cpu:x86-64-v3 (2) with '--remarks'"),
            std::string::npos);
  ASSERT_OK(compile(context, "module B", nullptr, &options));
  EXPECT_EQ(stats(context).misses, 5u);
  EXPECT_EQ(entries().size(), 5u);
  // Another build of the compiler is another key.
  std::string copy = folder.path + "/other_compiler.so";
  fs::copy_file(testFile("fake_compiler.so"), copy);
  std::ofstream(copy, std::ios::app | std::ios::binary) << "x";
  // Its build id is the same if it has one: then nothing changes by design.
  Context same = makeJitContext(cache, 0, copy.c_str());
  ASSERT_OK(compile(same, "module B", nullptr, &options));
  EXPECT_LE(stats(same).misses, 1u);
}

TEST_F(JitTest, CachesCanBeLeftOut) {
  Context context = makeJitContext("");
  rmsn_jit_options options = {};
  options.struct_size = sizeof(options);
  options.flags = RMSN_JIT_NO_MEMORY_CACHE | RMSN_JIT_NO_DISK_CACHE;
  ASSERT_OK(compile(context, "module A", nullptr, &options));
  ASSERT_OK(compile(context, "module A", nullptr, &options));
  EXPECT_EQ(stats(context).misses, 2u);
  options.flags = 64;
  EXPECT_STATUS(compile(context, "module A", nullptr, &options),
                INVALID_ARGUMENT, "0x40");
}

TEST_F(JitTest, Errors) {
  Context context = makeJitContext(cache);
  EXPECT_STATUS(compile(context, "wrong"), COMPILE_ERROR, "5 bytes for cpu");
  EXPECT_STATUS(compile(context, "garbage"), FOREIGN_ARTIFACT, "not an");
  EXPECT_TRUE(entries().empty());
  Context none = makeJitContext(cache, 0, "");
  EXPECT_STATUS(compile(none, "module A"), NO_COMPILER, "no compiler library");
  Context missing = makeJitContext(cache, 0, "/no/such/compiler.so");
  EXPECT_STATUS(compile(missing, "module A"), NO_COMPILER,
                "/no/such/compiler.so");
  std::string notOne = testFile("basic.so");
  Context wrong = makeJitContext(cache, 0, notOne.c_str());
  EXPECT_STATUS(compile(wrong, "module A"), NO_COMPILER,
                "is no compiler library");
  rmsn_artifact *artifact;
  EXPECT_STATUS(
      rmsn_jit_compile_text(context.get(), nullptr, 0, nullptr, &artifact),
      NULL_POINTER, "mlir");
}

TEST_F(JitTest, DamageIsAMiss) {
  Context context = makeJitContext(cache);
  ASSERT_OK(compile(context, "module A"));
  ASSERT_EQ(entries().size(), 1u);
  fs::path entry = entries()[0];
  std::vector<char> good = readFile(entry);
  uint64_t damaged = 0;
  for (int kind = 0; kind < 4; ++kind) {
    std::vector<char> bad = good;
    if (kind == 0)
      bad.resize(bad.size() / 2);
    else if (kind == 1)
      bad[bad.size() / 2] = char(bad[bad.size() / 2] ^ 4);
    else if (kind == 2)
      bad.clear();
    else
      bad.assign(100, 'x');
    writeFile(entry, bad.data(), bad.size());
    rmsn_jit_clear_memory(context.get());
    ASSERT_OK(compile(context, "module A"));
    EXPECT_EQ(stats(context).damaged, ++damaged);
    EXPECT_EQ(readFile(entry), good) << kind;
  }
}

TEST_F(JitTest, TheFolderIsPrivate) {
  Context context = makeJitContext(cache);
  ASSERT_OK(compile(context, "module A"));
  struct stat info;
  ASSERT_EQ(stat(cache.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  ASSERT_EQ(stat(entries()[0].c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  // Others could write there: nothing is read or written any more.
  chmod(cache.c_str(), 0777);
  Context second = makeJitContext(cache);
  ASSERT_OK(compile(second, "module A"));
  EXPECT_EQ(stats(second).misses, 1u);
  chmod(cache.c_str(), 0700);
  // An entry that others could have written, or a link to elsewhere.
  fs::path entry = entries()[0];
  chmod(entry.c_str(), 0666);
  Context third = makeJitContext(cache);
  ASSERT_OK(compile(third, "module A"));
  EXPECT_EQ(stats(third).disk_hits, 0u);
  fs::remove(entry);
  fs::create_symlink(artifactPath, entry);
  Context fourth = makeJitContext(cache);
  ASSERT_OK(compile(fourth, "module A"));
  EXPECT_EQ(stats(fourth).disk_hits, 0u);
  // The link was replaced, what it pointed to was not touched.
  EXPECT_FALSE(fs::is_symlink(entry));
  // A folder that is itself a link.
  std::string link = folder.path + "/link";
  fs::create_symlink(cache, link);
  Context fifth = makeJitContext(link);
  ASSERT_OK(compile(fifth, "module A"));
  EXPECT_EQ(stats(fifth).disk_hits, 0u);
}

TEST_F(JitTest, SurvivesFoldersThatCannotBeUsed) {
  // A file in the way, and a place where nothing can be made.
  std::string file = folder.path + "/file";
  writeFile(file, "x", 1);
  for (const std::string &place :
       {file, file + "/below", std::string("/proc/none"),
        std::string("/dev/null/x")}) {
    Context context = makeJitContext(place);
    ASSERT_OK(compile(context, "module A"));
    EXPECT_EQ(stats(context).misses, 1u);
  }
}

TEST_F(JitTest, TheOldestGoFirst) {
  uint64_t size = fs::file_size(artifactPath);
  Context context = makeJitContext(cache, size * 3 + 100);
  auto age = [&](int seconds) {
    for (const fs::path &entry : entries()) {
      auto time = fs::last_write_time(entry);
      fs::last_write_time(entry, time - std::chrono::seconds(seconds));
    }
  };
  for (const char *text : {"module A", "module B", "module C"}) {
    ASSERT_OK(compile(context, text));
    age(10);
  }
  // A is used again, so B is the one to go.
  rmsn_jit_clear_memory(context.get());
  ASSERT_OK(compile(context, "module A"));
  EXPECT_EQ(stats(context).disk_hits, 1u);
  ASSERT_OK(compile(context, "module D"));
  EXPECT_EQ(entries().size(), 3u);
  rmsn_jit_clear_memory(context.get());
  ASSERT_OK(compile(context, "module A"));
  EXPECT_EQ(stats(context).disk_hits, 2u);
  uint64_t misses = stats(context).misses;
  ASSERT_OK(compile(context, "module B"));
  EXPECT_EQ(stats(context).misses, misses + 1);
  // Temporary files of dead processes go, too.
  writeFile(cache + "/.tmp-1-1", "x", 1);
  fs::last_write_time(cache + "/.tmp-1-1",
                      fs::file_time_type::clock::now() - std::chrono::hours(2));
  ASSERT_OK(compile(context, "module E"));
  EXPECT_FALSE(fs::exists(cache + "/.tmp-1-1"));
}

TEST_F(JitTest, ManyThreadsAndContexts) {
  std::vector<std::thread> users;
  Context shared = makeJitContext(cache);
  for (int t = 0; t < 6; ++t)
    users.emplace_back([&, t] {
      Context own = t % 2 ? makeJitContext(cache) : Context();
      for (int n = 0; n < 12; ++n) {
        const Context &context = own ? own : shared;
        EXPECT_EQ(compile(context, "module " + std::to_string(n % 4)), 0)
            << rmsn_last_error();
        if (n % 5 == 4)
          rmsn_jit_clear_memory(context.get());
      }
    });
  for (std::thread &user : users)
    user.join();
  EXPECT_EQ(entries().size(), 4u);
  EXPECT_LE(stats(shared).misses, 4u);
}

TEST_F(JitTest, ArtifactsOutliveTheMemoryCache) {
  Context context = makeJitContext("");
  Artifact artifact;
  ASSERT_OK(compile(context, "module A", &artifact));
  rmsn_jit_clear_memory(context.get());
  Tensor one({1});
  ASSERT_OK(call(lookup(artifact, "variant"), {}, {&one.tensor}));
}

TEST(CacheDirectoryTest, FollowsTheEnvironment) {
  const char *old = getenv("XDG_CACHE_HOME");
  std::string saved = old ? old : "";
  setenv("XDG_CACHE_HOME", "/somewhere", 1);
  EXPECT_EQ(rmsn::defaultCacheDirectory(), "/somewhere/rmsnorm");
  setenv("XDG_CACHE_HOME", "relative", 1);
  std::string home = rmsn::defaultCacheDirectory();
  EXPECT_EQ(home.substr(home.size() - 15), "/.cache/rmsnorm");
  if (old)
    setenv("XDG_CACHE_HOME", saved.c_str(), 1);
  else
    unsetenv("XDG_CACHE_HOME");
}

TEST(Sha256Test, KnownValues) {
  EXPECT_EQ(rmsn::Sha256().hexDigest(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  rmsn::Sha256 abc;
  abc.update("abc", 3);
  EXPECT_EQ(abc.hexDigest(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  rmsn::Sha256 million;
  std::string piece(977, 'a');
  size_t left = 1000000;
  while (left) {
    size_t take = std::min(left, piece.size());
    million.update(piece.data(), take);
    left -= take;
  }
  EXPECT_EQ(million.hexDigest(),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// ---- specifications as text

std::string specText(const rmsn_norm_spec &spec) {
  size_t length = 0;
  EXPECT_EQ(rmsn_jit_spec_text(&spec, nullptr, 0, &length), 0)
      << rmsn_last_error();
  std::string text(length + 1, 0);
  EXPECT_EQ(rmsn_jit_spec_text(&spec, text.data(), text.size(), &length), 0);
  text.resize(length);
  return text;
}

TEST(SpecTest, PlainNorm) {
  const int64_t shape[] = {-1, 4096}, weight[] = {4096};
  const int32_t axes[] = {-1};
  rmsn_norm_spec spec = {};
  spec.struct_size = sizeof(spec);
  spec.dtype = RMSN_DTYPE_BF16;
  spec.rank = 2;
  spec.shape = shape;
  spec.num_axes = 1;
  spec.axes = axes;
  spec.scale = {RMSN_DTYPE_F32, 1, weight};
  spec.eps = 1e-6;
  std::string text = specText(spec);
  for (const char *part :
       {"func.func @main(%x: tensor<?x4096xbf16>, %scale: tensor<4096xf32>) -> "
        "tensor<?x4096xbf16>",
        "rmsnorm.rms_norm axes = [1] eps = ",
        "ins(%x, scale %scale : tensor<?x4096xbf16>, tensor<4096xf32>)"})
    EXPECT_NE(text.find(part), std::string::npos) << text;
}

rmsn_norm_spec backwardSpec(const int64_t *shape, const int64_t *weight,
                            const int32_t *axes) {
  rmsn_norm_spec spec = {};
  spec.struct_size = sizeof(spec);
  spec.op = RMSN_OP_RMS_NORM_BACKWARD;
  spec.dtype = RMSN_DTYPE_BF16;
  spec.rank = 2;
  spec.shape = shape;
  spec.num_axes = 1;
  spec.axes = axes;
  spec.scale = {RMSN_DTYPE_F32, 1, weight};
  spec.eps = 1e-6;
  spec.residual_scale = 1;
  spec.grads = RMSN_GRAD_X | RMSN_GRAD_SCALE;
  return spec;
}

TEST(SpecTest, Backward) {
  const int64_t shape[] = {-1, 64}, weight[] = {64};
  const int32_t axes[] = {-1};
  rmsn_norm_spec spec = backwardSpec(shape, weight, axes);
  spec.has_rstd = 1;
  std::string text = specText(spec);
  EXPECT_NE(
      text.find(
          "func.func @main(%dy: tensor<?x64xbf16>, %x: tensor<?x64xbf16>, "
          "%scale: tensor<64xf32>, %rstd: tensor<?xf32>) -> "
          "(tensor<?x64xbf16>, tensor<64xf32>)"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("rmsnorm.rms_norm_backward axes = [1] eps = "),
            std::string::npos)
      << text;
  // A sum that was rounded is taken as it is; its parts come from dx.
  spec.residual = spec.round_sum = spec.input_is_sum = spec.has_dsum = 1;
  spec.residual_scale = 0.5;
  spec.grads = RMSN_GRAD_X | RMSN_GRAD_RESIDUAL;
  text = specText(spec);
  EXPECT_NE(text.find("@main(%dy: tensor<?x64xbf16>, %dsum: tensor<?x64xbf16>, "
                      "%x: tensor<?x64xbf16>, %scale"),
            std::string::npos)
      << text;
}

TEST(SpecTest, WrongBackward) {
  const int64_t shape[] = {-1, 64}, weight[] = {64};
  const int32_t axes[] = {-1};
  auto with = [&](auto change) {
    rmsn_norm_spec spec = backwardSpec(shape, weight, axes);
    change(spec);
    return rmsn_jit_spec_text(&spec, nullptr, 0, nullptr);
  };
  ASSERT_OK(with([](rmsn_norm_spec &) {}));
  EXPECT_STATUS(with([](rmsn_norm_spec &s) { s.grads = 0; }), INVALID_ARGUMENT,
                "grads is 0x0");
  EXPECT_STATUS(with([](rmsn_norm_spec &s) { s.grads = 128; }),
                INVALID_ARGUMENT, "grads is 0x80");
  EXPECT_STATUS(with([](rmsn_norm_spec &s) { s.grads = RMSN_GRAD_BIAS; }),
                INVALID_ARGUMENT, "RMSN_GRAD_BIAS", "no bias");
  EXPECT_STATUS(with([](rmsn_norm_spec &s) { s.has_dsum = 1; }),
                INVALID_ARGUMENT, "residual");
  EXPECT_STATUS(with([&](rmsn_norm_spec &s) {
                  s.eps_param = {RMSN_DTYPE_F32, 1, weight};
                  s.has_rstd = 1;
                }),
                INVALID_ARGUMENT, "has_rstd");
  EXPECT_STATUS(with([](rmsn_norm_spec &s) { s.op = rmsn_norm_op(2); }),
                INVALID_ARGUMENT, "op is 2");
}

// A program that was built against a header without the later fields.
TEST(SpecTest, OlderStruct) {
  const int64_t shape[] = {-1, 64}, weight[] = {64};
  const int32_t axes[] = {-1};
  rmsn_norm_spec spec = backwardSpec(shape, weight, axes);
  spec.op = RMSN_OP_RMS_NORM;
  spec.gate = rmsn_norm_gate(99); // beyond its struct
  spec.struct_size = offsetof(rmsn_norm_spec, residual_scale_param);
  std::string text = specText(spec);
  EXPECT_EQ(text.find("gate"), std::string::npos) << text;
}

TEST(SpecTest, WrongOnes) {
  const int64_t shape[] = {3, 8}, five[] = {5};
  const int32_t twice[] = {1, -1}, far[] = {2}, last[] = {-1};
  rmsn_norm_spec spec = {};
  auto with = [&](auto change) {
    spec = {};
    spec.struct_size = sizeof(spec);
    spec.dtype = RMSN_DTYPE_F32;
    spec.rank = 2;
    spec.shape = shape;
    spec.num_axes = 1;
    spec.axes = last;
    change();
    return rmsn_jit_spec_text(&spec, nullptr, 0, nullptr);
  };
  ASSERT_OK(with([] {}));
  EXPECT_STATUS(with([&] { spec.dtype = RMSN_DTYPE_I8; }), WRONG_DTYPE, "i8");
  EXPECT_STATUS(with([&] { spec.rank = 0; }), WRONG_RANK, "rank is 0");
  EXPECT_STATUS(with([&] { spec.scale_offset = INFINITY; }), INVALID_ARGUMENT,
                "scale_offset is inf");
  EXPECT_STATUS(with([&] { spec.residual_scale = NAN; }), INVALID_ARGUMENT,
                "residual_scale is nan");
  EXPECT_STATUS(with([&] { spec.axes = far; }), INVALID_ARGUMENT, "axes has 2");
  EXPECT_STATUS(with([&] {
                  spec.axes = twice;
                  spec.num_axes = 2;
                }),
                INVALID_ARGUMENT, "distinct");
  EXPECT_STATUS(with([&] { spec.num_axes = 0; }), INVALID_ARGUMENT,
                "num_axes is 0");
  EXPECT_STATUS(with([&] { spec.scale = {RMSN_DTYPE_F32, 1, five}; }),
                WRONG_EXTENT, "scale", "extent 5");
  EXPECT_STATUS(with([&] { spec.eps = -1; }), INVALID_ARGUMENT, "eps is -1");
  EXPECT_STATUS(with([&] { spec.eps = NAN; }), INVALID_ARGUMENT, "eps");
  EXPECT_STATUS(with([&] { spec.return_sum = 1; }), INVALID_ARGUMENT,
                "residual");
  spec.struct_size = 0;
  EXPECT_STATUS(rmsn_jit_spec_text(&spec, nullptr, 0, nullptr),
                INVALID_ARGUMENT, "struct_size");
}

} // namespace
