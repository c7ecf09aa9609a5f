using System.Management;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace HvPlatform.Hypervisors.HyperV.Cim.Wmi;

/// <summary>
/// A session over WMI's COM interface (System.Management): this machine's, or another's over DCOM. As thin as it can be, because everything above it is shared with
/// WS-Management and tested there. WMI's calls block and cannot be cancelled once they run: each has a thread of its own and a time-out.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed class WmiSession(WmiOptions options) : ICimSession
{
    private const int Batch = 64;
    private static readonly TimeSpan EventWait = TimeSpan.FromSeconds(1);

    private readonly BlockingCalls calls = new(options.MaxCalls);
    private readonly string host = options.Host ?? Environment.MachineName;

    /// <inheritdoc/>
    public Task<CimInstance?> GetAsync(CimPath path, CancellationToken cancellationToken) => CallAsync<CimInstance?>(
        () =>
        {
            using var found = Find(path);
            try
            {
                found.Get();
            }
            catch (ManagementException e) when ((uint)e.ErrorCode == WmiErrors.NotFound)
            {
                return null;
            }

            return Read(found, found.ClassPath.ClassName);
        },
        path,
        cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<CimInstance> EnumerateAsync(string nameSpace, string className, CancellationToken cancellationToken) =>
        QueryAsync(nameSpace, $"SELECT * FROM {className}", cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<CimInstance> QueryAsync(string nameSpace, string wql, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var enumeration = new System.Management.EnumerationOptions { ReturnImmediately = true, Rewindable = false, BlockSize = Batch, Timeout = options.OperationTimeout };
        using var searcher = new ManagementObjectSearcher(Scope(nameSpace), new ObjectQuery(wql), enumeration);
        using var found = await CallAsync(() => calls.RunToEndAsync(() => searcher.Get().GetEnumerator(), cancellationToken), wql);
        for (var more = true; more;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (batch, again) = await CallAsync(() => calls.RunToEndAsync(() => Next(found), cancellationToken), wql);
            foreach (var instance in batch)
            {
                yield return instance;
            }

            more = again;
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<CimInstance> AssociatorsAsync(CimPath source, string? associationClass, string? resultClass, CancellationToken cancellationToken)
    {
        var associations = associationClass is null ? "" : $" AssocClass = {associationClass}";
        var results = resultClass is null ? "" : $" ResultClass = {resultClass}";
        var where = associations.Length + results.Length == 0 ? "" : " WHERE";
        return QueryAsync(source.Namespace, $"ASSOCIATORS OF {{{source.RelativePath}}}{where}{associations}{results}", cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<CimInstance> ReferencesAsync(CimPath source, string? associationClass, CancellationToken cancellationToken) => QueryAsync(
        source.Namespace, $"REFERENCES OF {{{source.RelativePath}}}{(associationClass is null ? "" : $" WHERE ResultClass = {associationClass}")}", cancellationToken);

    /// <inheritdoc/>
    public Task<CimInstance> InvokeAsync(CimPath target, string method, CimInstance arguments, CancellationToken cancellationToken) => CallAsync(
        () =>
        {
            using var found = Find(target);
            using var given = found.GetMethodParameters(method);
            foreach (var (name, value) in arguments.Properties)
            {
                given[name] = WmiValues.Write($"{target.ClassName}.{method}({name})", value, host);
            }

            using var result = found.InvokeMethod(method, given, new InvokeMethodOptions(null, options.OperationTimeout));
            return Read(result, method, CimSchema.Instance.Find(target.ClassName)?.Method(method));
        },
        $"{target}.{method}",
        cancellationToken);

    /// <inheritdoc/>
    public Task ModifyAsync(CimPath path, CimInstance instance, CancellationToken cancellationToken) => CallAsync(
        () =>
        {
            using var found = Find(path);
            found.Get();
            foreach (var (name, value) in instance.Properties)
            {
                found[name] = WmiValues.Write($"{path.ClassName}.{name}", value, host);
            }

            found.Put(new PutOptions(null, options.OperationTimeout, useAmendedQualifiers: false, PutType.UpdateOnly));
            return true;
        },
        path,
        cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<CimInstance>? Watch(string nameSpace, string wql, CancellationToken cancellationToken) => WatchAsync(nameSpace, wql, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async IAsyncEnumerable<CimInstance> WatchAsync(string nameSpace, string wql, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var watcher = new ManagementEventWatcher(Scope(nameSpace), new EventQuery(wql), new EventWatcherOptions(null, EventWait, 1));
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await CallAsync(() => calls.RunToEndAsync(() => Wait(watcher), cancellationToken), wql) is { } happened)
            {
                yield return happened;
            }
        }
    }

    private static CimInstance? Wait(ManagementEventWatcher watcher)
    {
        try
        {
            using var happened = watcher.WaitForNextEvent();
            return Read(happened, happened.ClassPath.ClassName);
        }
        catch (ManagementException e) when ((uint)e.ErrorCode == WmiErrors.TimedOut)
        {
            return null;
        }
    }

    private static (List<CimInstance> Batch, bool More) Next(ManagementObjectCollection.ManagementObjectEnumerator found)
    {
        var batch = new List<CimInstance>(Batch);
        while (batch.Count < Batch)
        {
            if (!found.MoveNext())
            {
                return (batch, false);
            }

            using var one = found.Current;
            batch.Add(Read(one, one.ClassPath.ClassName));
        }

        return (batch, true);
    }

    private static CimInstance Read(ManagementBaseObject native, string className, CimMethod? method = null)
    {
        var instance = new CimInstance(className);
        var schema = CimSchema.Instance.Find(className);
        foreach (var property in native.Properties)
        {
            var declared = method is null ? schema?.Property(property.Name) : method.Parameters.FirstOrDefault(p => p.Property.Name.Equals(property.Name, StringComparison.OrdinalIgnoreCase))?.Property;
            var value = property.Value switch
            {
                ManagementBaseObject embedded => Read(embedded, embedded.ClassPath.ClassName),
                ManagementBaseObject[] several => Array.ConvertAll(several, one => Read(one, one.ClassPath.ClassName)),
                var other => other,
            };
            instance[property.Name] = WmiValues.Read($"{className}.{property.Name}", declared?.Type ?? Native(property.Type), value);
        }

        return instance;
    }

    private static CimType Native(System.Management.CimType type) => type switch
    {
        System.Management.CimType.Char16 => CimType.UInt16,
        System.Management.CimType.Object => CimType.Instance,
        System.Management.CimType.None => CimType.String,
        _ => CimText.FromName(type.ToString()) ?? CimType.String,
    };

    private ManagementObject Find(CimPath path) =>
        new(Scope(path.Namespace), new ManagementPath(path.RelativePath), new ObjectGetOptions(null, options.OperationTimeout, useAmendedQualifiers: false));

    private ManagementScope Scope(string nameSpace) => new($@"\\{options.Host ?? "."}\{nameSpace.Replace('/', '\\')}", new ConnectionOptions
    {
        Username = options.Credential?.UserName,
        Password = options.Credential?.Password,
        Authority = options.Credential is { Domain.Length: > 0 } credential ? $"ntlmdomain:{credential.Domain}" : null,
        Impersonation = ImpersonationLevel.Impersonate,
        Authentication = AuthenticationLevel.PacketPrivacy,
        Timeout = options.OperationTimeout,
    });

    private Task<T> CallAsync<T>(Func<T> call, object what, CancellationToken cancellationToken) => CallAsync(() => calls.RunAsync(call, cancellationToken), what);

    /// <summary>Makes WMI's errors into ours.</summary>
    private async Task<T> CallAsync<T>(Func<Task<T>> run, object what)
    {
        try
        {
            return await run();
        }
        catch (ManagementException e)
        {
            throw Failed(what, (uint)e.ErrorCode, e);
        }
        catch (COMException e)
        {
            throw Failed(what, (uint)e.HResult, e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw Failed(what, (uint)e.HResult, e);
        }
    }

    private CimException Failed(object what, uint code, Exception inner) =>
        new(WmiErrors.Kind(code), $"WMI of {host} failed on {what}: {inner.Message.Trim()} (0x{code:X8}).", code, inner);
}
