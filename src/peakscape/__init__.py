"""Maps of X-ray spectra of materials."""
