"""What every room needs and none is about: checks at the door, parallel maps, progress bars, tables."""
