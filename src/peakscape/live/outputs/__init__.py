"""What is shown and told of placed spectra: lines, the explorer's page, a command for what is new, a Tiled table."""
