// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "info.h"

#include <cinttypes>
#include <cstdio>
#include <vector>

using namespace rmsnorm_run;

#define TRY(expression)                                                        \
  do {                                                                         \
    if (rmsn_status status_ = (expression))                                    \
      return status_;                                                          \
  } while (0)

std::string rmsnorm_run::typeText(rmsn_dtype dtype, const int64_t *shape,
                                  int rank, bool scalar) {
  if (scalar)
    return rmsn_dtype_name(dtype);
  std::string text = "tensor<";
  for (int i = 0; i < rank; ++i)
    text += (shape[i] < 0 ? "?" : std::to_string(shape[i])) + "x";
  return text + rmsn_dtype_name(dtype) + ">";
}

namespace {

// Rows of cells, printed in columns of equal width.
class Table {
public:
  void add(std::vector<std::string> row) { rows.push_back(std::move(row)); }
  void print() const {
    std::vector<size_t> widths;
    for (const auto &row : rows)
      for (size_t i = 0; i < row.size(); ++i) {
        if (i >= widths.size())
          widths.push_back(0);
        if (row[i].size() > widths[i])
          widths[i] = row[i].size();
      }
    for (const auto &row : rows) {
      std::string line = "   ";
      for (size_t i = 0; i < row.size(); ++i) {
        line += " " + row[i];
        if (i + 1 < row.size())
          line.append(widths[i] - row[i].size() + 1, ' ');
      }
      while (!line.empty() && line.back() == ' ')
        line.pop_back();
      printf("%s\n", line.c_str());
    }
  }

private:
  std::vector<std::vector<std::string>> rows;
};

std::vector<std::string> valueRow(const char *role, size_t index,
                                  const rmsn_value_info &value) {
  static const char *const layouts[] = {"contiguous", "inner contiguous",
                                        "any strides"};
  std::string notes = value.is_scalar ? "scalar" : layouts[value.layout];
  if (value.alignment > 1)
    notes += ", aligned to " + std::to_string(value.alignment);
  if (value.is_mutable)
    notes += ", written";
  if (value.callee_allocated)
    notes += ", shape known after the call";
  for (size_t i = 0; i < value.num_may_alias; ++i)
    notes +=
        (i ? ", " : ", may be argument ") + std::to_string(value.may_alias[i]);
  if (value.symbols) {
    std::string symbols;
    for (int i = 0; i < value.rank; ++i)
      if (value.symbols[i] >= 0 && value.shape[i] < 0)
        symbols += (symbols.empty() ? "" : " ") + std::string("dim ") +
                   std::to_string(i) + " = s" +
                   std::to_string(value.symbols[i]);
    if (!symbols.empty())
      notes += ", " + symbols;
  }
  return {role, std::to_string(index), *value.name ? value.name : "-",
          typeText(value.dtype, value.shape, value.rank, value.is_scalar),
          notes};
}

rmsn_status printFunction(rmsn_function *function) {
  const char *unsupported = rmsn_function_gpu_unsupported(function);
  printf("function %s\n", rmsn_function_name(function));
  Table table;
  rmsn_value_info value = {};
  value.struct_size = sizeof(value);
  for (size_t i = 0; i < rmsn_function_num_args(function); ++i) {
    TRY(rmsn_function_arg(function, i, &value));
    table.add(valueRow("argument", i, value));
  }
  for (size_t i = 0; i < rmsn_function_num_results(function); ++i) {
    TRY(rmsn_function_result(function, i, &value));
    table.add(valueRow("result", i, value));
  }
  table.print();
  if (!unsupported)
    printf("    runs on the GPU\n");
  else if (std::string(unsupported) != "gpu")
    printf("    not as a whole on the GPU: no code there for %s\n",
           unsupported);
  return RMSN_STATUS_OK;
}

rmsn_status printVariants(rmsn_artifact *artifact, size_t count,
                          int64_t chosen) {
  static const char *const kinds[] = {"cpu", "ptx", "cubin"};
  printf("variants\n");
  Table table;
  for (size_t i = 0; i < count; ++i) {
    rmsn_variant_info variant = {};
    variant.struct_size = sizeof(variant);
    TRY(rmsn_artifact_variant(artifact, i, &variant));
    std::string features = variant.features;
    table.add({kinds[variant.kind], variant.target, variant.arch,
               std::to_string(variant.size) + " bytes",
               int64_t(i) == chosen ? "used here"
               : variant.usable     ? "usable here"
                                    : "not usable here",
               features.empty() ? "" : "needs " + features});
  }
  table.print();
  return RMSN_STATUS_OK;
}

rmsn_status printKernels(rmsn_artifact *artifact, size_t count) {
  printf("GPU kernels (each can be run with --entry)\n");
  for (size_t i = 0; i < count; ++i) {
    rmsn_gpu_kernel_info kernel = {};
    kernel.struct_size = sizeof(kernel);
    TRY(rmsn_artifact_gpu_kernel(artifact, i, &kernel));
    printf("    %s: %u threads a block, %u rows a block", kernel.name,
           kernel.block_x, kernel.rows_per_block);
    if (kernel.cluster_x > 1)
      printf(", clusters of %u", kernel.cluster_x);
    printf(", %u bytes of shared memory%s%s\n", kernel.shared_bytes,
           *kernel.description ? "; " : "", kernel.description);
    rmsn_function *function;
    TRY(rmsn_function_lookup(artifact, kernel.name, &function));
    Table table;
    rmsn_value_info value = {};
    value.struct_size = sizeof(value);
    for (size_t k = 0; k < rmsn_function_num_args(function); ++k) {
      TRY(rmsn_function_arg(function, k, &value));
      table.add(valueRow("  argument", k, value));
    }
    for (size_t k = 0; k < rmsn_function_num_results(function); ++k) {
      TRY(rmsn_function_result(function, k, &value));
      table.add(valueRow("  result", k, value));
    }
    table.print();
  }
  return RMSN_STATUS_OK;
}

} // namespace

rmsn_status rmsnorm_run::printInfo(rmsn_artifact *artifact) {
  rmsn_artifact_info_t info = {};
  info.struct_size = sizeof(info);
  TRY(rmsn_artifact_info(artifact, &info));
  printf("artifact of format %u, %" PRIu64 " bytes%s%s\n", info.format_version,
         info.file_size, *info.producer ? ", by " : "", info.producer);
  for (size_t i = 0; i < info.num_functions; ++i) {
    rmsn_function *function;
    TRY(rmsn_artifact_function(artifact, i, &function));
    TRY(printFunction(function));
  }
  if (info.num_constants) {
    printf("constants\n");
    Table table;
    for (size_t i = 0; i < info.num_constants; ++i) {
      rmsn_constant_info constant = {};
      constant.struct_size = sizeof(constant);
      TRY(rmsn_artifact_constant(artifact, i, &constant));
      table.add({std::to_string(i), *constant.name ? constant.name : "-",
                 typeText(constant.dtype, constant.shape, constant.rank, false),
                 std::to_string(constant.size) + " bytes"});
    }
    table.print();
  }
  TRY(printVariants(artifact, info.num_variants, info.cpu_variant));
  if (info.num_gpu_kernels)
    TRY(printKernels(artifact, info.num_gpu_kernels));
  if (info.num_kernel_infos) {
    printf("norms\n");
    Table table;
    for (size_t i = 0; i < info.num_kernel_infos; ++i) {
      rmsn_kernel_info kernel = {};
      kernel.struct_size = sizeof(kernel);
      TRY(rmsn_artifact_kernel_info(artifact, i, &kernel));
      table.add({kernel.function, kernel.name,
                 std::to_string(kernel.norms) + " norm(s)",
                 "reads " + std::to_string(kernel.tensors_read) + ", writes " +
                     std::to_string(kernel.tensors_written),
                 kernel.description, kernel.location});
    }
    table.print();
  }
  return RMSN_STATUS_OK;
}
