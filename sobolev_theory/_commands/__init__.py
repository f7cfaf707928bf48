"""The commands of the command line, one a module: ``add`` declares it, and says which function runs it."""
