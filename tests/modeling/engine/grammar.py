"""Random steps: a grammar of what people write, drawn line by line, with the parameters that the lines ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from hypothesis import strategies as st
from torch import Tensor, nn

from harness import Cell, States

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTHS = (1, 2, 3, 4, 6)
MOST_LINES = 9
ALONE = [
    *(f"torch.{name}({{a}})" for name in ("tanh", "sigmoid", "relu", "sin", "cos", "erf", "abs", "sign", "square")),
    *(f"functional.{name}({{a}})" for name in ("silu", "mish", "softplus", "logsigmoid", "gelu", "elu", "celu")),
    *(f"functional.{name}({{a}})" for name in ("selu", "leaky_relu", "hardtanh", "hardswish", "relu6")),
    *(f"functional.{name}({{a}})" for name in ("softsign", "tanhshrink")),
    "functional.softplus({a}, beta=2.0)",
    "functional.gelu({a}, approximate='tanh')",
    "functional.elu({a}, alpha=0.7)",
    "torch.exp(torch.tanh({a}))",
    "torch.expm1(0.3 * torch.sin({a}))",
    "torch.log(1.1 + {a} * {a})",
    "torch.log1p({a}.abs())",
    "torch.sqrt(0.5 + {a}.square())",
    "torch.rsqrt(0.5 + {a} ** 2)",
    "torch.reciprocal(1 + {a} * {a})",
    "torch.tanh({a}) ** 3",
    "({a} * {a} + 1) ** 0.3",
    "1 / (1 + {a}.abs())",
    "{a}.clamp(-0.5, 0.7)",
    "torch.clamp({a}, min=-0.4)",
    "torch.clamp({a}, max=0.3)",
    "-{a}",
    "1 - {a}",
    "(2 * {a} - 1) / 3",
    "0.5 + {a}",
    "{a}.detach() + 0.5 * {a}",
    "{a} * ({a} > 0.1)",
    "({a} > 0).to({a}.dtype) - 0.5",
    "torch.where(({a} > -1) & ({a} <= 0.5), {a}, 0.25)",
    "torch.where(~({a} < 0), {a}, -0.1)",
    "torch.where(torch.logical_and({a} >= -0.5, {a} != 2), 0.3, {a})",
    "{a}.masked_fill({a} < -0.2, 0.1)",
]
"""Pointwise: of one value the same width."""
TWO = [
    "{a} + {b}",
    "{a} - {b}",
    "{a} * {b}",
    "{a} / (1 + {b}.abs())",
    "torch.add({a}, {b}, alpha=0.3)",
    "torch.sub({a}, {b}, alpha=0.7)",
    "torch.rsub({a}, {b})",
    "torch.maximum({a}, {b})",
    "torch.minimum({a}, {b})",
    "torch.lerp({a}, {b}, 0.3)",
    "torch.lerp({a}, {b}, torch.sigmoid({a} + {b}))",
    "torch.where({a} > {b}, {a}, 0.3 * {b})",
    "torch.where({b} >= 0, {a}, {b})",
    "torch.sigmoid({a}) * torch.tanh({b}) + (1 - torch.sigmoid({a})) * {b}",
    "torch.addcmul({a} + {b}, {a}, {b}, value=0.2)",
    "torch.addcdiv({a} + {b}, {a}, 1 + {b}.square(), value=0.2)",
    "({a} * {a} + 0.5) ** torch.tanh({b})",
]
"""Pointwise: of two, of one width, or one of them a number a row or a row of parameters."""
ROWS = [
    "{a}.sum(1, keepdim=True)",
    "{a}.mean(-1, keepdim=True)",
    "{a}.amax(1, keepdim=True)",
    "{a}.amin(1, keepdim=True)",
    "{a}.sum(1).unsqueeze(1)",
    "{a}.mean(dim=1)[:, None]",
    "torch.sqrt({a}.square().sum(1, keepdim=True) + 0.1)",
    "{a}.var(1, keepdim=True, correction=0)",
    "torch.logsumexp({a}, 1, keepdim=True)",
    "(1 + {a}.abs()).norm(dim=1, keepdim=True)",
    "{a}[:, :1]",
    "{a}[:, -1:]",
    "{a}[:, 0].unsqueeze(-1)",
]
"""One number a row."""
ACROSS = [
    "torch.softmax({a}, 1)",
    "torch.softmax(2 * {a}, dim=-1)",
    "torch.log_softmax({a}, dim=1)",
    "functional.layer_norm({a}, ({w},))",
    "functional.layer_norm({a}, ({w},), c.{v1}, c.{v2})",
    "functional.normalize(1 + {a}.abs(), dim=1)",
    "{a} - {a}.mean(1, keepdim=True)",
    "torch.cumsum({a}, 1) / {w}",
    "torch.softmax({a}, 1).cumsum(-1)",
    "torch.cat([{a}[:, {k}:], {a}[:, :{k}]], 1)",
    "torch.cat([{a}[:, {k}:] * 2, torch.tanh({a})[:, :{k}]], dim=-1)",
    "torch.cat({a}.split([{k}, {w} - {k}], dim=1)[::-1], 1)",
    "torch.cat([{a}[:, ::2], torch.tanh({a})[:, 1::2]], 1)",
    "torch.cat([{a}[:, {k}::{w}], {a}[:, 1:]], 1)",
    "{a}.flip(1)",
    "{a}[:, [{k}, *[0, -1] * {w}][:{w}]]",
    "torch.index_select({a}, 1, torch.arange({w}) // 2)",
    "{a}[:, :{k}].repeat_interleave({w}, 1)[:, ::{k}]",
    "functional.pad({a}, ({k}, -{k}))",
    "functional.pad({a}[:, {k}:], ({k}, 0), value=0.5)",
]
"""Of one value the same width, across columns."""
HEADS = [
    "torch.softmax({h}, {d}).flatten(1)",
    "torch.log_softmax({h}, {d}).view(-1, {w})",
    "0.5 * {h}.cumsum({d}).flatten(1)",
    "{h}.transpose(1, 2).reshape(-1, {w})",
    "torch.cat({h}.unbind({d}), 1)",
    "torch.cat([{h}[:, 1:], {h}[:, :1]], 1).flatten(1)",
    "torch.cat([{h}[..., -1:], torch.tanh({h})[..., :-1]], -1).flatten(1)",
    "({h} - {h}.mean({d}, keepdim=True)).flatten(1)",
    "({h} / (1 + {h}.abs().amax({d}).unsqueeze({d}))).reshape({a}.shape)",
    "({h} * {h}.sum((1, 2), keepdim=True)).flatten(1)",
    "functional.layer_norm({h}, ({n},)).flatten(1)",
    "functional.layer_norm({h}, ({k}, {n})).flatten(1)",
    "({h} * c.{plane} + c.{of_head}).flatten(1)",
    "torch.einsum('bkn,knm->bkm', {h}, c.{cube}).flatten(1)",
    "torch.einsum('bkn,kl->bln', {h}, c.{mixing}).flatten(1)",
    "functional.linear({h}, c.{square}, c.{of_column}).flatten(1)",
    "({h} @ c.{square}).flatten(1)",
    "(c.{mixing} @ {h}).flatten(1)",
    "torch.bmm(torch.softmax({h} @ torch.tanh({h}).mT, -1), {h}).flatten(1)",
    "torch.einsum('bkn,bkm->bnm', torch.tanh({h}), torch.tanh({h})).sum(2).repeat(1, {k})",
    "torch.stack([{a}, torch.tanh({a}), 2 * {a}], {d}).sum({d})",
    "torch.stack(({a}, c.{row}.expand_as({a}))).amax(0)",
    "torch.tanh({a}[:, :, None] * torch.tanh({a})[:, None, :]).mean({d})",
    "torch.where({h} > 0, {h}, {h}[:, :1] * 0.1).flatten(1)",
    "(c.{whole} @ {a}.t()).t()",
    "{h}.flip({d}).flatten(1)",
    "torch.index_select({h}, {d}, torch.arange({h}.shape[{d}]) // 2).flatten(1)",
    "{h}[..., [-1, *range({n} - 1)]].flatten(1)",
    "functional.pad({h}, (1, -1)).flatten(1)",
    "torch.softmax({a}.repeat(1, 18).view(-1, 18, {w}), {d}).flatten(1)[:, ::18]",
    "torch.tanh({a}.repeat(1, 18).view(-1, 18, {w}) * {a}[:, :1, None]).amax(2)[:, :1].expand_as({a})",
]
"""Of one value the same width: its columns as heads, or beside others."""
MATRICES = [
    "{m}.sum({d}).repeat(1, 2)[:, :{w}]",
    "torch.tanh({m} * c.{plane} + c.{of_row}).mean({d})[:, :{w}]",
    "({m} @ {r}[:, :, None]).squeeze(2)[:, :{w}]",
    "({l}[:, None] @ torch.tanh({m})).squeeze(1)[:, :{w}]",
    "torch.einsum('bnm,bm->bn', torch.sin({m}), {r} - {a}[:, :1])[:, :{w}]",
    "torch.tanh({m}).flip({d}).mT.reshape(-1, {l}.shape[1] * {r}.shape[1])[:, 1::{k}][:, :{w}]",
    "torch.softmax({m}, {d}).sum(2)[:, :{w}]",
    "{m}[:, [3, *range(12), -1]].cumsum({d}).flatten(1)[:, 5::{k}][:, :{w}]",
    "torch.index_select({m}, {d}, torch.arange(18) // 3).amax(1)[:, :{w}]",
    "(torch.log_softmax({m}, {d}) * {l}[:, :, None]).mean({d})[:, :{w}]",
    "(torch.tanh({m}).amax({d}) * 0.5)[:, :{w}]",
    "({m}[:, 3] * {m}[:, :, -1].sum(1, keepdim=True))[:, :{w}]",
    "torch.cat([{m}.cumsum({d}), torch.stack([{r}, {r} * 2], 1)], 1).flip(1)[:, 4:, :8].amax(1)[:, :{w}]",
    "({a} * ({m} / (1 + {m}.abs().amax((1, 2), keepdim=True))).sum((1, 2))[:, None])",
    "torch.where({m} > 0, {m}, 0.1 * {m}.sum({d}, keepdim=True)).flatten(1)[:, :{w}]",
    "(torch.stack([{l}, 0.5 * {l}], 2) @ torch.stack([{r}, {r}.flip(1)], 1)).mean({d})[:, :{w}]",
]
"""Of one value the same width: of matrices of more rows and columns than are computed one by one."""
MATRICES_OF_HEADS = [
    "{m}.sum({d})",
    "{m}.mean({d}, keepdim=True)",
    "torch.tanh({m} * c.{plane} + c.{of_row}).amax({d})",
    "(c.{of_head} * {m}).flatten(2).sum(2)",
    "({m} @ {r}.unsqueeze(-1)).squeeze(-1)",
    "({l}.unsqueeze(2) @ torch.tanh({m})).squeeze(2)",
    "torch.einsum('bhnm,bhm->bhn', torch.sin({m}), {r} - {a}[:, :1, None])",
    "torch.einsum('bh,bhnm->bhnm', {r}[..., 0], {m})",
    "{m}.mT * {r}[..., None]",
    "{m}.permute(0, 1, 3, 2)[:, :, -1:]",
    "{m}.flip({d}) * {m}",
    "{m}.flip((1, -1)).cumsum({d})",
    "torch.index_select({m}, {d}, torch.arange(5) % {m}.shape[{d}])",
    "{m}[:, [-1, *range({k})][:1]].cumsum({d})",
    "functional.pad({m}, (1, 0, 0, 1)).sum({d})",
    "{m}.flatten(1)[:, ::{k}]",
    "{m}.flatten(2).view({m}.shape).mean({d})",
    "torch.softmax({m}, {d})",
    "torch.log_softmax({m}, {d})",
    "{m} / (0.5 + {m}.norm(dim=(2, 3), keepdim=True))",
    "{m} - {m}.amax((1, 2, 3), keepdim=True)",
    "{m}[:, :, -2:] * {r}.unsqueeze(2)",
    "{m}[..., ::2].sum(-1)",
    "{m}[:, -2:] + {m}[:, :1]",
    "{m}[:, -1] * {a}[:, -1:, None]",
    "torch.where({m} > 0, {m}, 0.1 * {m}.sum({d}, keepdim=True))",
    "functional.layer_norm({m}, ({columns},))",
    "{m} * 0.5 + ({l}[:, 0, :, None] * {r}[:, 0, None])[:, None] * c.{of_head}",
    "({m}[:, :2, :2] + {m}[:, :2, :2].transpose(1, 2)).mean({d})",
    "functional.layer_norm({m}, ({rows}, {columns}), c.{of_matrix}, c.{of_matrix})",
    "{m} @ torch.tanh({m}).mT",
    "torch.tanh({m}).mT @ {m}",
    "({r}.unsqueeze(2) * {l}.unsqueeze(-1) + {m}.mul(0.5)).sum({d})",
    "({m}.sum((2, 3))[:, :, None, None] + {m}).mean((1, 2))",
    "({m} - {m}.transpose(1, 2).mean(1).unsqueeze(2))",
]
"""Of one value a tensor of two dimensions or more: of a matrix of each head."""
IN_PLACE = ["mul_(0.5)", "add_(c.{v1})", "neg_()", "sub_(0.1)", "div_(1.5)"]
LAST_IN_PLACE = ["tanh_()", "sigmoid_()", "mul_(c.{v1})", "relu_()", "clamp_(-1, 1)", "add_(c.{v1}, alpha=0.5)"]
WEIGHTS = {
    "plain": "c.{m}",
    "transposed": "c.{t}.t()",
    "exponential": "(torch.exp(c.{m}) * 0.2)",
    "masked": "(c.{m} * c.{b})",
    "normed": "(c.{m} / c.{m}.norm(dim=0, keepdim=True))",
    "scaled": "(c.{m} * c.{s})",
    "sliced": "c.{big}[:, 1:1 + {out}]",
    "joined": "torch.cat([c.{m}[:1], c.{m}[1:]], 0)",
}
"""A matrix ({a}'s width, out) from parameters."""
PRODUCTS = [
    "{a} @ {M}",
    "torch.mm({a}, {M})",
    "torch.addmm(c.{v}, {a}, {M})",
    "functional.linear({a}, {M}.t(), c.{v})",
    "functional.linear({a}, {M}.t())",
    "torch.matmul({a}, {M}) + c.{v}",
]
PARAMETERS = ["c.{v1}", "torch.exp(c.{v1})", "c.{s}", "c.{b1}", "torch.tanh(c.{v1} * c.{s})", "c.{one}"]
"""A row of parameters, or one."""


@dataclass
class Written:
    """A step as source.

    Attributes:
        input: the width of x.
        widths: of the states.
        shapes: of the parameters and, where they begin with "fixed", of the buffers.
        lines: of the step.
        returned: the new states.
    """

    input: int
    widths: list[int]
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        states = "".join(f", s{number}" for number in range(len(self.widths)))
        body = "\n".join(f"    {line}" for line in [*self.lines, f"return {', '.join(self.returned)}"])
        return f"# x {self.input}, states {self.widths}, {self.shapes}\ndef step(c, x{states}):\n{body}\n"

    __repr__ = __str__


class Drawn(Cell):
    """A cell whose step was drawn."""

    def __init__(self, written: Written) -> None:
        super().__init__(written.input, written.widths[0])
        self.written = written
        generator = torch.Generator().manual_seed(0)
        for name, shape in written.shapes.items():
            values = torch.randn(shape, generator=generator, dtype=torch.float64) * (0.6 if len(shape) > 1 else 0.9)
            if name.startswith("fixed"):
                self.register_buffer(name, (values > 0).to(values))
            else:
                self.register_parameter(name, nn.Parameter(values))
        self.unused = nn.Parameter(torch.ones(2, dtype=torch.float64))
        self.compiled = compiled(str(written))

    def initial(self, batch: int) -> States:
        return tuple(self.unused.new_zeros(batch, width) for width in self.written.widths)

    def step(self, x: Tensor, *states: Tensor) -> object:
        return self.compiled(self, x, *states)


def compiled(source: str) -> Callable[..., Any]:
    """The function of a source."""
    names: dict[str, Any] = {"torch": torch, "functional": nn.functional}
    exec(source, names)
    return names["step"]  # type: ignore[no-any-return]


class _Drawing:
    """Draws a step: each line makes a value of earlier ones."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        self.draw = draw
        widths = draw(st.lists(st.sampled_from(WIDTHS), min_size=1, max_size=4))
        self.written = Written(draw(st.sampled_from(WIDTHS[:4])), widths)
        self.values = {"x": self.written.input, **{f"s{number}": width for number, width in enumerate(widths)}}

    def whole(self) -> Written:
        """The step."""
        for _ in range(self.draw(st.integers(1, MOST_LINES))):
            kind = self.draw(st.sampled_from(["product"] * 3 + ["two"] * 3 + ["alone"] * 3 + OTHERS))
            getattr(self, f"_{kind}")()
        self.written.returned = [self._returned(number) for number in range(len(self.written.widths))]
        return self.written

    def _one(self, *widths: int) -> str:
        """A value, of a width if any is given; recent ones more often."""
        fitting = [name for name, width in self.values.items() if not widths or width in widths]
        return self.draw(st.sampled_from(fitting[-3:] + fitting))  # type: ignore[no-any-return]

    def _line(self, text: str, width: int) -> str:
        name = f"v{len(self.written.lines)}"
        self.written.lines.append(f"{name} = {text}")
        self.values[name] = width
        return name

    def _parameter(self, *shape: int, fixed: bool = False) -> str:
        """A parameter of a shape: one that is there, or a new one."""
        start = "fixed" if fixed else "p"
        alike = [name for name, s in self.written.shapes.items() if s == shape and name.startswith(start)]
        if alike and self.draw(st.booleans()):
            return alike[0]
        name = f"{start}{len(self.written.shapes)}"
        self.written.shapes[name] = shape
        return name

    def _filled(self, text: str, width: int, **names: str) -> str:
        """A template with the parameters that it asks for."""
        asks = {
            "v1": lambda: self._parameter(width),
            "v2": lambda: self._parameter(width),
            "s": self._parameter,
            "one": lambda: self._parameter(1),
            "b1": lambda: self._parameter(width, fixed=True),
        }
        names |= {name: ask() for name, ask in asks.items() if f"{{{name}}}" in text}
        return text.format(w=width, **names)

    def _product(self, out: int | None = None) -> str:
        a = self._one()
        return self._multiplied(a, self.draw(st.sampled_from(WIDTHS)) if out is None else out)

    def _multiplied(self, a: str, out: int) -> str:
        inner = self.values[a]
        kind = self.draw(st.sampled_from(["plain"] * 5 + ["skew", "low"] + list(WEIGHTS)))
        if kind == "low":
            return self._line(f"{a} @ c.{self._parameter(inner, 2)} @ c.{self._parameter(2, out)}", out)
        if kind == "skew" and inner == out:
            square = self._parameter(inner, inner)
            return self._line(f"{a} @ (c.{square} - c.{square}.t())", out)
        text = WEIGHTS.get(kind, "c.{m}")
        shapes = {"m": (inner, out), "t": (out, inner), "s": (), "big": (inner, out + 2)}
        names = {name: self._parameter(*shape) for name, shape in shapes.items() if f"{{{name}}}" in text}
        matrix = text.format(**names, out=out, b=self._parameter(inner, out, fixed=True) if kind == "masked" else "")
        product = self.draw(st.sampled_from(PRODUCTS))
        bias = (
            self._parameter(self.draw(st.sampled_from([out, 1])))
            if "{v}" in product and "linear" not in product
            else None
        )
        bias = self._parameter(out) if "{v}" in product and bias is None else bias
        return self._line(product.format(a=a, M=matrix, v=bias), out)

    def _alone(self) -> None:
        a = self._one()
        self._line(self.draw(st.sampled_from(ALONE)).format(a=a), self.values[a])

    def _two(self) -> None:
        a = self._one()
        width = self.values[a]
        kind = self.draw(st.sampled_from(["value", "value", "parameter", "number"]))
        if kind == "parameter":
            b = self._filled(self.draw(st.sampled_from(PARAMETERS)), width)
        elif kind == "number" and width > 1:
            b = self._reduced(self._one())
        else:
            b = self._one(*({1, width} if width > 1 else WIDTHS))
            width = max(width, self.values[b])
        text = self.draw(st.sampled_from(TWO))
        a, b = (b, a) if self.draw(st.booleans()) and kind != "parameter" else (a, b)
        if kind == "parameter":
            text = text.replace("{b}", "{b}") if b != "" else text
        self._line(text.format(a=a, b=f"({b})" if "(" in b else b), width)

    def _reduced(self, a: str) -> str:
        return self._line(self._filled(self.draw(st.sampled_from(ROWS)), self.values[a], a=a), 1)

    def _rows(self) -> None:
        self._reduced(self._one())

    def _across(self) -> None:
        a = self._one()
        width = self.values[a]
        if width > 1:
            k = self.draw(st.integers(1, width - 1))
            self._line(self._filled(self.draw(st.sampled_from(ACROSS)), width, a=a, k=str(k)), width)

    def _heads(self) -> None:
        a = self._one()
        width = self.values[a]
        heads = self.draw(st.sampled_from([count for count in range(1, width + 1) if width % count == 0]))
        size = width // heads
        text = self.draw(st.sampled_from(HEADS))
        shapes = {
            "plane": self.draw(st.sampled_from([(heads, size), (heads, 1), (1, size), (size,)])),
            "of_head": (heads, 1),
            "of_column": (size,),
            "cube": (heads, size, size),
            "mixing": (heads, heads),
            "square": (size, size),
            "row": (width,),
            "whole": (width, width),
        }
        names = {name: self._parameter(*shape) for name, shape in shapes.items() if f"{{{name}}}" in text}
        axis = self.draw(st.sampled_from([1, 2, -1]))
        self._line(
            text.format(a=a, h=f"{a}.view(-1, {heads}, {size})", k=heads, n=size, w=width, d=axis, **names), width
        )

    def _matrices(self) -> None:
        a = self._one()
        width = self.values[a]
        rows, columns = self.draw(st.sampled_from([(17, 17), (17, 20), (23, 18), (19, 9)]))
        if width <= min(rows, columns, 8):
            left, right = f"{a}.repeat(1, 23)[:, :{rows}]", f"torch.tanh({a}).repeat(1, 20)[:, :{columns}]"
            text = self.draw(st.sampled_from(MATRICES))
            shapes = {"plane": (rows, columns), "of_row": self.draw(st.sampled_from([(rows, 1), (1, 1), (columns,)]))}
            names = {name: self._parameter(*shape) for name, shape in shapes.items() if f"{{{name}}}" in text}
            m = f"({left}[:, :, None] * {right}[:, None])"
            axis, k = self.draw(st.sampled_from([1, 2, -1])), self.draw(st.integers(1, 9))
            self._line(text.format(a=a, l=left, r=right, m=m, d=axis, k=k, w=width, **names), width)

    def _matrices_of_heads(self) -> None:
        a = self._one()
        width = self.values[a]
        heads, rows, columns = self.draw(
            st.sampled_from([(2, 3, 4), (3, 2, 2), (2, 5, 3), (4, 1, 3), (2, 2, 1), (1, 3, 2)])
        )
        left = f"{a}.repeat(1, {heads * rows})[:, :{heads * rows}].view(-1, {heads}, {rows})"
        right = f"torch.tanh({a}).repeat(1, {heads * columns})[:, :{heads * columns}].view(-1, {heads}, {columns})"
        text = self.draw(st.sampled_from(MATRICES_OF_HEADS))
        shapes = {
            "plane": self.draw(st.sampled_from([(rows, columns), (heads, rows, columns), (heads, 1, columns)])),
            "of_row": self.draw(st.sampled_from([(rows, 1), (heads, rows, 1), (columns,)])),
            "of_head": (heads, 1, 1),
            "of_matrix": (rows, columns),
        }
        names = {name: self._parameter(*shape) for name, shape in shapes.items() if f"{{{name}}}" in text}
        m = f"({left}.unsqueeze(-1) * {right}[:, :, None])"
        axis, k = self.draw(st.sampled_from([1, 2, 3, -1])), self.draw(st.integers(1, 5))
        made = text.format(a=a, l=left, r=right, m=m, d=axis, k=k, rows=rows, columns=columns, **names)
        self._line(f"({made}).flatten(1).repeat(1, {width})[:, :{width}]", width)

    def _columns(self) -> None:
        a = self._one()
        width = self.values[a]
        start = self.draw(st.integers(0, width - 1))
        stop = self.draw(st.integers(start + 1, width))
        text = self.draw(
            st.sampled_from(["{a}[:, {i}:{j}]", "{a}.narrow(1, {i}, {j} - {i})", "torch.tanh({a})[:, {i}:{j}]"])
        )
        self._line(text.format(a=a, i=start, j=stop), stop - start)

    def _gates(self) -> None:
        """One product, taken apart."""
        width, count = self.draw(st.sampled_from(WIDTHS)), self.draw(st.integers(2, 4))
        whole = self._product(width * count)
        for number in range(count):
            self._line(f"{whole}.chunk({count}, dim=1)[{number}]", width)

    def _joined(self) -> None:
        parts = [self._one() for _ in range(self.draw(st.integers(2, 3)))]
        if self.draw(st.booleans()):
            row = self._parameter(self.draw(st.sampled_from(WIDTHS)))
            parts.append(f"c.{row}.expand(len(x), -1)")
            width = self.written.shapes[row][0]
        else:
            width = 0
        self._line(f"torch.cat([{', '.join(parts)}], 1)", width + sum(self.values.get(part, 0) for part in parts))

    def _changed(self) -> None:
        a = self._one()
        width = self.values[a]
        name = self._line(f"{a} * 1.5", width)
        changes = self.draw(st.lists(st.sampled_from(IN_PLACE), max_size=2))
        for change in [*changes, self.draw(st.sampled_from(LAST_IN_PLACE))]:  # autograd keeps what the last one made
            self.written.lines.append(self._filled(f"{name}.{change}", width))
        self._line(f"{name} * 1", width)

    def _wide(self) -> None:
        a = self._one(1) if 1 in self.values.values() else self._reduced(self._one())
        width = self.draw(st.sampled_from(WIDTHS))
        self._line(f"{a}.expand(-1, {width})", width)

    def _nothing(self) -> None:
        a = self._one()
        width = self.values[a]
        text = self.draw(
            st.sampled_from(["torch.ones_like({a})", "{a}.new_zeros(len(x), {w}) + {a}", "torch.full_like({a}, 0.3)"])
        )
        self._line(text.format(a=a, w=width), width)

    def _returned(self, number: int) -> str:
        width = self.written.widths[number]
        kind = self.draw(st.sampled_from(["bounded"] * 4 + ["mixed"] * 2 + ["raw", "parameters", "zeros", "gated"]))
        if kind == "zeros":
            return f"torch.zeros_like(s{number})"
        if kind == "parameters":
            return f"c.{self._parameter(width)}.expand(len(x), {width}) * 1"
        fitting = [name for name, w in self.values.items() if w == width]
        value = self._one(width) if self.draw(st.booleans()) and fitting else self._multiplied(self._one(), width)
        if kind == "raw":
            return value
        if kind == "mixed":
            return f"0.5 * s{number} + 0.4 * torch.tanh({value})"
        if kind == "gated":
            return f"torch.lerp(s{number}, torch.tanh({value}), torch.sigmoid({self._multiplied(self._one(), width)}))"
        return f"{self.draw(st.sampled_from(['torch.tanh', 'torch.sigmoid', '0.3 * torch.sin']))}({value})"


OTHERS = [
    "rows",
    "across",
    "across",
    "heads",
    "heads",
    "matrices",
    "matrices_of_heads",
    "columns",
    "gates",
    "joined",
    "changed",
    "wide",
    "nothing",
]


@st.composite
def steps(draw: Callable[..., Any]) -> Written:
    """Random steps."""
    return _Drawing(draw).whole()
