"""The plan of a step: its programs for both passes, and where everything lies between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.modeling.engine.form.derive import derive
from harness.modeling.engine.form.node import Part, describe, ordered, within
from harness.modeling.engine.planning.keep import exact, kept
from harness.modeling.engine.planning.program import Buffer, Kind, Place, Program

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.modeling.engine.form.derive import Gradients
    from harness.modeling.engine.form.node import Node
    from harness.modeling.engine.planning.split import Split

X = "x"
HOT = "hot"
"""Which unit vectors the inputs are, where these are known."""
SEEN = "gradient of outputs"


class Plan:
    """What to compute when, of a step that was split.

    Args:
        split: the step.
        again: whether the backward pass computes pointwise values again, to keep less.

    Attributes:
        split: the step.
        histories: where each state lies over time; at 0 the initial one.
        passing: where they lie if nothing is kept: the first, the output, over time, others at odd and even steps.
        leaves: where each leaf lies that is not x itself.
        inference: the forward pass that keeps nothing but states.
        forward: the forward pass that keeps what the backward pass needs.
        backward: the backward pass over the loop.
        kept: the buffers that the forward pass writes for it.
        turns: where the gradients of the states lie, at odd and even steps.
        leaf_gradients: where the backward pass writes the gradients of the leaves.
        products: matrices whose gradient is the sum over time and batch of a ⊗ g, with the nodes a and g.
        vectors: vectors whose gradient the backward pass adds up, and where.
        biases: likewise of vectors that an affine map of the input adds, so that the gradient is that of the map.
        outer: gradients of the leaves' own arguments; what `placeholders` stand for goes in.
        placeholders: of each leaf's gradient.
    """

    def __init__(self, split: Split, *, again: bool = True) -> None:
        self.split = split
        graph = self.graph = split.graph
        self.histories = [Buffer(f"state {k}", s.width, Kind.HISTORY) for k, s in enumerate(split.states)]
        self.leaves = {
            leaf: Buffer(f"leaf {k}", leaf.width, Kind.FEW if _maps(split.input, leaf) else Kind.PIECE)
            for k, leaf in enumerate(split.leaves)
        }
        others = (Buffer(f"passing {k}", s.width, Kind.TURNS) for k, s in enumerate(split.states) if k)
        self.passing = [self.histories[0], *others]
        before = dict(_places(split.states, self.histories))
        x = {split.input: Place(Buffer(X, split.input.width, Kind.HISTORY))}
        leaves = {leaf: Place(buffer) for leaf, buffer in self.leaves.items()} | x
        prepared = {leaf: buffer for leaf, buffer in self.leaves.items() if buffer.kind == Kind.FEW}
        now, then = dict(_places(split.states, self.passing)), _places(split.after, self.passing, later=1)
        self.inference = Program(graph, backward=False, given=now | leaves, stored=then, prepared=prepared)
        after = _places(split.after, self.histories, later=1)

        carried = [graph.make("carry", attr=k, width=s.width, part=Part.STATE) for k, s in enumerate(split.states)]
        seen = graph.make("carry", attr=SEEN, width=split.states[0].width, part=Part.STATE)
        ends = dict(zip(split.after, carried, strict=True))
        ends[split.after[0]] = graph.add(carried[0], seen)
        gradients = derive(graph, ends, [*split.states, *split.leaves])
        places = self._places_kept(gradients, [*before, *split.after, split.input], again=again)
        self.kept = [place.buffer for place in places.values()]
        stored = [*after, *places.items()]
        self.forward = Program(graph, backward=False, given=before | leaves, stored=stored, prepared=prepared)

        self.turns = [Buffer(f"turn {k}", s.width, Kind.TURNS) for k, s in enumerate(split.states)]
        given = before | x | dict(after) | places
        given |= {node: Place(buffer) for node, buffer in zip(carried, self.turns, strict=True)}
        given[seen] = Place(Buffer(SEEN, seen.width, Kind.HISTORY))
        self._written: dict[Node, Place] = {}
        self.backward = Program(graph, backward=True, given=given, stored=[])
        self._go_back(gradients)
        self._go_on_outside(gradients)

    def describe(self) -> list[str]:
        """What the plan computes: equal for plans that compute the same."""
        parameters = self.parameters()
        numbers = [node.attr if node.op == "vector" else node.attr[0] for node in parameters]
        return describe([*self.split.after, *self.split.leaves]) + self.graph.parameters.describe(numbers)

    def parameters(self) -> list[Node]:
        """The vectors and matrices that the plan reads, in order."""
        roots = [*self.split.after, *self.split.leaves]
        roots += [node for node, _ in [*self.backward.stored, *self.backward.summed]]
        roots += [*self.outer.leaves.values(), *self.outer.vectors.values()]
        roots += [node for _, *pair in self.outer.products for node in pair]
        return [node for node in ordered(roots) if node.op in {"vector", "matrix"}]

    def _places_kept(self, gradients: Gradients, free: list[Node], *, again: bool) -> dict[Node, Place]:
        """What the forward pass writes for the backward pass, besides what is there anyhow."""
        forward = set(ordered(self.split.after))
        results = [*gradients.leaves.values(), *gradients.vectors.values()]
        results += [node for _, *pair in gradients.products for node in pair]
        backward = within(results, forward)
        needed = [node for node in backward if node in forward]
        keep = kept(needed, free, exact([*forward, *backward]), again=again)
        return {node: Place(Buffer(f"kept {k}", node.width, Kind.HISTORY)) for k, node in enumerate(keep)}

    def _go_back(self, gradients: Gradients) -> None:
        """What the backward pass over the loop writes and adds up."""
        self.leaf_gradients = {
            leaf: self._write(gradients.leaves[leaf]) for leaf in self.split.leaves if leaf in gradients.leaves
        }
        self.products = [(matrix, self._read(a), self._write(g)) for matrix, a, g in gradients.products]
        self.vectors = {node: Buffer(f"sum {node.attr}", node.width, Kind.SUM) for node in gradients.vectors}
        self.backward.summed = [(gradients.vectors[node], buffer) for node, buffer in self.vectors.items()]
        self.backward.stored += [(node, place) for node, place in self._written.items()]
        for state, turn in zip(self.split.states, self.turns, strict=True):
            gradient = gradients.leaves.get(state, self.graph.constant(0))
            self.backward.stored.append((self.graph.expand(gradient, state.width), Place(turn, later=1)))

    def _go_on_outside(self, gradients: Gradients) -> None:
        """From the gradients of the leaves to those of what they are made of, for all time steps at once."""
        self.placeholders = {
            leaf: self.graph.make("carry", attr=("leaf", k), width=leaf.width, part=Part.INPUT)
            for k, leaf in enumerate(self.split.leaves)
            if leaf in self.leaf_gradients
        }
        self.outer = derive(self.graph, self.placeholders, [self.split.input])
        leaf_of = {placeholder: leaf for leaf, placeholder in self.placeholders.items()}
        self.biases = {
            vector: (gradients.leaves[leaf_of[gradient]], Buffer(f"bias {vector.attr}", vector.width, Kind.SUM))
            for vector, gradient in self.outer.vectors.items()
            if gradient in leaf_of
        }

    def _read(self, node: Node) -> Place:
        """Where the backward pass finds a value for all steps of a piece of time, or leaves it."""
        column, whole = 0, node
        while whole.op == "slice" and whole not in self.backward.given:
            column, whole = column + whole.attr, whole.args[0]
        return self.backward.given[whole].at(column) if whole in self.backward.given else self._write(node)

    def _write(self, node: Node) -> Place:
        """Where the backward pass leaves a value for all steps of a piece of time."""
        if node not in self._written:
            self._written[node] = Place(Buffer(f"piece {len(self._written)}", node.width, Kind.PIECE))
        return self._written[node]


def _places(states: Iterable[Node], buffers: Iterable[Buffer], later: int = 0) -> list[tuple[Node, Place]]:
    return [(state, Place(buffer, later=later)) for state, buffer in zip(states, buffers, strict=True)]


def _maps(operand: Node, leaf: Node) -> bool:
    """Whether a leaf is an affine map of this."""
    return leaf.op == "linear" and leaf.args[0] is operand
