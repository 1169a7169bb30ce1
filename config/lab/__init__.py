"""The lab: a page on which visitors break the shop, and watch what holds. It is not there in production."""
