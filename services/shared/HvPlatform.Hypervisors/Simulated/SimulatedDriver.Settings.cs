using System.Globalization;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.Simulated;

public sealed partial class SimulatedDriver
{
    sealed class SettingsFacet(SimulatedDriver driver) : ISettingsDriver
    {
        public Task<VmSettingsState> ReadAsync(VmId vm, CancellationToken cancellationToken) => driver.ReadAsync(SimulatedOperation.ReadSettings, vm, State, cancellationToken);

        public Task ChangeAsync(VmId vm, VmSettings settings, CancellationToken cancellationToken) => driver.ChangeAsync(SimulatedOperation.ChangeSettings, vm, v =>
        {
            driver.RequireNotMigrating(v);

            // On a copy of the report first: what is refused leaves nothing changed.
            var own = v.Belongings;
            var info = v.Info;
            if (settings.Firmware is { SecureBoot: not null })
            {
                throw driver.Error(ErrorKind.Unsupported, "setting-unsupported", "firmware.secureBoot: a simulated VM has none.", "Leave it out.");
            }

            var off = !SimulatedHost.HoldsMemory(info.State);
            RequireOff(v, off, settings.Processor?.Count is { } n && n != info.Vcpus, "processor.count");
            RequireOff(v, off, settings.Memory?.StartupMiB is { } m && m != info.MemoryMiB, "memory.startupMiB");
            RequireOff(v, off, settings.Memory?.Dynamic is { } d && d != own.Memory.Dynamic, "memory.dynamic");
            info = info with { Vcpus = settings.Processor?.Count ?? info.Vcpus, MemoryMiB = settings.Memory?.StartupMiB ?? info.MemoryMiB };
            info = (settings.Disks ?? []).Aggregate(info, (i, change) => ChangeDisk(v, i, change));
            var (nics, extras) = ChangeAdapters(v, settings.Adapters ?? []);
            own.Notes = settings.Notes ?? own.Notes;
            own.Processor = Merge(own.Processor, settings.Processor);
            own.Memory = Merge(own.Memory, settings.Memory);
            own.Integration = new VmIntegrationSettings
            {
                Heartbeat = settings.Integration?.Heartbeat ?? own.Integration.Heartbeat,
                GuestServices = settings.Integration?.GuestServices ?? own.Integration.GuestServices,
            };
            own.ConsoleMode = settings.ConsoleMode ?? own.ConsoleMode;
            own.BootOrder = settings.Firmware?.BootOrder ?? own.BootOrder;
            foreach (var port in settings.SerialPorts ?? [])
            {
                own.SerialPipes[port.Number] = port.Pipe;
            }

            own.Adapters.Clear();
            extras.ToList().ForEach(e => own.Adapters.Add(e.Key, e.Value));
            v.Info = info with { Nics = nics };
            driver._host.Files.Keep(driver._host.LocalDisks(v.Info));
            driver._host.Emit(vm, gone: false, "lifecycle:defined/updated");
        }, cancellationToken);

        VmSettingsState State(SimulatedVm v)
        {
            var own = v.Belongings;
            var devices = v.Info.Disks.Select(d => new VmBootDevice { Id = d.Target, Description = d.Source ?? "empty drive" })
                .Concat(v.Info.Nics.Select(n => new VmBootDevice { Id = n.MacAddress, Description = n.Network ?? "no network" })).ToList();
            return new VmSettingsState
            {
                VmId = v.Info.Id,
                Name = v.Info.Name,
                Notes = own.Notes,
                Processor = own.Processor with { Count = v.Info.Vcpus },
                Memory = own.Memory with { StartupMiB = v.Info.MemoryMiB },
                Integration = own.Integration,
                ConsoleMode = own.ConsoleMode,
                BootOrder = [.. devices.OrderBy(d => own.BootOrder.ToList().IndexOf(d.Id) is >= 0 and var at ? at : int.MaxValue)],
                Disks = [.. v.Info.Disks.Select((d, i) => new VmDiskState { Controller = "virtio", ControllerNumber = 0, Location = i, Kind = "disk", Path = d.Source })],
                Adapters = [.. v.Info.Nics.Select((n, i) => new VmAdapterState
                {
                    Id = n.MacAddress,
                    Name = NameOf(own, n.MacAddress),
                    MacAddress = n.MacAddress,
                    Switch = n.Network,
                    VlanId = own.Adapters.GetValueOrDefault(n.MacAddress).VlanId,
                })],
                SerialPorts = [.. own.SerialPipes.Select(p => new VmSerialPort { Number = p.Key, Pipe = p.Value })],
            };
        }

        VmInfo ChangeDisk(SimulatedVm v, VmInfo info, VmDiskChange change)
        {
            var found = info.Disks.FirstOrDefault(d => d.Source == change.Path);
            switch (change.Action)
            {
                case VmDeviceAction.Add or VmDeviceAction.Create when found is not null:
                    return info;
                case VmDeviceAction.Add or VmDeviceAction.Create:
                    var target = Enumerable.Range(0, 26).Select(i => $"vd{(char)('a' + i)}").First(t => info.Disks.All(d => d.Target != t));
                    var disk = new VmDisk { Target = target, Source = change.Path, Format = "qcow2", CapacityBytes = change.CapacityBytes };
                    return info with { Disks = [.. info.Disks, disk with { Shared = driver._host.Reaches(disk) }] };
                case VmDeviceAction.Remove:
                    return info with { Disks = [.. info.Disks.Where(d => d != found)] };
                case VmDeviceAction.Change when found is not null:
                    return info with { Disks = [.. info.Disks.Select(d => d == found ? d with { CapacityBytes = change.CapacityBytes } : d)] };
                default:
                    throw driver.Error(ErrorKind.NotFound, "disk-not-found", $"VM {v.Info.Name} has no disk {change.Path}.", "Read the VM's settings for its disks.");
            }
        }

        (IReadOnlyList<VmNic> Nics, Dictionary<string, (string Name, int? VlanId)> Extras) ChangeAdapters(SimulatedVm v, IReadOnlyList<VmAdapterChange> changes)
        {
            var own = v.Belongings;
            var nics = v.Info.Nics.ToList();
            var extras = own.Adapters.ToDictionary();
            foreach (var change in changes)
            {
                var at = nics.FindIndex(n => n.MacAddress == change.Adapter || (extras.TryGetValue(n.MacAddress, out var e) ? e.Name : NameOf(own, n.MacAddress)) == change.Adapter);
                if (at < 0 && change.Action != VmDeviceAction.Add)
                {
                    throw driver.Error(ErrorKind.NotFound, "adapter-not-found", $"VM {v.Info.Name} has no network adapter {change.Adapter}.", "Read the VM's settings for its adapters.");
                }

                if (change.Action == VmDeviceAction.Remove)
                {
                    extras.Remove(nics[at].MacAddress);
                    nics.RemoveAt(at);
                    continue;
                }

                var old = at < 0 ? null : nics[at];
                var mac = change.MacAddress is { Length: > 0 } given ? given
                    : old?.MacAddress ?? string.Create(CultureInfo.InvariantCulture, $"52:54:00:{v.Info.Id.Value.ToByteArray()[0]:x2}:{v.Info.Id.Value.ToByteArray()[1]:x2}:{nics.Count:x2}");
                var nic = new VmNic { MacAddress = mac, Network = change.Switch is null ? old?.Network : change.Switch.Length == 0 ? null : change.Switch, Model = old?.Model ?? "virtio" };
                var before = old is null ? (Name: change.Adapter, VlanId: (int?)null) : extras.TryGetValue(old.MacAddress, out var known) ? known : (NameOf(own, old.MacAddress), null);
                extras.Remove(old?.MacAddress ?? "");
                extras[mac] = (before.Name, change.VlanId is null ? before.VlanId : change.VlanId == 0 ? null : change.VlanId);
                if (at < 0)
                {
                    nics.Add(nic);
                }
                else
                {
                    nics[at] = nic;
                }
            }

            return (nics, extras);
        }

        void RequireOff(SimulatedVm v, bool off, bool changes, string member)
        {
            if (changes && !off)
            {
                throw driver.Error(ErrorKind.InvalidState, "vm-wrong-state", $"{member} of VM {v.Info.Name} cannot be changed while it is {v.Info.State}; it must be off.", "Turn it off first.");
            }
        }

        static string NameOf(SimulatedBelongings own, string mac) => own.Adapters.TryGetValue(mac, out var extra) ? extra.Name : "Network Adapter";

        static VmProcessorSettings Merge(VmProcessorSettings old, VmProcessorSettings? change) => new()
        {
            ReservationPercent = change?.ReservationPercent ?? old.ReservationPercent,
            LimitPercent = change?.LimitPercent ?? old.LimitPercent,
            Weight = change?.Weight ?? old.Weight,
        };

        static VmMemorySettings Merge(VmMemorySettings old, VmMemorySettings? change) => new()
        {
            Dynamic = change?.Dynamic ?? old.Dynamic,
            MinimumMiB = change?.MinimumMiB ?? old.MinimumMiB,
            MaximumMiB = change?.MaximumMiB ?? old.MaximumMiB,
            BufferPercent = change?.BufferPercent ?? old.BufferPercent,
            Weight = change?.Weight ?? old.Weight,
        };
    }
}
