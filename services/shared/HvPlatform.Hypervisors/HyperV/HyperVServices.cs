using System.Collections.Concurrent;
using HvPlatform.Contracts;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>The host's services, by class: each has one instance, whose keys are read once.</summary>
internal sealed class HyperVServices(HyperVConnector connector)
{
    /// <summary>The service for VMs.</summary>
    public const string Management = "Msvm_VirtualSystemManagementService";

    private readonly ConcurrentDictionary<string, CimPath> paths = new(StringComparer.Ordinal);

    /// <summary>The path of a service's one instance. Throws <see cref="CimException"/>, and <see cref="HypervisorException"/> if the host has none.</summary>
    public async Task<CimPath> PathAsync(ICimSession session, string className, CancellationToken cancellationToken)
    {
        if (paths.TryGetValue(className, out var known))
        {
            return known;
        }

        await foreach (var service in session.EnumerateAsync(CimPath.Virtualization, className, cancellationToken))
        {
            var path = new CimPath(
                className,
                ("CreationClassName", service.String("CreationClassName") ?? className), ("Name", service.String("Name") ?? ""),
                ("SystemCreationClassName", service.String("SystemCreationClassName") ?? "Msvm_ComputerSystem"), ("SystemName", service.String("SystemName") ?? ""));
            return paths.GetOrAdd(className, path);
        }

        throw new HypervisorException(HyperVErrors.Info(ErrorCategory.Query, $"Host {connector.Where} has no {className}.", connector.Where) with { Advice = "Check that the role Hyper-V is installed and its service vmms runs." });
    }

    /// <summary>Calls a method of the management service and follows its job.</summary>
    public Task<HyperVResult> ManageAsync(ICimSession session, string method, CimInstance arguments, string operation, CancellationToken cancellationToken) =>
        CallAsync(session, Management, method, arguments, operation, cancellationToken);

    /// <summary>Calls a method of a service and follows its job.</summary>
    public async Task<HyperVResult> CallAsync(ICimSession session, string className, string method, CimInstance arguments, string operation, CancellationToken cancellationToken) =>
        await connector.Jobs.RunAsync(session, await PathAsync(session, className, cancellationToken), method, arguments, operation, progress: null, cancellationToken);

    /// <summary>A host's own name as its object paths have it. Throws <see cref="CimException"/>.</summary>
    public async Task<string> HostNameAsync(ICimSession session, CancellationToken cancellationToken) =>
        (await PathAsync(session, Management, cancellationToken))["SystemName"]!;

    /// <summary>In parameters of a method.</summary>
    public static CimInstance Arguments(string method, params (string Name, object? Value)[] values)
    {
        var arguments = new CimInstance(method);
        foreach (var (name, value) in values)
        {
            arguments[name] = value;
        }

        return arguments;
    }
}
