using System.Globalization;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Model.Vms;

/// <summary>
/// The states of virtual machines: <c>Msvm_ComputerSystem.RequestStateChange</c> and <c>Msvm_ShutdownComponent</c>. While a job runs the machine is in the state
/// between (starting, saving, …), from which nothing but turning off is taken; a request for the state it is in is an invalid state, as on a real host.
/// </summary>
internal sealed class VmPower
{
    private const uint NotReady = 32780;
    private const uint Locked = 32781;
    private readonly SimulatedHyperVHost host;

    public VmPower(SimulatedHyperVHost host)
    {
        this.host = host;
        host.Catalogue.Method("Msvm_ComputerSystem", "RequestStateChange", (path, arguments) => host.FindVm(path) is { } vm
            ? Request(vm, arguments.Number("RequestedState") ?? throw VmResources.Invalid("RequestedState is missing."))
            : throw new MethodRefused(ReturnCode.NotSupported, "The host's own state is not changed so."));
        host.Catalogue.Method("Msvm_PlannedComputerSystem", "RequestStateChange", (_, _) => throw new MethodRefused(ReturnCode.InvalidState, "A planned virtual machine has no states."));
        host.Catalogue.Method("Msvm_ComputerSystem", "InjectNonMaskableInterrupt", (path, _) => CimBlank.Result(host.FindVm(path) is { State: VmState.Running } ? 0 : ReturnCode.InvalidState));
        Component("InitiateShutdown", VmState.Off);
        Component("InitiateReboot", VmState.Running);
        Component("InitiateHibernate", VmState.Hibernated);
    }

    /// <summary>Lets a machine run from its beginning: as after its start.</summary>
    public static void Started(SimulatedHyperVHost host, SimulatedVm vm, DateTimeOffset at)
    {
        foreach (var adapter in vm.Configuration.Resources.Where(one => ResourceKinds.Of(one) is { Type: 10 } && one.String("Address") is null or "" or "000000000000").ToList())
        {
            var copy = adapter.Copy();
            copy["Address"] = host.NextAddress();
            vm.Configuration.Replace(copy);
        }

        vm.AssignedMemoryMb = vm.Configuration.Of("Msvm_MemorySettingData").First().Number("VirtualQuantity") ?? 0;
        vm.Enter(VmState.Running, at);
        vm.Guest.BootedAt = at;
        vm.Guest.IsHung = false;
    }

    /// <summary>Notes in a machine's settings whether there is a saved state.</summary>
    public static void MarkSaved(SimulatedVm vm, bool isSaved)
    {
        if (vm.Configuration.Settings.Boolean("IsSaved") != isSaved)
        {
            var settings = vm.Configuration.Settings.Copy();
            settings["IsSaved"] = isSaved;
            vm.Configuration.Settings = settings;
        }
    }

    /// <summary>Changes a machine's state as <c>RequestStateChange</c> does, and answers like it.</summary>
    public CimInstance Request(SimulatedVm vm, long requested)
    {
        if (requested is not (2 or 3 or 4 or 6 or 9 or 10 or 11))
        {
            throw VmResources.Invalid($"{requested} is no state to request.");
        }

        if (host.Jobs.OperationOn(vm.Path) is not null)
        {
            throw new MethodRefused(ReturnCode.InvalidState, "Something is being done with the virtual machine.");
        }

        return (requested, vm.State) switch
        {
            (2, VmState.Off or VmState.Hibernated) or (10, VmState.Off) => Start(vm),
            (2, VmState.Saved) or (10, VmState.Saved) => Change(vm, JobType.RestoreVm, "Restoring Virtual Machine", VmState.Starting, () => Restore(vm)),
            (2, VmState.Paused) => Change(vm, JobType.ResumeVm, "Resuming Virtual Machine", VmState.Resuming, () => vm.Enter(VmState.Running, host.Timeline.Now)),
            (3, not (VmState.Off or VmState.Saving)) => Change(vm, JobType.TurnOffVm, "Turning Off Virtual Machine", vm.IsActive ? VmState.Stopping : vm.State, () => TurnOff(vm)),
            (4, VmState.Running) => ShutDown(vm),
            (6, VmState.Running or VmState.Paused) => Change(vm, JobType.SaveVm, "Saving Virtual Machine", VmState.Saving, () => Save(vm), weight: 2),
            (9, VmState.Running) => Change(vm, JobType.PauseVm, "Pausing Virtual Machine", VmState.Pausing, () => vm.Enter(VmState.Paused, host.Timeline.Now)),
            (10, VmState.Running) => Change(vm, JobType.RebootVm, "Rebooting Virtual Machine", VmState.Reset, () => Rebooted(vm)),
            (11, VmState.Running or VmState.Paused) => Change(vm, JobType.ResetVm, "Resetting Virtual Machine", VmState.Reset, () => Rebooted(vm)),
            _ => throw new MethodRefused(ReturnCode.InvalidState, $"The virtual machine is {vm.State}."),
        };
    }

    private CimInstance Start(SimulatedVm vm) => Change(vm, JobType.StartVm, "Starting Virtual Machine", VmState.Starting, () =>
    {
        var memory = vm.Configuration.Of("Msvm_MemorySettingData").First().Number("VirtualQuantity") ?? 0;
        if (host.FreeMemoryMb + MemoryOf(vm) < memory)
        {
            throw new JobFailed(32778, string.Create(CultureInfo.InvariantCulture, $"'{vm.Name}' could not initialize memory: Ran out of memory (0x8007000E). (Virtual machine ID {vm.Key})"), "Not enough memory in the system to start the virtual machine.");
        }

        foreach (var file in vm.Configuration.Media().Select(VmDisks.FileOf))
        {
            CheckMedium(vm, file);
        }

        Started(host, vm, host.Timeline.Now);
    });

    private void CheckMedium(SimulatedVm vm, string file)
    {
        if (VmDisks.TryNormalize(file) is not { } path || host.Files.Find(path) is null)
        {
            throw new JobFailed(32779, $"'{vm.Name}' failed to start. (Virtual machine ID {vm.Key})", $"Account does not have permission to open attachment, or there is none: '{file}'. Error: 'The system cannot find the file specified.' (0x80070002).");
        }

        if (host.Vms.Values.Any(other => other != vm && other.IsActive && other.Configuration.DiskPaths().Any(one => path.Equals(VmDisks.TryNormalize(one), StringComparison.OrdinalIgnoreCase))))
        {
            throw new JobFailed(32774, $"'{vm.Name}' failed to start. (Virtual machine ID {vm.Key})", $"Failed to open attachment '{file}'. Error: 'The process cannot access the file because it is being used by another process.' (0x80070020).");
        }
    }

    private void Restore(SimulatedVm vm)
    {
        var memory = vm.Configuration.Of("Msvm_MemorySettingData").First().Number("VirtualQuantity") ?? 0;
        if (host.FreeMemoryMb + MemoryOf(vm) < memory)
        {
            throw new JobFailed(32778, $"'{vm.Name}' failed to restore: not enough memory in the system. (Virtual machine ID {vm.Key})");
        }

        MarkSaved(vm, isSaved: false);
        vm.AssignedMemoryMb = memory;
        vm.Enter(VmState.Running, host.Timeline.Now);
    }

    private void Save(SimulatedVm vm)
    {
        MarkSaved(vm, isSaved: true);
        vm.AssignedMemoryMb = 0;
        vm.Enter(VmState.Saved, host.Timeline.Now);
    }

    private void TurnOff(SimulatedVm vm)
    {
        MarkSaved(vm, isSaved: false);
        vm.Enter(VmState.Off, host.Timeline.Now);
    }

    private void Rebooted(SimulatedVm vm)
    {
        var now = host.Timeline.Now;
        vm.Enter(VmState.Running, now);
        vm.Guest.BootedAt = now;
        vm.Guest.IsHung = false;
    }

    private CimInstance ShutDown(SimulatedVm vm)
    {
        var answers = CanAsk(vm) && !vm.Guest.IsLocked;
        return Change(vm, JobType.ShutDownVm, "Shutting Down Virtual Machine", answers ? VmState.Stopping : VmState.Running, () =>
        {
            if (!answers)
            {
                throw new JobFailed(32768, $"Failed to shut down the virtual machine '{vm.Name}': its guest did not answer. (Virtual machine ID {vm.Key})");
            }

            TurnOff(vm);
        });
    }

    /// <summary>Starts a job that leads a machine through a state to another; if it fails the machine is as before.</summary>
    private CimInstance Change(SimulatedVm vm, JobType type, string caption, VmState between, Action end, int weight = 1)
    {
        var before = vm.State;
        if (between != before)
        {
            vm.Enter(between, host.Timeline.Now);
        }

        var epoch = vm.Epoch;
        return HostJobs.Started(host.Jobs.Start(
            "Msvm_ConcreteJob",
            caption,
            host.Options.JobDuration * weight,
            job =>
            {
                if (vm.Epoch != epoch)
                {
                    throw new JobFailed(32775, $"The virtual machine '{vm.Name}' came into another state meanwhile. (Virtual machine ID {vm.Key})");
                }

                end();
            },
            [vm.Path],
            type: type,
            owner: vm.Path,
            onFailure: _ =>
            {
                if (vm.Epoch == epoch && between != before)
                {
                    vm.Enter(before, host.Timeline.Now);
                }
            }));
    }

    private void Component(string method, VmState end) => host.Catalogue.Method("Msvm_ShutdownComponent", method, (path, arguments) =>
    {
        var vm = host.Vms[path["SystemName"]!];
        if (vm.State != VmState.Running || host.Jobs.OperationOn(vm.Path) is not null)
        {
            throw new MethodRefused(ReturnCode.InvalidState, $"The virtual machine is {vm.State}.");
        }

        if (!IsOn(vm, ResourceKinds.Shutdown) || (end == VmState.Hibernated && vm.Configuration.Settings.Boolean("EnableHibernation") != true))
        {
            throw new MethodRefused(ReturnCode.NotSupported, "The virtual machine's settings do not allow it.");
        }

        if (!CanAsk(vm))
        {
            throw new MethodRefused(NotReady, "The guest does not answer.");
        }

        if (vm.Guest.IsLocked && arguments.Boolean("Force") != true && end != VmState.Hibernated)
        {
            throw new MethodRefused(Locked, "The guest is locked.");
        }

        if (end == VmState.Running)
        {
            vm.Guest.BootedAt = host.Timeline.Now + host.Options.GuestShutdownDuration;
        }
        else
        {
            vm.Enter(VmState.Stopping, host.Timeline.Now);
            var epoch = vm.Epoch;
            host.Timeline.After(host.Options.GuestShutdownDuration, () =>
            {
                if (vm.Epoch == epoch)
                {
                    vm.Enter(end, host.Timeline.Now);
                    vm.AssignedMemoryMb = 0;
                }
            });
        }

        return CimBlank.Result(0);
    });

    /// <summary>What <see cref="SimulatedHyperVHost.FreeMemoryMb"/> counts for the machine itself while it starts.</summary>
    private static long MemoryOf(SimulatedVm vm) => vm.State is VmState.Off or VmState.Saved ? 0 : vm.Configuration.Of("Msvm_MemorySettingData").First().Number("VirtualQuantity") ?? 0;

    /// <summary>Whether an integration component is switched on.</summary>
    public static bool IsOn(SimulatedVm vm, ResourceKind component) => vm.Configuration.Of(component.ClassName).First().Number("EnabledState") == 2;

    private bool CanAsk(SimulatedVm vm) => IsOn(vm, ResourceKinds.Shutdown) && vm.Guest.Answers(host.Timeline.Now, host.Options.GuestBootDuration);
}
