"""The pointwise operators of the intermediate form: each in torch, in C, and its derivative."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.modeling.engine.form.graph import Graph
    from harness.modeling.engine.form.node import Node

    Derivative = Callable[[Graph, Node, Node], tuple[Node | None, ...]]
    """Of a node and the gradient with respect to it: that with respect to each of its arguments; None where it is 0."""


@dataclass(frozen=True)
class Operator:
    """What an operator does.

    Attributes:
        torch: with tensors, or with one number in place of one of them.
        c: with numbers; {0}, {1} and so on stand for the arguments.
        derivative: by the chain rule.
    """

    torch: Callable[..., Any]
    c: str
    derivative: Derivative


def _none(_g: Graph, node: Node, _d: Node) -> tuple[Node | None, ...]:
    return (None,) * len(node.args)


def _add(*terms: Any) -> Any:  # noqa: ANN401
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def _where(condition: Any, yes: Any, no: Any) -> Any:  # noqa: ANN401
    return torch.where(condition != 0, yes, no).to(condition.dtype)


def _tensors(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that does not take numbers, so that it does."""

    def taking(*values: Any) -> Any:  # noqa: ANN401
        like = next(value for value in values if isinstance(value, torch.Tensor))
        return function(*(v if isinstance(v, torch.Tensor) else like.new_full((), v) for v in values))

    return taking


def _number(comparison: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A comparison whose result is 1 or 0 in the type of what is compared."""

    def compared(a: Any, b: Any) -> Any:  # noqa: ANN401
        like = a if isinstance(a, torch.Tensor) else b
        return comparison(a, b).to(like.dtype)

    return compared


def _clone(a: Any) -> Any:  # noqa: ANN401
    return a.clone() if isinstance(a, torch.Tensor) else a


def _stop(a: Any) -> Any:  # noqa: ANN401
    return a.detach() if isinstance(a, torch.Tensor) else a


def _extreme(g: Graph, node: Node, d: Node) -> tuple[Node, Node]:
    """Of the larger or the smaller of two: all to the one that is taken, half to each where they are equal."""
    (a, b), zero = node.args, g.constant(0)
    share = g.where(g.apply("eq", a, b), g.mul(g.constant(0.5), d), d)
    less, greater = ("lt", "gt") if node.op == "max" else ("gt", "lt")
    return g.where(g.apply(less, a, b), zero, share), g.where(g.apply(greater, a, b), zero, share)


def _clamp(g: Graph, node: Node, d: Node) -> tuple[Node | None, ...]:
    a, low, high = node.args
    return g.where(g.mul(g.apply("ge", a, low), g.apply("le", a, high)), d), None, None


def power(g: Graph, base: Node, exponent: Node) -> Node:
    """A power; those that torch computes without one, too: they differ at infinity."""
    made: dict[float, Callable[[], Node]] = {
        1: lambda: base,
        2: lambda: g.mul(base, base),
        3: lambda: g.mul(base, base, base),
        -1: lambda: g.apply("reciprocal", base),
        0.5: lambda: g.apply("sqrt", base),
        -0.5: lambda: g.apply("rsqrt", base),
    }
    simple = made.get(exponent.attr) if exponent.op == "constant" else None
    return simple() if simple else g.apply("pow", base, exponent)


def _power(g: Graph, node: Node, d: Node) -> tuple[Node, Node | None]:
    (base, exponent), zero = node.args, g.constant(0)
    lower = power(g, base, g.sub(exponent, g.constant(1.0)))
    to_base = g.where(g.apply("eq", exponent, zero), zero, g.mul(d, exponent, lower))
    if exponent.op == "constant":
        return to_base, None
    flat = g.mul(g.apply("eq", base, zero), g.apply("ge", exponent, zero))
    return to_base, g.where(flat, zero, g.mul(d, node, g.apply("log", base)))


def _log_add_exp(g: Graph, node: Node, d: Node) -> tuple[Node, Node]:
    apart = g.sub(*node.args)
    return g.mul(d, g.apply("sigmoid", apart)), g.mul(d, g.apply("sigmoid", g.neg(apart)))


def _fmod(g: Graph, node: Node, d: Node) -> tuple[Node, Node]:
    whole = g.apply("trunc", g.apply("div", *node.args))
    return d, g.neg(g.mul(d, whole))


def _lerp(g: Graph, node: Node, d: Node) -> tuple[Node, ...]:
    start, end, weight = node.args
    return g.mul(d, g.sub(g.constant(1.0), weight)), g.mul(d, weight), g.mul(d, g.sub(end, start))


OPERATORS: dict[str, Operator] = {
    "add": Operator(_add, "", lambda _, node, d: (d,) * len(node.args)),
    "mul": Operator(torch.mul, "({0} * {1})", lambda g, n, d: (g.mul(d, n.args[1]), g.mul(d, n.args[0]))),
    "div": Operator(
        torch.div,
        "({0} / {1})",
        lambda g, n, d: (g.apply("div", d, n.args[1]), g.neg(g.apply("div", g.mul(d, n), n.args[1]))),
    ),
    "neg": Operator(torch.neg, "(-{0})", lambda g, _, d: (g.neg(d),)),
    "copy": Operator(_clone, "{0}", lambda _, __, d: (d,)),
    "stop": Operator(_stop, "{0}", _none),
    "sigmoid": Operator(torch.sigmoid, "sigmoid_({0})", lambda g, n, d: (g.apply("sigmoid'", d, n),)),
    "sigmoid'": Operator(torch.ops.aten.sigmoid_backward.default, "({0} * (({1}) * ((real)1 - {1})))", _none),
    "tanh": Operator(torch.tanh, "tanh_({0})", lambda g, n, d: (g.apply("tanh'", d, n),)),
    "tanh'": Operator(torch.ops.aten.tanh_backward.default, "({0} * ((real)1 - {1} * {1}))", _none),
    "relu": Operator(
        torch.relu,
        "({0} <= 0 ? (real)0 : {0})",
        lambda g, n, d: (g.where(g.apply("le", n, g.constant(0)), g.constant(0), d),),
    ),
    "exp": Operator(torch.exp, "exp_({0})", lambda g, n, d: (g.mul(d, n),)),
    "expm1": Operator(torch.expm1, "expm1_({0})", lambda g, n, d: (g.mul(d, g.add(n, g.constant(1.0))),)),
    "log": Operator(torch.log, "log_({0})", lambda g, n, d: (g.apply("div", d, n.args[0]),)),
    "log1p": Operator(
        torch.log1p, "log1p_({0})", lambda g, n, d: (g.apply("div", d, g.add(n.args[0], g.constant(1.0))),)
    ),
    "sqrt": Operator(torch.sqrt, "sqrt_({0})", lambda g, n, d: (g.apply("div", d, g.mul(g.constant(2.0), n)),)),
    "rsqrt": Operator(torch.rsqrt, "((real)1 / sqrt_({0}))", lambda g, n, d: (g.mul(g.constant(-0.5), d, n, n, n),)),
    "reciprocal": Operator(torch.reciprocal, "((real)1 / {0})", lambda g, n, d: (g.neg(g.mul(d, n, n)),)),
    "log_sigmoid": Operator(
        functional.logsigmoid,
        "(({0} < 0 ? {0} : (real)0) - log1p_(exp_(-fabs_({0}))))",
        lambda g, n, d: (g.mul(d, g.apply("sigmoid", g.neg(n.args[0]))),),
    ),
    "logaddexp": Operator(
        _tensors(torch.logaddexp),
        "({0} == {1} ? {0} + (real)0.6931471805599453 : ({0} > {1} ? {0} : {1}) + log1p_(exp_(-fabs_({0} - {1}))))",
        _log_add_exp,
    ),
    "sin": Operator(torch.sin, "sin_({0})", lambda g, n, d: (g.mul(d, g.apply("cos", n.args[0])),)),
    "cos": Operator(torch.cos, "cos_({0})", lambda g, n, d: (g.neg(g.mul(d, g.apply("sin", n.args[0]))),)),
    "erf": Operator(
        torch.erf,
        "erf_({0})",
        lambda g, n, d: (g.mul(g.constant(1.1283791670955126), d, g.apply("exp", g.neg(g.mul(n.args[0], n.args[0])))),),
    ),
    "atan": Operator(
        torch.atan,
        "atan_({0})",
        lambda g, n, d: (g.apply("div", d, g.add(g.mul(n.args[0], n.args[0]), g.constant(1.0))),),
    ),
    **{name: Operator(getattr(torch, name), f"{name}_({{0}})", _none) for name in ("floor", "ceil", "trunc", "round")},
    "fmod": Operator(_tensors(torch.fmod), "fmod_({0}, {1})", _fmod),
    "abs": Operator(torch.abs, "fabs_({0})", lambda g, n, d: (g.mul(d, g.apply("sign", n.args[0])),)),
    "sign": Operator(torch.sign, "(real)(({0} > 0) - ({0} < 0))", _none),
    "pow": Operator(torch.pow, "pow_({0}, {1})", _power),
    "max": Operator(_tensors(torch.maximum), "({0} != {0} || {0} > {1} ? {0} : {1})", _extreme),
    "min": Operator(_tensors(torch.minimum), "({0} != {0} || {0} < {1} ? {0} : {1})", _extreme),
    "clamp": Operator(torch.clamp, "({0} < {1} ? {1} : {0} > {2} ? {2} : {0})", _clamp),
    "lerp": Operator(
        _tensors(torch.lerp),
        "(fabs_({2}) < (real)0.5 ? {0} + {2} * ({1} - {0}) : {1} - ({1} - {0}) * ((real)1 - {2}))",
        _lerp,
    ),
    "where": Operator(
        _where,
        "({0} != 0 ? {1} : {2})",
        lambda g, n, d: (None, g.where(n.args[0], d), g.where(n.args[0], g.constant(0), d)),
    ),
    "gt": Operator(_number(operator.gt), "(real)({0} > {1})", _none),
    "ge": Operator(_number(operator.ge), "(real)({0} >= {1})", _none),
    "lt": Operator(_number(operator.lt), "(real)({0} < {1})", _none),
    "le": Operator(_number(operator.le), "(real)({0} <= {1})", _none),
    "eq": Operator(_number(operator.eq), "(real)({0} == {1})", _none),
    "ne": Operator(_number(operator.ne), "(real)({0} != {1})", _none),
}
