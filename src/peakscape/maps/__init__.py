"""Maps: fitted objects that place each pattern at a point of a plane."""

from peakscape.maps.additions import add_samples
from peakscape.maps.autoencoder import Autoencoder
from peakscape.maps.feature_map import FeatureMap
from peakscape.maps.kda import KDA
from peakscape.maps.lda import LDA
from peakscape.maps.map_folder import check_free
from peakscape.maps.mds import MDS
from peakscape.maps.projections import PCA
from peakscape.maps.registered_pls import RegisteredPLS
from peakscape.maps.samples import save_with_samples
from peakscape.maps.shift_map import ShiftMap
from peakscape.maps.shift_masking import MaskedParts
from peakscape.maps.storage import SavedMap, load, load_saved, save
from peakscape.maps.tsne import TSNE
from peakscape.maps.umap import UMAP

__all__ = [
    "KDA",
    "LDA",
    "MDS",
    "PCA",
    "TSNE",
    "UMAP",
    "Autoencoder",
    "FeatureMap",
    "MaskedParts",
    "RegisteredPLS",
    "SavedMap",
    "ShiftMap",
    "add_samples",
    "check_free",
    "load",
    "load_saved",
    "save",
    "save_with_samples",
]
