-- Each VM's disks and network adapters as they were in [valid_from, valid_to): beside vm_versions, since they change far less often than a VM's state.
-- Without what is allocated on disk, and each list in one order, so that two are the same if their texts are. docs/howto/read-models.md describes it.
CREATE TABLE vm_device_versions (
    vm_id      uuid NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to   timestamptz NOT NULL DEFAULT 'infinity',
    disks      jsonb NOT NULL,
    nics       jsonb NOT NULL,
    PRIMARY KEY (vm_id, valid_from)
);
CREATE UNIQUE INDEX vm_device_versions_current ON vm_device_versions (vm_id) WHERE valid_to = 'infinity';
CREATE INDEX vm_device_versions_by_begin ON vm_device_versions (valid_from);

-- What is known of the present is known since its last change; a rebuild adds the time before.
INSERT INTO vm_device_versions (vm_id, valid_from, disks, nics)
SELECT vm_id, changed_at,
       (SELECT coalesce(jsonb_agg(d - 'allocatedBytes' ORDER BY d ->> 'target' COLLATE "C"), '[]') FROM jsonb_array_elements(disks) d),
       (SELECT coalesce(jsonb_agg(n ORDER BY n ->> 'macAddress' COLLATE "C"), '[]') FROM jsonb_array_elements(nics) n)
FROM vms;
