using System.Text.RegularExpressions;
using HvPlatform.Contracts;
using HvPlatform.Hypervisors.HyperV;
using HvPlatform.Hypervisors.HyperV.Cim;
using Xunit;

namespace HvPlatform.HyperVTests.Driver;

public sealed partial class HyperVErrorsTests
{
    private const string Host = "HV1";

    /// <summary>One error of each category, with what its context has to carry.</summary>
    private static readonly (ErrorCategory Category, Func<ErrorInfo> Make, Func<ErrorInfo, bool> Context)[] Table =
    [
        (ErrorCategory.Connection, () => HyperVErrors.Of(new CimException(CimErrorKind.Unreachable, "refused", 0x80338012), "Cannot list the VMs", Host), e => e is { Kind: ErrorKind.Transient, NativeCode: "WMI:0x80338012" }),
        (ErrorCategory.Authentication, () => HyperVErrors.Of(new CimException(CimErrorKind.Authentication, "401"), "Cannot list the VMs", Host), e => e is { Kind: ErrorKind.Denied, FailureType: FailureType.Configuration }),
        (ErrorCategory.Query, () => HyperVErrors.Of(new CimException(CimErrorKind.TooLarge, "big"), "Cannot list the VMs", Host), e => e.Code == "answer-too-large"),
        (ErrorCategory.Method, () => HyperVErrors.Of(new CimException(CimErrorKind.Failed, "odd"), "Cannot list the VMs", Host), e => e.NativeMessage == "odd"),
        (ErrorCategory.VmNotFound, () => HyperVErrors.VmNotFound(new VmId(Guid.NewGuid()), Host).Error, e => e.Kind is ErrorKind.NotFound),
        (ErrorCategory.SwitchNotFound, () => HyperVErrors.SwitchNotFound("LAN", Host).Error, e => e.Kind is ErrorKind.NotFound),
        (ErrorCategory.DiskNotFound, () => HyperVErrors.DiskNotFound(@"C:\a.vhdx", Host).Error, e => e.Kind is ErrorKind.NotFound),
        (ErrorCategory.CheckpointNotFound, () => HyperVErrors.CheckpointNotFound("web1", "before", Host).Error, e => e.Kind is ErrorKind.NotFound),
        (ErrorCategory.JobNotFound, () => HyperVErrors.JobNotFound("start VM web1", "AAAA", Host).Error, e => e.Kind is ErrorKind.NotFound),
        (ErrorCategory.GpuNotFound, () => HyperVErrors.GpuNotFound("gpu0", Host).Error, e => e.Kind is ErrorKind.NotFound),
        (ErrorCategory.DeviceNotFound, () => HyperVErrors.DeviceNotFound("VM web1", "network adapter 'LAN'", Host).Error, e => e.Kind is ErrorKind.NotFound),
        (ErrorCategory.InvalidState, () => HyperVErrors.InvalidState("pause", "web1", "Off", Host, "Running").Error, e => e.CurrentState == "Off" && e.AllowedStates is ["Running"]),
        (ErrorCategory.TransitionalState, () => HyperVErrors.TransitionalState("pause", "web1", "Starting", Host).Error, e => e is { CurrentState: "Starting", FailureType: FailureType.Transient }),
        (ErrorCategory.Validation, () => HyperVErrors.Validation("vcpus", "must be at least 1", Host).Error, e => e is { Field: "vcpus", FailureType: FailureType.Validation }),
        (ErrorCategory.MissingRequired, () => HyperVErrors.MissingRequired("name", Host).Error, e => e is { Field: "name", Kind: ErrorKind.Validation }),
        (ErrorCategory.PropertyNotSupported, () => HyperVErrors.PropertyNotSupported("HwThreadsPerCore", "VM version 9.0", Host).Error, e => e is { Field: "HwThreadsPerCore", RequiredVersion: "VM version 9.0" }),
        (ErrorCategory.VmVersionUnsupported, () => HyperVErrors.VmVersionUnsupported("99.0", ["8.0", "9.0"], Host).Error, e => e.Message.Contains("8.0, 9.0", StringComparison.Ordinal)),
        (ErrorCategory.OperationFailed, () => HyperVErrors.ReturnValue("Msvm_ComputerSystem", "RequestStateChange", 32768, "start VM web1", Host).Error, e => e.NativeCode == "WMI:32768"),
        (ErrorCategory.TypeConversion, () => HyperVErrors.Of(new CimException(CimErrorKind.Malformed, "not a number"), "Cannot list the VMs", Host), e => e.Kind is ErrorKind.Fatal),
        (ErrorCategory.JobFailed, () => HyperVErrors.JobFailed("start VM web1", Job(10), ["It broke."], Host).Error, e => e.NativeMessage == "It broke."),
        (ErrorCategory.JobTimedOut, () => HyperVErrors.JobTimedOut("start VM web1", "AAAA", TimeSpan.FromSeconds(9), 42, Host).Error, e => e.Kind is ErrorKind.Timeout),
        (ErrorCategory.JobCancelled, () => HyperVErrors.JobCancelled("start VM web1", "AAAA", Host).Error, e => e.Kind is ErrorKind.Cancelled),
        (ErrorCategory.MigrationFailed, () => HyperVErrors.MigrationFailed("web1", "HV2", HyperVErrors.ReturnValue("Msvm_VirtualSystemMigrationService", "MigrateVirtualSystemToHost", 32778, "migrate", Host).Error, Host).Error, e => e is { Kind: ErrorKind.Resource, Cause.Code: "out-of-memory", NativeCode: "WMI:32778" }),
        (ErrorCategory.BlackoutExceeded, () => HyperVErrors.BlackoutExceeded("web1", TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(900), Host).Error, e => e.Message.Contains("900 ms", StringComparison.Ordinal)),
        (ErrorCategory.Security, () => HyperVErrors.Security("change web1", "it is shielded", Host).Error, e => e.Kind is ErrorKind.Denied),
        (ErrorCategory.Tpm, () => HyperVErrors.Tpm("enable the TPM of web1", "there is no key protector", Host).Error, e => e.FailureType is FailureType.Configuration),
        (ErrorCategory.InsufficientResources, () => HyperVErrors.InsufficientResources("memory", "8 GiB", "2 GiB", Host).Error, e => e is { ResourceKind: "memory", FailureType: FailureType.Resource }),
        (ErrorCategory.GpuUnavailable, () => HyperVErrors.GpuUnavailable("gpu0", "all partitions are taken", Host).Error, e => e.ResourceKind == "gpu"),
        (ErrorCategory.Io, () => HyperVErrors.Io("read", @"C:\a.vhdx", "sharing violation", Host).Error, e => e.Field == "path"),
    ];

    public static TheoryData<ErrorCategory> Categories() => [.. HyperVErrors.Categories];

    [Theory]
    [MemberData(nameof(Categories))]
    public void Every_category_says_what_where_and_what_to_do(ErrorCategory category)
    {
        var (_, make, context) = Assert.Single(Table, row => row.Category == category);
        var error = make();
        Assert.Equal(category, error.Category);
        Assert.Equal(Host, error.Where);
        Assert.True(context(error), $"{category}: {error}");
        Assert.NotNull(error.FailureType);
        Assert.Matches(Code(), error.Code);
        Assert.DoesNotContain('\n', error.Advice!);
        Assert.EndsWith(".", error.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_category_of_the_contract_is_made() => Assert.Equal(Enum.GetValues<ErrorCategory>().Where(one => one is not ErrorCategory.Unknown), HyperVErrors.Categories.Order());

    [Fact]
    public void Every_documented_return_value_has_a_meaning_of_its_own()
    {
        var unjudged = new List<string>();
        foreach (var (type, method, value, meaning) in from type in CimSchema.Instance.Classes from method in type.Methods from pair in method.ReturnValues select (type, method, pair.Key, pair.Value))
        {
            if (value is 0 or 4096 || Failure().IsMatch(meaning))
            {
                continue;
            }

            var error = HyperVErrors.ReturnValue(type.Name, method.Name, value, "do it", Host).Error;
            Assert.Equal($"WMI:{value}", error.NativeCode);
            if (error.Code == "operation-failed")
            {
                unjudged.Add($"{type.Name}.{method.Name} {value} {meaning}");
            }
        }

        Assert.Empty(unjudged);
    }

    [Theory]
    [InlineData(32769, ErrorKind.Denied)]
    [InlineData(32770, ErrorKind.Unsupported)]
    [InlineData(32772, ErrorKind.Timeout)]
    [InlineData(32773, ErrorKind.Validation)]
    [InlineData(32774, ErrorKind.Conflict)]
    [InlineData(32775, ErrorKind.InvalidState)]
    [InlineData(32776, ErrorKind.Validation)]
    [InlineData(32777, ErrorKind.Transient)]
    [InlineData(32778, ErrorKind.Resource)]
    [InlineData(32768, ErrorKind.Fatal)]
    [InlineData(4711, ErrorKind.Fatal)]
    public void A_migrations_return_value_is_of_a_kind(uint value, ErrorKind kind) =>
        Assert.Equal(kind, HyperVErrors.ReturnValue("Msvm_VirtualSystemMigrationService", "MigrateVirtualSystemToHost", value, "migrate VM web1", Host).Kind);

    [Fact]
    public void Every_kind_of_a_failed_call_is_mapped() => Assert.All(Enum.GetValues<CimErrorKind>(), kind =>
    {
        var error = HyperVErrors.Of(new CimException(kind, "text", 5), "Cannot read", Host);
        Assert.Equal("Cannot read: text", error.Message);
        Assert.Equal("WMI:0x00000005", error.NativeCode);
        Assert.NotNull(error.Advice);
    });

    [Fact]
    public void A_long_text_of_the_host_is_cut() =>
        Assert.True(HyperVErrors.JobFailed("start VM web1", Job(10), [new string('x', 100_000)], Host).Error.Message.Length < 3000);

    private static HyperVJob Job(ushort state) => HyperVJob.Read(new CimInstance("Msvm_ConcreteJob") { ["InstanceID"] = "AAAA", ["JobState"] = state });

    [GeneratedRegex("^[a-z]+(-[a-z]+)*$")]
    private static partial Regex Code();

    /// <summary>Meanings that say no more than that it failed.</summary>
    [GeneratedRegex("^(failed|unknown|unknown/unspecified error|unknown or unspecified error|unspecified error|status is unknown|dmtf reserved|vendor reserved|vendor specific|)$", RegexOptions.IgnoreCase)]
    private static partial Regex Failure();
}
