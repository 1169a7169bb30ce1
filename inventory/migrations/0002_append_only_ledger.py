from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION inventory_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The stock ledger is append-only: book another movement instead.';
END $$;
CREATE TRIGGER stockmovement_append_only BEFORE UPDATE OR DELETE ON inventory_stockmovement
    FOR EACH ROW EXECUTE FUNCTION inventory_refuse_change();
"""
CHANGEABLE = """
DROP TRIGGER stockmovement_append_only ON inventory_stockmovement;
DROP FUNCTION inventory_refuse_change();
"""


class Migration(migrations.Migration):
    """Let nobody rewrite what has moved."""

    dependencies = (("inventory", "0001_initial"),)
    operations = (migrations.RunSQL(APPEND_ONLY, CHANGEABLE),)
