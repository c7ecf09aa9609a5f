using HvPlatform.Contracts;
using HvPlatform.Contracts.Packages;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Packages;
using Xunit;

namespace HvPlatform.UnitTests.HostAgent;

/// <summary>Below which directories exports may lie, in both forms of paths.</summary>
public sealed class ExportRootsTests
{
    static readonly string[] s_roots = ["/srv/exports/", @"D:\Exports", @"\\nas\vms\exports"];

    [Theory]
    [InlineData("/srv/exports/a", 0)]
    [InlineData("/srv/exports//a/b/", 0)]
    [InlineData(@"D:\Exports\web 1", 1)]
    [InlineData(@"d:/exports\Web", 1)]
    [InlineData(@"\\NAS\vms\exports\web", 2)]
    public void Below_a_root_is_allowed(string directory, int root) => Assert.Equal(s_roots[root], ExportRoots.Find(s_roots, directory, "host"));

    [Theory]
    [InlineData("/srv/exports", "directory-not-allowed")]
    [InlineData("/srv/exports2/a", "directory-not-allowed")]
    [InlineData("/SRV/exports/a", "directory-not-allowed")]
    [InlineData("/etc/passwd", "directory-not-allowed")]
    [InlineData(@"D:\Exports2\a", "directory-not-allowed")]
    [InlineData(@"\\nas\other\exports\web", "directory-not-allowed")]
    [InlineData("/srv/exports/../../etc", "directory-invalid")]
    [InlineData("/srv/exports/./a", "directory-invalid")]
    [InlineData(@"D:\Exports\..\Windows", "directory-invalid")]
    [InlineData(@"D:\Exports\a\.. \b", "directory-invalid")]
    [InlineData(@"D:\Exports\a:stream", "directory-invalid")]
    [InlineData(@"\\?\D:\Exports\a", "directory-invalid")]
    [InlineData("srv/exports/a", "directory-invalid")]
    [InlineData("", "directory-invalid")]
    [InlineData("/srv/exports/a\nb", "directory-invalid")]
    public void Everything_else_is_refused_with_the_reason(string directory, string code)
    {
        var error = Assert.Throws<HypervisorException>(() => ExportRoots.Find(s_roots, directory, "host")).Error;
        Assert.Equal((code, code == "directory-invalid" ? ErrorKind.Validation : ErrorKind.Denied), (error.Code, error.Kind));
    }

    [Theory]
    [InlineData("/srv/exports", null, null)]
    [InlineData("/srv/exports/a", @"D:\Exports\a.vhdx", null)]
    [InlineData("/etc", null, "disk-path-not-allowed")]
    [InlineData(null, "/dev/sda", "disk-path-not-allowed")]
    [InlineData(null, "/srv/exports/../x", "disk-path-invalid")]
    public void Disks_of_an_import_lie_below_the_disk_roots(string? directory, string? disk, string? code)
    {
        var settings = new ImportSettings { Directory = "/x", DiskDirectory = directory, DiskPaths = disk is null ? [] : [new ImportMapping { From = "a", To = disk }] };
        var refused = Record.Exception(() => DiskRoots.Check(s_roots, settings, new VmId(Guid.Empty), "host"));
        Assert.Equal(code, (refused as HypervisorException)?.Error.Code);
    }
}
