# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Norm bodies of transformers: a part of ``scripts/scan-transformers``, and its parts by themselves."""

import ast
import os
import textwrap

import pytest

for module in ("torch", "torch_mlir", "transformers"):
    pytest.importorskip(module, reason=f"{module} is not installed")

os.environ.setdefault("KERAS_BACKEND", "jax")

import torch  # noqa: E402
import zoo_forms  # noqa: E402
from coverage_table import CoverageRow, Outcome, exit_status  # noqa: E402
from isolated import ChildError, isolated  # noqa: E402
from norm_numbers import difference  # noqa: E402
from norm_sources import Kind, kind_of  # noqa: E402
from norm_trace import executed_norms  # noqa: E402
from normalised_text import normalised  # noqa: E402
from scan_transformers import check_body, library_bodies  # noqa: E402

# Folders of the library, the bodies wanted from them, and how many norms each instance has in f32.
FOLDERS = {
    "llama": ("LlamaRMSNorm", 1),
    "gemma": ("GemmaRMSNorm", 1),
    "t5": ("T5LayerNorm", 1),
    "gpt_oss": ("GptOssRMSNorm", 1),
    "mamba2": ("MambaRMSNormGated", 1),
    "qwen4_exp": ("Qwen4ExpTextRMSNorm", 1),
    "cohere": ("CohereLayerNorm", 0),
    "imagegpt": ("ImageGPTLayerNorm", 1),
    "deepseek_v4": ("DeepseekV4UnweightedRMSNorm", 1),
    "kimi_linear": ("l2norm", 0),
}


@pytest.mark.parametrize("folder", sorted(FOLDERS))
def test_body(folder: str) -> None:
    name, norms = FOLDERS[folder]
    bodies = [body for body in library_bodies(folder) if body.name == name]
    assert len(bodies) == 1
    rows = check_body(bodies[0], ("f32", "bf16"))
    assert len(rows) >= 4
    for row in rows:
        assert row.outcome in (Outcome.AGREES, Outcome.REFUSED), row
        if row.variant.startswith("f32"):
            assert row.raised == norms, row


def function(source: str) -> ast.FunctionDef:
    parsed = ast.parse(textwrap.dedent(source)).body[0]
    assert isinstance(parsed, ast.FunctionDef)
    return parsed


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("return x * torch.rsqrt(x.pow(2).mean(-1) + e)", Kind.RMS),
        ("v = (x * x).mean(-1); r = v + e; return x / r.sqrt()", Kind.RMS),
        ("return x * (torch.mean(x ** 2, -1) + e) ** -0.5", Kind.RMS),
        ("m = x.mean(-1); c = x - m; return c / (c.square().mean(-1) + e).sqrt()", Kind.CENTRED),
        ("return x * torch.rsqrt((x * x).sum(-1) + e)", Kind.L2),
        ("return F.normalize(x, dim=-1)", Kind.CALL),
        ("return self.norm(x)", None),
        ("return (x * y).mean(-1).sqrt()", None),
        ("return x.pow(3).mean(-1).sqrt()", None),
        ("return x.pow(2).mean(-1)", None),
    ],
)
def test_kind(body: str, kind: Kind | None) -> None:
    assert kind_of(function(f"def f(self, x, e, y):\n    {body}")) == kind


def test_names_do_not_make_a_body() -> None:
    one = function("def f(self, x):\n    '''Doc.'''\n    v = x.pow(2)\n    return self.w * v")
    two = function(
        "def g(self, hidden):\n    square = hidden.pow(2)\n    return self.scale * square"
    )
    other = function("def g(self, hidden):\n    square = hidden.pow(3)\n    return self.w * square")
    assert normalised(one) == normalised(two) != normalised(other)


def test_what_pytorch_executes() -> None:
    x = torch.randn(2, 3, 8)
    [norm] = executed_norms(torch.nn.RMSNorm(8, eps=1e-3), x).rms_norms()
    assert (norm.dims, norm.weighted) == ((-1,), True)
    assert norm.eps == pytest.approx(1e-3)
    assert executed_norms(torch.nn.LayerNorm(8), x).rms_norms() == []


def test_a_misplaced_rounding_is_noticed() -> None:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(64, 256, generator=generator)
    weight = torch.randn(256, generator=generator).bfloat16()
    once = (x * weight.float()).bfloat16()
    twice = x.bfloat16() * weight
    found = difference([twice], [once], torch.bfloat16)
    assert found.ulp <= 1.0 < 100 * found.share
    assert not found.within(torch.bfloat16)
    assert difference([once], [once], torch.bfloat16).within(torch.bfloat16)
    with pytest.raises(ValueError, match="infinities"):
        difference([x / 0], [x], torch.float32)


def test_a_child_is_bounded() -> None:
    assert isolated(lambda: 3) == 3
    with pytest.raises(ChildError, match="ValueError: given 4"):
        isolated(_fail)
    with pytest.raises(ChildError, match="more than 1 s"):
        isolated(_wait, seconds=1.0)


def _fail() -> None:
    raise ValueError("given 4")


def _wait() -> None:
    import time

    time.sleep(60)


def test_exit_status() -> None:
    good = CoverageRow("a", "f32", 1, 1, Outcome.AGREES)
    bad = CoverageRow("b", "f32", 1, 0, Outcome.WRONG_COUNT)
    missing = CoverageRow("c", "f32", None, None, Outcome.NOT_IMPORTED, "why")
    assert exit_status([good, missing]) == 0
    assert exit_status([good, bad]) == 1
    assert exit_status([missing]) == 1
    assert exit_status([]) == 1


@pytest.mark.parametrize(
    "name", ["wan_rms_norm", "simple_norm", "flax_nnx", "keras", "onnx_skip_simplified"]
)
def test_form_of_the_zoo(name: str) -> None:
    known = zoo_forms.forms()
    if name not in known:
        pytest.skip("the packages of this form are not installed")
    for dtype in known[name]:
        row = zoo_forms.check_form(name, dtype)
        assert not row.failed, row
