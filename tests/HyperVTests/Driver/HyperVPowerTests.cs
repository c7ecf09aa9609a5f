using HvPlatform.Contracts;
using HvPlatform.HyperVSimulator.Model;
using Xunit;
using VmState = HvPlatform.Contracts.VmState;

namespace HvPlatform.HyperVTests.Driver;

public sealed class HyperVPowerTests : DriverOnModel
{
    async Task<VmState?> StateAsync(VmId vm) => (await Driver.GetAsync(vm, default))?.State;

    [Fact]
    public async Task A_VM_goes_through_its_states()
    {
        var vm = Add(new NewVm("power"));
        await Driver.StartAsync(vm, default);
        Assert.Equal(VmState.Running, await StateAsync(vm));
        await Driver.Power.PauseAsync(vm, default);
        Assert.Equal(VmState.Paused, await StateAsync(vm));
        await Driver.Power.ResumeAsync(vm, default);
        Assert.Equal(VmState.Running, await StateAsync(vm));
        await Driver.Power.SaveAsync(vm, default);
        Assert.Equal(VmState.Saved, await StateAsync(vm));
        await Driver.StartAsync(vm, default);
        await Driver.Power.ResetAsync(vm, default);
        Assert.Equal(VmState.Running, await StateAsync(vm));
        await Driver.ForceOffAsync(vm, default);
        Assert.Equal(VmState.Off, await StateAsync(vm));
    }

    [Fact]
    public async Task What_a_state_does_not_allow_is_refused_with_the_states_that_do()
    {
        var vm = Add(new NewVm("off"));
        var error = await FailsAsync(ErrorKind.InvalidState, () => Driver.Power.SaveAsync(vm, default));
        Assert.Equal("Off", error.CurrentState);
        Assert.Equal(["Running", "Paused"], error.AllowedStates);
        await FailsAsync(ErrorKind.InvalidState, () => Driver.Power.ResumeAsync(vm, default));
        await FailsAsync(ErrorKind.InvalidState, () => Driver.Power.ResetAsync(vm, default));
        await FailsAsync(ErrorKind.InvalidState, () => Driver.Power.ShutDownAsync(vm, default));
        await FailsAsync(ErrorKind.InvalidState, () => Driver.ForceOffAsync(vm, default));
        await FailsAsync(ErrorKind.NotFound, () => Driver.Power.PauseAsync(new VmId(Guid.NewGuid()), default));
        var running = Add(new NewVm("running") { State = HyperVSimulator.Model.VmState.Running });
        await FailsAsync(ErrorKind.InvalidState, () => Driver.StartAsync(running, default));
    }

    [Fact]
    public async Task The_guest_is_asked_to_shut_down_to_reboot_and_to_hibernate()
    {
        var vm = Add(new NewVm("guest") { State = HyperVSimulator.Model.VmState.Running });
        await Driver.Power.RebootAsync(vm, default);
        Assert.Equal(VmState.Running, await StateAsync(vm));
        var other = Add(new NewVm("other") { State = HyperVSimulator.Model.VmState.Running });
        await Driver.Power.ShutDownAsync(other, default);
        await TestKit.Eventually.Until(async () => await StateAsync(other) == VmState.Off, "the guest has shut down");
    }

    [Fact]
    public async Task A_guest_without_integration_services_cannot_be_asked_but_is_reset_for_a_reboot()
    {
        var vm = Add(new NewVm("bare") { State = HyperVSimulator.Model.VmState.Running, GuestOperatingSystem = null });
        await FailsAsync(ErrorKind.Unsupported, () => Driver.Power.HibernateAsync(vm, default));
        await Driver.Power.RebootAsync(vm, default);
        Assert.Equal(VmState.Running, await StateAsync(vm));
    }
}
