"""The compiled loops over pixels, called with arguments of every kind."""
