using HvPlatform.Contracts;
using HvPlatform.Hypervisors.HyperV;
using HvPlatform.Hypervisors.HyperV.Cim;
using HvPlatform.HyperVSimulator.Model;
using Xunit;

namespace HvPlatform.HyperVTests.Driver;

public sealed class SummaryReaderTests
{
    private readonly List<VmId> vms = [.. Enumerable.Range(0, 500).Select(_ => new VmId(Guid.NewGuid()))];
    private readonly HashSet<string> deleted = [];
    private readonly List<int> asked = [];
    private readonly List<CimPath> targets = [];
    private bool refused;
    private int most = int.MaxValue;

    [Fact]
    public async Task Many_vms_take_few_calls()
    {
        Assert.Equal(vms.Count, (await ReadAsync()).Count);
        Assert.InRange(asked.Count, 2, 8);
    }

    [Fact]
    public async Task An_answer_that_is_too_large_is_asked_for_in_smaller_parts_from_then_on()
    {
        most = 40;
        Assert.Equal(vms.Count, (await ReadAsync()).Count);
        Assert.Contains(asked, count => count > most);
        Assert.All(asked.SkipWhile(count => count > most), count => Assert.True(count <= most));
    }

    [Fact]
    public async Task A_vm_that_was_deleted_meanwhile_does_not_hide_the_others()
    {
        deleted.Add("Microsoft:" + VmPaths.Key(vms[77]));
        var found = await ReadAsync();
        Assert.Equal(vms.Count - 1, found.Count);
        Assert.DoesNotContain(vms[77], found.Keys);
    }

    [Fact]
    public async Task A_vm_that_was_deleted_meanwhile_is_no_error_if_it_is_the_only_one()
    {
        vms.RemoveRange(1, vms.Count - 1);
        deleted.Add("Microsoft:" + VmPaths.Key(vms[0]));
        Assert.Empty(await ReadAsync());
    }

    [Fact]
    public async Task A_request_that_the_host_does_not_take_even_for_one_vm_is_an_error()
    {
        refused = true;
        Assert.Equal(CimErrorKind.InvalidRequest, (await Assert.ThrowsAsync<CimException>(ReadAsync)).Kind);
    }

    [Fact]
    public async Task The_service_is_named_with_all_its_keys()
    {
        await ReadAsync();
        Assert.All(targets, target => Assert.All(["CreationClassName", "Name", "SystemCreationClassName", "SystemName"], key => Assert.NotEmpty(target[key]!)));
    }

    private async Task<Dictionary<VmId, CimInstance>> ReadAsync()
    {
        var catalogue = new CimCatalogue("HV1");
        var service = CimBlank.Of("Msvm_VirtualSystemManagementService");
        service["CreationClassName"] = "Msvm_VirtualSystemManagementService";
        service["Name"] = "vmms";
        service["SystemCreationClassName"] = "Msvm_ComputerSystem";
        service["SystemName"] = "HV1";
        catalogue.Add("Msvm_VirtualSystemManagementService", () => [service], _ => service);
        catalogue.Method("Msvm_VirtualSystemManagementService", "GetSummaryInformation", (target, arguments) =>
        {
            targets.Add(target);
            if (refused)
            {
                throw new CimException(CimErrorKind.InvalidRequest, "A parameter is wrong.");
            }

            var paths = arguments.Array<CimPath>("SettingData");
            asked.Add(paths.Count);
            if (paths.Count > most)
            {
                throw new CimException(CimErrorKind.TooLarge, "The answer is too large.");
            }

            return paths.Any(path => deleted.Contains(path["InstanceID"]!)) ? throw new MethodRefused(32773, "deleted") : CimBlank.Result(0, ("SummaryInformation", paths.Select(Summary).ToArray()));
        });
        var session = new HyperVSimulator.Repository.InProcessCimSession(catalogue);
        await using var connector = new HyperVConnector(new HyperVOptions(), session, TimeProvider.System);
        return await new SummaryReader(new HyperVServices(connector)).ReadAsync(session, vms, "HV1", TestContext.Current.CancellationToken);
    }

    private static CimInstance Summary(CimPath settings)
    {
        var summary = CimBlank.Of("Msvm_SummaryInformation");
        summary["Name"] = settings["InstanceID"]!["Microsoft:".Length..];
        return summary;
    }
}
