// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The thread pool.

#include "test_support.h"

#include <chrono>
#include <functional>
#include <sched.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace rmsn_test;

namespace {

struct PoolDeleter {
  void operator()(rmsn_thread_pool *p) const { rmsn_thread_pool_destroy(p); }
};
using Pool = std::unique_ptr<rmsn_thread_pool, PoolDeleter>;

Pool makePool(uint32_t threads) {
  rmsn_thread_pool *pool = nullptr;
  EXPECT_EQ(rmsn_thread_pool_create(threads, &pool), 0);
  return Pool(pool);
}

using Body = std::function<int32_t(int64_t, int64_t)>;

int32_t loop(rmsn_thread_pool *pool, int64_t count, int64_t grain, Body body) {
  return rmsn_thread_pool_for(
      pool, count, grain,
      [](void *closure, int64_t begin, int64_t end) {
        return (*static_cast<Body *>(closure))(begin, end);
      },
      &body);
}

TEST(PoolTest, EveryIndexOnce) {
  for (uint32_t threads : {1u, 2u, 3u, 8u}) {
    Pool pool = makePool(threads);
    EXPECT_EQ(rmsn_thread_pool_size(pool.get()), threads);
    for (int64_t count : {0, 1, 2, 7, 64, 1000, 12345})
      for (int64_t grain : {1, 3, 16, 100000}) {
        std::vector<std::atomic<int>> seen(static_cast<size_t>(count));
        EXPECT_EQ(loop(pool.get(), count, grain,
                       [&](int64_t begin, int64_t end) {
                         EXPECT_EQ(begin % grain, 0);
                         EXPECT_TRUE(end % grain == 0 || end == count);
                         for (int64_t i = begin; i < end; ++i)
                           seen[size_t(i)]++;
                         return 0;
                       }),
                  0);
        for (auto &times : seen)
          ASSERT_EQ(times, 1);
      }
  }
}

TEST(PoolTest, FailuresEndTheLoop) {
  Pool pool = makePool(4);
  for (int n = 0; n < 200; ++n) {
    std::atomic<int64_t> done{0};
    EXPECT_EQ(loop(pool.get(), 100000, 1,
                   [&](int64_t begin, int64_t end) {
                     done += end - begin;
                     return begin == 0 ? 42 : 0;
                   }),
              42);
    EXPECT_LE(done, 100000);
  }
}

TEST(PoolTest, NestedLoopsRunInline) {
  Pool pool = makePool(4);
  std::atomic<int64_t> sum{0};
  loop(pool.get(), 50, 1, [&](int64_t begin, int64_t end) {
    std::thread::id self = std::this_thread::get_id();
    for (int64_t i = begin; i < end; ++i)
      loop(pool.get(), 100, 1, [&](int64_t b, int64_t e) {
        EXPECT_EQ(std::this_thread::get_id(), self);
        sum += e - b;
        return 0;
      });
    return 0;
  });
  EXPECT_EQ(sum, 5000);
}

TEST(PoolTest, ManyCallersAtOnce) {
  Pool pool = makePool(4);
  std::vector<std::thread> callers;
  std::atomic<int64_t> sum{0};
  for (int t = 0; t < 12; ++t)
    callers.emplace_back([&] {
      for (int n = 0; n < 300; ++n)
        loop(pool.get(), 97, 2, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i)
            sum += i;
          return 0;
        });
    });
  for (std::thread &caller : callers)
    caller.join();
  EXPECT_EQ(sum, int64_t(12) * 300 * 96 * 97 / 2);
}

TEST(PoolTest, UsesItsThreads) {
  Pool pool = makePool(2);
  // One range waits for the other: only two threads can get through.
  std::atomic<int> arrived{0};
  auto begin = std::chrono::steady_clock::now();
  loop(pool.get(), 2, 1, [&](int64_t, int64_t) {
    ++arrived;
    while (arrived < 2 &&
           std::chrono::steady_clock::now() - begin < std::chrono::seconds(20))
      std::this_thread::yield();
    return 0;
  });
  EXPECT_EQ(arrived, 2);
}

TEST(PoolTest, DoesNotWaitForThreadsThatHaveNotBegun) {
  // The only worker is held by another loop; this loop's caller does it all.
  Pool pool = makePool(2);
  std::atomic<bool> held{false}, release{false};
  std::thread other([&] {
    loop(pool.get(), 2, 1, [&](int64_t, int64_t) {
      held = true;
      while (!release)
        std::this_thread::yield();
      return 0;
    });
  });
  while (!held)
    std::this_thread::yield();
  int64_t done = 0;
  std::atomic<int64_t> total{0};
  for (int n = 0; n < 100; ++n)
    loop(pool.get(), 1000, 1, [&](int64_t begin, int64_t end) {
      total += end - begin;
      return 0;
    });
  done = total;
  EXPECT_EQ(done, 100000);
  release = true;
  other.join();
}

TEST(PoolTest, SleepingWorkersWakeUp) {
  Pool pool = makePool(3);
  for (int n = 0; n < 20; ++n) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::atomic<int64_t> total{0};
    loop(pool.get(), 300, 1, [&](int64_t begin, int64_t end) {
      total += end - begin;
      return 0;
    });
    ASSERT_EQ(total, 300);
  }
}

// The CPUs that the calling thread may use.
cpu_set_t usableCpus() {
  cpu_set_t set;
  EXPECT_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
  return set;
}

// Runs loops until a worker has been in one; gives the worker's CPUs, or those
// of the caller when none came.
cpu_set_t cpusOfAWorker(rmsn_thread_pool *pool) {
  cpu_set_t result = usableCpus();
  const auto caller = std::this_thread::get_id();
  std::atomic<bool> came{false};
  for (int n = 0; n < 200 && !came; ++n) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    loop(pool, 2, 1, [&](int64_t, int64_t) {
      if (std::this_thread::get_id() == caller)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      else if (!came.exchange(true))
        result = usableCpus();
      return 0;
    });
  }
  EXPECT_TRUE(came);
  return result;
}

TEST(PoolTest, WorkersKeepOffTheCallersCpu) {
  const cpu_set_t all = usableCpus();
  if (CPU_COUNT(&all) < 2)
    GTEST_SKIP() << "one CPU only";
  Pool pool = makePool(2);
  int tried = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE && tried < 3; ++cpu) {
    if (!CPU_ISSET(cpu, &all))
      continue;
    ++tried;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    cpu_set_t expected = all;
    CPU_CLR(cpu, &expected);
    const cpu_set_t workers = cpusOfAWorker(pool.get());
    EXPECT_TRUE(CPU_EQUAL(&workers, &expected)) << "caller on CPU " << cpu;
  }
  ASSERT_EQ(sched_setaffinity(0, sizeof(all), &all), 0);
}

TEST(PoolTest, MasksSetByOthersStay) {
  const cpu_set_t all = usableCpus();
  if (CPU_COUNT(&all) < 2)
    GTEST_SKIP() << "one CPU only";
  Pool pool = makePool(2);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &all))
    ++cpu;
  cpu_set_t one, others = all;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  CPU_CLR(cpu, &others);
  // The worker is off the caller's CPU: of two CPUs it has the other one. Were
  // it put where the pool has put it, nobody could tell who did.
  ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  cpu_set_t placed = cpusOfAWorker(pool.get());
  for (int n = 0; n < 20 && !CPU_EQUAL(&placed, &others); ++n)
    placed = cpusOfAWorker(pool.get());
  ASSERT_TRUE(CPU_EQUAL(&placed, &others));
  // The application lets it run everywhere.
  const auto caller = std::this_thread::get_id();
  std::atomic<bool> set{false};
  for (int n = 0; n < 200 && !set; ++n) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    loop(pool.get(), 2, 1, [&](int64_t, int64_t) {
      if (std::this_thread::get_id() == caller)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      else if (sched_setaffinity(0, sizeof(all), &all) == 0)
        set = true;
      return 0;
    });
  }
  ASSERT_TRUE(set);
  // The caller goes elsewhere, and the pool looks at its workers again.
  ASSERT_EQ(sched_setaffinity(0, sizeof(others), &others), 0);
  for (int n = 0; n < 3; ++n) {
    const cpu_set_t worker = cpusOfAWorker(pool.get());
    EXPECT_TRUE(CPU_EQUAL(&worker, &all));
  }
  ASSERT_EQ(sched_setaffinity(0, sizeof(all), &all), 0);
}

TEST(PoolTest, CreatedAndDestroyedOften) {
  for (int n = 0; n < 100; ++n) {
    Pool pool = makePool(4);
    if (n % 2)
      loop(pool.get(), 10, 1, [](int64_t, int64_t) { return 0; });
  }
}

// The thread sanitizer does not go on after a fork of several threads.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RMSN_NO_FORK
#endif
#endif
#if !defined(RMSN_NO_FORK)
TEST(PoolTest, WorksInAForkedChild) {
  Pool pool = makePool(4);
  loop(pool.get(), 100, 1, [](int64_t, int64_t) { return 0; });
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::atomic<int64_t> total{0};
    loop(pool.get(), 1000, 1, [&](int64_t begin, int64_t end) {
      total += end - begin;
      return 0;
    });
    pool.reset(); // must not wait for threads that do not exist here
    _exit(total == 1000 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}
#endif

TEST(PoolTest, WrongArguments) {
  EXPECT_STATUS(rmsn_thread_pool_create(2, nullptr), NULL_POINTER, "pool");
  rmsn_thread_pool *pool = nullptr;
  EXPECT_STATUS(rmsn_thread_pool_create(100000, &pool), INVALID_ARGUMENT,
                "100000");
  EXPECT_EQ(rmsn_thread_pool_for(nullptr, 1, 1, nullptr, nullptr),
            RMSN_STATUS_NULL_POINTER);
}

// ---- contexts with threads of different origin

class LoopSource {
public:
  static int32_t run(void *user, int64_t count, int64_t grain,
                     rmsn_range_fn body, void *closure) {
    ++static_cast<LoopSource *>(user)->calls;
    int32_t first = 0;
    std::vector<std::thread> threads;
    std::atomic<int32_t> status{0};
    int64_t half = count / 2 / grain * grain;
    threads.emplace_back([&] {
      if (int32_t s = body(closure, 0, half))
        status = s;
    });
    first = body(closure, half, count);
    for (std::thread &thread : threads)
      thread.join();
    return first ? first : status.load();
  }
  std::atomic<int> calls{0};
};

TEST(ContextThreadsTest, CallerSuppliedLoop) {
  LoopSource source;
  rmsn_context_options options = {};
  options.struct_size = sizeof(options);
  options.parallel_for = LoopSource::run;
  options.parallel_for_user = &source;
  options.max_parallelism = 2;
  options.cache_directory = "";
  rmsn_context *raw = nullptr;
  ASSERT_OK(rmsn_context_create(&options, &raw));
  Context context(raw);
  EXPECT_EQ(rmsn_context_num_threads(raw), 2u);
  Artifact artifact = openBytes(raw, written(basicArtifact()));
  Tensor v({1});
  v.at(0) = 700;
  EXPECT_STATUS(call(lookup(artifact, "fail_in_loop"), {&v.tensor}, {}),
                ASSERTION, "index");
  EXPECT_EQ(source.calls, 1);
  ASSERT_OK(call(lookup(artifact, "allocate_in_loop"), {}, {}));
  EXPECT_EQ(source.calls, 2);
  // Small loops are not worth a call: 24 elements' work.
  Tensor x({3, 8}), g({8}), y({3, 8});
  ASSERT_OK(
      call(lookup(artifact, "norm"), {&x.tensor, &g.tensor}, {&y.tensor}));
  EXPECT_EQ(source.calls, 2);
}

TEST(ContextThreadsTest, SharedPool) {
  Pool pool = makePool(3);
  rmsn_context_options options = {};
  options.struct_size = sizeof(options);
  options.thread_pool = pool.get();
  options.cache_directory = "";
  rmsn_context *first = nullptr, *second = nullptr;
  ASSERT_OK(rmsn_context_create(&options, &first));
  ASSERT_OK(rmsn_context_create(&options, &second));
  EXPECT_EQ(rmsn_context_num_threads(first), 3u);
  std::vector<char> bytes = written(basicArtifact());
  std::vector<std::thread> users;
  for (rmsn_context *context : {first, second})
    users.emplace_back([&bytes, context] {
      Artifact artifact = openBytes(context, bytes);
      for (int n = 0; n < 50; ++n)
        EXPECT_EQ(call(lookup(artifact, "allocate_in_loop"), {}, {}), 0);
    });
  for (std::thread &user : users)
    user.join();
  rmsn_context_destroy(first);
  rmsn_context_destroy(second);
}

TEST(ContextThreadsTest, OneFunctionFromManyThreads) {
  Context context = makeContext(3);
  Artifact artifact = openBytes(context.get(), written(basicArtifact()));
  rmsn_function *norm = lookup(artifact, "norm");
  std::vector<std::thread> users;
  for (int t = 0; t < 6; ++t)
    users.emplace_back([&, t] {
      Tensor x({40, 300}), g({300}), y({40, 300});
      x.fill(float(t), 0.25f);
      g.fill(1, 0);
      for (int n = 0; n < 30; ++n) {
        ASSERT_OK(call(norm, {&x.tensor, &g.tensor}, {&y.tensor}));
        double sum = 0;
        for (int64_t j = 0; j < 300; ++j)
          sum += double(y.at(39, j)) * y.at(39, j);
        ASSERT_NEAR(sum / 300, 1, 1e-4);
      }
    });
  for (std::thread &user : users)
    user.join();
}

} // namespace
