"""Catalog: categories, products and prices, and the listing that shoppers browse and search."""
