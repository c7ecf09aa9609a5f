using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace HvPlatform.Hypervisors.HyperV.Cim.WsMan;

/// <summary>
/// A session with one host over WS-Management (MS-WSMV). Requests share a few connections; failures that pass by themselves are repeated where that is safe: reads, and
/// calls that surely did not reach the host or that it refused unread. A host that cannot filter by WQL is asked for whole classes from then on, and filtered for here.
/// </summary>
public sealed class WsManSession : ICimSession
{
    // An answer without instances that does not end the enumeration is legal, but not for ever.
    private const int MaxEmptyAnswers = 16;

    private readonly WsManOptions options;
    private readonly WsManChannels channels;
    private readonly EnvelopeWriter writer;
    private readonly ConcurrentDictionary<string, bool> unfiltered = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, int> fewerElements = new(StringComparer.OrdinalIgnoreCase);
    private string? serverName;

    /// <summary>Connects when it is first used. Throws <see cref="ArgumentException"/> for options that cannot work.</summary>
    public WsManSession(WsManOptions options)
    {
        options.Validate();
        this.options = options;
        channels = new WsManChannels(options);
        writer = new EnvelopeWriter(options);
    }

    /// <summary>What the host was convinced by last: <c>Kerberos</c>, <c>NTLM</c>, <c>Basic</c> or <c>Certificate</c>; null before its first answer.</summary>
    public string? AuthenticatedBy { get; private set; }

    /// <summary>Asks the service who it is.</summary>
    public Task<WsManIdentity> IdentifyAsync(CancellationToken cancellationToken) => CallAsync(EnvelopeWriter.Identify(), answer => answer.Identity(), repeatable: true, cancellationToken);

    /// <inheritdoc/>
    public async Task<CimInstance?> GetAsync(CimPath path, CancellationToken cancellationToken)
    {
        try
        {
            return await CallAsync(writer.Get(path), answer => answer.Instance(), repeatable: true, cancellationToken);
        }
        catch (CimException error) when (error.Kind is CimErrorKind.NotFound)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<CimInstance> EnumerateAsync(string nameSpace, string className, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var enumeration = OfClass(nameSpace, className);
        await foreach (var instance in FollowAsync(enumeration, await StartAsync(enumeration, cancellationToken), cancellationToken))
        {
            yield return instance;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<CimInstance> QueryAsync(string nameSpace, string wql, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        WqlQuery? query = null;
        if (unfiltered.ContainsKey(nameSpace))
        {
            query = WqlQuery.Parse(wql, nameSpace);
        }

        var enumeration = new Enumeration(wql.Length > 200 ? wql[..200] : wql, WsManNames.Resource(nameSpace, "*"), null, max => writer.Query(nameSpace, wql, max));
        EnumerationPart? first = null;
        CimException? refusal = null;
        if (query is null)
        {
            try
            {
                first = await StartAsync(enumeration, cancellationToken);
            }
            catch (CimException error) when (error.Kind is CimErrorKind.FilterUnsupported)
            {
                refusal = error;
                query = WqlQuery.Parse(wql, nameSpace);
            }
        }

        Func<CimInstance, bool>? matches = null;
        if (query is not null)
        {
            // A class that does not exist gets the same fault from some hosts: only if the class can be read was it the filter.
            enumeration = query.Kind is WqlKind.Select ? OfClass(nameSpace, query.ClassName!) : enumeration with { Request = max => writer.Associations(query, max) };
            first = await StartUnfilteredAsync(enumeration, cancellationToken);
            if (refusal is not null && refusal.Code != WqlQuery.InvalidQuery)
            {
                // It was not this query: an older host may not know one property, and yet filter by others.
                unfiltered[nameSpace] = true;
            }

            var server = query.Kind is WqlKind.Select && wql.Contains("__SERVER", StringComparison.OrdinalIgnoreCase) ? await ServerNameAsync(cancellationToken) : string.Empty;
            matches = instance => query.Matches(instance, server);
        }

        await foreach (var instance in FollowAsync(enumeration, first!, cancellationToken))
        {
            if (matches is null || matches(instance))
            {
                yield return query is null ? instance : query.Project(instance);
            }
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<CimInstance> AssociatorsAsync(CimPath source, string? associationClass, string? resultClass, CancellationToken cancellationToken) =>
        QueryAsync(source.Namespace, Wql.Associators(source, associationClass, resultClass), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<CimInstance> ReferencesAsync(CimPath source, string? associationClass, CancellationToken cancellationToken) =>
        QueryAsync(source.Namespace, Wql.References(source, associationClass), cancellationToken);

    /// <inheritdoc/>
    public Task<CimInstance> InvokeAsync(CimPath target, string method, CimInstance arguments, CancellationToken cancellationToken) =>
        CallAsync(writer.Invoke(target, method, arguments), answer => answer.Output(target.ClassName, method), repeatable: false, cancellationToken);

    /// <inheritdoc/>
    public Task ModifyAsync(CimPath path, CimInstance instance, CancellationToken cancellationToken) => CallAsync(writer.Put(path, instance), answer => answer.Accepted(), repeatable: false, cancellationToken);

    /// <summary>Windows offers event subscriptions over WS-Management for event logs only: null.</summary>
    public IAsyncEnumerable<CimInstance>? Watch(string nameSpace, string wql, CancellationToken cancellationToken) => null;

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        channels.Dispose();
        return ValueTask.CompletedTask;
    }

    private Enumeration OfClass(string nameSpace, string className) =>
        new(className, WsManNames.Resource(nameSpace, className), className, max => writer.Enumerate(nameSpace, className, max));

    /// <summary>Where a host refuses a query for a class that it does not have, it refuses it in every dialect.</summary>
    private async Task<EnumerationPart> StartUnfilteredAsync(Enumeration enumeration, CancellationToken cancellationToken)
    {
        try
        {
            return await StartAsync(enumeration, cancellationToken);
        }
        catch (CimException error) when (error is { Kind: CimErrorKind.FilterUnsupported, Code: WsManFaults.NoSuchClass })
        {
            throw new CimException(CimErrorKind.ClassNotFound, error.Message, error.Code, error);
        }
    }

    private async Task<EnumerationPart> StartAsync(Enumeration enumeration, CancellationToken cancellationToken)
    {
        while (true)
        {
            var max = MaxElements(enumeration);
            try
            {
                return await CallAsync(enumeration.Request(max), answer => answer.Part(enumeration.ClassName), repeatable: true, cancellationToken);
            }
            catch (CimException error) when (error.Kind is CimErrorKind.TooLarge && max > 1)
            {
                fewerElements[enumeration.Key] = max / 2;
            }
            catch (CimException error) when (error.Kind is CimErrorKind.NotFound && enumeration.ClassName is not null)
            {
                throw new CimException(CimErrorKind.ClassNotFound, error.Message, error.Code, error);
            }
        }
    }

    private async IAsyncEnumerable<CimInstance> FollowAsync(Enumeration enumeration, EnumerationPart part, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var count = 0;
        var empty = 0;
        long bytes = 0;
        var context = part.Context;
        try
        {
            while (true)
            {
                bytes += part.Bytes;
                if (bytes > options.MaxEnumerationBytes)
                {
                    throw new CimException(CimErrorKind.TooLarge, $"The instances of {enumeration.Key} on {options.Address.Host} have more than {options.MaxEnumerationBytes} bytes.");
                }

                foreach (var instance in part.Items)
                {
                    if (++count > options.MaxInstances)
                    {
                        throw new CimException(CimErrorKind.TooLarge, $"{enumeration.Key} on {options.Address.Host} has more than {options.MaxInstances} instances.");
                    }

                    yield return instance;
                }

                if (context is null)
                {
                    yield break;
                }

                empty = part.Items.Count == 0 ? empty + 1 : 0;
                if (empty > MaxEmptyAnswers)
                {
                    throw new CimException(CimErrorKind.Malformed, $"{enumeration.Key} on {options.Address.Host}: {empty} answers in a row have no instance and do not end the enumeration.");
                }

                var current = context;
                context = null;
                part = await PullAsync(enumeration, current, cancellationToken);
                context = part.Context;
            }
        }
        finally
        {
            if (context is not null)
            {
                await ReleaseAsync(enumeration, context);
            }
        }
    }

    private async Task<EnumerationPart> PullAsync(Enumeration enumeration, string context, CancellationToken cancellationToken)
    {
        try
        {
            return await PullFewerAsync(enumeration, context, cancellationToken);
        }
        catch (Exception error) when (error is OperationCanceledException or CimException { Kind: not (CimErrorKind.Unreachable or CimErrorKind.CertificateRejected or CimErrorKind.Authentication) })
        {
            await ReleaseAsync(enumeration, context);
            throw;
        }
    }

    private async Task<EnumerationPart> PullFewerAsync(Enumeration enumeration, string context, CancellationToken cancellationToken)
    {
        while (true)
        {
            var max = MaxElements(enumeration);
            var answered = false;
            try
            {
                return await CallAsync(
                    writer.Pull(enumeration.Resource, context, max),
                    answer =>
                    {
                        answered = true;
                        return answer.Part(enumeration.ClassName);
                    },
                    repeatable: false,
                    cancellationToken);
            }
            catch (CimException error) when (error.Kind is CimErrorKind.TooLarge && max > 1)
            {
                fewerElements[enumeration.Key] = max / 2;
                if (!answered)
                {
                    // The host sent the instances; they were not read, and it will not send them again.
                    throw;
                }
            }
        }
    }

    /// <summary>Tells the host that nobody reads on. It would find out by itself in some minutes, so nothing depends on it.</summary>
    private async Task ReleaseAsync(Enumeration enumeration, string context)
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), options.Time);
            await OnceAsync(writer.Release(enumeration.Resource, context), answer => answer.Accepted(), limit.Token);
        }
        catch (Exception error) when (error is CimException or OperationCanceledException)
        {
        }
    }

    private int MaxElements(Enumeration enumeration) => fewerElements.GetValueOrDefault(enumeration.Key, options.MaxElements);

    private async Task<string> ServerNameAsync(CancellationToken cancellationToken)
    {
        if (serverName is null)
        {
            await foreach (var system in EnumerateAsync(CimPath.Cimv2, "Win32_ComputerSystem", cancellationToken))
            {
                serverName = system["Name"] as string;
            }
        }

        return serverName ?? throw new CimException(CimErrorKind.Malformed, $"{options.Address.Host} does not say its name (Win32_ComputerSystem).");
    }

    private async Task<T> CallAsync<T>(WsManRequest request, Func<EnvelopeReader, T> read, bool repeatable, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await OnceAsync(request, read, cancellationToken);
            }
            catch (CimException error) when (attempt < options.Retries && MayRepeat(error, repeatable))
            {
                await Task.Delay(options.RetryDelay * Math.Pow(2, attempt), options.Time, cancellationToken);
            }
        }
    }

    /// <summary>Whether the failure passes by itself, and the request may be sent again.</summary>
    private static bool MayRepeat(CimException error, bool repeatable) => error.Kind switch
    {
        CimErrorKind.Unreachable => true,
        CimErrorKind.Busy => repeatable || WsManFaults.RefusedUnread(error.Code),
        CimErrorKind.ReplyLost => repeatable,
        _ => false,
    };

    private async Task<T> OnceAsync<T>(WsManRequest request, Func<EnvelopeReader, T> read, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var lease = await channels.RentAsync(cancellationToken);
            using var limit = new CancellationTokenSource(options.OperationTimeout + options.ReplyGrace, options.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
            try
            {
                using var answer = await lease.Channel.PostAsync(request.Envelope, either.Token);
                AuthenticatedBy = lease.Channel.AuthenticatedBy;
                lease.Served(answer.Body.Count);
                using var reader = new EnvelopeReader(answer.Body, answer.Encoding, lease.Names, request, options.Address.Host);
                return read(reader);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw lease.Channel.WasSent
                    ? new CimException(CimErrorKind.Timeout, $"{request.What} on {options.Address.Host} was not answered within {(options.OperationTimeout + options.ReplyGrace).TotalSeconds:0.#} s.")
                    : new CimException(CimErrorKind.Unreachable, $"{request.What} could not be sent to {options.Address} within {(options.OperationTimeout + options.ReplyGrace).TotalSeconds:0.#} s.");
            }
            catch (CimException error) when (lease.WasUsed && !lease.Channel.IsUsable && error.Kind is CimErrorKind.Unreachable or CimErrorKind.Authentication)
            {
                // The host closed the connection, or forgot whose it is, while nobody used it: a new one is asked at once.
            }
        }
    }

    /// <summary>Something to enumerate.</summary>
    /// <param name="Key">What it is; the number of instances that fit one answer is remembered by it.</param>
    /// <param name="Resource">The resource URI.</param>
    /// <param name="ClassName">The class if a class is enumerated, otherwise null.</param>
    /// <param name="Request">Starts it, with so many instances at most in the first answer.</param>
    private sealed record Enumeration(string Key, string Resource, string? ClassName, Func<int, WsManRequest> Request);
}
