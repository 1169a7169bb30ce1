"""The rehearsal of a split: the shop and its payments as processes of their own."""
