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

    private async Task<Dictionary<VmId, CimInstance>> ReadAsync()
    {
        var catalogue = new CimCatalogue("HV1");
        var service = CimBlank.Of("Msvm_VirtualSystemManagementService");
        service["CreationClassName"] = "Msvm_VirtualSystemManagementService";
        catalogue.Add("Msvm_VirtualSystemManagementService", () => [service], _ => service);
        catalogue.Method("Msvm_VirtualSystemManagementService", "GetSummaryInformation", (_, arguments) =>
        {
            var paths = arguments.Array<CimPath>("SettingData");
            asked.Add(paths.Count);
            if (paths.Count > most)
            {
                throw new CimException(CimErrorKind.TooLarge, "The answer is too large.");
            }

            return paths.Any(path => deleted.Contains(path["InstanceID"]!)) ? throw new MethodRefused(32773, "deleted") : CimBlank.Result(0, ("SummaryInformation", paths.Select(Summary).ToArray()));
        });
        await using var session = new HyperVSimulator.Repository.InProcessCimSession(catalogue);
        return await new SummaryReader().ReadAsync(session, vms, "HV1", TestContext.Current.CancellationToken);
    }

    private static CimInstance Summary(CimPath settings)
    {
        var summary = CimBlank.Of("Msvm_SummaryInformation");
        summary["Name"] = settings["InstanceID"]!["Microsoft:".Length..];
        return summary;
    }
}
