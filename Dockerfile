# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Build and tests from a clean image, by the same scripts that CI runs:
#   docker build --build-arg RMSNORM_TORCH_INDEX=<index of CPU wheels> .
FROM debian:bookworm
ARG RMSNORM_TORCH_INDEX
WORKDIR /rmsnorm
COPY . .
RUN scripts/quickstart
RUN scripts/test
# For the report, as there is no .git here: --build-arg RMSNORM_COMMIT=$(git rev-parse HEAD)
ARG RMSNORM_COMMIT
RUN scripts/evaluate
