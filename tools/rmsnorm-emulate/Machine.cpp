//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "Machine.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

using namespace rmsnorm_emulate;

Machine *Machine::current = nullptr;

static constexpr uint32_t warpSize = 32;
static constexpr size_t stackSize = 64 * 1024;
static constexpr size_t maxErrors = 10;

static uint64_t count(const std::vector<uint8_t> &bytes) {
  return std::count(bytes.begin(), bytes.end(), 1);
}
uint64_t GlobalBuffer::distinctRead() const { return count(read); }
uint64_t GlobalBuffer::distinctWritten() const { return count(written); }
uint64_t GlobalBuffer::elementBytes() const { return count(element); }

//===----------------------------------------------------------------------===//
// Threads
//===----------------------------------------------------------------------===//

void Machine::start() {
  Machine &machine = *current;
  machine.entry(machine.arguments);
  machine.fibers[machine.thread].state = State::Done;
}

void Machine::launch(Entry kernel, void *kernelArguments, uint32_t grid,
                     uint32_t threads) {
  current = this;
  entry = kernel;
  arguments = kernelArguments;
  gridSize = grid;
  blockSize = threads;
  stacks.assign(blockSize, std::vector<char>(stackSize));
  for (block = 0; block < gridSize && errors.empty(); ++block)
    runBlock();
}

void Machine::runBlock() {
  fibers.assign(blockSize, Fiber());
  for (SharedRegion &region : shared) {
    // Not a number in every floating-point type, and never written.
    std::memset(region.begin, 0xff, region.size);
    region.shadow.assign(region.size, SharedRegion::Byte());
  }
  for (uint32_t i = 0; i < blockSize; ++i) {
    ucontext_t &context = fibers[i].context;
    getcontext(&context);
    context.uc_stack.ss_sp = stacks[i].data();
    context.uc_stack.ss_size = stackSize;
    context.uc_link = &scheduler;
    makecontext(&context, &Machine::start, 0);
  }
  for (;;) {
    bool progress = false, left = false;
    for (thread = 0; thread < blockSize; ++thread) {
      if (fibers[thread].state == State::Done)
        continue;
      left = true;
      if (!canResume(thread))
        continue;
      progress = true;
      fibers[thread].state = State::Ready;
      swapcontext(&scheduler, &fibers[thread].context);
    }
    if (!left)
      break;
    if (!progress)
      return reportStuck();
  }
  for (uint32_t i = 1; i < blockSize; ++i)
    if (fibers[i].barriers != fibers[0].barriers) {
      thread = i;
      report("divergent barrier: passed " + std::to_string(fibers[i].barriers) +
             " barriers, thread 0 passed " +
             std::to_string(fibers[0].barriers));
      return;
    }
}

bool Machine::canResume(unsigned candidate) const {
  const Fiber &fiber = fibers[candidate];
  switch (fiber.state) {
  case State::Ready:
    return true;
  case State::Done:
    return false;
  case State::AtBarrier:
    return std::all_of(fibers.begin(), fibers.end(), [&](const Fiber &other) {
      return other.state == State::Done || other.barriers >= fiber.barriers;
    });
  case State::AtShuffle: {
    unsigned first = candidate / warpSize * warpSize;
    for (unsigned lane = 0; lane < warpSize; ++lane)
      if ((fiber.mask >> lane & 1) &&
          (first + lane >= blockSize ||
           fibers[first + lane].shuffles < fiber.shuffles))
        return false;
    return true;
  }
  }
  return false;
}

void Machine::yield(State state) {
  Fiber &fiber = fibers[thread];
  fiber.state = state;
  swapcontext(&fiber.context, &scheduler);
}

void Machine::reportStuck() {
  for (thread = 0; thread < blockSize; ++thread) {
    const Fiber &fiber = fibers[thread];
    if (fiber.state == State::AtBarrier)
      report("divergent barrier: waits at barrier " +
             std::to_string(fiber.barriers) + " that not all threads reach");
    else if (fiber.state == State::AtShuffle)
      report("waits at shuffle " + std::to_string(fiber.shuffles) +
             " for lanes that never come");
  }
}

void Machine::report(const std::string &what) {
  if (errors.size() < maxErrors)
    errors.push_back("block " + std::to_string(block) + " thread " +
                     std::to_string(thread) + ": " + what);
}

void Machine::stop() {
  for (const std::string &error : errors)
    std::fprintf(stderr, "error: %s\n", error.c_str());
  _exit(3);
}

uint32_t Machine::readRegister(int index) const {
  const uint32_t values[] = {thread, blockSize, block, gridSize,
                             thread % warpSize};
  return values[index];
}

void Machine::barrier() {
  ++fibers[thread].barriers;
  yield(State::AtBarrier);
}

uint64_t Machine::shuffle(int kind, uint32_t mask, uint32_t value,
                          uint32_t lane, uint32_t control) {
  Fiber &fiber = fibers[thread];
  uint32_t own = thread % warpSize, first = thread - own;
  if (!(mask >> own & 1))
    report("shuffle with a mask that lacks the thread itself");
  unsigned generation = ++fiber.shuffles & 1;
  fiber.mask = mask;
  fiber.value[generation] = value;
  fiber.maskOf[generation] = mask;
  yield(State::AtShuffle);

  // The PTX manual's definition of shfl.sync.
  uint32_t segment = control >> 8 & 31, clamp = control & 31;
  uint32_t maxLane = (own & segment) | (clamp & ~segment);
  uint32_t minLane = own & segment;
  lane &= 31;
  uint32_t source = own;
  bool valid = false;
  switch (kind) {
  case 0:
    source = own ^ lane;
    valid = source <= maxLane;
    break;
  case 1:
    source = minLane | (lane & ~segment);
    valid = source <= maxLane;
    break;
  case 2:
    source = own - lane;
    valid = int32_t(source) >= int32_t(maxLane);
    break;
  case 3:
    source = own + lane;
    valid = source <= maxLane;
    break;
  }
  if (!valid)
    source = own;
  if (!(mask >> source & 1))
    report("shuffle reads lane " + std::to_string(source) +
           ", which is not in its mask");
  const Fiber &from = fibers[std::min(first + source, blockSize - 1)];
  if (from.maskOf[generation] != mask)
    report("shuffle with a mask other than that of lane " +
           std::to_string(source));
  return from.value[generation] | uint64_t(valid) << 32;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

void Machine::access(uint64_t address, uint64_t size, uint32_t alignment,
                     uint32_t space, bool isStore) {
  const char *verb = isStore ? "writes" : "reads";
  if (address % alignment != 0) {
    report(std::string("misaligned: ") + verb + " " + std::to_string(size) +
           " bytes at an address that is not a multiple of " +
           std::to_string(alignment));
    stop(); // the host's own vector instructions would trap
  }
  if (space == 3)
    return accessShared(address, size, isStore);
  if (space == 5 || space == 0)
    return; // its own stack
  for (GlobalBuffer &buffer : buffers) {
    uint64_t begin = reinterpret_cast<uint64_t>(buffer.begin);
    if (address >= begin && address + size <= begin + buffer.size)
      return accessGlobal(buffer, address - begin, size, isStore);
  }
  report(std::string("out of bounds: ") + verb + " " + std::to_string(size) +
         " bytes outside of every operand");
  stop();
}

void Machine::accessGlobal(GlobalBuffer &buffer, uint64_t offset, uint64_t size,
                           bool isStore) {
  (isStore ? buffer.bytesWritten : buffer.bytesRead) += size;
  if (isStore && !buffer.writable)
    report("writes to " + buffer.name + ", which is an input");
  for (uint64_t i = offset; i < offset + size; ++i) {
    if (!buffer.element[i]) {
      report(std::string("out of bounds: ") + (isStore ? "writes" : "reads") +
             " byte " + std::to_string(i) + " of " + buffer.name +
             ", which belongs to no element");
      return;
    }
    if (!isStore) {
      buffer.read[i] = 1;
      continue;
    }
    if (buffer.written[i]) {
      report("writes byte " + std::to_string(i) + " of " + buffer.name +
             " a second time");
      return;
    }
    buffer.written[i] = 1;
  }
}

void Machine::accessShared(uint64_t address, uint64_t size, bool isStore) {
  for (SharedRegion &region : shared) {
    uint64_t begin = reinterpret_cast<uint64_t>(region.begin);
    if (address < begin || address + size > begin + region.size)
      continue;
    uint32_t epoch = fibers[thread].barriers;
    int32_t self = thread;
    for (uint64_t i = address - begin; i < address - begin + size; ++i) {
      SharedRegion::Byte &byte = region.shadow[i];
      bool writtenNow = byte.writer >= 0 && byte.writeEpoch == epoch;
      bool readNow = byte.reader >= 0 && byte.readEpoch == epoch;
      if (writtenNow && byte.writer != self)
        return report("race in shared memory: " +
                      std::string(isStore ? "writes" : "reads") + " byte " +
                      std::to_string(i) + " that thread " +
                      std::to_string(byte.writer) +
                      " wrote since the last barrier");
      if (isStore) {
        if (readNow && (byte.reader != self || byte.severalReaders))
          return report("race in shared memory: writes byte " +
                        std::to_string(i) + " that thread " +
                        std::to_string(byte.reader) +
                        " read since the last barrier");
        byte.writer = self;
        byte.writeEpoch = epoch;
        continue;
      }
      if (byte.writer < 0)
        return report("reads byte " + std::to_string(i) +
                      " of shared memory that was never written");
      byte.severalReaders =
          readNow && (byte.severalReaders || byte.reader != self);
      byte.reader = self;
      byte.readEpoch = epoch;
    }
    return;
  }
  report("out of bounds: address outside of shared memory");
  stop();
}

//===----------------------------------------------------------------------===//
// What the kernel calls
//===----------------------------------------------------------------------===//

static uint32_t hostRegister(int32_t index) {
  return Machine::current->readRegister(index);
}
static void hostAccess(uint64_t address, uint64_t size, uint32_t alignment,
                       uint32_t space, uint32_t isStore) {
  Machine::current->access(address, size, alignment, space, isStore != 0);
}
static void hostBarrier() { Machine::current->barrier(); }
static uint64_t hostShuffle(int32_t kind, uint32_t mask, uint32_t value,
                            uint32_t lane, uint32_t control) {
  return Machine::current->shuffle(kind, mask, value, lane, control);
}

std::vector<std::pair<const char *, void *>>
rmsnorm_emulate::getHostFunctions() {
  return {{"rmsn_emu_register", reinterpret_cast<void *>(&hostRegister)},
          {"rmsn_emu_access", reinterpret_cast<void *>(&hostAccess)},
          {"rmsn_emu_barrier", reinterpret_cast<void *>(&hostBarrier)},
          {"rmsn_emu_shuffle", reinterpret_cast<void *>(&hostShuffle)}};
}
