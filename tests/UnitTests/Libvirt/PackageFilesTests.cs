using System.Security.Cryptography;
using System.Xml.Linq;
using HvPlatform.Contracts;
using HvPlatform.Contracts.Packages;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Libvirt;
using HvPlatform.Hypervisors.Libvirt.Export;
using Xunit;

namespace HvPlatform.UnitTests.Libvirt;

/// <summary>The files of exports: whose they are, and that no link is followed.</summary>
public sealed class PackageFilesTests : IDisposable
{
    readonly string _directory = System.IO.Directory.CreateTempSubdirectory("hv-package").FullName;
    readonly PackageFiles _files = new(new LibvirtOptions(), "host");
    readonly OperationId _operation = OperationId.New();

    public void Dispose() => System.IO.Directory.Delete(_directory, recursive: true);

    string Export => $"{_directory}/export";

    PackageManifest Manifest(params PackageFile[] files) => new()
    {
        OperationId = _operation,
        Hypervisor = HypervisorKind.Libvirt,
        HypervisorVersion = "1",
        VmId = new VmId(Guid.NewGuid()),
        VmName = "web",
        Mode = ExportMode.Full,
        ExportedAt = DateTimeOffset.UnixEpoch,
        Files = files,
    };

    [Fact]
    public void Export_whose_writer_died_just_before_removing_its_mark_is_whole()
    {
        Assert.True(_files.TryBegin(Export, _operation));
        var mark = System.IO.Directory.GetFiles(Export).Single();
        var text = File.ReadAllText(mark);
        _files.Finish(Export, Manifest());
        File.WriteAllText(mark, text);
        Assert.Equal(_operation, _files.Whole(Export, _operation)!.OperationId);
        Assert.Null(_files.MarkedBy(Export));
        Assert.Null(_files.Whole(Export, OperationId.New()));
    }

    [Fact]
    public void Export_whose_files_a_vm_uses_is_not_discarded()
    {
        _files.TryBegin(Export, _operation);
        _files.Finish(Export, Manifest());
        var import = OperationId.New();
        Assert.True(_files.TryUse(Export, import));
        Assert.Equal(ErrorKind.InvalidState, Assert.Throws<HypervisorException>(() => _files.Discard(Export, _operation)).Kind);
        _files.Release(Export, import);
        _files.Discard(Export, _operation);
        Assert.False(System.IO.Directory.Exists(Export));
    }

    [Fact]
    public async Task Links_are_followed_only_where_a_vm_may_have_them()
    {
        var (target, link, copy) = ($"{_directory}/target", $"{_directory}/link", $"{_directory}/copy");
        await File.WriteAllTextAsync(target, "contents", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(link, target);
        await Assert.ThrowsAsync<IOException>(() => _files.CopyAsync(link, copy, followLink: false, _ => { }, CancellationToken.None));
        await Assert.ThrowsAsync<IOException>(() => _files.HashAsync(link, CancellationToken.None));
        await _files.CopyAsync(link, copy, followLink: true, _ => { }, CancellationToken.None);
        Assert.Equal("contents", await File.ReadAllTextAsync(copy, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Definition_is_used_only_as_the_manifest_lists_it()
    {
        _files.TryBegin(Export, _operation);
        await File.WriteAllTextAsync($"{Export}/definition.xml", "<domain/>", TestContext.Current.CancellationToken);
        var sha = Convert.ToHexStringLower(SHA256.HashData("<domain/>"u8));
        var file = new PackageFile { Path = "definition.xml", Kind = "definition", Bytes = 9, Sha256 = sha };
        Assert.Equal("<domain/>", await _files.DefinitionAsync(Export, Manifest(file), CancellationToken.None));
        Assert.Equal("export-broken", (await Assert.ThrowsAsync<HypervisorException>(() => _files.DefinitionAsync(Export, Manifest(), CancellationToken.None))).Error.Code);
        await File.WriteAllTextAsync($"{Export}/definition.xml", "<domain><name/></domain>", TestContext.Current.CancellationToken);
        Assert.Equal("checksum-wrong", (await Assert.ThrowsAsync<HypervisorException>(() => _files.DefinitionAsync(Export, Manifest(file), CancellationToken.None))).Error.Code);
    }

    [Theory]
    [InlineData("<nvram>/old.fd</nvram>", null)]
    [InlineData("<nvram template='/t.fd'>/old.fd</nvram>", "<nvram template=\"/t.fd\" />")]
    [InlineData("<nvram type='file' template='/t.fd'><source file='/old.fd'/></nvram>", "<nvram template=\"/t.fd\" />")]
    public void Imported_vm_gets_firmware_variables_of_its_own(string nvram, string? left)
    {
        var domain = XElement.Parse($"<domain><name>a</name><uuid>b</uuid><os>{nvram}</os></domain>");
        Assert.Equal("/old.fd", ImportXml.FirmwareOf(domain));
        var request = new ImportRequest(_operation, new VmId(Guid.NewGuid()), new ImportSettings { Directory = Export }, _directory);
        ImportXml.Adapt(domain, request, "c", new Dictionary<string, string>(), null);
        Assert.Equal(left, domain.Element("os")!.Element("nvram")?.ToString());
    }
}
