namespace HvPlatform.HyperVSimulator.Model;

/// <summary>The host's power.</summary>
public sealed partial class SimulatedHyperVHost
{
    /// <summary>The host loses its power: its jobs end, its virtual machines are off, unless they are to be as they were when it comes back.</summary>
    public void LosePower(bool vmsStayAsTheyWere = false)
    {
        lock (Gate)
        {
            Timeline.Advance();
            IsDown = true;
            Jobs.Forget();
            Migrations.Forget();
            foreach (var vm in vmsStayAsTheyWere ? [] : vms.Values.Where(vm => vm.IsActive))
            {
                vm.Enter(VmState.Off, Timeline.Now);
            }
        }
    }

    /// <summary>The host has power again.</summary>
    public void RegainPower()
    {
        lock (Gate)
        {
            Timeline.Advance();
            IsDown = false;
            BootedAt = Timeline.Now;
        }
    }
}
