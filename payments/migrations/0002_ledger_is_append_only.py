"""Make the database itself refuse to rewrite the payment ledger."""

from django.db import migrations

_GUARD = """
CREATE FUNCTION payments_refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The payment ledger is append-only: record a new entry instead of % on %.',
        TG_OP, TG_TABLE_NAME;
END $$;
CREATE TRIGGER payments_paymententry_append_only BEFORE UPDATE OR DELETE ON payments_paymententry
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_rewriting();
"""

_UNGUARD = """
DROP TRIGGER payments_paymententry_append_only ON payments_paymententry;
DROP FUNCTION payments_refuse_rewriting();
"""


class Migration(migrations.Migration):
    dependencies = (("payments", "0001_initial"),)

    operations = (migrations.RunSQL(_GUARD, _UNGUARD),)
