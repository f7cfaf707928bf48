"""Search for critical points from random starts: runs, results, and the file that a killed search goes on from."""
