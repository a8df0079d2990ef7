// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "jit/cache.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace rmsn;

namespace {

constexpr char kSuffix[] = ".rmsn";
constexpr char kTemporary[] = ".tmp-";
// Temporary files of processes that ended in the middle.
constexpr time_t kStaleSeconds = 3600;

class Descriptor {
public:
  explicit Descriptor(int fd) : fd(fd) {}
  ~Descriptor() {
    if (fd >= 0)
      close(fd);
  }
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  operator int() const { return fd; }

private:
  int fd;
};

bool makeDirectories(const std::string &path) {
  for (size_t at = 1; at < path.size(); ++at)
    if (path[at] == '/')
      mkdir(path.substr(0, at).c_str(), 0755);
  return mkdir(path.c_str(), 0700) == 0 || errno == EEXIST;
}

} // namespace

std::string rmsn::defaultCacheDirectory() {
  const char *xdg = getenv("XDG_CACHE_HOME");
  // Relative paths there are to be ignored, says the specification.
  if (xdg && *xdg == '/')
    return std::string(xdg) + "/rmsnorm";
  std::string home;
  if (const char *given = getenv("HOME"))
    home = given;
  if (home.empty()) {
    char buffer[4096];
    passwd entry, *found = nullptr;
    if (getpwuid_r(getuid(), &entry, buffer, sizeof(buffer), &found) == 0 &&
        found && found->pw_dir)
      home = found->pw_dir;
  }
  return home.empty() || home[0] != '/' ? "" : home + "/.cache/rmsnorm";
}

DiskCache::DiskCache(rmsn_context &context, std::string folder, uint64_t limit)
    : context(context), directory(std::move(folder)), limit(limit) {}

int DiskCache::openDirectory(bool create) {
  if (directory.empty())
    return -1;
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int fd = open(directory.c_str(), flags);
  if (fd < 0 && errno == ENOENT && create && makeDirectories(directory))
    fd = open(directory.c_str(), flags);
  if (fd < 0) {
    if (create || errno != ENOENT)
      context.log(RMSN_LOG_INFO, "no cache: cannot open '%s': %s",
                  directory.c_str(), ErrnoText(errno).c_str());
    return -1;
  }
  // Code of somebody else's making must not be run.
  struct stat info;
  if (fstat(fd, &info) != 0 || info.st_uid != geteuid() ||
      (info.st_mode & 022)) {
    context.log(RMSN_LOG_WARNING,
                "no cache: '%s' belongs to or can be written by others",
                directory.c_str());
    close(fd);
    return -1;
  }
  return fd;
}

bool DiskCache::read(const std::string &key, Bytes &bytes) {
  Descriptor folder(openDirectory(false));
  if (folder < 0)
    return false;
  std::string name = key + kSuffix;
  Descriptor file(
      openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (file < 0)
    return false;
  struct stat info;
  if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode) ||
      info.st_uid != geteuid() || (info.st_mode & 022))
    return false;
  if (bytes.openDescriptor(file, name.c_str()))
    return false;
  // The time of last use decides what goes first. (Access times are often not
  // kept.) A file system that refuses only makes the order worse.
  futimens(file, nullptr);
  return true;
}

void DiskCache::remove(const std::string &key) {
  Descriptor folder(openDirectory(false));
  if (folder >= 0)
    unlinkat(folder, (key + kSuffix).c_str(), 0);
}

void DiskCache::write(const std::string &key, const void *data, size_t size) {
  if (size > limit)
    return;
  Descriptor folder(openDirectory(true));
  if (folder < 0)
    return;
  static std::atomic<unsigned> counter{0};
  std::string temporary =
      kTemporary + std::to_string(getpid()) + "-" + std::to_string(++counter);
  // A leftover of a process that had our number.
  unlinkat(folder, temporary.c_str(), 0);
  Descriptor file(openat(folder, temporary.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                         0600));
  bool ok = file >= 0;
  const char *p = static_cast<const char *>(data);
  for (size_t left = size; ok && left;) {
    ssize_t n = ::write(file, p, left);
    if (n < 0 && errno == EINTR)
      continue;
    ok = n > 0;
    if (ok) {
      p += n;
      left -= size_t(n);
    }
  }
  // Without fsync: an entry that a crash cut off is found out by its checksum.
  ok = ok && renameat(folder, temporary.c_str(), folder,
                      (key + kSuffix).c_str()) == 0;
  if (!ok) {
    context.log(RMSN_LOG_INFO, "cannot write to the cache '%s': %s",
                directory.c_str(), ErrnoText(errno).c_str());
    unlinkat(folder, temporary.c_str(), 0);
    return;
  }
  trim(folder);
}

void DiskCache::trim(int folder) {
  int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *listing = copy < 0 ? nullptr : fdopendir(copy);
  if (!listing) {
    if (copy >= 0)
      close(copy);
    return;
  }
  struct Entry {
    std::string name;
    timespec used;
    uint64_t size;
  };
  std::vector<Entry> entries;
  uint64_t total = 0;
  time_t now = time(nullptr);
  while (const dirent *item = readdir(listing)) {
    std::string name = item->d_name;
    struct stat info;
    bool isEntry = name.size() > sizeof(kSuffix) - 1 &&
                   name.compare(name.size() - (sizeof(kSuffix) - 1),
                                std::string::npos, kSuffix) == 0;
    bool isTemporary = name.compare(0, sizeof(kTemporary) - 1, kTemporary) == 0;
    if ((!isEntry && !isTemporary) ||
        fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(info.st_mode))
      continue;
    if (isTemporary) {
      if (info.st_mtim.tv_sec + kStaleSeconds < now)
        unlinkat(folder, name.c_str(), 0);
      continue;
    }
    entries.push_back({name, info.st_mtim, uint64_t(info.st_size)});
    total += uint64_t(info.st_size);
  }
  closedir(listing);
  std::sort(entries.begin(), entries.end(), [](const Entry &a, const Entry &b) {
    return a.used.tv_sec != b.used.tv_sec ? a.used.tv_sec < b.used.tv_sec
                                          : a.used.tv_nsec < b.used.tv_nsec;
  });
  for (const Entry &entry : entries) {
    if (total <= limit)
      break;
    // A process that has it open keeps it.
    if (unlinkat(folder, entry.name.c_str(), 0) == 0)
      total -= entry.size;
  }
}
