//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// A block of threads on one CPU thread: one fiber per thread, barriers and
/// shuffles as yields, every access checked.

#ifndef RMSNORM_EMULATE_MACHINE_H
#define RMSNORM_EMULATE_MACHINE_H

#include <cstdint>
#include <string>
#include <ucontext.h>
#include <vector>

namespace rmsnorm_emulate {

/// A buffer in global memory. Only bytes of elements may be touched: gaps
/// between strided rows are as forbidden as what lies outside.
struct GlobalBuffer {
  std::string name;
  uint8_t *begin = nullptr;
  uint64_t size = 0;
  bool writable = false;
  std::vector<uint8_t> element; // per byte: belongs to an element
  std::vector<uint8_t> read, written;
  uint64_t bytesRead = 0, bytesWritten = 0; // by instructions, with repetition

  uint64_t distinctRead() const;
  uint64_t distinctWritten() const;
  uint64_t elementBytes() const;
};

/// A buffer in shared memory, with its shadow: who touched each byte last.
struct SharedRegion {
  uint8_t *begin = nullptr;
  uint64_t size = 0;
  struct Byte {
    int32_t writer = -1, reader = -1;
    uint32_t writeEpoch = 0, readEpoch = 0;
    bool severalReaders = false;
  };
  std::vector<Byte> shadow;
};

class Machine {
public:
  using Entry = void (*)(void *arguments);

  std::vector<GlobalBuffer> buffers;
  std::vector<SharedRegion> shared;
  std::vector<std::string> errors;

  /// Runs the kernel; returns when all blocks have ended or, with `errors` not
  /// empty, at the first block that went wrong.
  void launch(Entry entry, void *arguments, uint32_t gridSize,
              uint32_t blockSize);

  // Called by the kernel's code.
  uint32_t readRegister(int index) const;
  void access(uint64_t address, uint64_t size, uint32_t alignment,
              uint32_t space, bool isStore);
  void barrier();
  uint64_t shuffle(int kind, uint32_t mask, uint32_t value, uint32_t lane,
                   uint32_t control);

  static Machine *current;

private:
  enum class State { Ready, AtBarrier, AtShuffle, Done };
  struct Fiber {
    ucontext_t context;
    State state = State::Ready;
    uint32_t barriers = 0;
    // One slot per generation, so that a fast lane does not overwrite what a
    // slow one has not read yet.
    uint64_t shuffles = 0;
    uint32_t mask = 0;
    uint32_t value[2] = {0, 0};
    uint32_t maskOf[2] = {0, 0};
  };

  void runBlock();
  bool canResume(unsigned thread) const;
  void yield(State state);
  void report(const std::string &what);
  void reportStuck();
  [[noreturn]] void stop();
  void accessGlobal(GlobalBuffer &buffer, uint64_t address, uint64_t size,
                    bool isStore);
  void accessShared(uint64_t address, uint64_t size, bool isStore);
  static void start();

  Entry entry = nullptr;
  void *arguments = nullptr;
  uint32_t gridSize = 0, blockSize = 0, block = 0, thread = 0;
  std::vector<Fiber> fibers;
  std::vector<std::vector<char>> stacks;
  ucontext_t scheduler;
};

/// Names and addresses of the functions that the rewritten kernel calls.
std::vector<std::pair<const char *, void *>> getHostFunctions();

} // namespace rmsnorm_emulate

#endif // RMSNORM_EMULATE_MACHINE_H
