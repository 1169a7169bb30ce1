"""Draw the demo products' pictures anew."""

from typing import Any

from django.core.management.base import BaseCommand

from catalog.management.demo import STATIC, demo_shop
from catalog.management.pictures import draw


class Command(BaseCommand):
    """For whoever changes a drawing or the demo file; the drawn files are committed."""

    help = "Draw the pictures of the demo products into catalog/static."

    def handle(self, *args: Any, **options: Any) -> None:
        """Draw every picture into its file."""
        products = list(demo_shop().products)
        for product in products:
            file = STATIC / product.picture_path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(draw(product.picture.kind, product.picture.palette))
        self.stdout.write(f"{len(products)} pictures drawn.")
