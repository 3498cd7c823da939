"""Maps that are taught classes: what these must be."""

from typing import Any

import numpy as np

from peakscape.errors import InputError
from peakscape.maps.span_map import SpanMap


class TaughtMap(SpanMap):
    """Base of the maps whose ``fit`` needs the class of each pattern.

    Attributes
    ----------
    n_classes_ : int
        How many classes were taught.
    """

    n_classes_: int

    def __sklearn_tags__(self) -> Any:
        """Tell that classes are needed."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def _check_classes(self, y: object, n_patterns: int) -> np.ndarray:
        """Return classes as text; InputError where they cannot be told apart."""
        if y is None:
            raise InputError(
                f"{type(self).__name__} requires y to be passed, but the target y is None: the class of each pattern"
            )
        classes = np.asarray(y)
        if classes.ndim == 2 and classes.shape[1] == 1:
            classes = classes[:, 0]
        if classes.shape != (n_patterns,):
            raise InputError(f"expected a class for each of {n_patterns} patterns, got shape {classes.shape}")
        if any(_is_missing(one) for one in classes):
            raise InputError("classes hold NaN, None, infinity or an empty text; leave those patterns out")
        names = classes.astype(str)
        count = len(np.unique(names))
        if not 2 <= count < n_patterns:
            raise InputError(
                f"expected two classes or more, fewer than the {n_patterns} patterns, got {count} class(es)"
            )
        return names


def _is_missing(name: object) -> bool:
    if isinstance(name, float | np.floating):
        return not np.isfinite(float(name))
    return name is None or (isinstance(name, str) and not name.strip())
