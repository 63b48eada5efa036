"""The compact letter display: who cannot be told apart shares a letter."""

from __future__ import annotations

from itertools import combinations
from string import ascii_letters
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def letters(ordered: Sequence[str], apart: Collection[frozenset[str]]) -> dict[str, str]:
    """Letters for each name: two names have one in common exactly where they are not known to be apart.

    The groups that share a letter are the largest of which no two are apart: those that inserting and absorbing comes
    to (Piepho 2004, Journal of Computational and Graphical Statistics 13), here found as the cliques of a graph.

    Args:
        ordered: from best to worst: the best one's groups come first in the alphabet.
        apart: the pairs that are known to differ.
    """
    import networkx as nx  # noqa: PLC0415 - it takes a while to import

    alike = nx.Graph()
    alike.add_nodes_from(ordered)
    alike.add_edges_from(pair for pair in combinations(ordered, 2) if frozenset(pair) not in apart)
    rank = {name: place for place, name in enumerate(ordered)}
    groups = sorted(nx.find_cliques(alike), key=lambda group: sorted(rank[name] for name in group))
    return {name: "".join(_sign(place) for place, group in enumerate(groups) if name in group) for name in ordered}


def _sign(place: int) -> str:
    """A letter; where the alphabet is at its end, a number in brackets."""
    return ascii_letters[place] if place < len(ascii_letters) else f"({place + 1})"
