"""The autoencoder: an ensemble of small networks, its training on a processor or a graphics processor, its use."""
