# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Configuration of the lit tests; run through ctest, or `lit build/test`."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys

import lit.formats

config.name = "RMSNorm"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["sanitizers", "unit", "python", "Inputs", "oracle", "models", "consumer", "CAPI"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = config.rmsnorm_obj_root

config.environment["PATH"] = os.pathsep.join(
    [config.rmsnorm_tools_dir, config.llvm_tools_dir, os.environ["PATH"]]
)
config.substitutions.append(("%rmsnorm_libs", config.rmsnorm_lib_dir))
config.substitutions.append(("%shlibext", config.llvm_shlib_ext))
config.substitutions.append(("%python", f"{sys.executable} -B"))
config.substitutions.append(("%rmsnorm_src", config.rmsnorm_source_dir))

# Optional components, each named when it is missing.
for feature, program in [("ptxas", "ptxas")]:
    if shutil.which(program):
        config.available_features.add(feature)
    else:
        lit_config.note(f"{program} not found: its tests are unsupported here")

# mlir-opt has upstream's own test passes only where they were built in.
dialects = subprocess.run(
    ["mlir-opt", "--show-dialects"], capture_output=True, text=True, env=config.environment
)
if "test" in re.split(r"[\s,:]+", dialects.stdout):
    config.available_features.add("mlir-test-passes")
else:
    lit_config.note("mlir-opt without upstream's test passes: what needs them is unsupported here")

if importlib.util.find_spec("numpy"):
    config.available_features.add("numpy")
else:
    lit_config.note("numpy not found for lit's Python: the emulation grid is unsupported here")
