"""Recommenders: interactions → what a bundle holds (item lists, vectors or an order), and how they are measured and chosen."""
