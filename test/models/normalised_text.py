# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The text of a function without what its author was free to choose: names, types, comments."""

import ast
import copy


class _Rename(ast.NodeTransformer):
    """Local variables, arguments and attributes of ``self`` by order of appearance."""

    def __init__(self, local_names: set[str]) -> None:
        self.local_names = local_names - {"self"}
        self.names: dict[str, str] = {}

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self.local_names:
            node.id = self.names.setdefault(node.id, f"v{len(self.names)}")
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            node.attr = self.names.setdefault(f"self.{node.attr}", f"a{len(self.names)}")
            return node
        return self.generic_visit(node)


def normalised(function: ast.FunctionDef) -> str:
    """The statements of a function, without docstrings, annotations and chosen names."""
    function = copy.deepcopy(function)
    listed = function.args
    local_names = {a.arg for a in [*listed.posonlyargs, *listed.args, *listed.kwonlyargs]}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            local_names.add(node.id)
    rename = _Rename(local_names)
    statements = []
    for statement in function.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            statement = ast.Assign([statement.target], statement.value, lineno=0)
        statements.append(ast.unparse(rename.visit(statement)))
    return "\n".join(statements)
