"""How norms compare in conditioning: tables of rates, ratios, and the best derivative weight."""
