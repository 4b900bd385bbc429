"""Side-by-side measurements on the CPU."""
