from __future__ import annotations

import pytest

from harness.runs.suite.toml import line_of

TEXT = """\
# a comment = here
version = 1

cells = [
  "a",
]
[tolerance]
default = "5%"   # x = y
"bits per character" = 0.1

[tolerance."adding:length=10"]
MSE = 0.1
[speed]
inner.key = 3
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (["version"], 2),
        (["cells", "0"], 4),  # an element stands with its list
        (["tolerance", "default"], 8),
        (["tolerance", "bits per character"], 9),
        (["tolerance", "adding:length=10", "MSE"], 12),
        (["tolerance", "adding:length=10", "missing"], 11),  # where it would stand
        (["speed", "inner", "key"], 14),
        (["nowhere"], None),
        ([], None),
    ],
)
def test_a_setting_is_found_where_it_stands(path: list[str], line: int | None) -> None:
    assert line_of(TEXT, path) == line
