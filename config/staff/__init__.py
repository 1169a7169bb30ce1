"""The staff's house: its looks, its menu, its people's rights, and the pages that look into every room.

The rooms register plain Django admin classes, and know nothing of looks. The site they register with dresses
each of them for django-unfold where that is installed, and leaves it as it is where it is not.
"""
