"""Side-by-side measurements on a GPU."""
