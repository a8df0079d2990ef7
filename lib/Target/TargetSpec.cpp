//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "rmsnorm/Target/TargetSpec.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/X86TargetParser.h"

using namespace mlir;
using namespace mlir::rmsnorm;
using llvm::Error;
using llvm::Expected;
using llvm::SmallVector;
using llvm::StringRef;

namespace {
struct Level {
  const char *name;
  unsigned vectorBits;
  unsigned priority;
  bool hasExtensions;
};
/// Levels of the x86-64 ABI that we generate code for. Below v3 there are no
/// conversions of f16 and no fused multiply-add.
constexpr Level kLevels[] = {{"x86-64-v3", 256, 300, false},
                             {"x86-64-v4", 512, 400, true}};

struct Extension {
  const char *feature;
  unsigned priority;
};
constexpr Extension kExtensions[] = {{"avx512bf16", 10}, {"avx512fp16", 20}};

/// The targets of `cpu:all`; `cpu` is the last of them that runs here.
const char *const kAllX86[] = {"x86-64-v3", "x86-64-v4", "x86-64-v4+avx512bf16",
                               "x86-64-v4+avx512bf16+avx512fp16"};

constexpr const char *kExpected =
    "expected cpu, cpu:all, cpu:x86-64-v3, cpu:x86-64-v4 (with +avx512bf16 or "
    "+avx512fp16), cpu:aarch64, or nvptx:sm_80 and later";
} // namespace

static Error makeError(StringRef given, const llvm::Twine &why) {
  return llvm::createStringError("target '" + given + "': " + why + "; " +
                                 kExpected);
}

/// Features that every x86-64 machine has, or that only say how code runs.
static bool isCheckedFeature(StringRef feature) {
  return feature != "64bit" && feature != "x87" &&
         !feature.starts_with("x86-64");
}

static Expected<CPUTarget> parseX86(StringRef given, StringRef text) {
  StringRef levelName = text.split('+').first, rest = text.split('+').second;
  const Level *level = llvm::find_if(
      kLevels, [&](const Level &l) { return levelName == l.name; });
  if (level == std::end(kLevels))
    return makeError(given, "unknown kind of CPU '" + levelName + "'");

  SmallVector<StringRef> wanted;
  rest.split(wanted, '+', /*MaxSplit=*/-1, /*KeepEmpty=*/true);
  if (text == levelName)
    wanted.clear();
  CPUTarget target;
  target.arch = "x86-64";
  target.triple = "x86_64-unknown-linux-gnu";
  target.name = ("cpu:" + levelName).str();
  target.cpu = levelName.str();
  target.vectorBits = level->vectorBits;
  target.priority = level->priority;

  // In our own order, so that spellings of the same target have one name.
  llvm::StringMap<bool> features;
  SmallVector<StringRef> ofLevel;
  llvm::X86::getFeaturesForCPU(levelName, ofLevel);
  for (StringRef feature : ofLevel)
    features[feature] = true;
  for (const Extension &extension : kExtensions) {
    StringRef feature = extension.feature;
    if (!llvm::is_contained(wanted, feature))
      continue;
    llvm::erase(wanted, feature);
    if (!level->hasExtensions)
      return makeError(given, levelName + " does not go with +" + feature);
    target.name += ("+" + feature).str();
    target.features += ((target.features.empty() ? "+" : ",+") + feature).str();
    target.priority += extension.priority;
    features[feature] = true;
    llvm::X86::updateImpliedFeatures(feature, true, features);
  }
  if (!wanted.empty())
    return makeError(given, "unknown feature '" + wanted.front() + "'");
  for (const auto &feature : features)
    if (feature.getValue() && isCheckedFeature(feature.getKey()))
      target.required.push_back(feature.getKey().str());
  llvm::sort(target.required);
  return target;
}

static CPUTarget getAArch64() {
  CPUTarget target;
  target.name = "cpu:aarch64";
  target.arch = "aarch64";
  target.triple = "aarch64-unknown-linux-gnu";
  target.cpu = "generic";
  target.features = "+neon";
  target.required = {"neon"};
  target.vectorBits = 128;
  target.priority = 100;
  return target;
}

std::vector<std::string> rmsnorm::getHostFeatures() {
  std::vector<std::string> features;
  for (const auto &feature : llvm::sys::getHostCPUFeatures())
    if (feature.getValue())
      features.push_back(feature.getKey().str());
  // Every 64-bit ARM machine that runs Linux has it.
#if defined(__aarch64__)
  features.push_back("neon");
#endif
  llvm::sort(features);
  return features;
}

Expected<CPUTarget>
rmsnorm::getBestCPUTarget(StringRef arch,
                          llvm::ArrayRef<std::string> features) {
  if (arch == "aarch64")
    return getAArch64();
  if (arch != "x86-64")
    return makeError("cpu", "no code is generated for " + arch + " machines");
  llvm::StringSet<> present;
  for (const std::string &feature : features)
    present.insert(feature);
  std::string lacking;
  for (const char *name : llvm::reverse(kAllX86)) {
    Expected<CPUTarget> target = parseX86("cpu", name);
    if (!target)
      return target.takeError();
    auto missing = llvm::find_if(target->required, [&](const std::string &f) {
      return !present.contains(f);
    });
    if (missing == target->required.end())
      return target;
    lacking = *missing;
  }
  return makeError("cpu",
                   "this machine lacks " + lacking + ", which x86-64-v3 needs");
}

static StringRef getHostArch() {
#if defined(__x86_64__)
  return "x86-64";
#elif defined(__aarch64__)
  return "aarch64";
#else
  return "unknown";
#endif
}

static TargetSpec makeSpec(CPUTarget target) {
  TargetSpec spec;
  spec.kind = TargetSpec::Kind::CPU;
  spec.cpu = std::move(target);
  return spec;
}

Expected<std::vector<TargetSpec>> rmsnorm::parseTarget(StringRef text) {
  std::vector<TargetSpec> specs;
  auto [kind, rest] = text.split(':');
  auto add = [&](Expected<CPUTarget> target) -> Error {
    if (!target)
      return target.takeError();
    specs.push_back(makeSpec(std::move(*target)));
    return Error::success();
  };
  if (text == "cpu") {
    if (Error error = add(getBestCPUTarget(getHostArch(), getHostFeatures())))
      return error;
    return specs;
  }
  if (kind == "cpu" && rest == "all") {
    for (const char *name : kAllX86)
      if (Error error = add(parseX86(text, name)))
        return error;
    return specs;
  }
  if (kind == "cpu" && rest == "aarch64") {
    specs.push_back(makeSpec(getAArch64()));
    return specs;
  }
  if (kind == "cpu") {
    if (Error error = add(parseX86(text, rest)))
      return error;
    return specs;
  }
  if (kind == "nvptx") {
    StringRef digits = rest;
    unsigned version = 0;
    bool valid = digits.consume_front("sm_");
    // sm_90a and sm_100f have features of some chips of the family only.
    if (valid && (digits.ends_with("a") || digits.ends_with("f")))
      digits = digits.drop_back();
    if (!valid || digits.getAsInteger(10, version) || version < 80)
      return makeError(text, "unknown chip '" + rest + "'");
    TargetSpec spec;
    spec.kind = TargetSpec::Kind::NVPTX;
    spec.gpu.name = text.str();
    spec.gpu.chip = rest.str();
    specs.push_back(std::move(spec));
    return specs;
  }
  return makeError(text, "unknown kind '" + kind + "'");
}

Expected<std::vector<TargetSpec>>
rmsnorm::parseTargets(llvm::ArrayRef<std::string> texts) {
  std::vector<TargetSpec> all;
  const std::string host[] = {"cpu"};
  if (texts.empty())
    texts = host;
  for (const std::string &text : texts) {
    Expected<std::vector<TargetSpec>> some = parseTarget(text);
    if (!some)
      return some.takeError();
    for (TargetSpec &spec : *some)
      if (llvm::none_of(all, [&](const TargetSpec &known) {
            return known.getName() == spec.getName();
          }))
        all.push_back(std::move(spec));
  }
  return all;
}
