// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "options.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

using namespace rmsnorm_run;

const char rmsnorm_run::kHelp[] =
    "usage: rmsnorm-run MODEL.rmsn [options] [INPUT...] [-o OUTPUT.npy]...\n"
    "\n"
    "Runs a function of a compiled artifact.\n"
    "\n"
    "  INPUT             a .npy file for each argument, in order; a scalar\n"
    "                    argument may also be given as a number\n"
    "  -o FILE           where to write a result as .npy, one for each result\n"
    "  --entry NAME      the function or GPU kernel (default: the only one, "
    "or\n"
    "                    'main')\n"
    "  --threads N       threads to use (default: one per CPU)\n"
    "  --device DEVICE   cpu (default) or cuda:N\n"
    "  --repeat N        run N times more and print times\n"
    "  --info            print what the artifact holds, and run nothing\n"
    "  --verbose         print the runtime's messages\n"
    "  --version         print the runtime's version\n"
    "  --help            print this\n";

static bool parseNumber(const std::string &text, unsigned &number) {
  char *end;
  errno = 0;
  unsigned long value = strtoul(text.c_str(), &end, 10);
  if (text.empty() || text[0] == '-' || *end || errno || value > 0x7fffffff)
    return false;
  number = unsigned(value);
  return true;
}

bool rmsnorm_run::parseOptions(int argc, char **argv, Options &options,
                               std::string &error) {
  bool onlyFiles = false;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i], value;
    auto number = [](const std::string &text) {
      char *end;
      strtod(text.c_str(), &end);
      return !text.empty() && *end == 0;
    };
    if (onlyFiles || argument.size() < 2 || argument[0] != '-' ||
        number(argument)) {
      if (options.artifact.empty())
        options.artifact = argument;
      else
        options.inputs.push_back(argument);
      continue;
    }
    if (argument == "--") {
      onlyFiles = true;
      continue;
    }
    size_t equals = argument.find('=');
    bool hasValue = argument[1] == '-' && equals != std::string::npos;
    if (hasValue) {
      value = argument.substr(equals + 1);
      argument.resize(equals);
    }
    auto flag = [&](const char *name, bool &place) {
      if (argument != name || hasValue)
        return false;
      place = true;
      return true;
    };
    if (flag("--info", options.info) || flag("--help", options.help) ||
        flag("-h", options.help) || flag("--version", options.version) ||
        flag("--verbose", options.verbose))
      continue;
    bool takesValue = argument == "-o" || argument == "--entry" ||
                      argument == "--threads" || argument == "--device" ||
                      argument == "--repeat";
    if (!takesValue) {
      error = "unknown option '" + argument + "' (see --help)";
      return false;
    }
    if (!hasValue) {
      if (i + 1 == argc) {
        error = "option '" + argument + "' needs a value";
        return false;
      }
      value = argv[++i];
    }
    if (argument == "-o") {
      options.outputs.push_back(value);
    } else if (argument == "--entry") {
      options.entry = value;
    } else if (argument == "--threads") {
      if (!parseNumber(value, options.threads) || options.threads == 0) {
        error = "--threads is '" + value + "', expected a number from 1";
        return false;
      }
    } else if (argument == "--repeat") {
      if (!parseNumber(value, options.repeat) || options.repeat == 0) {
        error = "--repeat is '" + value + "', expected a number from 1";
        return false;
      }
    } else {
      unsigned ordinal = 0;
      if (value == "cpu") {
        options.device = {kDLCPU, 0};
      } else if (value == "cuda" || (value.compare(0, 5, "cuda:") == 0 &&
                                     parseNumber(value.substr(5), ordinal))) {
        options.device = {kDLCUDA, int32_t(ordinal)};
      } else {
        error = "--device is '" + value + "', expected cpu or cuda:N";
        return false;
      }
    }
  }
  if (options.artifact.empty() && !options.help && !options.version) {
    error = "no artifact given (see --help)";
    return false;
  }
  return true;
}
