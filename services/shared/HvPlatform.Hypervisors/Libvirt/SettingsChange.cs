using System.Globalization;
using System.Xml.Linq;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.Libvirt.Native;

namespace HvPlatform.Hypervisors.Libvirt;

/// <summary>One change of a domain's settings: everything is looked at first and made a list of steps; only then the first is taken.</summary>
internal sealed class SettingsChange
{
    readonly LibvirtSession _session;
    readonly DomainHandle _domain;
    readonly VmId _vm;
    readonly VmSettings _asked;
    readonly string _name;
    readonly bool _active;
    readonly bool _persistent;
    readonly XElement _live;
    readonly XElement _next;
    readonly List<Action> _steps = [];
    readonly List<UnpluggedDevice> _unplugged = [];
    readonly HashSet<string> _given = [];
    bool _redefine;

    public SettingsChange(LibvirtSession session, DomainHandle domain, VmId vm, VmSettings asked)
    {
        (_session, _domain, _vm, _asked, _name) = (session, domain, vm, asked, LibvirtSession.NameOf(domain));
        _active = DomainState.IsActive(session.State(domain).State);
        _persistent = session.Ok(Vir.virDomainIsPersistent(domain.DangerousGetHandle())) == 1;
        _live = LibvirtSettings.Xml(session, domain, inactive: false);
        _next = _persistent ? LibvirtSettings.Xml(session, domain, inactive: true) : _live;
    }

    uint Affected => (_active ? VirConst.AffectLive : 0) | (_persistent ? VirConst.AffectConfig : 0);

    /// <summary>Returns the devices that a running guest was asked to let go of.</summary>
    public IReadOnlyList<UnpluggedDevice> Apply()
    {
        RefuseOthers();
        Notes();
        Definition(_asked.Processor?.Count?.ToString(CultureInfo.InvariantCulture), "processor.count", () => (string?)_next.Element("vcpu")?.Attribute("current") ?? (string?)_next.Element("vcpu"), SetProcessors);
        Definition(_asked.Processor?.Weight?.ToString(CultureInfo.InvariantCulture), "processor.weight", () => (string?)_next.Element("cputune")?.Element("shares"), SetWeight);
        Definition(_asked.Memory?.StartupMiB?.ToString(CultureInfo.InvariantCulture), "memory.startupMiB", () => DomainDetails.MiB(_next.Element("memory")).ToString(CultureInfo.InvariantCulture), SetMemory);
        if (_redefine)
        {
            _steps.Add(() =>
            {
                using var defined = _session.Ok(Vir.virDomainDefineXML(_session.Connection, _next.ToString(SaveOptions.DisableFormatting)), $"Cannot change VM {_name}");
            });
        }

        foreach (var disk in _asked.Disks ?? [])
        {
            Disk(disk);
        }

        foreach (var adapter in _asked.Adapters ?? [])
        {
            Adapter(adapter);
        }

        try
        {
            _steps.ForEach(step => step());
        }
        finally
        {
            _session.Details.Forget(_vm);
        }

        return _unplugged;
    }

    void RefuseOthers()
    {
        Refuse(_asked.Processor is { ReservationPercent: not null } or { LimitPercent: not null }, "processor.reservationPercent and limitPercent");
        Refuse(_asked.Memory is { Dynamic: not null } or { MinimumMiB: not null } or { MaximumMiB: not null } or { BufferPercent: not null } or { Weight: not null }, "memory, but for startupMiB,");
        Refuse(_asked.Firmware is not null, "firmware");
        Refuse(_asked.Integration is not null, "integration");
        Refuse(_asked.SerialPorts is { Count: > 0 }, "serialPorts");
        Refuse(_asked.ConsoleMode is not null, "consoleMode");

        void Refuse(bool asked, string member)
        {
            if (asked)
            {
                throw Error(ErrorKind.Unsupported, "setting-unsupported", $"{member} cannot be changed on a libvirt host.", "Leave it out, or edit the domain on the host.");
            }
        }
    }

    void Notes()
    {
        if (_asked.Notes is not { } notes || notes == ((string?)_next.Element("description") ?? ""))
        {
            return;
        }

        _steps.Add(() => _session.Ok(
            Vir.virDomainSetMetadata(_domain, VirConst.MetadataDescription, notes.Length > 0 ? notes : null, null, null, Affected), $"Cannot change the notes of VM {_name}"));
    }

    /// <summary>What only the definition of a VM that is off can be given.</summary>
    void Definition(string? wanted, string member, Func<string?> now, Action<string> set)
    {
        if (wanted is null || wanted == now())
        {
            return;
        }

        if (_active || !_persistent)
        {
            throw Error(ErrorKind.InvalidState, "invalid-state", $"{member} of VM {_name} can be changed only while it is off.", "Turn it off first.");
        }

        set(wanted);
        _redefine = true;
    }

    void SetProcessors(string count)
    {
        _next.Element("vcpu")?.Remove();
        _next.Element("vcpus")?.Remove();
        _next.Element("cpu")?.Element("topology")?.Remove();
        _next.Element("memory")!.AddBeforeSelf(new XElement("vcpu", count));
    }

    void SetWeight(string shares)
    {
        if (_next.Element("cputune") is not { } tune)
        {
            _next.Element("memory")!.AddAfterSelf(tune = new XElement("cputune"));
        }

        tune.SetElementValue("shares", shares);
    }

    void SetMemory(string mib)
    {
        _next.Element("currentMemory")?.Remove();
        var memory = _next.Element("memory")!;
        memory.SetAttributeValue("unit", "MiB");
        memory.Value = mib;
    }

    void Disk(VmDiskChange change)
    {
        var here = LibvirtSettings.Disks(_live).FirstOrDefault(d => LibvirtSettings.PathOf(d) == change.Path);
        var next = LibvirtSettings.Disks(_next).FirstOrDefault(d => LibvirtSettings.PathOf(d) == change.Path);
        switch (change.Action)
        {
            case VmDeviceAction.Add or VmDeviceAction.Create when here is not null && next is not null:
                return;
            case VmDeviceAction.Add or VmDeviceAction.Create:
                AddDisk(change, here, next);
                return;
            case VmDeviceAction.Remove:
                Detach(here, next, $"disk {change.Path}", xml => LibvirtSettings.Disks(xml).Any(d => LibvirtSettings.PathOf(d) == change.Path));
                return;
            case VmDeviceAction.Change:
                throw Error(ErrorKind.Unsupported, "setting-unsupported", $"disks: {change.Path} cannot be resized on a libvirt host.", "Use virsh blockresize on the host.");
            default:
                throw Error(ErrorKind.Validation, "setting-invalid", $"disks: the action for {change.Path} is not known.", "Use Add, Create or Remove.");
        }
    }

    void AddDisk(VmDiskChange change, XElement? here, XElement? next)
    {
        if (change.Controller is not (null or "SCSI") || change.ControllerNumber is not null || change.Location is not null)
        {
            throw Error(ErrorKind.Unsupported, "setting-unsupported", "disks: libvirt's disks are virtio or SCSI, in the place that the host chooses.", "Leave controller out or use SCSI; leave controllerNumber and location out.");
        }

        var options = _session.Options;
        var local = DomainXml.IsLocal(options.Uri);
        if (!Path.IsPathRooted(change.Path))
        {
            throw Error(ErrorKind.Validation, "setting-invalid", $"disks: {change.Path} is no absolute path.", "Give the whole path on the host.");
        }

        var there = local && Path.Exists(QemuImg.OnHost(options, change.Path));
        if (change.Action == VmDeviceAction.Add ? local && !there : there)
        {
            throw there
                ? Error(ErrorKind.Conflict, "file-exists", $"disks: {change.Path} is on the host already.", "Use Add to attach it as it is, or another path.")
                : Error(ErrorKind.NotFound, "file-not-found", $"disks: {change.Path} is not on the host.", "Correct the path, or use Create.");
        }

        if (change.Action == VmDeviceAction.Create && !local)
        {
            throw Error(ErrorKind.Unsupported, "setting-unsupported", "disks: the agent is not on the host and cannot make files there.", "Make the file and use Add.");
        }

        // One that is half there keeps the name it has.
        var target = (string?)(here ?? next)?.Element("target")?.Attribute("dev") ?? FreeTarget(change.Controller == "SCSI" ? "sd" : "vd");
        var disk = new VmDisk { Target = target, Source = change.Path };
        _given.Add(target);
        if (change.Action == VmDeviceAction.Create)
        {
            var image = new MigrationDiskImage { Target = target, Path = change.Path, Format = DomainXml.FormatOf(disk), CapacityBytes = change.CapacityBytes!.Value, NeededBytes = 0 };
            _steps.Add(() => QemuImg.Create(options, image, change.Path, _session.Where));
        }

        _steps.Add(() =>
        {
            try
            {
                Attach(DomainXml.Disk(disk), here, next, $"Cannot attach {change.Path} to VM {_name}");
            }
            catch when (change.Action == VmDeviceAction.Create)
            {
                File.Delete(QemuImg.OnHost(options, change.Path));
                throw;
            }
        });
    }

    void Adapter(VmAdapterChange change)
    {
        if (change.Action == VmDeviceAction.Change || change.VlanId is > 0)
        {
            throw Error(ErrorKind.Unsupported, "setting-unsupported", $"adapters: {change.Adapter} cannot be changed or given a VLAN on a libvirt host.", "Remove it and add another.");
        }

        var mac = change.MacAddress is { Length: > 0 } given ? given
            : LibvirtSettings.Adapters(_live).Concat(LibvirtSettings.Adapters(_next)).Any(a => LibvirtSettings.MacOf(a) == change.Adapter) ? change.Adapter
            : LibvirtSettings.MacOf(_vm, change.Adapter);
        var here = LibvirtSettings.Adapters(_live).FirstOrDefault(a => LibvirtSettings.MacOf(a) == mac);
        var next = LibvirtSettings.Adapters(_next).FirstOrDefault(a => LibvirtSettings.MacOf(a) == mac);
        if (change.Action == VmDeviceAction.Remove)
        {
            if (here is null && next is null)
            {
                throw Error(ErrorKind.NotFound, "adapter-not-found", $"VM {_name} has no network adapter {change.Adapter}.", "Read the VM's settings for its adapters.");
            }

            Detach(here, next, $"adapter {mac}", xml => LibvirtSettings.Adapters(xml).Any(a => LibvirtSettings.MacOf(a) == mac));
            return;
        }

        if (string.IsNullOrEmpty(change.Switch))
        {
            throw Error(ErrorKind.Validation, "setting-invalid", $"adapters: {change.Adapter} needs a switch: the name of a network or bridge.", "Give one.");
        }

        if (here is null || next is null)
        {
            var adapter = DomainXml.Nic(new VmNic { MacAddress = mac, Network = change.Switch });
            _steps.Add(() => Attach(adapter, here, next, $"Cannot attach adapter {mac} to VM {_name}"));
        }
    }

    /// <summary>Where it is missing: in what runs, in the definition, or in both.</summary>
    void Attach(string xml, XElement? here, XElement? next, string what) =>
        _session.Ok(Vir.virDomainAttachDeviceFlags(_domain, xml, Affected & (here is null || !_active ? ~0u : ~VirConst.AffectLive) & (next is null || !_persistent ? ~0u : ~VirConst.AffectConfig)), what);

    void Detach(XElement? here, XElement? next, string device, Func<XElement, bool> isIn)
    {
        if (here is null && next is null)
        {
            throw Error(ErrorKind.NotFound, "disk-not-found", $"VM {_name} has no {device}.", "Read the VM's settings for its disks.");
        }

        if (_persistent && next is not null)
        {
            _steps.Add(() => _session.Ok(Vir.virDomainDetachDeviceFlags(_domain, next.ToString(SaveOptions.DisableFormatting), VirConst.AffectConfig), $"Cannot detach {device} from VM {_name}"));
        }

        if (_active && here is not null)
        {
            _steps.Add(() => _session.Ok(Vir.virDomainDetachDeviceFlags(_domain, here.ToString(SaveOptions.DisableFormatting), VirConst.AffectLive), $"Cannot detach {device} from VM {_name}"));
            _unplugged.Add(new UnpluggedDevice(device, isIn));
        }
    }

    string FreeTarget(string prefix)
    {
        var taken = LibvirtSettings.Disks(_live).Concat(LibvirtSettings.Disks(_next)).Select(d => (string?)d.Element("target")?.Attribute("dev")).Concat(_given).ToHashSet();
        return Enumerable.Range('a', 26).Select(c => $"{prefix}{(char)c}").FirstOrDefault(t => !taken.Contains(t))
            ?? throw Error(ErrorKind.Resource, "no-free-target", $"VM {_name} has 26 disks of this sort.", "Detach one first.");
    }

    HypervisorException Error(ErrorKind kind, string code, string message, string advice) => LibvirtErrors.Own(kind, code, message, _session.Where, advice);
}
