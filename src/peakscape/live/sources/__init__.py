"""Sources of spectra: a watched folder, bluesky's documents, Tiled, EPICS PVAccess, and a simulated beamline."""
