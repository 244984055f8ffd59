"""What a study measures of a cell, as plain values: no torch, no numpy."""
