using HvPlatform.Contracts;
using HvPlatform.Hypervisors;
using HvPlatform.Hypervisors.Libvirt;
using Xunit;

namespace HvPlatform.VmTests;

public sealed class LibvirtErrorsTests
{
    [Theory]
    [InlineData(42, "Domain not found", ErrorKind.NotFound, "vm-not-found")]
    [InlineData(55, "Requested operation is not valid: domain is not running", ErrorKind.InvalidState, "invalid-state")]
    [InlineData(45, "authentication failed: access denied by policy", ErrorKind.Denied, "authentication-failed")]
    [InlineData(78, "operation aborted: migration out: canceled by client", ErrorKind.Cancelled, "aborted")]
    [InlineData(91, "the CPU is incompatible with host CPU", ErrorKind.Unsupported, "cpu-incompatible")]
    [InlineData(81, "Unsafe migration: Migration without shared storage is unsafe", ErrorKind.Validation, "migration-unsafe")]
    [InlineData(68, "Timed out during operation: cannot acquire state change lock", ErrorKind.Timeout, "operation-timeout")]
    [InlineData(2, "out of memory", ErrorKind.Resource, "out-of-memory")]
    [InlineData(9, "operation failed: domain 'a' already exists with uuid x", ErrorKind.Conflict, "name-in-use")]
    [InlineData(9, "operation failed: domain is no longer running", ErrorKind.Fatal, "operation-failed")]
    [InlineData(38, "Failed to connect socket to '/run/x': No such file or directory", ErrorKind.Transient, "host-unreachable")]
    [InlineData(38, "Failed to connect socket to '/run/x': Permission denied", ErrorKind.Denied, "access-denied")]
    [InlineData(1, "internal error: client socket is closed", ErrorKind.Transient, "connection-lost")]
    [InlineData(1, "internal error: qemu unexpectedly closed the monitor", ErrorKind.Fatal, "hypervisor-internal")]
    [InlineData(4711, "from the future", ErrorKind.Unknown, "libvirt-error")]
    public void Native_number_and_text_give_one_kind_and_are_kept(int number, string text, ErrorKind kind, string code)
    {
        var error = LibvirtErrors.Map(number, text, "host-1", "Cannot do it");
        Assert.Equal((kind, code), (error.Kind, error.Code));
        Assert.Equal($"libvirt:{number}", error.NativeCode);
        Assert.Equal(text, error.NativeMessage);
        Assert.Equal("host-1", error.Where);
        Assert.Equal($"Cannot do it: {text}", error.Message);
    }

    [Fact]
    public void Every_mapped_number_has_a_kind_a_code_and_if_a_person_is_needed_an_advice()
    {
        Assert.True(LibvirtErrors.Mapped.Count() > 60);
        foreach (var number in LibvirtErrors.Mapped)
        {
            var error = LibvirtErrors.Map(number, "text", "host");
            Assert.NotEqual(ErrorKind.Unknown, error.Kind);
            Assert.Matches("^[a-z][a-z-]+$", error.Code);
            Assert.False(error.Kind == ErrorKind.Denied && error.Advice is null, $"{number} {error.Code} is denied without an advice");
        }
    }

    [Fact]
    public async Task Host_without_libvirtd_is_a_clear_error_with_what_to_do()
    {
        LibvirtPair.Require();
        var options = new LibvirtOptions { Uri = "qemu+unix:///system?socket=/tmp/no-libvirtd-here.sock" };
        var error = (await Assert.ThrowsAsync<HypervisorException>(() => LibvirtDriver.ConnectAsync(options))).Error;
        Assert.Equal((ErrorKind.Transient, "host-unreachable"), (error.Kind, error.Code));
        Assert.Contains("/tmp/no-libvirtd-here.sock", error.NativeMessage);
        Assert.Contains("systemctl start libvirtd", error.Advice);
        Assert.Equal(options.Uri, error.Where);
    }
}
