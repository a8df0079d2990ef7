# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The documentation: every block of code does what it says, every link leads somewhere."""

import re
from pathlib import Path

import pytest
from documentation import ROOT, PageError, blocks, broken_links, needs, pages
from snippet_runner import PageRunner, SnippetError


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_page(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = page.read_text(encoding="utf-8")
    found = blocks(page, text)
    assert not broken_links(page, text)
    if any("skip" not in block.options for block in found):
        for package in needs(text):
            pytest.importorskip(package, reason=f"{package} is not installed")
    monkeypatch.chdir(tmp_path)
    runner = PageRunner(str(page.relative_to(ROOT)), tmp_path)
    for block in found:
        runner.run(block)


def run(folder: Path, text: str) -> None:
    runner = PageRunner("page", folder)
    for block in blocks(Path("page.md"), text):
        runner.run(block)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```\ncode\n```\n", "without a language"),
        ("Text:\n\n    code\n", "only indented"),
        ("```python\nx = 1\n", "does not end"),
    ],
)
def test_blocks_that_nothing_would_run(text: str, message: str) -> None:
    with pytest.raises(PageError, match=message):
        blocks(Path("page.md"), text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```python\n1 / 0\n```\n", "page:2: ZeroDivisionError"),
        ("```python\nprint(1)\n```\n```text output\n2\n```\n", "printed\n1"),
        ("```python raises=KeyError\nx = 1\n```\n", "does not raise KeyError"),
        ("```sh\nexit 3\n```\n", "gave 3"),
        ("```console\n$ echo one\ntwo\n```\n", "printed\none"),
        ("```rust\nlet x = 1;\n```\n", "nothing runs it"),
        ('```sh skip="too long"\nscripts/no-such-script\n```\n', "not there"),
        ("```c\nint main(void) { return 4; }\n```\n", "gave 4"),
        ("```mlir\n%y = rmsnorm.no_such_op\n```\n", "gave 1"),
        ("```json\n{\n```\n", "JSONDecodeError"),
    ],
)
def test_blocks_that_fail(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SnippetError, match=message):
        run(tmp_path, text)


def test_blocks_of_a_page_share_names_and_files(tmp_path: Path) -> None:
    page = """
<!-- hidden python
x = 20
-->
```python
print(x + 1)
print("more")
```
```text output
21
...
```
```text file=data.txt
content
```
```console
$ cat data.txt
content
```
"""
    run(tmp_path, page)


def test_broken_links(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A heading: `x`, y\n")
    text = "[a](page.md) [b](page.md#a-heading-x-y) [c](gone.md) [d](page.md#gone) [e](https://x.y)"
    assert broken_links(page, text) == ["gone.md", "page.md#gone"]


def table_names(page: str) -> set[str]:
    """Words in code in the first column of a page's tables, and in its text."""
    text = (ROOT / "docs" / "guide" / page).read_text(encoding="utf-8")
    return set(re.findall(r"`([A-Z][A-Z0-9_]+)`", text))


def test_every_status_is_explained() -> None:
    header = (ROOT / "runtime/include/rmsnorm_runtime/status.h").read_text(encoding="utf-8")
    statuses = set(re.findall(r"RMSN_STATUS_(\w+) =", header)) - {"OK"}
    assert len(statuses) > 20
    assert statuses <= table_names("troubleshooting.md")


def test_every_environment_variable_is_explained() -> None:
    read = re.compile(r"(?:getenv|environ(?:\.get)?)[(\[]\s*\"([A-Z_]+)\"|\$\{(RMSNORM_[A-Z_]+):-")
    found: set[str] = set()
    for folder in ("runtime/src", "lib", "tools", "python", "scripts"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.suffix in ("", ".py", ".cpp", ".c", ".h", ".sh"):
                for names in read.findall(path.read_text(encoding="utf-8")):
                    found |= {name for name in names if name}
    assert {"RMSNORM_LOG", "RMSNORM_BUILD_DIR", "RMSNORM_BLAS_PLUGIN"} <= found
    assert not found - table_names("troubleshooting.md")


def test_every_refusal_of_the_table_is_one_of_the_compiler() -> None:
    page = (ROOT / "docs/guide/troubleshooting.md").read_text(encoding="utf-8")
    table = page.split('| "not an rms_norm: ..." | means |')[1].split("\n\n")[0]
    sources = "".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "lib/Dialect/RMSNorm/Transforms/Raise").glob("*.cpp")
    )
    reasons = re.sub(r'"\s*\n\s*"', "", sources)
    rows = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| the")]
    assert len(rows) > 5
    for row in rows:
        start = row.split(",")[0].split(" (")[0]
        assert start in reasons, row
