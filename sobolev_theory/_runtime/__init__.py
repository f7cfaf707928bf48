"""What every room needs and none is about: checks at the door, sizes, files, parallel maps, progress bars, tables."""
