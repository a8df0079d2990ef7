# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Counts individual tests in the JUnit file that ctest wrote.

A ctest entry that is itself a suite (lit, pytest, a GoogleTest program) is
counted by the summary in its output, any other entry as one test. A suite
that failed without a readable summary counts as one failure, so that a crash
never disappears. Usage: count_results.py RESULTS.xml
"""

import re
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

LIT_SUMMARY = re.compile(r"^\s*([A-Z][A-Za-z ]+?)\s*:\s*(\d+)\s+\(\d", re.MULTILINE)
LIT_PASSED = {"Passed", "Expectedly Failed"}
LIT_FAILED = {"Failed", "Unresolved", "Timed Out", "Unexpectedly Passed"}
LIT_SKIPPED = {"Unsupported", "Skipped", "Excluded"}
PYTEST_SUMMARY = re.compile(
    r"^=+ (.*\d+ (?:passed|failed|skipped|error).*) in [\d.]+s.*=+$", re.MULTILINE
)
GTEST_END = re.compile(r"^\[==========\] \d+ tests? from .* ran", re.MULTILINE)


@dataclass
class Count:
    """Numbers of tests, and the names of those that did not run or did not pass."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)
    skips: list[str] = field(default_factory=list)

    def add(self, other: "Count") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.failures += other.failures
        self.skips += other.skips


def count_lit(output: str) -> Count | None:
    pairs = LIT_SUMMARY.findall(output)
    if "Total Discovered Tests" not in output and "-- Testing:" not in output:
        return None
    count = Count()
    for name, number in pairs:
        if name in LIT_PASSED:
            count.passed += int(number)
        elif name in LIT_FAILED:
            count.failed += int(number)
        elif name in LIT_SKIPPED:
            count.skipped += int(number)
    count.failures = re.findall(
        r"^(?:FAIL|TIMEOUT|UNRESOLVED|XPASS): (\S+ :: \S+)", output, re.MULTILINE
    )
    count.skips = re.findall(r"^(?:UNSUPPORTED|SKIPPED): (\S+ :: \S+)", output, re.MULTILINE)
    return count


def count_pytest(output: str) -> Count | None:
    summary = PYTEST_SUMMARY.findall(output)
    if not summary:
        return None
    numbers = {word: int(n) for n, word in re.findall(r"(\d+) (\w+)", summary[-1])}
    count = Count(
        passed=numbers.get("passed", 0),
        failed=numbers.get("failed", 0)
        + numbers.get("error", 0)
        + numbers.get("errors", 0)
        + numbers.get("xpassed", 0),
        # An expected failure has shown nothing to work.
        skipped=numbers.get("skipped", 0) + numbers.get("xfailed", 0),
    )
    count.failures = re.findall(r"^(?:FAILED|ERROR) (\S+::\S+)", output, re.MULTILINE)
    count.skips = re.findall(r"^SKIPPED \[\d+\] (.*)$", output, re.MULTILINE)
    return count


def count_gtest(output: str) -> Count | None:
    if not GTEST_END.search(output):
        return None
    count = Count()
    count.passed = len(re.findall(r"^\[       OK \]", output, re.MULTILINE))
    count.failures = sorted(
        set(re.findall(r"^\[  FAILED  \] ([^\s,]+)(?:,|$| \()", output, re.MULTILINE))
    )
    count.failures = [name for name in count.failures if not name.isdigit()]
    count.skips = sorted(
        set(re.findall(r"^\[  SKIPPED \] ([^\s,]+)(?:,|$| \()", output, re.MULTILINE))
    )
    count.failed = len(count.failures)
    count.skipped = len(count.skips)
    return count


def count_entry(case: ElementTree.Element) -> Count:
    """The tests of one ctest entry."""
    name = case.get("name", "?")
    failed = case.find("failure") is not None or case.get("status") == "fail"
    output = case.findtext("system-out") or ""
    for counter in (count_gtest, count_lit, count_pytest):
        found = counter(output)
        if found is None:
            continue
        if failed and found.failed == 0:
            found.failed, found.failures = 1, [f"{name} (failed outside its tests)"]
        found.failures = [f"{name}: {failure}" for failure in found.failures]
        return found
    if failed:
        return Count(failed=1, failures=[name])
    if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
        return Count(skipped=1, skips=[name])
    return Count(passed=1)


def main() -> int:
    total = Count()
    for case in ElementTree.parse(sys.argv[1]).getroot().iter("testcase"):
        total.add(count_entry(case))
    for skip in total.skips:
        print(f"skipped: {skip}")
    for failure in total.failures:
        print(f"FAILED: {failure}")
    if total.passed == 0:
        print("no test passed: is the build complete?", file=sys.stderr)
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
