"""Whether a spectrum is of what is known: how that is calibrated, decided and put into words."""
