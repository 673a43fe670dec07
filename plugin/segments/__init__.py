"""Pure segmentation: arrays in, memberships out. Time is an argument; nothing here reads a clock, a database or
the network."""
