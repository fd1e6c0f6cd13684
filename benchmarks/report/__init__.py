"""How large reports are, and how soon a browser shows them."""
