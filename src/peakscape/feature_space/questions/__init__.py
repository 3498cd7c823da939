"""What is asked of a space beyond placing: claims, peaks, walks through the map."""
