/* Part of the RMSNorm project, under the Apache License v2.0 with LLVM
 * Exceptions. See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/* Uses the installed runtime: version, threads, and an artifact that is none.
 */

#include "rmsnorm_runtime/rmsnorm_runtime.h"

#include <stdio.h>
#include <string.h>

static int32_t mark(void *closure, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i)
    ((char *)closure)[i] = 1;
  return 0;
}

int main(int argc, char **argv) {
  if (rmsn_version() != RMSN_VERSION_MAJOR * 10000 + RMSN_VERSION_MINOR * 100 +
                            RMSN_VERSION_PATCH) {
    fprintf(stderr, "library %u, header %s\n", rmsn_version(),
            RMSN_VERSION_STRING);
    return 1;
  }
  rmsn_thread_pool *pool;
  char marks[1000] = {0};
  if (rmsn_thread_pool_create(2, &pool) ||
      rmsn_thread_pool_for(pool, sizeof marks, 7, mark, marks) ||
      memchr(marks, 0, sizeof marks))
    return 2;
  rmsn_thread_pool_destroy(pool);

  rmsn_context *context;
  rmsn_artifact *artifact;
  if (rmsn_context_create(NULL, &context))
    return 3;
  rmsn_status status = rmsn_artifact_open(context, argv[0], &artifact);
  printf("version %s, library %s\nthis program as an artifact: %s\n",
         RMSN_VERSION_STRING,
         rmsn_context_info(context, RMSN_CONTEXT_RUNTIME_LIBRARY),
         rmsn_last_error());
  rmsn_context_destroy(context);
  return argc == 1 && status == RMSN_STATUS_FOREIGN_ARTIFACT ? 0 : 4;
}
