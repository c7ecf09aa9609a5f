-- For counting a host's memory: what outcomes say of its VMs that the inventory has not seen yet.
CREATE INDEX vm_facts_by_host ON vm_facts (host_id);
