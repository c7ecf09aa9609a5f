using HvPlatform.Contracts;
using HvPlatform.Contracts.Vms;

namespace HvPlatform.Hypervisors.Simulated;

public sealed partial class SimulatedDriver
{
    sealed class PowerFacet(SimulatedDriver driver) : IPowerDriver
    {
        public Task ShutDownAsync(VmId vm, CancellationToken cancellationToken) => driver.ChangeAsync(SimulatedOperation.ShutDown, vm, v =>
        {
            driver.RequireNotMigrating(v);
            driver.Require(v, v.Info.State is VmState.Running or VmState.ShuttingDown, "only a running VM can be asked to shut down");
            if (v.Guest.ShutdownMs is { } ms && v.Info.State == VmState.Running)
            {
                driver._host.SetStateLocked(v, VmState.ShuttingDown, "lifecycle:shutdown/guest");
                driver._fleet.After(TimeSpan.FromMilliseconds(ms), () => driver.EndShutdown(v));
            }
        }, cancellationToken);

        public Task RebootAsync(VmId vm, CancellationToken cancellationToken) => driver.ChangeAsync(SimulatedOperation.Reboot, vm, v =>
        {
            driver.RequireNotMigrating(v);
            driver.Require(v, v.Info.State == VmState.Running, "only a running VM can be rebooted");
            driver._host.SetStateLocked(v, VmState.Running, "reboot");
        }, cancellationToken);

        public Task PauseAsync(VmId vm, CancellationToken cancellationToken) => driver.ChangeAsync(SimulatedOperation.Pause, vm, v =>
        {
            driver.RequireNotMigrating(v, guestMayChange: true);
            driver.Require(v, v.Info.State == VmState.Running, "only a running VM can be paused");
            driver._host.SetStateLocked(v, VmState.Paused, "lifecycle:suspended/paused");
        }, cancellationToken);

        public Task ResumeAsync(VmId vm, CancellationToken cancellationToken) => driver.ChangeAsync(SimulatedOperation.Resume, vm, v =>
        {
            driver.RequireNotMigrating(v, guestMayChange: true);
            driver.Require(v, v.Info.State == VmState.Paused, "only a paused VM can be resumed");
            driver._host.SetStateLocked(v, VmState.Running, "lifecycle:resumed/unpaused");
        }, cancellationToken);

        public Task SaveAsync(VmId vm, CancellationToken cancellationToken) => driver.ChangeAsync(SimulatedOperation.Save, vm, v =>
        {
            driver.RequireNotMigrating(v);
            driver.Require(v, v.Info.State is VmState.Running or VmState.Paused, "only a running or paused VM can be saved");
            driver._host.SetStateLocked(v, VmState.Saved, "lifecycle:stopped/saved");
        }, cancellationToken);

        public Task ResetAsync(VmId vm, CancellationToken cancellationToken) => driver.ChangeAsync(SimulatedOperation.Reset, vm, v =>
        {
            driver.RequireNotMigrating(v);
            driver.Require(v, v.Info.State is VmState.Running or VmState.Paused, "only a running or paused VM can be reset");
            driver._host.SetStateLocked(v, v.Info.State, "reset");
        }, cancellationToken);

        public Task HibernateAsync(VmId vm, CancellationToken cancellationToken) => driver.ChangeAsync(SimulatedOperation.Hibernate, vm, v =>
        {
            driver.RequireNotMigrating(v);
            driver.Require(v, v.Info.State == VmState.Running, "only a running VM can be asked to hibernate");
            driver.TurnOffLocked(v, "lifecycle:stopped/hibernated");
        }, cancellationToken);
    }

    sealed class DefinitionFacet(SimulatedDriver driver) : IDefinitionDriver
    {
        public Task<VmInfo> DefineAsync(VmId id, VmSpec spec, CancellationToken cancellationToken) => driver.CallAsync(
            SimulatedOperation.Define,
            id,
            () =>
            {
                Validate(id, spec);
                var host = driver._host;
                if (host.Vms.ContainsKey(id) || host.Vms.Values.Any(v => v.Info.Name == spec.Name))
                {
                    throw driver.Error(ErrorKind.Conflict, "vm-exists", $"{host.Name} already has a VM named {spec.Name} or with the id {id}.", "Choose another name or id.");
                }

                var info = new VmInfo
                {
                    Id = id,
                    Name = spec.Name,
                    State = VmState.Off,
                    StateReason = "simulated",
                    Vcpus = spec.Vcpus,
                    MemoryMiB = spec.MemoryMiB,
                    Disks = [.. spec.Disks.Select(d => d with { Shared = d.Source is not null && host.Reaches(d) })],
                    Nics = spec.Nics,
                };
                host.Vms.Add(id, new SimulatedVm(info, new SimulatedGuest()) { Belongings = new SimulatedBelongings { Notes = spec.Notes } });
                host.Files.Keep(host.LocalDisks(info));
                host.Emit(id, gone: false, "lifecycle:defined/added");
                return info;
            },
            cancellationToken);

        public Task DeleteAsync(VmId vm, CancellationToken cancellationToken) => driver.ChangeAsync(SimulatedOperation.Delete, vm, v =>
        {
            driver.RequireNotMigrating(v);
            driver.Require(v, !SimulatedHost.HoldsMemory(v.Info.State), "only a VM that is off can be deleted");
            driver._host.Vms.Remove(vm);
            driver._host.Emit(vm, gone: true, "lifecycle:undefined/removed");
        }, cancellationToken);

        public Task RenameAsync(VmId vm, string name, CancellationToken cancellationToken) => driver.ChangeAsync(SimulatedOperation.Rename, vm, v =>
        {
            driver.RequireNotMigrating(v);
            if (string.IsNullOrWhiteSpace(name) || name.Contains('/'))
            {
                throw driver.Error(ErrorKind.Validation, "name-refused", $"'{name}' is no name for a VM: it is empty or has a slash.", "Choose another name.");
            }

            if (driver._host.Vms.Values.Any(other => other != v && other.Info.Name == name))
            {
                throw driver.Error(ErrorKind.Conflict, "vm-exists", $"{driver._host.Name} already has a VM named {name}.", "Choose another name.");
            }

            v.Info = v.Info with { Name = name };
            driver._host.Emit(vm, gone: false, "lifecycle:defined/renamed");
        }, cancellationToken);

        void Validate(VmId id, VmSpec spec)
        {
            var wrong = spec switch
            {
                { NativeDefinition: not null } => "NativeDefinition: a simulated host has no native form",
                { Generation: not null } => "Generation: a simulated host has none",
                { SecureBoot: not null } => "SecureBoot: a simulated host has none",
                { Vcpus: < 1 } => $"Vcpus: {spec.Vcpus} is below 1",
                { MemoryMiB: < 1 } => $"MemoryMiB: {spec.MemoryMiB} is below 1",
                _ when string.IsNullOrWhiteSpace(spec.Name) => "Name: it is empty",
                _ when spec.Name.Contains('/') => "Name: it has a slash",
                _ when spec.Id is { } given && given != id => $"Id: {given} is not {id}",
                _ => null,
            };
            if (wrong is not null)
            {
                throw driver.Error(ErrorKind.Validation, "spec-refused", $"The VM's specification is refused. {wrong}.", "Correct that member.");
            }
        }
    }

    sealed class StatsFacet(SimulatedDriver driver) : IStatsDriver
    {
        const double Swing = 0.8;

        long _lookedAt = driver._fleet.Time.GetTimestamp();
        double _busySeconds;
        double _totalSeconds;

        public Task<IReadOnlyList<VmSample>> SampleAsync(CancellationToken cancellationToken) => driver.CallAsync(
            SimulatedOperation.Sample,
            null,
            () => (IReadOnlyList<VmSample>)[.. driver._host.Vms.Values.Where(v => v.Info.State == VmState.Running).Select(Sample)],
            cancellationToken);

        public Task<HostCpuTime?> ReadHostCpuAsync(CancellationToken cancellationToken) => driver.CallAsync(
            SimulatedOperation.Sample,
            null,
            () =>
            {
                // Added up from look to look: a sum over the VMs' own counters would go back whenever one leaves.
                var now = driver._fleet.Time.GetTimestamp();
                var seconds = driver._fleet.Time.GetElapsedTime(_lookedAt, now).TotalSeconds;
                var working = driver._host.Vms.Values.Where(v => v.Info.State == VmState.Running).Sum(v => v.Info.Vcpus * Load(v, now));
                _busySeconds += seconds * Math.Min(driver._host.Options.CpuCount, working);
                _totalSeconds += seconds * driver._host.Options.CpuCount;
                _lookedAt = now;
                return (HostCpuTime?)new HostCpuTime((long)(_busySeconds * 1e9), (long)(_totalSeconds * 1e9));
            },
            cancellationToken);

        VmSample Sample(SimulatedVm v)
        {
            var work = Work(v);
            var io = (long)(work * 1024 * 1024);
            return new VmSample(v.Info.Id, v.Info.Vcpus, (long)(work * v.Info.Vcpus * 1e9), v.Info.MemoryMiB, io, io / 2, io / 4, io / 8);
        }

        /// <summary>Busy seconds of one virtual processor since the start: the integral of <see cref="Load"/>.</summary>
        double Work(SimulatedVm v)
        {
            var seconds = driver._fleet.Time.GetElapsedTime(v.StartedTimestamp).TotalSeconds;
            var (pace, phase) = Wave(v);
            return v.Guest.CpuLoad * (seconds + (Swing / pace * (Math.Cos(phase) - Math.Cos((pace * seconds) + phase))));
        }

        /// <summary>The guest's load swings around its mean, each guest's at a pace of its own: minutes from crest to crest.</summary>
        double Load(SimulatedVm v, long now)
        {
            var (pace, phase) = Wave(v);
            return v.Guest.CpuLoad * (1 + (Swing * Math.Sin((pace * driver._fleet.Time.GetElapsedTime(v.StartedTimestamp, now).TotalSeconds) + phase)));
        }

        static (double Pace, double Phase) Wave(SimulatedVm v)
        {
            var id = v.Info.Id.Value.ToByteArray();
            return (2 * Math.PI / (90 + id[0]), id[1] * 2 * Math.PI / 256);
        }
    }

    void EndShutdown(SimulatedVm vm)
    {
        lock (_fleet.Gate)
        {
            if (_host.PoweredOn && vm.Info.State == VmState.ShuttingDown && _host.Vms.GetValueOrDefault(vm.Info.Id) == vm)
            {
                TurnOffLocked(vm, "lifecycle:stopped/shutdown");
            }
        }
    }
}
