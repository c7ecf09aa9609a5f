-- Whoever follows operations live is told which row has changed, at the commit; only when something changed that the API shows.
CREATE FUNCTION tell_operation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('hv_operations', NEW.id::text);
    RETURN NULL;
END $$;
CREATE TRIGGER operations_tell AFTER INSERT OR UPDATE OF status, phase, cancel_requested_at, error, resolution, progress, finished_at ON operations
    FOR EACH ROW EXECUTE FUNCTION tell_operation();
