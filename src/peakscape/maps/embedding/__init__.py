"""Maps whose method places its training patterns only: multidimensional scaling, t-SNE, UMAP."""
