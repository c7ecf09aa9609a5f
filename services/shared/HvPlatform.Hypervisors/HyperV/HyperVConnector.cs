using HvPlatform.Contracts;
using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.Hypervisors.HyperV;

/// <summary>
/// The one session of a driver with its host. Everything that is asked goes through <see cref="RunAsync{T}"/>, which makes errors of the session into errors of the driver
/// and, after the host was out of reach, first looks whether the same host answers: another one's VMs are not this one's.
/// </summary>
internal sealed class HyperVConnector(HyperVOptions options, ICimSession session, TimeProvider time) : IAsyncDisposable
{
    private HostId? known;
    private volatile bool unsure;

    /// <summary>How the host is reached.</summary>
    public HyperVOptions Options => options;

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>What the host is called in messages.</summary>
    public string Where { get; private set; } = options.Where;

    /// <summary>Calls methods that work by jobs.</summary>
    public HyperVJobs Jobs { get; private set; } = new(time, options.Where);

    /// <summary>From now on this host, and no other, has to answer.</summary>
    public void Expect(HostId host, string name)
    {
        known = host;
        Where = name;
        Jobs = new HyperVJobs(time, name);
    }

    /// <summary>Asks the host something. Throws <see cref="HypervisorException"/>.</summary>
    /// <param name="what">What is tried, for messages: <c>Cannot list the VMs</c>.</param>
    /// <param name="call">The question; may throw <see cref="CimException"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<T> RunAsync<T>(string what, Func<ICimSession, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (unsure && known is { } expected)
            {
                await CheckAsync(expected, cancellationToken);
                unsure = false;
            }

            return await call(session);
        }
        catch (CimException error)
        {
            unsure |= error.Kind is CimErrorKind.Unreachable or CimErrorKind.ReplyLost or CimErrorKind.Timeout or CimErrorKind.Authentication or CimErrorKind.CertificateRejected;
            throw HyperVErrors.From(error, what, Where);
        }
        catch (HypervisorException error) when (error.Error.Category is ErrorCategory.Connection or ErrorCategory.Authentication)
        {
            unsure = true;
            throw;
        }
    }

    /// <summary>As <see cref="RunAsync{T}"/> without a result.</summary>
    public Task RunAsync(string what, Func<ICimSession, Task> call, CancellationToken cancellationToken) =>
        RunAsync(
            what,
            async session =>
            {
                await call(session);
                return true;
            },
            cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => session.DisposeAsync();

    private async Task CheckAsync(HostId expected, CancellationToken cancellationToken)
    {
        var found = await HyperVIdentity.ReadAsync(session, options.Where, cancellationToken);
        if (found.Id != expected)
        {
            throw new HypervisorException(HyperVErrors.Info(
                ErrorCategory.Connection, $"{options.Where} answers as host {found.Name} ({found.Id}), but this driver was made for host {Where} ({expected}).", Where) with
            {
                Kind = ErrorKind.Fatal,
                Code = "host-changed",
                FailureType = FailureType.Configuration,
                Advice = "Check the address; restart the agent if the host was reinstalled.",
            });
        }
    }
}
