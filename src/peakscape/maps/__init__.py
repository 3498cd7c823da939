"""Maps: fitted objects that place each pattern at a point of a plane.

Each name is loaded when it is first used, so that the list of maps (`peakscape.maps.registry`) is at hand at once.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from peakscape.maps.autoencoder.autoencoder import Autoencoder
    from peakscape.maps.embedding.mds import MDS
    from peakscape.maps.embedding.tsne import TSNE
    from peakscape.maps.embedding.umap import UMAP
    from peakscape.maps.feature_map import FeatureMap
    from peakscape.maps.kda import KDA
    from peakscape.maps.lda import LDA
    from peakscape.maps.pca import PCA
    from peakscape.maps.registered_pls import RegisteredPLS as RegisteredPLS
    from peakscape.maps.saved.folder import check_free as check_free
    from peakscape.maps.saved.samples import add_samples as add_samples
    from peakscape.maps.saved.samples import save_with_samples as save_with_samples
    from peakscape.maps.saved.storage import SavedMap as SavedMap
    from peakscape.maps.saved.storage import load as load
    from peakscape.maps.saved.storage import load_saved as load_saved
    from peakscape.maps.saved.storage import save as save
    from peakscape.maps.shift_map import ShiftMap
    from peakscape.maps.shift_masking import MaskedParts as MaskedParts

__all__ = ["KDA", "LDA", "MDS", "PCA", "TSNE", "UMAP", "Autoencoder", "FeatureMap", "ShiftMap"]

_PLACES = {
    "Autoencoder": "autoencoder.autoencoder",
    "FeatureMap": "feature_map",
    "KDA": "kda",
    "LDA": "lda",
    "MDS": "embedding.mds",
    "MaskedParts": "shift_masking",
    "PCA": "pca",
    "RegisteredPLS": "registered_pls",
    "SavedMap": "saved.storage",
    "ShiftMap": "shift_map",
    "TSNE": "embedding.tsne",
    "UMAP": "embedding.umap",
    "add_samples": "saved.samples",
    "check_free": "saved.folder",
    "load": "saved.storage",
    "load_saved": "saved.storage",
    "save": "saved.storage",
    "save_with_samples": "saved.samples",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'peakscape.maps' has no attribute {name!r}")
    return getattr(importlib.import_module(f"peakscape.maps.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
