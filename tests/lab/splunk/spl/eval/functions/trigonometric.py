"""Trigonometric and hyperbolic functions, in radians."""

from __future__ import annotations

import math

from .mathematical import of_numbers

FUNCTIONS = (
    *(
        of_numbers(name, 1, 1, getattr(math, name))
        for name in (
            "acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "sin", "sinh", "tan", "tanh",
        )
    ),
    of_numbers("atan2", 2, 2, math.atan2),
    of_numbers("hypot", 2, 2, math.hypot),
)  # fmt: skip
