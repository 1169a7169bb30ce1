"""One app at two points of its life, `old` and `new`, for processes of both to share a database."""
