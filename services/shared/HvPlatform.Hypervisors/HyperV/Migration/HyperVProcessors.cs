using HvPlatform.Contracts;
using HvPlatform.Contracts.Migrations;
using HvPlatform.Contracts.Vms;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>Whether a VM's processor is one that another host offers: by Hyper-V's own comparison, or by the vendor where a host does not compare.</summary>
internal static class HyperVProcessors
{
    /// <summary>The host's processor vendor; null if it does not say.</summary>
    public static async Task<string?> VendorAsync(ICimSession session, CancellationToken cancellationToken)
    {
        await foreach (var processor in session.EnumerateAsync(CimPath.Cimv2, "Win32_Processor", cancellationToken))
        {
            return processor.String("Manufacturer");
        }

        return null;
    }

    /// <summary>What the source says of a VM that runs or is saved, base 64; null if it does not say.</summary>
    public static async Task<string?> CompatibilityAsync(ICimSession session, CimPath path, VmInfo vm, CancellationToken cancellationToken)
    {
        if (vm.State is VmState.Off or VmState.Crashed || await ServiceAsync(session, cancellationToken) is not { } service)
        {
            return null;
        }

        var answer = await AskAsync(session, service, "GetSystemCompatibilityInfo", new CimInstance("GetSystemCompatibilityInfo") { ["ComputerSystem"] = path }, cancellationToken);
        return answer is { } given && given.Number("ReturnValue") == 0 && given.Array<byte>("CompatibilityInfo") is { Count: > 0 } bytes ? Convert.ToBase64String([.. bytes]) : null;
    }

    /// <summary>The finding of the destination.</summary>
    public static async Task<MigrationFinding> CheckAsync(ICimSession session, MigrationSourceFacts facts, string where, CancellationToken cancellationToken)
    {
        const string Check = "cpu-model";
        var source = facts.HyperV ?? new HyperVSourceFacts();
        if (facts.Vm.State is VmState.Off or VmState.Crashed)
        {
            return HyperVSourceChecks.Finding(Check, true, "The VM is off and takes the destination's processor when it starts.");
        }

        if (source.CompatibilityInfo is { } info && await ServiceAsync(session, cancellationToken) is { } service
            && await AskAsync(session, service, "CheckSystemCompatibilityInfo", new CimInstance("CheckSystemCompatibilityInfo") { ["CompatibilityInfo"] = Convert.FromBase64String(info) }, cancellationToken) is { } answer)
        {
            switch (answer.Number("ReturnValue"))
            {
                case 0:
                    return HyperVSourceChecks.Finding(Check, true, $"Host {where} offers the VM's processor.");
                case NotCompatible:
                    var reasons = answer.Array<string>("Reasons").Select(r => CimXml.Read(r).String("Message")).Where(m => !string.IsNullOrWhiteSpace(m));
                    return HyperVSourceChecks.Finding(
                        Check, false, $"Host {where} does not offer the VM's processor: {string.Join(" ", reasons)} Turn on processor compatibility while the VM is off, or choose another host.");
            }
        }

        var vendor = await VendorAsync(session, cancellationToken);
        var same = source.ProcessorVendor is null || vendor is null || string.Equals(source.ProcessorVendor, vendor, StringComparison.OrdinalIgnoreCase);
        return HyperVSourceChecks.Finding(Check, same, same
            ? $"Host {where} has processors of {vendor ?? "a vendor it does not name"}; Hyper-V compares their features when the transfer begins."
            : $"Host {where} has processors of {vendor}, the source of {source.ProcessorVendor}; a running VM moves between processors of one vendor only. Shut it down and move it cold.");
    }

    private const long NotCompatible = 32784;

    private static async Task<CimPath?> ServiceAsync(ICimSession session, CancellationToken cancellationToken) =>
        (await HyperVMigrationService.ReadAsync(session, cancellationToken))?.Path;

    /// <summary>Null if the host does not have the method, or does not take the call.</summary>
    private static async Task<CimInstance?> AskAsync(ICimSession session, CimPath service, string method, CimInstance arguments, CancellationToken cancellationToken)
    {
        try
        {
            return await session.InvokeAsync(service, method, arguments, cancellationToken);
        }
        catch (CimException error) when (error.Kind is CimErrorKind.InvalidRequest or CimErrorKind.NotFound or CimErrorKind.Failed)
        {
            return null;
        }
    }
}
