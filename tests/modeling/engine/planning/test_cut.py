"""Minimum cuts against an independent implementation."""

from __future__ import annotations

from itertools import pairwise
from math import inf

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.modeling.engine.planning.cut import beyond_cut

SOURCE, SINK, VERTICES = 0, 1, 8
edges = st.tuples(st.integers(0, VERTICES - 1), st.integers(0, VERTICES - 1)).filter(lambda edge: edge[0] != edge[1])


@given(st.dictionaries(edges, st.sampled_from([1.0, 2.0, 3.0, 5.0, inf]), max_size=25))
def test_it_cuts_where_another_implementation_does(capacities: dict[tuple[int, int], float]) -> None:
    network = nx.DiGraph()
    network.add_nodes_from(range(VERTICES))
    network.add_weighted_edges_from([(*edge, capacity) for edge, capacity in capacities.items()], weight="capacity")
    try:
        _, (_, far) = nx.minimum_cut(network, SOURCE, SINK)
    except nx.NetworkXUnbounded:
        with pytest.raises(ValueError, match="no limit"):
            beyond_cut(capacities, SOURCE, SINK)
    else:
        assert beyond_cut(capacities, SOURCE, SINK) == far


def test_of_several_cuts_it_is_the_nearest_to_the_sink() -> None:
    assert beyond_cut({("source", "a"): 2, ("a", "b"): 2, ("b", "sink"): 2}, "source", "sink") == {"sink"}


def test_a_flow_is_turned_back_where_a_short_path_was_wrong() -> None:
    paths = ["sabt", "saxyt", "spqbt"]  # the first is the shortest; the most that can flow takes the others
    assert beyond_cut({edge: 1 for path in paths for edge in pairwise(path)}, "s", "t") == {"t"}
