//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "Launch.h"

#include "DeviceRewrite.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/TargetSelect.h"

#include <cmath>
#include <cstdlib>
#include <cstring>

using namespace llvm;
using namespace rmsnorm_emulate;
using mlir::rmsnorm::GpuKernelInfo;

//===----------------------------------------------------------------------===//
// Conversions that the host's code generator calls
//===----------------------------------------------------------------------===//

template <typename From>
static uint16_t roundTo(From value, const fltSemantics &semantics) {
  APFloat number(value);
  bool losesInfo;
  number.convert(semantics, APFloat::rmNearestTiesToEven, &losesInfo);
  return number.bitcastToAPInt().getZExtValue();
}

// Results of these are in an SSE register, as the compiler expects.
static __bf16 asBrain(uint16_t bits) { return llvm::bit_cast<__bf16>(bits); }
static _Float16 asHalf(uint16_t bits) { return llvm::bit_cast<_Float16>(bits); }
static __bf16 truncFloatBrain(float value) {
  return asBrain(roundTo(value, APFloat::BFloat()));
}
static __bf16 truncDoubleBrain(double value) {
  return asBrain(roundTo(value, APFloat::BFloat()));
}
static _Float16 truncFloatHalf(float value) {
  return asHalf(roundTo(value, APFloat::IEEEhalf()));
}
static _Float16 truncDoubleHalf(double value) {
  return asHalf(roundTo(value, APFloat::IEEEhalf()));
}
static float extendHalf(_Float16 value) {
  APFloat number(APFloat::IEEEhalf(),
                 APInt(16, llvm::bit_cast<uint16_t>(value)));
  bool losesInfo;
  number.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven,
                 &losesInfo);
  return number.convertToFloat();
}

//===----------------------------------------------------------------------===//
// JIT
//===----------------------------------------------------------------------===//

static Expected<std::unique_ptr<orc::LLJIT>> createJIT() {
  InitializeNativeTarget();
  InitializeNativeTargetAsmPrinter();
  auto machine = orc::JITTargetMachineBuilder::detectHost();
  if (!machine)
    return machine.takeError();
  // Those round denormals to zero, which a GPU does not.
  machine->addFeatures({"-avx512bf16", "-avxneconvert"});
  machine->setCodeGenOptLevel(CodeGenOptLevel::Less);
  machine->getOptions().AllowFPOpFusion = FPOpFusion::Strict;
  auto jit = orc::LLJITBuilder()
                 .setJITTargetMachineBuilder(std::move(*machine))
                 .create();
  if (!jit)
    return jit.takeError();
  orc::SymbolMap symbols;
  auto define = [&](StringRef name, void *address) {
    symbols[(*jit)->mangleAndIntern(name)] = {
        orc::ExecutorAddr::fromPtr(address), JITSymbolFlags::Exported};
  };
  for (auto [name, address] : getHostFunctions())
    define(name, address);
  define("__truncsfbf2", reinterpret_cast<void *>(&truncFloatBrain));
  define("__truncdfbf2", reinterpret_cast<void *>(&truncDoubleBrain));
  define("__truncsfhf2", reinterpret_cast<void *>(&truncFloatHalf));
  define("__truncdfhf2", reinterpret_cast<void *>(&truncDoubleHalf));
  define("__extendhfsf2", reinterpret_cast<void *>(&extendHalf));
  if (Error failed = (*jit)->getMainJITDylib().define(
          orc::absoluteSymbols(std::move(symbols))))
    return std::move(failed);
  auto process = orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      (*jit)->getDataLayout().getGlobalPrefix());
  if (!process)
    return process.takeError();
  (*jit)->getMainJITDylib().addGenerator(std::move(*process));
  return jit;
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

std::string rmsnorm_emulate::getDescr(mlir::Type type) {
  if (type.isF16())
    return "<f2";
  if (type.isBF16())
    return "|V2"; // as ml_dtypes stores it
  if (llvm::isa<mlir::Float8E4M3FNType, mlir::Float8E5M2Type>(type))
    return "|V1"; // NumPy does not read back what ml_dtypes makes of the second
  if (type.isF32())
    return "<f4";
  if (type.isF64())
    return "<f8";
  if (type.isInteger(1))
    return "|b1";
  if (type.isInteger(8))
    return "|i1";
  if (type.isIntOrIndex() && type.getIntOrFloatBitWidth() <= 64)
    return "<i" + std::to_string(type.getIntOrFloatBitWidth() / 8);
  return "";
}

namespace {
struct Operand {
  mlir::Type elementType;
  std::vector<int64_t> shape, strides;
  unsigned bytes = 0; // of an element
  unsigned buffer = 0;
  uint8_t *first = nullptr; // element 0

  /// Calls back with the address of every element, row-major.
  template <typename Callback>
  void forEach(Callback callback) const {
    int64_t count = 1;
    for (int64_t extent : shape)
      count *= extent;
    std::vector<int64_t> index(shape.size(), 0);
    for (int64_t i = 0; i < count; ++i) {
      int64_t offset = 0;
      for (size_t d = 0; d < shape.size(); ++d)
        offset += index[d] * strides[d];
      callback(i, first + offset * int64_t(bytes));
      for (size_t d = shape.size(); d-- > 0;) {
        if (++index[d] < shape[d])
          break;
        index[d] = 0;
      }
    }
  }
};
} // namespace

static uint64_t scalarBits(mlir::Type type, double value) {
  if (auto real = dyn_cast<mlir::FloatType>(type)) {
    APFloat number(value);
    bool losesInfo;
    number.convert(real.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                   &losesInfo);
    return number.bitcastToAPInt().getZExtValue();
  }
  return static_cast<uint64_t>(static_cast<int64_t>(value));
}

/// Lays an operand out in memory of its own and registers that with the
/// machine.
static void place(Operand &operand, unsigned index, const std::string &name,
                  bool writable, const LayoutOptions &layout, Machine &machine,
                  std::vector<void *> &allocations) {
  bool deviates = layout.only.empty() || is_contained(layout.only, index);
  size_t rank = operand.shape.size();
  operand.strides.assign(rank, 1);
  int64_t stride = deviates ? layout.innerStride : 1;
  for (size_t d = rank; d-- > 0;) {
    operand.strides[d] = stride;
    stride *= std::max<int64_t>(operand.shape[d], 1);
    if (deviates && d + 1 == rank && rank > 1)
      stride += layout.pad;
  }
  int64_t offset = deviates ? layout.offset : 0;
  size_t size = size_t(offset + stride) * operand.bytes;
  void *memory = std::aligned_alloc(256, (size + 511) / 256 * 256);
  std::memset(memory, 0xff, (size + 511) / 256 * 256);
  allocations.push_back(memory);
  operand.buffer = machine.buffers.size();
  operand.first = static_cast<uint8_t *>(memory) + offset * operand.bytes;
  GlobalBuffer buffer;
  buffer.name = name;
  buffer.begin = static_cast<uint8_t *>(memory);
  buffer.size = size;
  buffer.writable = writable;
  buffer.element.assign(size, 0);
  buffer.read.assign(size, 0);
  buffer.written.assign(size, 0);
  operand.forEach([&](int64_t, uint8_t *address) {
    for (unsigned i = 0; i < operand.bytes; ++i)
      buffer.element[address - buffer.begin + i] = 1;
  });
  machine.buffers.push_back(std::move(buffer));
}

//===----------------------------------------------------------------------===//
// Launch
//===----------------------------------------------------------------------===//

bool rmsnorm_emulate::emulate(std::unique_ptr<LLVMContext> context,
                              std::unique_ptr<Module> device,
                              const GpuKernelInfo &info,
                              const std::vector<LaunchInput> &inputs,
                              const std::vector<int> &alias,
                              const LayoutOptions &layout, LaunchReport &report,
                              std::string &error) {
  auto fail = [&](const Twine &what) {
    error = what.str();
    return false;
  };
  if (inputs.size() != info.numInputs)
    return fail("kernel " + info.symbol + " has " + Twine(info.numInputs) +
                " inputs, got " + Twine(inputs.size()));

  auto jit = createJIT();
  if (!jit)
    return fail(toString(jit.takeError()));
  // The device module must go before its context, which the JIT will own.
  std::unique_ptr<Module> source = std::move(device);
  HostModule host =
      rewriteForHost(*source, info.symbol, (*jit)->getDataLayout(),
                     (*jit)->getTargetTriple(), error);
  source.reset();
  if (!host.module)
    return false;
  if (Error failed = (*jit)->addIRModule(orc::ThreadSafeModule(
          std::move(host.module), orc::ThreadSafeContext(std::move(context)))))
    return fail(toString(std::move(failed)));
  auto entry = (*jit)->lookup(entrySymbol);
  if (!entry)
    return fail(toString(entry.takeError()));

  Machine machine;
  std::vector<void *> allocations;
  std::vector<Operand> operands(info.operandTypes.size());
  std::vector<int64_t> extents(info.extentOperand.size());
  std::vector<uint64_t> slots;
  // Inputs give the extents, extents give the outputs.
  for (auto [index, type] : enumerate(info.operandTypes)) {
    Operand &operand = operands[index];
    auto shaped = dyn_cast<mlir::ShapedType>(type);
    if (!shaped)
      continue;
    operand.elementType = shaped.getElementType();
    operand.bytes = mlir::rmsnorm::getElementBytes(operand.elementType);
    bool isInput = index < info.numInputs;
    if (isInput) {
      const std::optional<Array> &array = inputs[index].array;
      if (!array)
        return fail("input " + Twine(index) + " must be an array");
      operand.shape = array->shape;
      if (int64_t(operand.shape.size()) != shaped.getRank())
        return fail("input " + Twine(index) + " must have rank " +
                    Twine(shaped.getRank()));
      if (array->bytes.size() != size_t(array->elements()) * operand.bytes)
        return fail("input " + Twine(index) + " must have elements of " +
                    Twine(operand.bytes) + " bytes, got " + array->descr);
    }
  }
  for (size_t k = 0; k < extents.size(); ++k) {
    auto shaped =
        cast<mlir::ShapedType>(info.operandTypes[info.extentOperand[k]]);
    extents[k] = shaped.getDimSize(info.extentDim[k]);
    if (!mlir::ShapedType::isDynamic(extents[k]))
      continue;
    if (info.extentOperand[k] >= info.numInputs)
      return fail("extent " + Twine(k) + " comes from an output only");
    extents[k] = operands[info.extentOperand[k]].shape[info.extentDim[k]];
  }
  for (size_t index = 0; index < operands.size(); ++index) {
    Operand &operand = operands[index];
    if (!operand.elementType)
      continue;
    std::vector<int64_t> shape;
    for (auto [position, expr] :
         llvm::enumerate(info.indexingMaps[index].getResults())) {
      auto dim = dyn_cast<mlir::AffineDimExpr>(expr);
      // A dimension that is gathered, or of which index 0 is read.
      bool known = index < info.numInputs && position < operand.shape.size();
      shape.push_back(dim     ? extents[dim.getPosition()]
                      : known ? operand.shape[position]
                              : 1);
    }
    if (index < info.numInputs && shape != operand.shape)
      return fail("input " + Twine(index) +
                  " has a shape that does not fit the others");
    operand.shape = shape;
    bool isOutput = index >= info.numInputs;
    int shared = isOutput ? alias[index - info.numInputs] : -1;
    if (shared >= 0) {
      Operand &other = operands[shared];
      if (other.shape != operand.shape || other.bytes != operand.bytes)
        return fail("output " + Twine(index - info.numInputs) +
                    " cannot share the buffer of input " + Twine(shared));
      operand = other;
      machine.buffers[operand.buffer].writable = true;
      continue;
    }
    place(operand, index,
          (isOutput ? "output " : "input ") +
              std::to_string(isOutput ? index - info.numInputs : index),
          isOutput, layout, machine, allocations);
    if (!isOutput)
      operand.forEach([&](int64_t i, uint8_t *address) {
        std::memcpy(address, &inputs[index].array->bytes[i * operand.bytes],
                    operand.bytes);
      });
  }
  for (auto [index, operand] : enumerate(operands)) {
    if (operand.elementType) {
      slots.push_back(reinterpret_cast<uint64_t>(operand.first));
      slots.insert(slots.end(), operand.strides.begin(), operand.strides.end());
      continue;
    }
    if (!inputs[index].scalar)
      return fail("input " + Twine(index) + " must be a number");
    slots.push_back(
        scalarBits(info.operandTypes[index], *inputs[index].scalar));
  }
  slots.insert(slots.end(), extents.begin(), extents.end());

  for (const SharedBuffer &buffer : host.shared) {
    auto address = (*jit)->lookup(buffer.symbol);
    if (!address)
      return fail(toString(address.takeError()));
    machine.shared.push_back({address->toPtr<uint8_t *>(), buffer.size, {}});
  }
  int64_t rows = 1;
  for (unsigned k = 0; k < info.numRowDims; ++k)
    rows *= extents[k];
  machine.launch(entry->toPtr<Machine::Entry>(), slots.data(),
                 divideCeil(rows, info.rowsPerBlock), info.blockX);

  for (size_t index = info.numInputs; index < operands.size(); ++index) {
    Operand &operand = operands[index];
    GlobalBuffer &buffer = machine.buffers[operand.buffer];
    if (machine.errors.empty() &&
        buffer.distinctWritten() != buffer.elementBytes())
      machine.errors.push_back(
          buffer.name + ": " +
          std::to_string((buffer.elementBytes() - buffer.distinctWritten()) /
                         operand.bytes) +
          " elements were never written");
    Array array;
    array.descr = getDescr(operand.elementType);
    array.shape = operand.shape;
    array.bytes.resize(array.elements() * operand.bytes);
    operand.forEach([&](int64_t i, uint8_t *address) {
      std::memcpy(&array.bytes[i * operand.bytes], address, operand.bytes);
    });
    report.outputs.push_back(std::move(array));
  }
  for (const GlobalBuffer &buffer : machine.buffers)
    report.traffic.push_back(
        buffer.name + ": " + std::to_string(buffer.elementBytes()) +
        " bytes, read " + std::to_string(buffer.distinctRead()) + " (" +
        std::to_string(buffer.bytesRead) + " with repetition), written " +
        std::to_string(buffer.distinctWritten()));
  report.errors = machine.errors;
  for (void *memory : allocations)
    std::free(memory);
  return true;
}
