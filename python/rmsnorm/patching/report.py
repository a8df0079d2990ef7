# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What ``patch`` did, module by module."""

from dataclasses import dataclass, field

from torch import nn


@dataclass(frozen=True)
class PatchEntry:
    """One module.

    Attributes:
        path: where it is in the model.
        kind: its class.
        replaced: whether ours stands there now.
        why: the norm that it was found to be, or the reason that it was kept.
    """

    path: str
    kind: str
    replaced: bool
    why: str


@dataclass
class PatchReport:
    """What became of every module that acts like a norm.

    Attributes:
        entries: in the order of ``named_modules``.
    """

    model: nn.Module = field(repr=False)
    entries: list[PatchEntry] = field(default_factory=list)

    @property
    def replaced(self) -> list[PatchEntry]:
        """The modules that were replaced."""
        return [entry for entry in self.entries if entry.replaced]

    @property
    def kept(self) -> list[PatchEntry]:
        """Those that act like a norm and were kept."""
        return [entry for entry in self.entries if not entry.replaced]

    def unpatch(self) -> None:
        """Puts the model's own modules back, with the parameters as they are now."""
        from rmsnorm.patching.patch import unpatch

        unpatch(self.model)

    def __str__(self) -> str:
        lines = [f"{len(self.replaced)} modules replaced, {len(self.kept)} kept"]
        width = max((len(entry.path) for entry in self.entries), default=0)
        for entry in self.entries:
            mark = "replaced" if entry.replaced else "kept    "
            lines.append(f"  {entry.path:<{width}}  {mark}  {entry.kind}: {entry.why}")
        return "\n".join(lines)
